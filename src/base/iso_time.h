/* SPDX-License-Identifier: Apache-2.0 */
/* iso_time.h: a moment as ISO 8601 has it, in UTC, with milliseconds. */
#ifndef BASE_ISO_TIME_H
#define BASE_ISO_TIME_H

#include <stdint.h>

#include <portavoz/writer.h>

/* "2026-01-02T03:04:05.678Z"; `wall_ms` since 1970. */
void iso_time_put(struct pv_writer *writer, uint64_t wall_ms);

#endif
