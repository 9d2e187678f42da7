/* SPDX-License-Identifier: Apache-2.0 */
/* log_target.c: log lines to stderr, to a file that may be rotated, and to syslog. */
#include "base/log_target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"

int log_syslog_priority(enum log_level level)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_NOTICE] = LOG_NOTICE,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};
	return priorities[level];
}

static void do_nothing(struct log_output *output) {}

/* What cannot be written (disk full, pipe gone) is lost: there is nobody to tell. */
static void flush_descriptor(struct log_output *output)
{
	size_t done = 0;
	while (done < output->filled) {
		ssize_t written = write(output->fd, output->buffer + done, output->filled - done);
		if (written < 0 && errno != EINTR)
			break;
		if (written > 0)
			done += (size_t)written;
	}
	output->filled = 0;
}

static void write_descriptor(
	struct log_output *output, const struct log_record *record, const char *thread)
{
	struct pv_writer writer;
	if (sizeof(output->buffer) - output->filled < LOG_FORMATTED_SIZE)
		flush_descriptor(output);
	pv_writer_init(
		&writer, output->buffer + output->filled, sizeof(output->buffer) - output->filled);
	if (output->json)
		log_line_json(&writer, record, thread);
	else
		log_line_text(&writer, record, thread);
	if (!writer.overflow)
		output->filled += pv_writer_length(&writer);
}

static int open_stderr(struct log_output *output, const char *where)
{
	output->fd = STDERR_FILENO;
	return 0;
}

const struct log_target log_target_stderr = {
	"stderr", open_stderr, write_descriptor, flush_descriptor, do_nothing, do_nothing};

static int open_path(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	return fd < 0 ? -errno : fd;
}

static int open_file(struct log_output *output, const char *where)
{
	int fd;
	if (strlen(where) >= sizeof(output->path))
		return -ENAMETOOLONG;
	fd = open_path(where);
	if (fd < 0)
		return fd;
	snprintf(output->path, sizeof(output->path), "%s", where);
	output->fd = fd;
	return 0;
}

static void tell_not_reopened(struct log_output *output, int error)
{
	struct log_record record = {.event = "log_not_reopened", .level = LOG_LEVEL_WARNING};
	record.wall_ms = clock_wall_ms(clock_monotonic());
	record.length = (uint32_t)snprintf(record.text, sizeof(record.text),
		"error=\"%s\" hint=\"its folder must be writable for run_as\"", strerror(-error));
	write_descriptor(output, &record, "log");
}

/* Keeps the old file when the new one cannot be opened, and says so in it. */
static void reopen_file(struct log_output *output)
{
	int fd = open_path(output->path);
	if (fd < 0) {
		tell_not_reopened(output, fd);
		return;
	}
	flush_descriptor(output);
	close(output->fd);
	output->fd = fd;
}

static void close_file(struct log_output *output)
{
	close(output->fd);
}

const struct log_target log_target_file = {
	"file", open_file, write_descriptor, flush_descriptor, reopen_file, close_file};

static int open_syslog(struct log_output *output, const char *where)
{
	openlog("portavoz", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	return 0;
}

static void write_syslog(
	struct log_output *output, const struct log_record *record, const char *thread)
{
	syslog(log_syslog_priority(record->level), "%s %s %.*s", thread, record->event,
		(int)record->length, record->text);
}

static void close_syslog(struct log_output *output)
{
	closelog();
}

const struct log_target log_target_syslog = {
	"syslog", open_syslog, write_syslog, do_nothing, do_nothing, close_syslog};
