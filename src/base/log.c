/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: a ring per thread, filled by that thread, written out by one thread that nobody awaits. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log_target.h"
#include "base/metrics.h"
#include "base/ring.h"

/* Lines that a thread may be ahead of the writer. */
#define RING_LINES 512

/* The writer lets lines gather so long after it was woken, so that a busy server wakes it rarely.
 */
#define GATHER_MS 10

/* Producer: its thread. Consumer: whoever holds log_lock. */
struct log_thread {
	struct ring ring; /* of struct log_record */
	struct list link; /* in threads, under log_lock */
	_Atomic uint64_t dropped;
	uint64_t dropped_told; /* under log_lock */
	bool gone;             /* under log_lock: to be freed when drained */
	char name[16];
};

_Atomic int log_level_now = LOG_LEVEL_NOTICE;

/* Guards the output, the list of threads and the consumer's side of their rings. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list threads = {&threads, &threads};
static struct log_output output = {.target = &log_target_stderr, .fd = STDERR_FILENO};

static _Thread_local struct log_thread *log_here INITIAL_EXEC;

static pthread_t writer_thread;
static int writer_bell = -1; /* eventfd */
static _Atomic bool writer_runs;
static _Atomic bool writer_stops;
static _Atomic bool writer_sleeps;
static _Atomic bool reopen_wanted;
static _Atomic uint64_t dropped_total;

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_level_parse(struct pv_span name, enum log_level *ret_level)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(level_names); i++)
		if (pv_span_equal_nocase(name, pv_span_of(level_names[i]))) {
			*ret_level = (enum log_level)i;
			return true;
		}
	return false;
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&log_level_now, (int)level, memory_order_relaxed);
}

uint64_t log_dropped(void)
{
	return atomic_load_explicit(&dropped_total, memory_order_relaxed);
}

/* ---- the thread that has something to say ---- */

static void ring_writer(void)
{
	uint64_t one = 1;
	/* It cannot fail but for an overflow of 2^64, and then the writer is awake. */
	if (write(writer_bell, &one, sizeof(one)) < 0)
		return;
}

/*
 * An exchange on both sides: of the writer's "I sleep" and ours one comes first. Either we see it
 * and ring, or the writer sees our line before it sleeps.
 */
static void wake_writer(void)
{
	if (atomic_exchange_explicit(&writer_sleeps, false, memory_order_acq_rel))
		ring_writer();
}

__attribute__((format(printf, 4, 0))) static void fill(struct log_record *record,
	enum log_level level, const char *event, const char *format, va_list arguments)
{
	int length = vsnprintf(record->text, sizeof(record->text), format, arguments);
	record->wall_ms = clock_wall_ms(clock_monotonic());
	record->event = event;
	record->level = level;
	record->length = (uint32_t)MIN(MAX(length, 0), (int)sizeof(record->text) - 1);
}

static void reopen_if_wanted(void)
{
	if (atomic_exchange_explicit(&reopen_wanted, false, memory_order_relaxed))
		output.target->reopen(&output);
}

static void write_directly(const struct log_record *record)
{
	pthread_mutex_lock(&log_lock);
	reopen_if_wanted();
	output.target->write(&output, record, log_here ? log_here->name : "main");
	output.target->flush(&output);
	pthread_mutex_unlock(&log_lock);
}

static void count_drop(struct log_thread *thread)
{
	atomic_fetch_add_explicit(&thread->dropped, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&dropped_total, 1, memory_order_relaxed);
	metrics_add(METRIC_log_lines_dropped, 1);
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
	bool direct = !log_here || !atomic_load_explicit(&writer_runs, memory_order_acquire);
	struct log_record own;
	struct log_record *record = direct ? &own : ring_reserve(&log_here->ring);
	va_list arguments;

	if (!record) {
		count_drop(log_here);
		return;
	}
	va_start(arguments, format);
	fill(record, level, event, format, arguments);
	va_end(arguments);
	if (direct) {
		write_directly(record);
	} else {
		ring_commit(&log_here->ring);
		wake_writer();
	}
}

int log_thread_attach(const char *name)
{
	struct log_thread *thread = aligned_alloc(CACHE_LINE, sizeof(*thread));
	if (!thread)
		return -ENOMEM;
	memset(thread, 0, sizeof(*thread));
	if (ring_init(&thread->ring, sizeof(struct log_record), RING_LINES) < 0) {
		free(thread);
		return -ENOMEM;
	}
	snprintf(thread->name, sizeof(thread->name), "%s", name);
	log_thread_detach();
	pthread_mutex_lock(&log_lock);
	list_push_tail(&threads, &thread->link);
	pthread_mutex_unlock(&log_lock);
	log_here = thread;
	return 0;
}

/* ---- the one who writes; all of it under log_lock ---- */

static void tell_drops(struct log_thread *thread)
{
	uint64_t dropped = atomic_load_explicit(&thread->dropped, memory_order_relaxed);
	struct log_record record = {.event = "log_lines_dropped", .level = LOG_LEVEL_WARNING};

	if (dropped == thread->dropped_told)
		return;
	record.wall_ms = clock_wall_ms(clock_monotonic());
	record.length = (uint32_t)snprintf(record.text, sizeof(record.text), "lines=%llu",
		(unsigned long long)(dropped - thread->dropped_told));
	output.target->write(&output, &record, thread->name);
	thread->dropped_told = dropped;
}

static void drain_thread(struct log_thread *thread)
{
	struct log_record *record;
	while ((record = ring_peek(&thread->ring))) {
		output.target->write(&output, record, thread->name);
		ring_release(&thread->ring);
	}
	tell_drops(thread);
}

static void free_thread(struct log_thread *thread)
{
	list_remove(&thread->link);
	ring_done(&thread->ring);
	free(thread);
}

static void drain_all(void)
{
	pthread_mutex_lock(&log_lock);
	reopen_if_wanted();
	LIST_EACH_SAFE(link, &threads)
	{
		struct log_thread *thread = container_of(link, struct log_thread, link);
		drain_thread(thread);
		if (thread->gone)
			free_thread(thread);
	}
	output.target->flush(&output);
	pthread_mutex_unlock(&log_lock);
}

void log_thread_detach(void)
{
	struct log_thread *thread = log_here;
	if (!thread)
		return;
	log_here = NULL;
	pthread_mutex_lock(&log_lock);
	thread->gone = true;
	pthread_mutex_unlock(&log_lock);
	drain_all();
}

static void sleep_until_rung(void)
{
	struct pollfd bell = {.fd = writer_bell, .events = POLLIN};
	uint64_t rung;

	atomic_exchange_explicit(&writer_sleeps, true, memory_order_acq_rel);
	drain_all(); /* what came before we said so */
	while (poll(&bell, 1, -1) < 0 && errno == EINTR)
		;
	if (read(writer_bell, &rung, sizeof(rung)) < 0)
		return;
	if (!atomic_load_explicit(&writer_stops, memory_order_acquire))
		poll(&bell, 1, GATHER_MS);
}

static void *writer_main(void *unused)
{
	capabilities_forget_network();
	while (!atomic_load_explicit(&writer_stops, memory_order_acquire)) {
		sleep_until_rung();
		drain_all();
	}
	return NULL;
}

/* ---- start and stop ---- */

static const struct log_target *target_named(const char *name)
{
	static const struct log_target *const named[] = {
		&log_target_stderr, &log_target_syslog, &log_target_journal};
	for (size_t i = 0; i < ARRAY_LENGTH(named); i++)
		if (!strcmp(named[i]->name, name))
			return named[i];
	return &log_target_file;
}

static int open_output(const struct log_config *config)
{
	const char *where = config->target ? config->target : "stderr";
	const struct log_target *target = target_named(where);
	int error;

	pthread_mutex_lock(&log_lock);
	error = target->open(&output, where);
	if (!error) {
		output.target = target;
		output.json = config->json;
	}
	pthread_mutex_unlock(&log_lock);
	return error;
}

static void close_output(void)
{
	pthread_mutex_lock(&log_lock);
	output.target->flush(&output);
	output.target->close(&output);
	output.target = &log_target_stderr;
	output.fd = STDERR_FILENO;
	output.json = false;
	pthread_mutex_unlock(&log_lock);
}

/* Signals belong to the main thread. */
static int start_without_signals(pthread_t *ret_thread)
{
	sigset_t all;
	sigset_t before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = -pthread_create(ret_thread, NULL, writer_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static int start_writer(void)
{
	int error;
	writer_bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (writer_bell < 0)
		return -errno;
	atomic_store(&writer_stops, false);
	atomic_store(&writer_sleeps, false);
	error = start_without_signals(&writer_thread);
	if (error)
		close(writer_bell);
	return error;
}

int log_start(const struct log_config *config)
{
	int error = open_output(config);
	if (error)
		return error;
	error = start_writer();
	if (error) {
		close_output();
		return error;
	}
	atomic_store(&dropped_total, 0);
	log_set_level(config->level);
	atomic_store_explicit(&writer_runs, true, memory_order_release);
	return 0;
}

void log_stop(void)
{
	if (!atomic_exchange(&writer_runs, false))
		return;
	atomic_store_explicit(&writer_stops, true, memory_order_release);
	ring_writer();
	pthread_join(writer_thread, NULL);
	drain_all();
	close(writer_bell);
	close_output();
}

void log_reopen(void)
{
	atomic_store_explicit(&reopen_wanted, true, memory_order_relaxed);
}
