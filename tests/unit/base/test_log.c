/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c: lines reach the file, in order, once, or are counted as dropped. */
#include "base/log_target.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/testing.h"

static char path[] = "/tmp/test_log_XXXXXX";
static char old_path[64];

static void start(enum log_level level, bool json)
{
	struct log_config config = {.level = level, .json = json, .target = path};
	close(mkstemp(path));
	ck_assert_int_eq(log_start(&config), 0);
}

static char *contents(const char *of)
{
	static char text[1 << 20];
	FILE *file = fopen(of, "r");
	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static unsigned occurrences(const char *text, const char *word)
{
	unsigned count = 0;
	while ((text = strstr(text, word))) {
		count++;
		text++;
	}
	return count;
}

START_TEST(stop_writes_what_is_left)
{
	start(LOG_LEVEL_INFO, false);
	ck_assert_int_eq(log_thread_attach("worker-7"), 0);
	log_event(LOG_LEVEL_INFO, "one", "n=%d", 1);
	log_event(LOG_LEVEL_DEBUG, "hidden", "n=%d", 2);
	log_event_bare(LOG_LEVEL_ERROR, "three");
	log_stop();
	log_thread_detach();
	const char *text = contents(path);
	ck_assert_ptr_nonnull(strstr(text, "Z info worker-7 one n=1\n"));
	ck_assert_ptr_nonnull(strstr(text, "Z error worker-7 three\n"));
	ck_assert_ptr_null(strstr(text, "hidden"));
	unlink(path);
}
END_TEST

START_TEST(detach_writes_what_is_left_too)
{
	start(LOG_LEVEL_INFO, true);
	ck_assert_int_eq(log_thread_attach("short"), 0);
	log_event(LOG_LEVEL_INFO, "last_words", "n=%d", 1);
	log_thread_detach();
	ck_assert_uint_eq(occurrences(contents(path), "\"event\":\"last_words\",\"n\":1}\n"), 1);
	log_stop();
	unlink(path);
}
END_TEST

START_TEST(a_thread_without_a_ring_writes_at_once)
{
	start(LOG_LEVEL_INFO, false);
	log_event(LOG_LEVEL_INFO, "direct", "n=%d", 1);
	ck_assert_uint_eq(occurrences(contents(path), " main direct n=1\n"), 1);
	log_stop();
	unlink(path);
}
END_TEST

START_TEST(the_level_can_change)
{
	start(LOG_LEVEL_ERROR, false);
	ck_assert(!log_is_enabled(LOG_LEVEL_WARNING));
	log_event(LOG_LEVEL_DEBUG, "before", "n=%d", 1);
	log_set_level(LOG_LEVEL_DEBUG);
	log_event(LOG_LEVEL_DEBUG, "after", "n=%d", 1);
	log_stop();
	ck_assert_ptr_null(strstr(contents(path), "before"));
	ck_assert_ptr_nonnull(strstr(contents(path), "debug main after"));
	unlink(path);
}
END_TEST

START_TEST(levels_have_names)
{
	enum log_level level = LOG_LEVEL_INFO;
	ck_assert(log_level_parse(PV_SPAN("Warning"), &level));
	ck_assert_int_eq(level, LOG_LEVEL_WARNING);
	ck_assert(!log_level_parse(PV_SPAN("loud"), &level));
	ck_assert_int_eq(level, LOG_LEVEL_WARNING);
	ck_assert_str_eq(log_level_name(LOG_LEVEL_NOTICE), "notice");
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut)
{
	char text[3000];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	start(LOG_LEVEL_INFO, false);
	log_event(LOG_LEVEL_INFO, "long", "v=%s", text);
	log_stop();
	ck_assert_uint_eq(occurrences(contents(path), "\n"), 1);
	ck_assert_uint_eq(occurrences(contents(path), "x"), LOG_LINE_SIZE - 1 - strlen("v="));
	unlink(path);
}
END_TEST

START_TEST(reopen_follows_a_rotation)
{
	start(LOG_LEVEL_INFO, false);
	log_event_bare(LOG_LEVEL_INFO, "early");
	snprintf(old_path, sizeof(old_path), "%s.1", path);
	ck_assert_int_eq(rename(path, old_path), 0);
	log_event_bare(LOG_LEVEL_INFO, "middle");
	log_reopen();
	log_event_bare(LOG_LEVEL_INFO, "late");
	log_stop();
	ck_assert_ptr_nonnull(strstr(contents(old_path), "middle"));
	ck_assert_ptr_null(strstr(contents(old_path), "late"));
	ck_assert_ptr_nonnull(strstr(contents(path), "late"));
	unlink(path);
	unlink(old_path);
}
END_TEST

/* Whatever the writer manages, nothing is lost in silence. */
START_TEST(every_line_is_written_or_counted_as_dropped)
{
	unsigned written;
	start(LOG_LEVEL_INFO, false);
	ck_assert_int_eq(log_thread_attach("flood"), 0);
	for (int i = 0; i < 5000; i++)
		log_event(LOG_LEVEL_INFO, "flood_line", "n=%d", i);
	log_stop();
	log_thread_detach();
	written = occurrences(contents(path), "flood_line");
	ck_assert_uint_gt(written, 500);
	ck_assert_uint_eq(written + log_dropped(), 5000);
	ck_assert((log_dropped() > 0) ==
		  (strstr(contents(path), "log_lines_dropped lines=") != NULL));
	unlink(path);
}
END_TEST

static void *log_some(void *name)
{
	ck_assert_int_eq(log_thread_attach(name), 0);
	for (int i = 0; i < 200; i++)
		log_event(LOG_LEVEL_INFO, "tick", "n=%d", i);
	log_thread_detach();
	return NULL;
}

START_TEST(threads_keep_their_own_order)
{
	static const char *const names[] = {"one", "two", "three"};
	pthread_t threads[3];
	char word[64];

	start(LOG_LEVEL_INFO, false);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, log_some, (void *)names[i]), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	log_stop();
	ck_assert_uint_eq(log_dropped(), 0);
	for (int i = 0; i < 3; i++) {
		const char *at = contents(path);
		for (int n = 0; n < 200; n++) {
			snprintf(word, sizeof(word), " %s tick n=%d\n", names[i], n);
			at = strstr(at, word);
			ck_assert_msg(at != NULL, "line %d of %s", n, names[i]);
		}
	}
	unlink(path);
}
END_TEST

START_TEST(a_target_that_cannot_be_opened_is_an_error)
{
	struct log_config config = {.level = LOG_LEVEL_INFO, .target = "/nonexistent/folder/log"};
	ck_assert_int_lt(log_start(&config), 0);
	log_stop();
}
END_TEST

/* Neither is there to be asked what it got: that no line hangs or crashes must do. */
START_TEST(syslog_and_journal_take_lines_or_say_that_they_are_not_built_in)
{
	struct log_config to_syslog = {.level = LOG_LEVEL_INFO, .target = "syslog"};
	struct log_config to_journal = {.level = LOG_LEVEL_INFO, .target = "journal"};
	int error;

	ck_assert_int_eq(log_start(&to_syslog), 0);
	log_event(LOG_LEVEL_INFO, "unit_test", "n=%d", 1);
	log_stop();
	error = log_start(&to_journal);
	ck_assert(error == 0 || error == -ENOTSUP);
	if (!error)
		log_event(LOG_LEVEL_INFO, "unit_test", "n=%d", 1);
	log_stop();
}
END_TEST

START_TEST(levels_map_to_syslog_priorities)
{
	ck_assert_int_eq(log_syslog_priority(LOG_LEVEL_ERROR), LOG_ERR);
	ck_assert_int_eq(log_syslog_priority(LOG_LEVEL_NOTICE), LOG_NOTICE);
	ck_assert_int_eq(log_syslog_priority(LOG_LEVEL_DEBUG), LOG_DEBUG);
}
END_TEST

START_TEST(the_log_can_start_again)
{
	start(LOG_LEVEL_INFO, false);
	log_stop();
	unlink(path);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	start(LOG_LEVEL_INFO, false);
	log_event_bare(LOG_LEVEL_INFO, "again");
	log_stop();
	ck_assert_ptr_nonnull(strstr(contents(path), "again"));
	unlink(path);
}
END_TEST

TEST_MAIN("log", stop_writes_what_is_left, detach_writes_what_is_left_too,
	a_thread_without_a_ring_writes_at_once, the_level_can_change, levels_have_names,
	a_line_that_is_too_long_is_cut, reopen_follows_a_rotation,
	every_line_is_written_or_counted_as_dropped, threads_keep_their_own_order,
	a_target_that_cannot_be_opened_is_an_error,
	syslog_and_journal_take_lines_or_say_that_they_are_not_built_in,
	levels_map_to_syslog_priorities, the_log_can_start_again)
