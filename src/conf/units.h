/* SPDX-License-Identifier: Apache-2.0 */
/* units.h — numbers with a unit, "30s" and "8M", to and from text. */
#ifndef PORTAVOZ_CONF_UNITS_H
#define PORTAVOZ_CONF_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "30s", "20ms", "5m", "12h", "7d", "500us"; returns microseconds, or -EINVAL, or -ERANGE beyond
 * 100 years. */
int64_t units_parse_duration(const char *text);

/* "8M", "64K", "1G", "65535"; returns bytes, or -EINVAL, or -ERANGE beyond 2^40. */
int64_t units_parse_size(const char *text);

#define UNITS_TEXT 24

/* The shortest exact form: "90s", "2h", "256K". Returns `text`. */
char *units_print_duration(uint64_t microseconds, char text[UNITS_TEXT]);
char *units_print_size(uint64_t bytes, char text[UNITS_TEXT]);

#endif
