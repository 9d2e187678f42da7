/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c — finds the command that a line names, and the short commands themselves. */
#include "admin/commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macros.h"

static const struct command {
	const char *words, *arguments;
	void (*handler)(struct admin_call *call);
	const char *help;
} commands[] = {
#define COMMAND(words, arguments, handler, help) {words, arguments, handler, help},
#include "admin/command_list.h"
#undef COMMAND
};

void call_fail(struct admin_call *call, const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	call->failed = true;
	json_object(&call->json, NULL);
	json_text(&call->json, "error", text);
	json_object_end(&call->json);
}

/* The findings of a load or a diff, as "findings": [ … ]. */
static void put_findings(struct json *json, const struct config_report *report)
{
	static const char *const names[] = {"note", "warning", "error"};
	json_array(json, "findings");
	for (const struct config_finding *f = report->first; f; f = f->next) {
		json_object(json, NULL);
		json_text(json, "severity", names[f->severity]);
		if (f->file)
			json_text(json, "file", f->file);
		if (f->line)
			json_number(json, "line", f->line);
		json_text(json, "text", f->text);
		json_object_end(json);
	}
	json_array_end(json);
}

void command_config_reload(struct admin_call *call)
{
	struct config_report report = {0};
	int result = call->host->reload(call->host->context, &report);
	call->failed = result < 0;
	json_object(&call->json, NULL);
	if (result < 0)
		json_text(&call->json, "error", "the old configuration stays");
	json_bool(&call->json, "applied", result == 0);
	json_number(&call->json, "changes", report.changes_applied);
	json_number(&call->json, "changes_need_restart", report.changes_need_restart);
	put_findings(&call->json, &report);
	json_object_end(&call->json);
	config_report_done(&report);
}

void command_users_reload(struct admin_call *call)
{
	struct config_report report = {0};
	uint32_t users = 0;
	int result = call->host->users_reload(call->host->context, &report, &users);
	call->failed = result < 0;
	json_object(&call->json, NULL);
	if (result < 0)
		json_text(&call->json, "error", "the old users stay");
	else
		json_number(&call->json, "users", users);
	put_findings(&call->json, &report);
	json_object_end(&call->json);
	config_report_done(&report);
}

void command_log_level(struct admin_call *call)
{
	enum log_level level;
	if (call->argument && !log_level_parse(pv_span_of(call->argument), &level)) {
		call_fail(call, "no level \"%s\"; known: error, warning, notice, info, debug",
			call->argument);
		return;
	}
	if (call->argument) {
		log_set_level(level);
		log_event(LOG_LEVEL_NOTICE, "log_level_set", "level=%s", log_level_name(level));
	}
	json_object(&call->json, NULL);
	json_text(
		&call->json, "level", log_level_name((enum log_level)atomic_load(&log_level_now)));
	json_number(&call->json, "lines_dropped", log_dropped());
	json_object_end(&call->json);
}

void command_explain(struct admin_call *call)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	if (!memory) {
		call_fail(call, "no memory");
		return;
	}
	int result = config_explain(call->argument, memory);
	fclose(memory);
	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	if (result < 0) {
		call_fail(call, "%s", text);
	} else {
		json_object(&call->json, NULL);
		json_text(&call->json, "text", text);
		json_object_end(&call->json);
	}
	free(text);
}

void command_version(struct admin_call *call)
{
	json_object(&call->json, NULL);
	json_text(&call->json, "version", call->host->version);
	json_object_end(&call->json);
}

void command_help(struct admin_call *call)
{
	json_object(&call->json, NULL);
	json_array(&call->json, "commands");
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		char usage[80];
		snprintf(usage, sizeof usage, "%s%s%s", commands[i].words,
			*commands[i].arguments ? " " : "", commands[i].arguments);
		json_object(&call->json, NULL);
		json_text(&call->json, "command", usage);
		json_text(&call->json, "help", commands[i].help);
		json_object_end(&call->json);
	}
	json_array_end(&call->json);
	json_object_end(&call->json);
}

/* The command whose words begin `line`; *ret_rest is what follows them, without spaces. */
static const struct command *find_command(const char *line, const char **ret_rest)
{
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		size_t length = strlen(commands[i].words);
		if (strncmp(line, commands[i].words, length) != 0)
			continue;
		if (line[length] && line[length] != ' ')
			continue;
		*ret_rest = line + length + strspn(line + length, " ");
		return &commands[i];
	}
	return NULL;
}

static void unknown_command(struct admin_call *call, const char *line)
{
	const char *words[ARRAY_LENGTH(commands) + 1];
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		words[i] = commands[i].words;
	words[ARRAY_LENGTH(commands)] = NULL;
	const char *nearest = config_nearest(line, words);
	if (nearest)
		call_fail(call, "no command \"%s\"; did you mean \"%s\"?", line, nearest);
	else
		call_fail(call, "no command \"%s\"; help lists them", line);
}

/* Of "NAME [USER]": two, of which one is required. */
static unsigned count_words(const char *arguments, unsigned *ret_required)
{
	unsigned count = 0;
	*ret_required = 0;
	while (*arguments) {
		*ret_required += *arguments != '[';
		count++;
		arguments += strcspn(arguments, " ");
		arguments += strspn(arguments, " ");
	}
	return count;
}

/* Cuts `rest` at its blanks. Returns how many words there are; the call has those that fit. */
static unsigned split(struct admin_call *call, char *rest)
{
	char *save;
	unsigned count = 0;
	for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (count < ADMIN_ARGUMENTS_MAX)
			call->arguments[count] = word;
		count++;
	}
	call->argument = call->arguments[0];
	return count;
}

static void answer(struct admin_call *call, const char *line)
{
	const char *rest;
	char words[1024];
	unsigned required;
	const struct command *command = find_command(line, &rest);
	if (!command) {
		unknown_command(call, line);
		return;
	}
	snprintf(words, sizeof words, "%s", rest);
	unsigned given = split(call, words), most = count_words(command->arguments, &required);
	if (given < required)
		call_fail(call, "%s needs %s", command->words, command->arguments);
	else if (given > most && most == 0)
		call_fail(call, "%s takes no argument", command->words);
	else if (given > most && most == 1)
		call_fail(call, "%s takes one argument", command->words);
	else if (given > most)
		call_fail(call, "%s takes %s", command->words, command->arguments);
	else
		command->handler(call);
}

bool admin_answer(const struct admin_host *host, long uid, const char *line, char **ret_text,
	size_t *ret_length)
{
	char clean[1024];
	line += strspn(line, " \t\r");
	size_t length = strnlen(line, sizeof clean - 1);
	memcpy(clean, line, length);
	while (length && strchr(" \t\r\n", clean[length - 1]))
		length--;
	clean[length] = '\0';

	char *text = NULL;
	size_t size = 0;
	struct admin_call call = {.host = host, .uid = uid, .out = open_memstream(&text, &size)};
	if (!call.out)
		return false;
	call.json.out = call.out;
	answer(&call, clean);
	if (call.json.comma)
		fputc('\n', call.out);
	fclose(call.out);
	*ret_text = text;
	*ret_length = size;
	return !call.failed;
}
