/* SPDX-License-Identifier: Apache-2.0 */
/* parsing.h — what the tests of the configuration share: parse a text, look for a finding. */
#ifndef TESTS_CONF_PARSING_H
#define TESTS_CONF_PARSING_H

#include <stdlib.h>
#include <string.h>

#include "conf/config.h"
#include "lib/testing.h"

static inline int parse(const char *text, struct config **ret, struct config_report *report)
{
	*ret = NULL;
	*report = (struct config_report){0};
	return config_parse_text(text, strlen(text), "test.conf", ret, report);
}

/* The configuration of a text that must be good. */
static inline struct config *good(const char *text)
{
	struct config *config;
	struct config_report report;
	int result = parse(text, &config, &report);
	if (result < 0)
		config_report_print(&report, stderr);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(report.errors, 0);
	config_report_done(&report);
	return config;
}

static inline const struct config_finding *find(
	const struct config_report *report, uint32_t line, const char *fragment)
{
	for (const struct config_finding *f = report->first; f; f = f->next)
		if (f->line == line && strstr(f->text, fragment))
			return f;
	return NULL;
}

/* The text must fail, and say `fragment` of that line. */
static inline void bad(const char *text, uint32_t line, const char *fragment)
{
	struct config *config;
	struct config_report report;
	ck_assert_int_lt(parse(text, &config, &report), 0);
	ck_assert_ptr_null(config);
	if (!find(&report, line, fragment)) {
		config_report_print(&report, stderr);
		ck_abort_msg("no finding \"%s\" at line %u of: %s", fragment, line, text);
	}
	config_report_done(&report);
}

static inline int run_cases(const char *name, TCase *cases)
{
	Suite *suite = suite_create(name);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
