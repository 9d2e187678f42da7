/* SPDX-License-Identifier: Apache-2.0 */
/* filters.h: whether tc filters hang on an interface, whosever they are. */
#ifndef MEDIA_FASTPATH_FILTERS_H
#define MEDIA_FASTPATH_FILTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* On its clsact qdisc, ingress or egress. True, too, when that cannot be found out: what is not
 * known to be empty is left alone. */
bool filters_are_there(uint32_t interface);

#endif
