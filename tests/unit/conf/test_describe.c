/* SPDX-License-Identifier: Apache-2.0 */
/* test_describe.c — what is printed about keys: complete, loadable, findable. */
#include <errno.h>

#include "conf/schema.h"
#include "parsing.h"

static char *printed(void (*print)(FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	print(out);
	fclose(out);
	return text;
}

START_TEST(test_defaults_load)
{
	char *text = printed(config_print_defaults);
	struct config *c, *none = good("");
	struct config_report report;
	ck_assert_int_eq(parse(text, &c, &report), 0);
	ck_assert_uint_eq(report.warnings, 0);
	config_report_done(&report);
	config_diff(none, c, &report);
	ck_assert_uint_eq(report.changes_applied + report.changes_need_restart, 0);
	config_report_done(&report);
	config_free(c);
	config_free(none);
	free(text);
}
END_TEST

/* Also what is commented out must be right once the # is taken away. */
START_TEST(test_examples_load)
{
	char *text = printed(config_print_defaults);
	for (char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		char *mark = p + strspn(p, "\t");
		if (*mark == '#')
			*mark = ' ';
	}
	struct config *c = good(text);
	ck_assert_uint_eq(c->user_count, 1);
	ck_assert_uint_eq(c->group_count, 1);
	config_free(c);
	free(text);
}
END_TEST

START_TEST(test_every_key_is_printed)
{
	char *defaults = printed(config_print_defaults), *manual = printed(config_print_manual);
	ck_assert_ptr_nonnull(strstr(defaults, schema_name(&schema[_i])));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	ck_assert_int_eq(config_explain(schema[_i].path, out), 0);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, schema[_i].doc));
	ck_assert_ptr_nonnull(strstr(text, "type:"));
	free(text);
	free(defaults);
	free(manual);
}
END_TEST

static void explains(const char *key, int result, const char *fragment)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	ck_assert_int_eq(config_explain(key, out), result);
	fclose(out);
	ck_assert_msg(strstr(text, fragment) != NULL, "%s", text);
	free(text);
}

START_TEST(test_explain)
{
	explains("registrar.capacity", 0, "default: 1000000");
	explains("registrar.capacity", 0, "an integer, 16 to 50000000");
	explains("registrar.capacity", 0, "needs a restart");
	explains("timers.t1", 0, "a plain number is in milliseconds");
	explains("auth.challenge", 0, "\"register\"");
	explains("registrar", 0, "max_contacts");
	explains("users.name", 0, "users[].name");
	explains("routes.match.user", 0, "not built yet");
	explains("registrar.capcity", -ENOENT, "the nearest is \"registrar.capacity\"");
	explains("capacity", -ENOENT, "the nearest is \"registrar.capacity\"");
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("describe");
	tcase_add_test(cases, test_defaults_load);
	tcase_add_test(cases, test_examples_load);
	tcase_add_loop_test(cases, test_every_key_is_printed, 0, (int)schema_count);
	tcase_add_test(cases, test_explain);
	return run_cases("conf/describe", cases);
}
