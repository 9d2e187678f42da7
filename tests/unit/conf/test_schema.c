/* SPDX-License-Identifier: Apache-2.0 */
/* test_schema.c — the table of keys is sound. */
#include "conf/schema.h"

#include "parsing.h"

START_TEST(test_every_row)
{
	const struct schema_key *key = &schema[_i];
	ck_assert_ptr_nonnull(key->doc);
	ck_assert_ptr_eq(schema_find(key->path), key);
	ck_assert_int_eq(key->doc[strlen(key->doc) - 1], '.');
	ck_assert_uint_le(key->least, key->most);
	ck_assert((key->type == SCHEMA_ENUM || key->type == SCHEMA_WORDS ||
			  key->type == SCHEMA_TARGET) == (key->words != NULL));
	ck_assert((key->type == SCHEMA_LIST || key->type == SCHEMA_LISTEN) == (key->list != NULL));
	if (key->type == SCHEMA_DURATION)
		ck_assert_int_ne(key->unit, SCHEMA_PLAIN);
	if (key->type == SCHEMA_ENUM)
		ck_assert_ptr_nonnull(key->initial);
}
END_TEST

/* Each row is reached from the top by its names, so each can be written in a file. */
START_TEST(test_every_row_is_reached)
{
	char path[128];
	snprintf(path, sizeof path, "%s", schema[_i].path);
	const struct schema_key *key = NULL;
	char *rest = path;
	for (char *part = strsep(&rest, "."); part; part = strsep(&rest, ".")) {
		part[strcspn(part, "[")] = '\0';
		key = schema_child(key, part);
		ck_assert_ptr_nonnull(key);
	}
	ck_assert_ptr_eq(key, &schema[_i]);
}
END_TEST

START_TEST(test_later)
{
	ck_assert(schema_is_later(schema_find("routes[].match.user")));
	ck_assert(schema_is_later(schema_find("trunks[].uri")));
	ck_assert(!schema_is_later(schema_find("registrar.capacity")));
	ck_assert(!schema_is_later(schema_find("users[].name")));
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("schema");
	tcase_add_loop_test(cases, test_every_row, 0, (int)schema_count);
	tcase_add_loop_test(cases, test_every_row_is_reached, 0, (int)schema_count);
	tcase_add_test(cases, test_later);
	return run_cases("conf/schema", cases);
}
