/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h — words about a key that the printed texts share. */
#ifndef PORTAVOZ_CONF_DESCRIBE_H
#define PORTAVOZ_CONF_DESCRIBE_H

#include <stdio.h>

#include "conf/schema.h"

/* "a duration, 0s to 1h; a plain number is in seconds" */
void describe_type(const struct schema_key *key, FILE *out);

/* "applied by a reload" or "needs a restart" */
const char *describe_reload(const struct schema_key *key);

#endif
