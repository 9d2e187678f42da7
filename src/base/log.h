/* SPDX-License-Identifier: Apache-2.0 */
/* log.h: one line per event, written by one thread that nobody waits for. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/span.h>

/*
 * Who may call what, when
 *
 *   log_start, log_stop           the main thread; start after it has daemonized (a fork would
 *                                 leave the writer behind), stop after all detaches
 *   log_thread_attach, _detach    each thread for itself, at its start and end
 *   log_event, log_is_enabled     any thread, any time, also before log_start and after log_stop
 *   log_set_level, log_reopen     any thread; not from a signal handler
 *
 * An attached thread formats into its own ring and goes on; when the ring is full the line is
 * dropped, counted, and the count is reported. A thread that is not attached, and everybody while
 * the log is not started (tests), writes its line straight to the target, stderr by default.
 */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* `target` is "stderr", "syslog", "journal" or the path of a file; NULL = stderr. */
struct log_config {
	enum log_level level;
	bool json; /* one JSON object a line instead of text */
	const char *target;
};

/* A line is cut at this many bytes. */
#define LOG_LINE_SIZE 960

/* Starts the writer. 0, -errno when the target cannot be opened, -ENOTSUP: no journal built in. */
int log_start(const struct log_config *config);

/* Writes what is still in the rings, ends the writer; later lines go to stderr. */
void log_stop(void);

/* The ring of this thread; `name` (cut at 15 bytes) appears in its lines. 0 or -ENOMEM. */
int log_thread_attach(const char *name);
void log_thread_detach(void);

extern _Atomic int log_level_now;

void log_set_level(enum log_level level);

static inline bool log_is_enabled(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&log_level_now, memory_order_relaxed);
}

/* "error", "warning", "notice", "info", "debug" */
const char *log_level_name(enum log_level level);

/* False, and untouched, when no level has that name. */
bool log_level_parse(struct pv_span name, enum log_level *ret_level);

/* Opens a log file again before the next line (SIGUSR1 after a rotation). */
void log_reopen(void);

/* Lines dropped because a ring was full, since log_start. */
uint64_t log_dropped(void);

/*
 * log_event(LOG_LEVEL_INFO, "call_started", "call_id=%.*s from=\"%s\"", ...)
 *
 * `event` is a literal, a word. The rest is key=value pairs, values with spaces in double quotes.
 * Costs one load when the level is off. What strangers wrote goes through log_quote first.
 */
#define log_event(level, ...)                          \
	do {                                           \
		if (log_is_enabled(level))             \
			log_write(level, __VA_ARGS__); \
	} while (0)

/* Writes without asking for the level; use log_event. */
void log_write(enum log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An event without any value. */
#define log_event_bare(level, event) log_event(level, event, "%s", "")

/*
 * `text` with quotes around it and quotes, backslashes and control bytes escaped, so that it can
 * be the value of a key; cut to fit into `buffer`, which it returns, always terminated.
 */
const char *log_quote(char *buffer, size_t size, struct pv_span text);

#endif
