/* SPDX-License-Identifier: Apache-2.0 */
/* test_nearest.c — the word that somebody probably meant. */
#include "parsing.h"

static const char *const words[] = {"listen", "domain", "registrar", "limits", "log", NULL};

static const struct {
	const char *word, *nearest;
} rows[] = {
	{"lisen", "listen"},
	{"listne", "listen"},
	{"LISTEN", "listen"},
	{"domains", "domain"},
	{"regsitrar", "registrar"},
	{"limit", "limits"},
	{"xyzzyxyzzy", NULL},
	{"", NULL},
};

START_TEST(test_rows)
{
	const char *nearest = config_nearest(rows[_i].word, words);
	if (rows[_i].nearest)
		ck_assert_str_eq(nearest, rows[_i].nearest);
	else
		ck_assert_ptr_null(nearest);
}
END_TEST

START_TEST(test_long_words)
{
	char longer[4096];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	ck_assert_ptr_null(config_nearest(longer, words));
	const char *const itself[] = {longer, NULL};
	ck_assert_ptr_eq(config_nearest(longer, itself), longer);
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("nearest");
	tcase_add_loop_test(cases, test_rows, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(cases, test_long_words);
	return run_cases("conf/nearest", cases);
}
