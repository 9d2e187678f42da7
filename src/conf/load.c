/* SPDX-License-Identifier: Apache-2.0 */
/* load.c — the main file and the conf.d folder beside it become one configuration. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/check.h"
#include "conf/memory.h"
#include "conf/reader.h"
#include "conf/report.h"

/* Room for half a million users in one file. */
#define LARGEST_FILE ((size_t)128 * 1024 * 1024)

/* The line of the first @include, or 0. libconfig ends the process when an included name is a
 * folder, and conf.d does the work, so there is no @include here. */
static uint32_t include_line(const char *text)
{
	uint32_t line = 1;
	while (text) {
		text += strspn(text, " \t");
		if (strncmp(text, "@include", 8) == 0)
			return line;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
		line++;
	}
	return 0;
}

static void read_text(struct reader *reader, const char *text)
{
	uint32_t line = include_line(text);
	if (line) {
		config_report_add(reader->report, CONFIG_ERROR, reader->file, line,
			"@include is not known; files in conf.d beside the main file are merged");
		return;
	}
	config_t source;
	config_init(&source);
	if (config_read_string(&source, text) == CONFIG_TRUE)
		reader_read(reader, config_root_setting(&source));
	else
		config_report_add(reader->report, CONFIG_ERROR, reader->file,
			(uint32_t)config_error_line(&source), "%s", config_error_text(&source));
	config_destroy(&source);
}

/* Reads a stream to its end. NULL and errno when it cannot be read, is too large or holds a NUL. */
static char *slurp(FILE *file)
{
	size_t size = 64 * 1024, used = 0;
	char *text = malloc(size);
	while (text) {
		used += fread(text + used, 1, size - used - 1, file);
		if (used < size - 1)
			break;
		char *larger = size < LARGEST_FILE ? realloc(text, size * 2) : NULL;
		if (!larger) {
			free(text);
			errno = EFBIG;
			return NULL;
		}
		text = larger;
		size *= 2;
	}
	if (!text)
		return NULL;
	text[used] = '\0';
	if (!ferror(file) && strlen(text) == used)
		return text;
	errno = ferror(file) ? errno : EILSEQ;
	free(text);
	return NULL;
}

static void read_file(struct reader *reader, const char *path)
{
	reader->file = reader_text(reader, path);
	FILE *file = fopen(path, "re");
	struct stat status;
	char *text = NULL;
	if (file && fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode))
		errno = EISDIR;
	else if (file)
		text = slurp(file);
	if (text)
		read_text(reader, text);
	else
		config_report_add(reader->report, CONFIG_ERROR, path, 0, "cannot be read: %s",
			strerror(errno));
	if (file)
		fclose(file);
	free(text);
}

static int is_fragment(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* In the order of their names; a scalar of a later file replaces an earlier one, elements are
 * added. */
static void read_fragments(struct reader *reader, const char *main_folder)
{
	char folder[4096], path[4096 + 256];
	snprintf(folder, sizeof folder, "%s/conf.d", main_folder);
	struct dirent **entries;
	int count = scandir(folder, &entries, is_fragment, by_name);
	if (count < 0)
		return;
	reader->folder = reader_text(reader, folder);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		read_file(reader, path);
		free(entries[i]);
	}
	free(entries);
}

static int finish(struct reader *reader, struct config **ret)
{
	struct config *config = reader->config;
	bool out_of_memory = reader->out_of_memory;
	reader_done(reader);
	if (!out_of_memory)
		config_check(config, reader->report);
	if (!out_of_memory && !reader->report->errors) {
		*ret = config;
		return 0;
	}
	config_free(config);
	return out_of_memory ? -ENOMEM : -EINVAL;
}

static int begin(struct reader *reader, const char *folder, struct config_report *report)
{
	struct config *config = calloc(1, sizeof *config);
	if (config)
		config->memory = config_memory_new();
	if (!config || !config->memory || reader_init(reader, config, report) < 0) {
		config_free(config);
		return -ENOMEM;
	}
	reader->folder = folder;
	config->set_at = reader_take(reader, schema_count * sizeof *config->set_at);
	if (!config->set_at) {
		reader_done(reader);
		config_free(config);
		return -ENOMEM;
	}
	reader_apply_defaults(reader);
	return 0;
}

/* Absolute, without following links: relative paths belong to where the file is named. */
static int absolute_path(const char *path, char *ret, size_t size)
{
	char here[2048] = "";
	if (*path != '/' && !getcwd(here, sizeof here))
		return -errno;
	int length = snprintf(ret, size, "%s%s%s", here, *path == '/' ? "" : "/", path);
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int config_load(const char *path, struct config **ret, struct config_report *report)
{
	char folder[3072];
	int error = absolute_path(path, folder, sizeof folder);
	if (error < 0) {
		config_report_add(report, CONFIG_ERROR, path, 0, "%s", strerror(-error));
		return -EINVAL;
	}
	struct reader reader;
	error = begin(&reader, folder, report);
	if (error < 0)
		return error;
	reader.config->path = reader_text(&reader, folder);
	*strrchr(folder, '/') = '\0';
	read_file(&reader, path);
	read_fragments(&reader, folder);
	return finish(&reader, ret);
}

int config_parse_text(const char *text, size_t length, const char *name, struct config **ret,
	struct config_report *report)
{
	struct reader reader;
	int error = begin(&reader, NULL, report);
	if (error < 0)
		return error;
	reader.file = reader_text(&reader, name);
	reader.config->path = reader.file;
	char *copy = strndup(text, length);
	if (copy && strlen(copy) == length)
		read_text(&reader, copy);
	else if (copy)
		config_report_add(report, CONFIG_ERROR, name, 0, "holds a NUL byte");
	reader.out_of_memory |= !copy;
	free(copy);
	return finish(&reader, ret);
}

struct config_origin config_origin_of(const struct config *config, const char *key)
{
	const struct schema_key *row = schema_find(key);
	if (row && config->set_at[row - schema].line)
		return config->set_at[row - schema];
	return (struct config_origin){config->path, 0};
}

void config_free(struct config *config)
{
	if (!config)
		return;
	config_memory_free(config->memory);
	free(config);
}
