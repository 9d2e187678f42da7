/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c — walks a file's settings along the schema: groups, lists, defaults, unknown keys. */
#include "conf/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/memory.h"
#include "conf/report.h"

int reader_init(struct reader *reader, struct config *config, struct config_report *report)
{
	*reader = (struct reader){.config = config, .report = report};
	reader->templates = calloc(schema_count, sizeof *reader->templates);
	reader->warned = calloc(schema_count, sizeof *reader->warned);
	if (reader->templates && reader->warned)
		return 0;
	reader_done(reader);
	return -ENOMEM;
}

void reader_done(struct reader *reader)
{
	free(reader->templates);
	free(reader->warned);
}

void *reader_take(struct reader *reader, size_t size)
{
	void *piece = config_memory_take(reader->config->memory, size);
	reader->out_of_memory |= !piece;
	return piece;
}

const char *reader_text(struct reader *reader, const char *text)
{
	const char *copy = config_memory_text(reader->config->memory, text);
	reader->out_of_memory |= !copy;
	return copy;
}

/* Arrays double: there is room for 4, then for the next power of two. */
void *reader_append(struct reader *reader, void **items, uint32_t *count, size_t size)
{
	uint32_t n = *count;
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		void *larger = reader_take(reader, (n ? (size_t)n * 2 : 4) * size);
		if (!larger)
			return NULL;
		if (n)
			memcpy(larger, *items, n * size);
		*items = larger;
	}
	*count = n + 1;
	return (char *)*items + n * size;
}

void reader_fault(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, const char *format, ...)
{
	char text[768];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	config_report_add(reader->report, CONFIG_ERROR, reader->file,
		(uint32_t)config_setting_source_line(setting), "%s: %s", key->path, text);
}

/* The outermost row that holds `key` and is not built yet, or NULL. */
static const struct schema_key *later_part(const struct schema_key *key)
{
	char path[128];
	snprintf(path, sizeof path, "%s", key->path);
	for (char *end = path; *end; end++) {
		if (*end != '.' && *end != '[')
			continue;
		char cut = *end;
		*end = '\0';
		const struct schema_key *outer = schema_find(path);
		*end = cut;
		if (outer && (outer->flags & SCHEMA_LATER))
			return outer;
	}
	return key->flags & SCHEMA_LATER ? key : NULL;
}

static bool holds_already(const struct schema_key *key, const config_setting_t *setting)
{
	if (!key->holds)
		return false;
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		return strcmp(config_setting_get_string(setting), key->holds) == 0;
	return strcmp(key->holds, "0") == 0 && config_setting_get_int64(setting) == 0 &&
	       config_setting_get_int(setting) == 0;
}

static void warn_if_later(
	struct reader *reader, const struct schema_key *key, const config_setting_t *setting)
{
	if (!(key->flags & SCHEMA_LATER) || key->type == SCHEMA_GROUP ||
		holds_already(key, setting))
		return;
	const struct schema_key *part = later_part(key);
	if (reader->warned[part - schema])
		return;
	reader->warned[part - schema] = true;
	config_report_add(reader->report, CONFIG_WARNING, reader->file,
		(uint32_t)config_setting_source_line(setting),
		"%s: checked and accepted, but not built yet: it has no effect", part->path);
}

/* The nearest key: among its would-be neighbours first, then a key of that very name elsewhere. */
static const char *nearest_key(const struct schema_key *parent, const char *name)
{
	const char *names[128];
	unsigned count = 0;
	const struct schema_key *key = NULL;
	while ((key = schema_next(parent, key)) && count < 127)
		names[count++] = schema_name(key);
	names[count] = NULL;
	const char *nearest = config_nearest(name, names);
	if (nearest)
		return schema_child(parent, nearest)->path;
	for (unsigned i = 0; i < schema_count; i++)
		if (strcmp(schema_name(&schema[i]), name) == 0)
			return schema[i].path;
	return NULL;
}

static void unknown_key(
	struct reader *reader, const struct schema_key *parent, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	const char *nearest = nearest_key(parent, name);
	const char *inside = parent ? parent->path : "";
	const char *joint = !parent ? "" : parent->type == SCHEMA_LIST ? "[]." : ".";
	uint32_t line = (uint32_t)config_setting_source_line(setting);
	if (nearest)
		config_report_add(reader->report, CONFIG_ERROR, reader->file, line,
			"unknown key \"%s%s%s\"; the nearest is \"%s\"", inside, joint, name,
			nearest);
	else
		config_report_add(reader->report, CONFIG_ERROR, reader->file, line,
			"unknown key \"%s%s%s\"; --print-defaults shows all", inside, joint, name);
}

static void read_group(struct reader *reader, const struct schema_key *parent,
	const config_setting_t *setting, void *base);

static void check_required(struct reader *reader, const struct schema_key *list,
	const config_setting_t *setting, const void *element)
{
	const struct schema_key *key = NULL;
	while ((key = schema_next(list, key))) {
		if (!(key->flags & SCHEMA_REQUIRED))
			continue;
		const char *const *value = (const void *)((const char *)element + key->offset);
		if (!*value)
			reader_fault(reader, list, setting, "an element without \"%s\"",
				schema_name(key));
	}
}

static void read_element(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *base)
{
	const struct schema_list *list = key->list;
	bool bare = config_setting_type(setting) == CONFIG_TYPE_STRING && list->bare_key;
	if (!bare && !config_setting_is_group(setting)) {
		reader_fault(reader, key, setting, "an element must be a group { … }%s",
			list->bare_key ? " or a string" : "");
		return;
	}
	void **items = (void **)((char *)base + key->offset);
	uint32_t *count = (uint32_t *)((char *)base + list->count_offset);
	char *element = reader_append(reader, items, count, list->element_size);
	if (!element)
		return;
	memcpy(element, reader->templates[key - schema], list->element_size);
	/* Every element begins with its origin. */
	*(struct config_origin *)element =
		(struct config_origin){reader->file, (uint32_t)config_setting_source_line(setting)};
	uint32_t errors = reader->report->errors;
	if (bare)
		value_read(reader, schema_child(key, list->bare_key), setting, element);
	else
		read_group(reader, key, setting, element);
	if (errors == reader->report->errors)
		check_required(reader, key, setting, element);
}

static void read_list(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *base)
{
	/* members = "*" */
	if (config_setting_type(setting) == CONFIG_TYPE_STRING && key->list->bare_key) {
		read_element(reader, key, setting, base);
		return;
	}
	if (!config_setting_is_list(setting) && !config_setting_is_array(setting)) {
		reader_fault(reader, key, setting, "expected a list ( … )");
		return;
	}
	int count = config_setting_length(setting);
	for (int i = 0; i < count && !reader->out_of_memory; i++)
		read_element(reader, key, config_setting_get_elem(setting, (unsigned)i), base);
}

static void read_key(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *base)
{
	warn_if_later(reader, key, setting);
	/* the keys of a list's element are found by the element's own origin */
	if (base == reader->config)
		reader->config->set_at[key - schema] = (struct config_origin){
			reader->file, (uint32_t)config_setting_source_line(setting)};
	if (key->type == SCHEMA_LIST)
		read_list(reader, key, setting, base);
	else if (key->type != SCHEMA_GROUP)
		value_read(reader, key, setting, base);
	else if (config_setting_is_group(setting))
		read_group(reader, key, setting, base);
	else
		reader_fault(reader, key, setting, "expected a group { key = value; … }");
}

static void read_group(struct reader *reader, const struct schema_key *parent,
	const config_setting_t *setting, void *base)
{
	int count = config_setting_length(setting);
	for (int i = 0; i < count && !reader->out_of_memory; i++) {
		const config_setting_t *inner = config_setting_get_elem(setting, (unsigned)i);
		const struct schema_key *key = schema_child(parent, config_setting_name(inner));
		if (key)
			read_key(reader, key, inner, base);
		else
			unknown_key(reader, parent, inner);
	}
}

void reader_read(struct reader *reader, const config_setting_t *root)
{
	read_group(reader, NULL, root, reader->config);
}

static void apply_default(struct reader *reader, const struct schema_key *key, void *base)
{
	bool number = key->type == SCHEMA_INTEGER || key->type == SCHEMA_DURATION ||
		      key->type == SCHEMA_SIZE;
	if (!key->initial && number)
		*(uint32_t *)((char *)base + key->offset) = CONFIG_UNSET;
	if (!key->initial)
		return;
	char text[160];
	snprintf(text, sizeof text, "value = %s;", key->initial);
	config_t source;
	config_init(&source);
	if (config_read_string(&source, text) == CONFIG_TRUE)
		value_read(reader, key, config_lookup(&source, "value"), base);
	else
		config_report_add(reader->report, CONFIG_ERROR, NULL, 0,
			"%s: the default does not parse", key->path);
	config_destroy(&source);
}

static void apply_defaults(struct reader *reader, const struct schema_key *parent, void *base)
{
	const struct schema_key *key = NULL;
	while ((key = schema_next(parent, key)) && !reader->out_of_memory) {
		if (key->type == SCHEMA_GROUP) {
			apply_defaults(reader, key, base);
		} else if (key->type == SCHEMA_LIST) {
			void *element = reader_take(reader, key->list->element_size);
			reader->templates[key - schema] = element;
			if (element)
				apply_defaults(reader, key, element);
		} else {
			apply_default(reader, key, base);
		}
	}
}

void reader_apply_defaults(struct reader *reader)
{
	apply_defaults(reader, NULL, reader->config);
}
