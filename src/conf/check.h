/* SPDX-License-Identifier: Apache-2.0 */
/* check.h — what no single key can tell: names, references, orders of magnitude between keys. */
#ifndef PORTAVOZ_CONF_CHECK_H
#define PORTAVOZ_CONF_CHECK_H

#include "conf/config.h"

/* Adds what is wrong to `report`; also sets what other keys decide: limits.enabled, talkers. */
void config_check(struct config *config, struct config_report *report);

#endif
