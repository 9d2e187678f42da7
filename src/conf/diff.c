/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c — which keys differ between two configurations, and whether a reload applies them. */
#include <string.h>

#include "conf/report.h"
#include "conf/schema.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_strings(const struct config_strings *a, const struct config_strings *b)
{
	bool same = a->count == b->count;
	for (uint32_t i = 0; same && i < a->count; i++)
		same = same_text(a->item[i], b->item[i]);
	return same;
}

static bool same_numbers(const struct config_numbers *a, const struct config_numbers *b)
{
	return a->count == b->count &&
	       (!a->count || memcmp(a->item, b->item, a->count * sizeof *a->item) == 0);
}

static bool same_address(const struct config_address *a, const struct config_address *b)
{
	return a->length == b->length && memcmp(&a->address, &b->address, a->length) == 0;
}

static bool same_listen(const struct schema_key *key, const char *a, const char *b)
{
	const struct config_listen *x =
		*(const struct config_listen *const *)(const void *)(a + key->offset);
	const struct config_listen *y =
		*(const struct config_listen *const *)(const void *)(b + key->offset);
	uint32_t count = *(const uint32_t *)(const void *)(a + key->list->count_offset);
	bool same = count == *(const uint32_t *)(const void *)(b + key->list->count_offset);
	for (uint32_t i = 0; same && i < count; i++)
		same = x[i].transport == y[i].transport && x[i].length == y[i].length &&
		       memcmp(&x[i].address, &y[i].address, x[i].length) == 0;
	return same;
}

static bool same_group(const struct schema_key *parent, const char *a, const char *b);

static bool same_list(const struct schema_key *key, const char *a, const char *b)
{
	const char *x = *(const char *const *)(const void *)(a + key->offset);
	const char *y = *(const char *const *)(const void *)(b + key->offset);
	uint32_t count = *(const uint32_t *)(const void *)(a + key->list->count_offset);
	bool same = count == *(const uint32_t *)(const void *)(b + key->list->count_offset);
	size_t size = key->list->element_size;
	for (uint32_t i = 0; same && i < count; i++)
		same = same_group(key, x + i * size, y + i * size);
	return same;
}

static bool same_value(const struct schema_key *key, const char *a, const char *b)
{
	const void *x = a + key->offset, *y = b + key->offset;
	switch (key->type) {
	case SCHEMA_GROUP:
		return same_group(key, a, b);
	case SCHEMA_LIST:
		return same_list(key, a, b);
	case SCHEMA_LISTEN:
		return same_listen(key, a, b);
	case SCHEMA_BOOL:
		return *(const bool *)x == *(const bool *)y;
	case SCHEMA_INTEGER:
	case SCHEMA_DURATION:
	case SCHEMA_SIZE:
	case SCHEMA_ENUM:
		return *(const uint32_t *)x == *(const uint32_t *)y;
	case SCHEMA_STRING:
	case SCHEMA_PATH:
	case SCHEMA_TARGET:
		return same_text(*(const char *const *)x, *(const char *const *)y);
	case SCHEMA_STRINGS:
		return same_strings(x, y);
	case SCHEMA_NUMBERS:
		return same_numbers(x, y);
	case SCHEMA_RANGE:
		return memcmp(x, y, sizeof(struct config_range)) == 0;
	case SCHEMA_WORDS:
		return memcmp(x, y, sizeof(struct config_words)) == 0;
	case SCHEMA_ADDRESS:
	case SCHEMA_SERVICE:
		return same_address(x, y);
	case SCHEMA_TYPES:
		break;
	}
	return true;
}

static bool same_group(const struct schema_key *parent, const char *a, const char *b)
{
	const struct schema_key *key = NULL;
	bool same = true;
	while (same && (key = schema_next(parent, key)))
		same = same_value(key, a, b);
	return same;
}

/* One note a key; a list is one key. */
static void diff_group(const struct schema_key *parent, const struct config *before,
	const struct config *after, struct config_report *report)
{
	const struct schema_key *key = NULL;
	while ((key = schema_next(parent, key))) {
		if (key->type == SCHEMA_GROUP) {
			diff_group(key, before, after, report);
			continue;
		}
		if (same_value(key, (const char *)before, (const char *)after))
			continue;
		bool applied = key->flags & SCHEMA_RELOAD;
		report->changes_applied += applied;
		report->changes_need_restart += !applied;
		struct config_origin at = config_origin_of(after, key->path);
		config_report_add(report, applied ? CONFIG_NOTE : CONFIG_WARNING, at.file, at.line,
			"%s: changed; %s", key->path,
			applied ? "applied now"
				: "needs a restart, the old value stays until then");
	}
}

void config_diff(
	const struct config *before, const struct config *after, struct config_report *report)
{
	diff_group(NULL, before, after, report);
}
