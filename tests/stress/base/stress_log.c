/* SPDX-License-Identifier: Apache-2.0 */
/* stress_log.c: threads log, come and go, the file is rotated: each line is written or counted. */
#include "base/log.h"

#include <string.h>
#include <unistd.h>

#include "lib/threads.h"

#define ROUNDS  10
#define LINES   600
#define THREADS 3

static char path[] = "/tmp/stress_log_XXXXXX";
static char rotated[64];
static _Atomic unsigned logging = THREADS;

static void log_and_leave(unsigned number)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		MUST(log_thread_attach("logger") == 0);
		for (unsigned i = 0; i < LINES; i++) {
			log_event(LOG_LEVEL_INFO, "line_of_stress", "thread=%u n=%u", number, i);
			log_event(LOG_LEVEL_DEBUG, "must_not_appear", "n=%u", i);
		}
		log_thread_detach();
	}
	atomic_fetch_sub(&logging, 1);
}

static void rotate_once(unsigned unused)
{
	MUST(rename(path, rotated) == 0);
	log_reopen();
	while (atomic_load(&logging)) {
		log_set_level(LOG_LEVEL_INFO);
		log_reopen();
		sched_yield();
	}
	log_event(LOG_LEVEL_NOTICE, "rotated", "by=%s", "test");
}

static unsigned lines_in(const char *name)
{
	char line[2048];
	unsigned lines = 0;
	FILE *file = fopen(name, "r");
	MUST(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		MUST(line[strlen(line) - 1] == '\n');
		MUST(!strstr(line, "must_not_appear"));
		lines += strstr(line, " logger line_of_stress thread=") != NULL;
	}
	fclose(file);
	return lines;
}

int main(void)
{
	struct log_config config = {.level = LOG_LEVEL_INFO, .target = path};
	unsigned written;

	close(mkstemp(path));
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	MUST(log_start(&config) == 0);
	threads_add(THREADS, log_and_leave);
	threads_add(1, rotate_once);
	threads_run();
	log_stop();
	written = lines_in(path) + lines_in(rotated);
	MUST(written + log_dropped() == THREADS * ROUNDS * LINES);
	printf("written=%u dropped=%llu\n", written, (unsigned long long)log_dropped());
	unlink(path);
	unlink(rotated);
	return 0;
}
