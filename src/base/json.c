/* SPDX-License-Identifier: Apache-2.0 */
/* json.c — writes JSON to a stream: commas and escapes are its business. */
#include "base/json.h"

#include <inttypes.h>

#include "base/utf8.h"

static void put_string(struct json *json, struct pv_span text)
{
	fputc('"', json->out);
	const unsigned char *at = (const unsigned char *)text.at;
	for (size_t left = text.length; left;) {
		size_t length = utf8_length(at, left);
		if (length == 0)
			fputs("\\ufffd", json->out);
		else if (*at == '"' || *at == '\\')
			fprintf(json->out, "\\%c", *at);
		else if (*at == '\n')
			fputs("\\n", json->out);
		else if (*at < 0x20 || *at == 0x7f)
			fprintf(json->out, "\\u%04x", *at);
		else
			fwrite(at, 1, length, json->out);
		length += length == 0;
		at += length;
		left -= length;
	}
	fputc('"', json->out);
}

/* Comma and name; afterwards the value may be written. */
static void begin(struct json *json, const char *name)
{
	if (json->comma)
		fputc(',', json->out);
	json->comma = true;
	if (!name)
		return;
	put_string(json, pv_span_of(name));
	fputc(':', json->out);
}

static void open_with(struct json *json, const char *name, char bracket)
{
	begin(json, name);
	fputc(bracket, json->out);
	json->comma = false;
}

static void close_with(struct json *json, char bracket)
{
	fputc(bracket, json->out);
	json->comma = true;
}

void json_object(struct json *json, const char *name)
{
	open_with(json, name, '{');
}

void json_object_end(struct json *json)
{
	close_with(json, '}');
}

void json_array(struct json *json, const char *name)
{
	open_with(json, name, '[');
}

void json_array_end(struct json *json)
{
	close_with(json, ']');
}

void json_text(struct json *json, const char *name, const char *text)
{
	json_span(json, name, pv_span_of(text));
}

void json_span(struct json *json, const char *name, struct pv_span text)
{
	begin(json, name);
	put_string(json, text);
}

void json_number(struct json *json, const char *name, uint64_t value)
{
	begin(json, name);
	fprintf(json->out, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *name, int64_t value)
{
	begin(json, name);
	fprintf(json->out, "%" PRId64, value);
}

void json_fraction(struct json *json, const char *name, double value)
{
	begin(json, name);
	fprintf(json->out, "%.3f", value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	begin(json, name);
	fputs(value ? "true" : "false", json->out);
}
