/* SPDX-License-Identifier: Apache-2.0 */
/* name.h: what the files of a talk spurt are called. */
#ifndef RECORD_NAME_H
#define RECORD_NAME_H

#include <stdint.h>

#include <portavoz/span.h>
#include <portavoz/writer.h>

/* "2026-11-26T22:49:38.123Z", or "20261126T224938.123Z" when `is_compact`. */
void name_put_time(struct pv_writer *writer, uint64_t wall_ms, bool is_compact);

/* The user part of a URI, or the whole of what is none. */
struct pv_span name_user(struct pv_span member);

/* "ops-20261126T224938.123Z-alice": what is no letter, digit, '-' or '_' of ASCII becomes '_', so
 * that no name leads out of its folder. Cut names are still names. */
void name_put(
	struct pv_writer *writer, struct pv_span group, uint64_t wall_ms, struct pv_span member);

#endif
