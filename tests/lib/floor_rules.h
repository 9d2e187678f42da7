/* SPDX-License-Identifier: Apache-2.0 */
/* floor_rules.h: what must be true of any floor after any input. */
#ifndef TESTS_FLOOR_RULES_H
#define TESTS_FLOOR_RULES_H

#include "floor/floor.h"

/* NULL, or what is not. */
const char *floor_broken(const struct floor *floor);

#endif
