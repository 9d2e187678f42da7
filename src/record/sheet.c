/* SPDX-License-Identifier: Apache-2.0 */
/* sheet.c: the line of JSON that lies beside the sound of a talk spurt. */
#include "record/sheet.h"

#include "base/json.h"
#include "record/name.h"

static void put_time(struct json *json, const char *name, uint64_t wall_ms)
{
	char text[32];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	name_put_time(&w, wall_ms, false);
	json_span(json, name, pv_writer_span(&w));
}

static void put_who(const struct sheet *sheet, struct json *json)
{
	json_span(json, "group", sheet->group);
	json_span(json, "member", sheet->member);
	put_time(json, "began", sheet->began_ms);
	json_number(json, "length_ms", sheet->end.length_ms);
	json_text(json, "trigger", sheet->begin.trigger);
	json_text(json, "why", sheet->end.why);
	json_number(json, "priority", sheet->begin.priority);
	json_bool(json, "emergency", sheet->begin.is_emergency);
}

static void put_sound(const struct sheet *sheet, struct json *json)
{
	json_span(json, "file", sheet->file);
	json_number(json, "sound_ms", sheet->sound_ms);
	json_span(json, "codec", codec_row((enum codec_id)sheet->codec)->name);
	json_number(json, "packets", sheet->end.packets);
	json_number(json, "lost", sheet->end.lost);
	json_number(json, "dropped", sheet->dropped);
	json_number(json, "grant_us", sheet->end.grant_us);
	json_number(json, "clipped", sheet->end.clipped);
}

void sheet_write(const struct sheet *sheet, FILE *out)
{
	struct json json = {.out = out};
	json_object(&json, NULL);
	put_who(sheet, &json);
	put_sound(sheet, &json);
	json_object_end(&json);
	fputc('\n', out);
}
