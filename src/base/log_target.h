/* SPDX-License-Identifier: Apache-2.0 */
/* log_target.h: where log lines go, a row for each kind of place; private to log*.c. */
#ifndef BASE_LOG_TARGET_H
#define BASE_LOG_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/writer.h>

#include "base/log.h"

/* One event as the thread that had it left it. */
struct log_record {
	uint64_t wall_ms;
	const char *event; /* a literal */
	enum log_level level;
	uint32_t length; /* of text */
	char text[LOG_LINE_SIZE];
};

struct log_output;

/* All functions but open are called under the log's lock. */
struct log_target {
	const char *name;
	int (*open)(struct log_output *output, const char *where); /* 0 or -errno */
	void (*write)(
		struct log_output *output, const struct log_record *record, const char *thread);
	void (*flush)(struct log_output *output);
	void (*reopen)(struct log_output *output);
	void (*close)(struct log_output *output);
};

#define LOG_OUTPUT_SIZE 65536

struct log_output {
	const struct log_target *target;
	int fd;
	bool json;
	char path[512];
	size_t filled; /* bytes of `buffer` that wait for a flush */
	char buffer[LOG_OUTPUT_SIZE];
};

extern const struct log_target log_target_stderr;
extern const struct log_target log_target_file;
extern const struct log_target log_target_syslog;
extern const struct log_target log_target_journal; /* its open says -ENOTSUP where not built */

/* Between 0 (emergency) and 7 (debug), as syslog and the journal count. */
int log_syslog_priority(enum log_level level);

/* log_line.c: one line with its newline. */
void log_line_text(struct pv_writer *writer, const struct log_record *record, const char *thread);
void log_line_json(struct pv_writer *writer, const struct log_record *record, const char *thread);

/* A line can grow when it is escaped: this is always enough. */
#define LOG_FORMATTED_SIZE (7 * LOG_LINE_SIZE)

#endif
