/* SPDX-License-Identifier: Apache-2.0 */
/* sheet.h: the line of JSON that lies beside the sound of a talk spurt. */
#ifndef RECORD_SHEET_H
#define RECORD_SHEET_H

#include <stdio.h>

#include "record/record.h"

/* Owner: the spurt. Texts are constant or the spurt's. */
struct sheet {
	struct pv_span group, member, file;
	uint64_t began_ms; /* Unix time */
	struct record_begin begin;
	struct record_end end;
	uint8_t codec; /* of the first packet */
	uint64_t sound_ms;
	uint32_t dropped; /* frames missing because the disk was slow, or that could not be read */
};

void sheet_write(const struct sheet *sheet, FILE *out);

#endif
