/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h: the main function of a unit test, from a list of its tests. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <check.h>
#include <stdlib.h>

/*
 * START_TEST(parses_empty) { ... } END_TEST
 * TEST_MAIN("message", parses_empty, ...)
 */
#define TEST_MAIN(suite, ...)                                                       \
	int main(void)                                                              \
	{                                                                           \
		const TTest *tests[] = {__VA_ARGS__};                               \
		return testing_run(suite, tests, sizeof(tests) / sizeof(tests[0])); \
	}

/* Whose tests nobody ends: Meson has a limit for a program that hangs, which `meson test -t`
 * stretches where the machine has other things to do. */
static inline TCase *testing_case(const char *name)
{
	TCase *tcase = tcase_create(name);
	tcase_set_timeout(tcase, 0);
	return tcase;
}

static inline int testing_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = testing_case(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
