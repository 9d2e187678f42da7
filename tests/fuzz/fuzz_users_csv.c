/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_users_csv.c — a users file: each user is found again by his name, and a mistake is told. */
#include <string.h>

#include "auth/csv.h"
#include "auth/users_build.h"
#include "fuzz.h"

/* A cheap stand-in for the hash functions. */
static void nothing(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	(void)parts;
	memset(ret, (int)count, PV_HASH_MAX);
}

static const struct pv_hash hashes[PV_ALGORITHM_COUNT] = {
	{16, nothing}, {32, nothing}, {32, nothing}};
static const enum pv_algorithm algorithms[] = {PV_ALGORITHM_SHA256, PV_ALGORITHM_MD5};
static unsigned errors;

static void tell(void *context, enum user_severity severity, const char *file, uint32_t line,
	const char *text)
{
	(void)context;
	(void)file;
	(void)line;
	errors += severity == USER_ERROR;
	MUST(text[0]);
}

/* Every field lies in the text, lines only grow. */
static void walk(char *text, size_t size)
{
	uint32_t line = 0;
	struct csv csv;

	csv_init(&csv, text, size);
	for (enum csv_event event; (event = csv_next(&csv)) != CSV_END;) {
		MUST(csv.row_line > line);
		MUST(csv.line >= csv.row_line);
		line = csv.row_line;
		MUST(csv.count <= CSV_FIELDS);
		for (uint32_t i = 0; event == CSV_ROW && i < csv.count; i++)
			must_be_within(csv.fields[i], (struct pv_span){text, size});
	}
	MUST(csv.at == csv.end);
}

static void load(char *text, size_t size)
{
	struct user_table_config config = {.realm = PV_SPAN_INIT("r"),
		.algorithms = algorithms,
		.algorithm_count = 2,
		.hashes = hashes};
	const struct user_report report = {.tell = tell};
	struct user_table *table = NULL;

	errors = 0;
	int error = user_table_load_text(&config, text, size, &report, &table);
	MUST((error != 0) == (errors != 0));
	MUST((error != 0) == (table == NULL));
	if (error)
		return;
	uint32_t count = 0;
	for (const struct user *user = NULL; (user = user_table_next(table, user));) {
		MUST(user_table_find(table, user_name(user)) == user);
		count++;
	}
	MUST(count == user_table_count(table));
	user_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	walk(text, size);
	memcpy(text, data, size);
	load(text, size);
	free(text);
	return 0;
}
