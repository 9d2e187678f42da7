/* SPDX-License-Identifier: Apache-2.0 */
/* test_commands.c — a line finds its command, and answers are what they should be. */
#include <errno.h>
#include <string.h>

#include "admin/admin.h"
#include "base/log.h"
#include "lib/testing.h"

static int reloads;

static int reload(void *context, struct config_report *report)
{
	reloads++;
	return *(int *)context;
}

static int users_reload(void *context, struct config_report *report, uint32_t *ret_users)
{
	*ret_users = 7;
	return *(int *)context;
}

static int result;
static const struct admin_host host = {
	.context = &result, .version = "1.2.3", .reload = reload, .users_reload = users_reload};

static void expect(const char *line, bool good, const char *fragment)
{
	char *text = NULL;
	size_t length = 0;
	ck_assert_int_eq(admin_answer(&host, -1, line, &text, &length), good);
	ck_assert_uint_eq(strlen(text), length);
	ck_assert_msg(strstr(text, fragment) != NULL, "%s: %s", line, text);
	free(text);
}

START_TEST(finding)
{
	expect("version", true, "{\"version\":\"1.2.3\"}\n");
	expect("  version \t\r", true, "1.2.3");
	expect("", false, "no command");
	expect("versio", false, "did you mean \\\"version\\\"?");
	expect("versions", false, "did you mean");
	expect("version now", false, "takes no argument");
	expect("explain", false, "needs KEY");
	expect("explain a b", false, "takes one argument");
	expect("group grant ops", false, "group grant needs NAME USER");
	expect("group grant ops alice bob", false, "group grant takes NAME USER");
	expect("group emergency ops a --clear now", false, "takes NAME [USER] [--clear]");
	expect("group talks a b", false, "takes one argument");
	expect("group list", false, "there are no groups");
	expect("group  list", false, "no command");
	expect("group revoke   ops    alice  ", false, "there are no groups");
	expect("users relaod", false, "did you mean \\\"users reload\\\"");
	expect("help", true, "\"log level [LEVEL]\"");
}
END_TEST

START_TEST(reloading)
{
	result = 0;
	expect("config reload", true, "\"applied\":true");
	expect("users reload", true, "\"users\":7");
	result = -EINVAL;
	expect("config reload", false,
		"\"error\":\"the old configuration stays\",\"applied\":false");
	expect("users reload", false, "\"error\":");
	ck_assert_int_eq(reloads, 2);
}
END_TEST

START_TEST(level)
{
	expect("log level debug", true, "\"level\":\"debug\"");
	ck_assert(log_is_enabled(LOG_LEVEL_DEBUG));
	expect("log level loud", false, "known: error");
	expect("log level", true, "\"level\":\"debug\"");
}
END_TEST

START_TEST(metrics)
{
	expect("metrics", true, "# TYPE portavoz_log_lines_dropped_total counter\n");
	expect("metrics", true, "portavoz_batch_time{quantile=\"0.5\"} 0\n");
	expect("metrics json", true, "\"log_lines_dropped\":0");
	expect("metrics xml", false, "metrics json");
}
END_TEST

START_TEST(explaining)
{
	expect("explain timers.t1", true, "default: \\\"500ms\\\"");
	expect("explain timers.t7", false, "the nearest is \\\"timers.t1\\\"");
}
END_TEST

TEST_MAIN("admin/commands", finding, reloading, level, metrics, explaining)
