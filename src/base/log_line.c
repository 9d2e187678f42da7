/* SPDX-License-Identifier: Apache-2.0 */
/* log_line.c: one log record as a line of text or as a JSON object. */
#include "base/log_target.h"

#include "base/iso_time.h"

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* A stranger's line break must not become a line of its own. */
static void put_printable(struct pv_writer *writer, struct pv_span text)
{
	for (size_t i = 0; i < text.length; i++)
		pv_put_char(writer, is_control((unsigned char)text.at[i]) ? '?' : text.at[i]);
}

void log_line_text(struct pv_writer *writer, const struct log_record *record, const char *thread)
{
	iso_time_put(writer, record->wall_ms);
	pv_put_char(writer, ' ');
	pv_put_text(writer, log_level_name(record->level));
	pv_put_char(writer, ' ');
	pv_put_text(writer, thread);
	pv_put_char(writer, ' ');
	pv_put_text(writer, record->event);
	if (record->length)
		pv_put_char(writer, ' ');
	put_printable(writer, (struct pv_span){record->text, record->length});
	pv_put_char(writer, '\n');
}

/* How many bytes the UTF-8 character at `text` has; 0 when it is none (RFC 3629 §4). */
static size_t utf8_length(struct pv_span text)
{
	static const struct {
		unsigned char mask, lead, low, high; /* low..high: of the second byte */
		size_t length;
	} forms[] = {
		{0x80, 0x00, 0x00, 0x00, 1},
		{0xff, 0xe0, 0xa0, 0xbf, 3}, /* not overlong */
		{0xff, 0xed, 0x80, 0x9f, 3}, /* not a surrogate */
		{0xff, 0xf0, 0x90, 0xbf, 4}, /* not overlong */
		{0xff, 0xf4, 0x80, 0x8f, 4}, /* not above U+10FFFF */
		{0xfe, 0xc0, 0x01, 0x00, 2}, /* overlong: no second byte fits */
		{0xe0, 0xc0, 0x80, 0xbf, 2},
		{0xf0, 0xe0, 0x80, 0xbf, 3},
		{0xfc, 0xf0, 0x80, 0xbf, 4},
	};
	const unsigned char *at = (const unsigned char *)text.at;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((at[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (forms[i].length > text.length)
			return 0;
		if (forms[i].length > 1 && (at[1] < forms[i].low || at[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* One character of a JSON string (RFC 8259 §7); returns how many bytes of `text` it was. */
static size_t put_json_character(struct pv_writer *writer, struct pv_span text)
{
	unsigned char c = (unsigned char)text.at[0];
	size_t length = utf8_length(text);

	if (c == '"' || c == '\\') {
		pv_put_char(writer, '\\');
		pv_put_char(writer, (char)c);
	} else if (is_control(c)) {
		pv_put_text(writer, "\\u");
		pv_put_hex(writer, c, 4);
	} else if (length == 0) {
		pv_put_text(writer, "\\ufffd");
	} else {
		pv_put_bytes(writer, text.at, length);
	}
	return length ? length : 1;
}

static void put_json_string(struct pv_writer *writer, struct pv_span text)
{
	pv_put_char(writer, '"');
	while (text.length)
		text = pv_span_skip(text, put_json_character(writer, text));
	pv_put_char(writer, '"');
}

static bool is_word(struct pv_span text, const char *word)
{
	return pv_span_equal(text, pv_span_of(word));
}

/* A number as RFC 8259 has it, that any reader can hold. */
#define DIGITS_MAX 15
static bool is_number(struct pv_span text)
{
	size_t digits = 0, point = 0;
	if (text.length && text.at[0] == '-')
		text = pv_span_skip(text, 1);
	for (size_t i = 0; i < text.length; i++) {
		bool is_point = text.at[i] == '.' && i && !point && i + 1 < text.length;
		if (!is_point && !pv_is_digit(text.at[i]))
			return false;
		point = is_point ? i : point;
		digits += !is_point;
	}
	bool leads_with_nought = text.length > 1 && text.at[0] == '0' && point != 1;
	return digits && digits <= DIGITS_MAX && !leads_with_nought;
}

/* What was written without quotes and is a number, true or false is that. */
static void put_json_value(struct pv_writer *writer, struct pv_span text)
{
	if (is_number(text) || is_word(text, "true") || is_word(text, "false"))
		pv_put(writer, text);
	else
		put_json_string(writer, text);
}

static void put_json_key(struct pv_writer *writer, struct pv_span key)
{
	pv_put_char(writer, ',');
	put_json_string(writer, key);
	pv_put_char(writer, ':');
}

static void put_json_pair(struct pv_writer *writer, struct pv_span key, struct pv_span value)
{
	put_json_key(writer, key);
	put_json_string(writer, value);
}

/* Takes a value in quotes, `text` starting after the first one: \" and \\ lose their backslash. */
static struct pv_span put_json_quoted(struct pv_writer *writer, struct pv_span text)
{
	pv_put_char(writer, '"');
	while (text.length && text.at[0] != '"') {
		if (text.at[0] == '\\' && text.length > 1 &&
			(text.at[1] == '"' || text.at[1] == '\\'))
			text = pv_span_skip(text, 1);
		text = pv_span_skip(text, put_json_character(writer, text));
	}
	pv_put_char(writer, '"');
	return pv_span_skip(text, 1);
}

static struct pv_span up_to(struct pv_span text, char stop)
{
	const char *found = pv_span_find(text, stop);
	return found ? pv_span_from(text.at, found) : text;
}

/* One `key=value` or `key="a value"`; what has no `=` becomes the value of "text". */
static struct pv_span put_json_word(struct pv_writer *writer, struct pv_span text)
{
	struct pv_span word = up_to(text, ' ');
	struct pv_span key = up_to(word, '=');
	struct pv_span value = pv_span_skip(word, key.length + 1);

	if (key.length == word.length) {
		put_json_pair(writer, PV_SPAN("text"), text);
		return pv_span_skip(text, text.length);
	}
	if (!pv_span_starts_with(value, PV_SPAN("\""))) {
		put_json_key(writer, key);
		put_json_value(writer, value);
		return pv_span_skip(text, word.length);
	}
	put_json_key(writer, key);
	return put_json_quoted(writer, pv_span_skip(text, key.length + 2));
}

void log_line_json(struct pv_writer *writer, const struct log_record *record, const char *thread)
{
	struct pv_span text = {record->text, record->length};

	pv_put_text(writer, "{\"time\":\"");
	iso_time_put(writer, record->wall_ms);
	pv_put_char(writer, '"');
	put_json_pair(writer, PV_SPAN("level"), pv_span_of(log_level_name(record->level)));
	put_json_pair(writer, PV_SPAN("thread"), pv_span_of(thread));
	put_json_pair(writer, PV_SPAN("event"), pv_span_of(record->event));
	while (text = pv_span_trim(text), text.length)
		text = put_json_word(writer, text);
	pv_put_text(writer, "}\n");
}

static void put_quoted(struct pv_writer *writer, unsigned char c)
{
	if (c == '"' || c == '\\') {
		pv_put_char(writer, '\\');
		pv_put_char(writer, (char)c);
	} else if (is_control(c)) {
		pv_put_text(writer, "\\\\x");
		pv_put_hex(writer, c, 2);
	} else {
		pv_put_char(writer, (char)c);
	}
}

const char *log_quote(char *buffer, size_t size, struct pv_span text)
{
	struct pv_writer writer;
	if (size < 3)
		return "\"\"";
	pv_writer_init(&writer, buffer, size);
	pv_put_char(&writer, '"');
	/* the longest escape has five bytes, the end two: stop while both still fit */
	for (size_t i = 0; i < text.length && writer.end - writer.at >= 7; i++)
		put_quoted(&writer, (unsigned char)text.at[i]);
	pv_put_char(&writer, '"');
	*writer.at = '\0';
	return buffer;
}
