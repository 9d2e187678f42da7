/* SPDX-License-Identifier: Apache-2.0 */
/* value.c — reads one value: a function for each type of the schema. */
#include "conf/reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf/address.h"
#include "conf/units.h"

static const char *found(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return "a group";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "an integer";
	case CONFIG_TYPE_FLOAT:
		return "a number with a fraction";
	case CONFIG_TYPE_STRING:
		return "a string";
	case CONFIG_TYPE_BOOL:
		return "a bool";
	case CONFIG_TYPE_ARRAY:
		return "an array";
	case CONFIG_TYPE_LIST:
		return "a list";
	default:
		return "nothing";
	}
}

static void wrong_type(
	struct reader *reader, const struct schema_key *key, const config_setting_t *setting)
{
	reader_fault(reader, key, setting, "expected %s, found %s", schema_type_name(key),
		found(setting));
}

/* Multipliers from a plain number to microseconds (durations) or bytes (sizes). */
static const int64_t unit_worth[] = {
	[SCHEMA_PLAIN] = 1,
	[SCHEMA_US] = 1,
	[SCHEMA_MS] = 1000,
	[SCHEMA_SECONDS] = 1000000,
	[SCHEMA_BYTES] = 1,
};

char *schema_print_number(const struct schema_key *key, uint32_t value, char text[24])
{
	uint64_t worth = key->unit == SCHEMA_US ? 1 : 1000;
	if (key->type == SCHEMA_DURATION)
		return units_print_duration(value * worth, text);
	if (key->type == SCHEMA_SIZE)
		return units_print_size(value, text);
	snprintf(text, UNITS_TEXT, "%u", value);
	return text;
}

static void out_of_range(
	struct reader *reader, const struct schema_key *key, const config_setting_t *setting)
{
	char least[UNITS_TEXT], most[UNITS_TEXT];
	reader_fault(reader, key, setting, "out of range, allowed is %s to %s",
		schema_print_number(key, key->least, least),
		schema_print_number(key, key->most, most));
}

static bool plain_number(const config_setting_t *setting, int64_t *ret)
{
	int type = config_setting_type(setting);
	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		return false;
	*ret = type == CONFIG_TYPE_INT ? config_setting_get_int(setting)
				       : config_setting_get_int64(setting);
	return true;
}

static void store_number(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int64_t value, void *at)
{
	if (value < (int64_t)key->least || value > (int64_t)key->most) {
		out_of_range(reader, key, setting);
		return;
	}
	*(uint32_t *)at = (uint32_t)value;
}

static void read_bool(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		wrong_type(reader, key, setting);
	else
		*(bool *)at = config_setting_get_bool(setting);
}

static void read_integer(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	int64_t value;
	if (plain_number(setting, &value))
		store_number(reader, key, setting, value, at);
	else
		wrong_type(reader, key, setting);
}

/* True with the value in the smallest unit: microseconds or bytes; negative: too large. */
static bool united_number(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int64_t (*parse)(const char *), const char *hint,
	int64_t *ret)
{
	int64_t value;
	if (plain_number(setting, &value)) {
		bool fits = value >= 0 && value <= UINT32_MAX;
		*ret = fits ? value * unit_worth[key->unit] : -ERANGE;
		return true;
	}
	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		wrong_type(reader, key, setting);
		return false;
	}
	const char *text = config_setting_get_string(setting);
	value = parse(text);
	if (value == -EINVAL) {
		reader_fault(reader, key, setting, "\"%s\" is not %s; write %s", text,
			schema_type_name(key), hint);
		return false;
	}
	*ret = value;
	return true;
}

static void read_duration(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	int64_t value, worth = key->unit == SCHEMA_US ? 1 : 1000;
	if (!united_number(reader, key, setting, units_parse_duration,
		    "a number and one of us, ms, s, m, h, d, such as \"30s\"", &value))
		return;
	if (value > 0 && value % worth)
		reader_fault(reader, key, setting, "finer than a millisecond");
	else
		store_number(reader, key, setting, value < 0 ? -1 : value / worth, at);
}

static void read_size(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	int64_t value;
	if (united_number(reader, key, setting, units_parse_size,
		    "a number and nothing or one of K, M, G, such as \"8M\"", &value))
		store_number(reader, key, setting, value, at);
}

/* The text of a string without control characters, or NULL after a report. */
static const char *clean_string(
	struct reader *reader, const struct schema_key *key, const config_setting_t *setting)
{
	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		wrong_type(reader, key, setting);
		return NULL;
	}
	const char *text = config_setting_get_string(setting);
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			reader_fault(reader, key, setting, "holds a control character");
			return NULL;
		}
	}
	return text;
}

static void read_string(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	const char *text = clean_string(reader, key, setting);
	if (!text)
		return;
	size_t length = strlen(text);
	if (length < key->least || length > key->most) {
		if (key->least == key->most)
			reader_fault(reader, key, setting, "must have %u characters, has %zu",
				key->least, length);
		else
			reader_fault(reader, key, setting, "must have %u to %u characters, has %zu",
				key->least, key->most, length);
		return;
	}
	*(const char **)at = reader_text(reader, text);
}

static bool is_sequence(const config_setting_t *setting)
{
	return config_setting_is_array(setting) || config_setting_is_list(setting);
}

static bool length_fits(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, unsigned count)
{
	if (count >= key->least && count <= key->most)
		return true;
	reader_fault(reader, key, setting, "must have %u to %u elements, has %u", key->least,
		key->most, count);
	return false;
}

static void read_strings(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	bool sequence = is_sequence(setting);
	if (!sequence && config_setting_type(setting) != CONFIG_TYPE_STRING) {
		wrong_type(reader, key, setting);
		return;
	}
	unsigned count = sequence ? (unsigned)config_setting_length(setting) : 1;
	if (!length_fits(reader, key, setting, count))
		return;
	struct config_strings strings = {0};
	strings.item = reader_take(reader, (count + 1) * sizeof *strings.item);
	for (unsigned i = 0; i < count && strings.item; i++) {
		const config_setting_t *element =
			sequence ? config_setting_get_elem(setting, i) : setting;
		const char *text = clean_string(reader, key, element);
		if (text && !*text)
			reader_fault(reader, key, element, "an empty string");
		else if (text)
			strings.item[strings.count++] = reader_text(reader, text);
	}
	*(struct config_strings *)at = strings;
}

/* least and most are the range of each number here. */
static bool read_element_number(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, unsigned index, uint32_t *ret)
{
	const config_setting_t *element = config_setting_get_elem(setting, index);
	int64_t value;
	if (!plain_number(element, &value)) {
		wrong_type(reader, key, element);
		return false;
	}
	if (value < (int64_t)key->least || value > (int64_t)key->most) {
		out_of_range(reader, key, element);
		return false;
	}
	*ret = (uint32_t)value;
	return true;
}

static void read_numbers(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	if (!is_sequence(setting)) {
		wrong_type(reader, key, setting);
		return;
	}
	unsigned count = (unsigned)config_setting_length(setting);
	struct config_numbers numbers = {0};
	numbers.item = reader_take(reader, (count + 1) * sizeof *numbers.item);
	for (unsigned i = 0; i < count && numbers.item; i++)
		numbers.count +=
			read_element_number(reader, key, setting, i, &numbers.item[numbers.count]);
	*(struct config_numbers *)at = numbers;
}

static void read_range(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	struct config_range range;
	if (!is_sequence(setting) || config_setting_length(setting) != 2) {
		wrong_type(reader, key, setting);
		return;
	}
	if (!read_element_number(reader, key, setting, 0, &range.low) ||
		!read_element_number(reader, key, setting, 1, &range.high))
		return;
	if (range.low > range.high)
		reader_fault(reader, key, setting, "the first is above the last");
	else
		*(struct config_range *)at = range;
}

/* The index of the word, or -1 after a report that names the nearest. */
static int read_word(
	struct reader *reader, const struct schema_key *key, const config_setting_t *setting)
{
	const char *text = clean_string(reader, key, setting);
	if (!text)
		return -1;
	bool any_case = key->flags & SCHEMA_ANY_CASE;
	for (int i = 0; key->words[i]; i++)
		if ((any_case ? strcasecmp : strcmp)(key->words[i], text) == 0)
			return i;
	char all[256] = "";
	for (int i = 0; key->words[i]; i++) {
		size_t used = strlen(all);
		snprintf(all + used, sizeof all - used, "%s\"%s\"", i ? ", " : "", key->words[i]);
	}
	const char *nearest = config_nearest(text, key->words);
	if (nearest)
		reader_fault(reader, key, setting, "no word \"%s\"; did you mean \"%s\"? Known: %s",
			text, nearest, all);
	else
		reader_fault(reader, key, setting, "no word \"%s\"; known: %s", text, all);
	return -1;
}

static void read_enum(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	int word = read_word(reader, key, setting);
	if (word >= 0)
		*(unsigned *)at = (unsigned)word;
}

static void read_words(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	if (!is_sequence(setting)) {
		wrong_type(reader, key, setting);
		return;
	}
	unsigned count = (unsigned)config_setting_length(setting);
	if (!length_fits(reader, key, setting, count))
		return;
	struct config_words words = {0};
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *element = config_setting_get_elem(setting, i);
		int word = read_word(reader, key, element);
		if (word < 0)
			continue;
		if (memchr(words.word, word, words.count))
			reader_fault(
				reader, key, element, "\"%s\" is given twice", key->words[word]);
		else
			words.word[words.count++] = (uint8_t)word;
	}
	*(struct config_words *)at = words;
}

static void append_listen(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void **items, uint32_t *count)
{
	const char *text = clean_string(reader, key, setting);
	struct config_listen listen = {
		.origin = {reader->file, (uint32_t)config_setting_source_line(setting)}};
	const char *wrong = text ? address_parse_listen(text, &listen) : NULL;
	if (wrong)
		reader_fault(reader, key, setting, "\"%s\" %s", text, wrong);
	if (!text || wrong)
		return;
	struct config_listen *room = reader_append(reader, items, count, sizeof listen);
	if (!room)
		return;
	*room = listen;
	room->text = reader_text(reader, text);
}

static void read_listen(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	bool sequence = is_sequence(setting);
	if (!sequence && config_setting_type(setting) != CONFIG_TYPE_STRING) {
		wrong_type(reader, key, setting);
		return;
	}
	unsigned count = sequence ? (unsigned)config_setting_length(setting) : 1;
	if (!length_fits(reader, key, setting, count))
		return;
	void *items = NULL;
	uint32_t filled = 0;
	for (unsigned i = 0; i < count; i++)
		append_listen(reader, key, sequence ? config_setting_get_elem(setting, i) : setting,
			&items, &filled);
	*(void **)at = items;
	*(uint32_t *)((char *)at - key->offset + key->list->count_offset) = filled;
}

static void read_any_address(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at, const char *none,
	const char *(*parse)(const char *, struct config_address *))
{
	const char *text = clean_string(reader, key, setting);
	if (!text)
		return;
	struct config_address address = {0};
	const char *wrong = strcmp(text, none) == 0 ? NULL : parse(text, &address);
	if (wrong)
		reader_fault(reader, key, setting, "\"%s\" %s", text, wrong);
	else
		*(struct config_address *)at = address;
}

static void read_address(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	read_any_address(reader, key, setting, at, "auto", address_parse);
}

static void read_service(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	read_any_address(reader, key, setting, at, "", address_parse_service);
}

static const char *absolute(struct reader *reader, const char *text)
{
	if (*text == '/' || !reader->folder)
		return reader_text(reader, text);
	size_t size = strlen(reader->folder) + strlen(text) + 2;
	char *path = reader_take(reader, size);
	if (path)
		snprintf(path, size, "%s/%s", reader->folder, text);
	return path;
}

static void read_path(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	const char *text = clean_string(reader, key, setting);
	if (text)
		*(const char **)at = *text ? absolute(reader, text) : NULL;
}

static void read_target(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *at)
{
	const char *text = clean_string(reader, key, setting);
	if (!text)
		return;
	if (!*text) {
		reader_fault(reader, key, setting, "an empty string");
		return;
	}
	bool word = false;
	for (unsigned i = 0; key->words[i]; i++)
		word |= strcmp(key->words[i], text) == 0;
	*(const char **)at = word ? reader_text(reader, text) : absolute(reader, text);
}

static void (*const readers[SCHEMA_TYPES])(
	struct reader *, const struct schema_key *, const config_setting_t *, void *at) = {
	[SCHEMA_BOOL] = read_bool,
	[SCHEMA_INTEGER] = read_integer,
	[SCHEMA_DURATION] = read_duration,
	[SCHEMA_SIZE] = read_size,
	[SCHEMA_STRING] = read_string,
	[SCHEMA_STRINGS] = read_strings,
	[SCHEMA_NUMBERS] = read_numbers,
	[SCHEMA_RANGE] = read_range,
	[SCHEMA_ENUM] = read_enum,
	[SCHEMA_WORDS] = read_words,
	[SCHEMA_LISTEN] = read_listen,
	[SCHEMA_ADDRESS] = read_address,
	[SCHEMA_SERVICE] = read_service,
	[SCHEMA_PATH] = read_path,
	[SCHEMA_TARGET] = read_target,
};

void value_read(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *base)
{
	readers[key->type](reader, key, setting, (char *)base + key->offset);
}
