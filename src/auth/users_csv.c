/* SPDX-License-Identifier: Apache-2.0 */
/* users_csv.c — users out of a CSV file whose first line names the columns. */
#include "auth/users_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/csv.h"
#include "base/macros.h"

#define FILE_MAX (1ll << 30)

enum column {
	NAME,
	PASSWORD,
	DISPLAY,
	PRIORITY,
	HA1_MD5,
	HA1_SHA256,
	HA1_SHA512_256,
	COLUMN_COUNT,
};

static const struct pv_span columns[COLUMN_COUNT] = {
	[NAME] = PV_SPAN_INIT("name"),
	[PASSWORD] = PV_SPAN_INIT("password"),
	[DISPLAY] = PV_SPAN_INIT("display"),
	[PRIORITY] = PV_SPAN_INIT("priority"),
	[HA1_MD5] = PV_SPAN_INIT("ha1_md5"),
	[HA1_SHA256] = PV_SPAN_INIT("ha1_sha256"),
	[HA1_SHA512_256] = PV_SPAN_INIT("ha1_sha512_256"),
};

/* Which column each field of a row is. */
struct layout {
	enum column column[CSV_FIELDS];
	uint32_t count;
	unsigned seen; /* bit per column */
};

static const char *const mistakes[] = {
	[CSV_UNTERMINATED] = "a quoted field has no closing quote",
	[CSV_STRAY_QUOTE] = "text behind a closing quote (a quote inside a field is written twice)",
	[CSV_TOO_MANY] = "too many fields",
};

static enum column column_of(struct pv_span name)
{
	for (unsigned i = 0; i < COLUMN_COUNT; i++)
		if (pv_span_equal_nocase(pv_span_trim(name), columns[i]))
			return (enum column)i;
	return COLUMN_COUNT;
}

static bool read_header(struct user_builder *builder, const struct csv *csv, struct user_origin at,
	struct layout *ret)
{
	uint32_t errors = builder->errors;

	for (uint32_t i = 0; i < csv->count; i++) {
		enum column column = column_of(csv->fields[i]);
		if (column == COLUMN_COUNT)
			user_builder_tell(builder, USER_ERROR, at,
				"unknown column \"%.*s\" (columns: name, password, display, "
				"priority, ha1_md5, ha1_sha256, ha1_sha512_256)",
				(int)MIN(csv->fields[i].length, 64u), csv->fields[i].at);
		else if (ret->seen & 1u << column)
			user_builder_tell(builder, USER_ERROR, at, "column \"%.*s\" stands twice",
				PV_SPAN_PRINT(columns[column]));
		else
			ret->seen |= 1u << column;
		ret->column[i] = column;
	}
	ret->count = csv->count;
	if (builder->errors == errors && !(ret->seen & 1u << NAME))
		user_builder_tell(builder, USER_ERROR, at,
			"the first line must name the columns: name,password or name,ha1_md5 ...");
	return builder->errors == errors;
}

static void read_row(struct user_builder *builder, const struct csv *csv, struct user_origin at,
	const struct layout *layout)
{
	struct pv_span value[COLUMN_COUNT] = {0};
	struct user_draft draft = {.origin = at};

	if (csv->count != layout->count) {
		user_builder_tell(builder, USER_ERROR, at,
			"%u fields where the first line names %u", csv->count, layout->count);
		return;
	}
	for (uint32_t i = 0; i < csv->count; i++)
		value[layout->column[i]] = csv->fields[i];
	struct pv_span priority = pv_span_trim(value[PRIORITY]);
	if (priority.length && !pv_span_to_u32(priority, &draft.priority)) {
		user_builder_tell(builder, USER_ERROR, at, "the priority is not a number");
		return;
	}
	draft.name = value[NAME];
	draft.password = value[PASSWORD];
	draft.display = value[DISPLAY];
	draft.ha1[PV_ALGORITHM_MD5] = value[HA1_MD5];
	draft.ha1[PV_ALGORITHM_SHA256] = value[HA1_SHA256];
	draft.ha1[PV_ALGORITHM_SHA512_256] = value[HA1_SHA512_256];
	user_builder_add(builder, &draft);
}

void user_builder_add_csv(struct user_builder *builder, const char *path, char *text, size_t length)
{
	struct layout layout = {0};
	struct csv csv;

	csv_init(&csv, text, length);
	for (enum csv_event event; (event = csv_next(&csv)) != CSV_END;) {
		struct user_origin at = {path, csv.row_line};
		if (event != CSV_ROW)
			user_builder_tell(builder, USER_ERROR, at, "%s", mistakes[event]);
		else if (layout.count)
			read_row(builder, &csv, at, &layout);
		else if (!read_header(builder, &csv, at, &layout))
			return;
		if (builder->out_of_memory)
			return;
	}
	if (!layout.count)
		user_builder_tell(builder, USER_ERROR, (struct user_origin){path, 0},
			"empty: the first line must name the columns");
}

/* 0 and the whole file, or -errno. */
static int read_all(int file, char **ret_text, size_t *ret_length)
{
	struct stat status;
	size_t used = 0;

	if (fstat(file, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (status.st_size > FILE_MAX)
		return -EFBIG;
	char *text = malloc((size_t)status.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (used < (size_t)status.st_size) {
		ssize_t got = read(file, text + used, (size_t)status.st_size - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int error = -errno;
			free(text);
			return error;
		}
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*ret_text = text;
	*ret_length = used;
	return 0;
}

void user_builder_add_file(struct user_builder *builder, const char *path)
{
	struct user_origin at = {path, 0};
	char *text = NULL;
	size_t length = 0;

	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int error = file < 0 ? -errno : read_all(file, &text, &length);
	if (file >= 0)
		close(file);
	if (error) {
		user_builder_tell(builder, USER_ERROR, at, "cannot be read: %s", strerror(-error));
		return;
	}
	user_builder_add_csv(builder, path, text, length);
	explicit_bzero(text, length); /* passwords */
	free(text);
}
