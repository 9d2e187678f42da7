/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c — the table of keys for people: --explain and --print-defaults. */
#include <errno.h>
#include <string.h>

#include "conf/describe.h"
#include "conf/reader.h"
#include "conf/units.h"

static const char *const unit_names[] = {
	[SCHEMA_PLAIN] = NULL,
	[SCHEMA_US] = "microseconds",
	[SCHEMA_MS] = "milliseconds",
	[SCHEMA_SECONDS] = "seconds",
	[SCHEMA_BYTES] = "bytes",
};

static bool has_number_range(const struct schema_key *key)
{
	return key->type == SCHEMA_INTEGER || key->type == SCHEMA_DURATION ||
	       key->type == SCHEMA_SIZE || key->type == SCHEMA_RANGE || key->type == SCHEMA_NUMBERS;
}

/* "a duration, 0s to 1h; a plain number is in seconds" */
void describe_type(const struct schema_key *key, FILE *out)
{
	char least[UNITS_TEXT], most[UNITS_TEXT];
	fputs(schema_type_name(key), out);
	if (has_number_range(key))
		fprintf(out, ", %s to %s", schema_print_number(key, key->least, least),
			schema_print_number(key, key->most, most));
	if (unit_names[key->unit])
		fprintf(out, "; a plain number is in %s", unit_names[key->unit]);
	if (!key->words)
		return;
	fputs(": ", out);
	for (unsigned i = 0; key->words[i]; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", key->words[i]);
}

const char *describe_reload(const struct schema_key *key)
{
	return key->flags & SCHEMA_RELOAD ? "applied by a reload" : "needs a restart";
}

static bool is_container(const struct schema_key *key)
{
	return key->type == SCHEMA_GROUP || key->type == SCHEMA_LIST;
}

static void explain(const struct schema_key *key, FILE *out)
{
	fprintf(out, "%s\n  %s\n  type:    ", key->path, key->doc);
	describe_type(key, out);
	if (!is_container(key))
		fprintf(out, "\n  default: %s", key->initial ? key->initial : "none");
	fprintf(out, "\n  change:  %s\n", describe_reload(key));
	if (schema_is_later(key))
		fputs("  state:   not built yet: checked, accepted, without effect\n", out);
	const struct schema_key *inner = NULL;
	if (!is_container(key))
		return;
	fputs("  keys:   ", out);
	while ((inner = schema_next(key, inner)))
		fprintf(out, " %s", schema_name(inner));
	fputc('\n', out);
}

/* "users.name" is what people write for "users[].name". */
static const struct schema_key *find_loosely(const char *path)
{
	const struct schema_key *key = schema_find(path);
	for (unsigned i = 0; i < schema_count && !key; i++) {
		const char *a = schema[i].path, *b = path;
		while (*a && (*a == *b || strncmp(a, "[]", 2) == 0)) {
			bool skip = *a != *b;
			a += skip ? 2 : 1;
			b += skip ? 0 : 1;
		}
		if (!*a && !*b)
			key = &schema[i];
	}
	return key;
}

int config_explain(const char *path, FILE *out)
{
	const struct schema_key *key = find_loosely(path);
	if (key) {
		explain(key, out);
		return 0;
	}
	const char *paths[256];
	unsigned count = 0;
	for (unsigned i = 0; i < schema_count && count < 255; i++)
		paths[count++] = schema[i].path;
	paths[count] = NULL;
	const char *nearest = config_nearest(path, paths);
	for (unsigned i = 0; i < schema_count && !nearest; i++)
		if (strcmp(schema_name(&schema[i]), path) == 0)
			nearest = schema[i].path;
	if (nearest)
		fprintf(out, "no key \"%s\"; the nearest is \"%s\"\n", path, nearest);
	else
		fprintf(out, "no key \"%s\"; --print-defaults shows all\n", path);
	return -ENOENT;
}

#define WIDTH 100

/* Writes `text` as comment lines after `indent` tabs. */
static void comment(const char *text, int indent, FILE *out)
{
	size_t room = (size_t)(WIDTH - 3 - 8 * indent);
	while (*text) {
		size_t length = strlen(text);
		if (length > room)
			for (length = room; length > 1 && text[length] != ' '; length--)
				;
		fprintf(out, "%.*s// %.*s\n", indent, "\t\t\t", (int)length, text);
		text += length + (text[length] == ' ');
	}
}

static void facts(const struct schema_key *key, int indent, FILE *out)
{
	char text[512] = "";
	FILE *memory = fmemopen(text, sizeof text, "w");
	if (!memory)
		return;
	describe_type(key, memory);
	fprintf(memory, "; %s", describe_reload(key));
	if (schema_is_later(key))
		fputs("; not built yet", memory);
	fclose(memory);
	if (*text >= 'a' && *text <= 'z')
		*text = (char)(*text - 'a' + 'A');
	comment(text, indent, out);
}

/* A key of a list element: a line of the comment above the list. */
static void element_keys(const struct schema_key *list, const char *prefix, FILE *out)
{
	const struct schema_key *key = NULL;
	while ((key = schema_next(list, key))) {
		char name[64];
		snprintf(name, sizeof name, "%s%s", prefix, schema_name(key));
		if (key->initial)
			fprintf(out, "//   %s = %s: ", name, key->initial);
		else
			fprintf(out, "//   %s: ", name);
		fprintf(out, "%s\n", key->doc);
		if (key->type != SCHEMA_GROUP && key->type != SCHEMA_LIST)
			continue;
		snprintf(name, sizeof name, "%s%s%s", prefix, schema_name(key),
			key->type == SCHEMA_LIST ? "[]." : ".");
		element_keys(key, name, out);
	}
}

static void default_list(const struct schema_key *key, FILE *out)
{
	comment(key->doc, 0, out);
	facts(key, 0, out);
	element_keys(key, "", out);
	bool later = schema_is_later(key);
	fprintf(out, "%s%s = (\n", later ? "# " : "", key->path);
	fprintf(out, "# \t%s\n%s);\n\n", key->list->example, later ? "# " : "");
}

static void default_value(const struct schema_key *key, int indent, FILE *out)
{
	comment(key->doc, indent, out);
	facts(key, indent, out);
	fprintf(out, "%.*s%s%s = %s;\n", indent, "\t\t\t", schema_is_later(key) ? "# " : "",
		schema_name(key), key->initial ? key->initial : "\"\"");
	if (!indent)
		fputc('\n', out);
}

static void default_group(const struct schema_key *group, FILE *out)
{
	bool later = schema_is_later(group);
	comment(group->doc, 0, out);
	fprintf(out, "%s%s = {\n", later ? "# " : "", group->path);
	const struct schema_key *key = NULL;
	while ((key = schema_next(group, key)))
		default_value(key, 1, out);
	fprintf(out, "%s};\n\n", later ? "# " : "");
}

void config_print_defaults(FILE *out)
{
	fputs("// portavoz configuration: every key with its default. portavoz --explain KEY says "
	      "more, portavoz\n"
	      "// --check -c FILE checks a file, conf.d/*.conf beside this file are merged. "
	      "Durations are \"20ms\",\n"
	      "// \"30s\", \"5m\", \"12h\", \"7d\"; sizes \"64K\", \"8M\"; relative paths start at "
	      "the file that names them.\n"
	      "// Lines that begin with # belong to parts that are not built yet, or are "
	      "examples.\n\n",
		out);
	const struct schema_key *key = NULL;
	while ((key = schema_next(NULL, key))) {
		if (key->type == SCHEMA_LIST)
			default_list(key, out);
		else if (key->type == SCHEMA_GROUP)
			default_group(key, out);
		else
			default_value(key, 0, out);
	}
}
