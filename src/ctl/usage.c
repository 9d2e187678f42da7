/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c — the command line of portavozctl: one table of options, the server's table of commands.
 */
#include "ctl/usage.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/macros.h"

static const struct row {
	const char *name;
	int letter;
	const char *argument;
	const char *help;
} rows[] = {
	{"config", 'c', "FILE", "take the socket from admin.socket of this configuration"},
	{"socket", 's', "PATH",
		"the server's control socket, /run/portavoz/control.sock if nothing is said"},
	{"json", 'j', NULL, "print the answer as JSON, one document"},
	{"version", 'V', NULL, "print the version of portavozctl"},
	{"help", 'h', NULL, "print this"},
};

static const struct {
	const char *words, *arguments, *help;
} commands[] = {
#define COMMAND(words, arguments, handler, help) {words, arguments, help},
#include "admin/command_list.h"
#undef COMMAND
};

static const char *const exit_meanings[] = {
	[CTL_DONE] = "done",
	[CTL_REFUSED] = "the server answered with an error",
	[CTL_BAD_USAGE] = "bad usage",
	[CTL_NO_SERVER] = "no server answers at the socket",
};

static void apply(struct ctl_options *options, int letter, const char *argument)
{
	switch (letter) {
	case 'c':
		options->config = argument;
		break;
	case 's':
		options->socket = argument;
		break;
	case 'j':
		options->json = true;
		break;
	case 'V':
		options->version = true;
		break;
	case 'h':
		options->help = true;
		break;
	}
}

static int add_word(struct ctl_options *options, const char *word, FILE *errors)
{
	size_t used = strlen(options->line);
	int length = snprintf(
		options->line + used, sizeof options->line - used, "%s%s", used ? " " : "", word);
	if ((size_t)length < sizeof options->line - used && !strpbrk(word, "\r\n"))
		return 0;
	fputs("portavozctl: the command is too long, or has a line break\n", errors);
	return -EINVAL;
}

static int finish(struct ctl_options *options, char **words, FILE *errors)
{
	for (; *words; words++)
		if (add_word(options, *words, errors) < 0)
			return -EINVAL;
	if (*options->line || options->help || options->version)
		return 0;
	fputs("portavozctl: which command? --help lists them\n", errors);
	return -EINVAL;
}

/* A long option behind a command that is none of ours is the command's. */
static bool is_of_command(const struct ctl_options *options, int letter, const char *word)
{
	return letter == '?' && *options->line && strncmp(word, "--", 2) == 0;
}

/* Options may stand on either side of the command. */
int usage_parse(int argc, char **argv, struct ctl_options *ret, FILE *errors)
{
	struct option longs[ARRAY_LENGTH(rows) + 1] = {0};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		longs[i] = (struct option){rows[i].name,
			rows[i].argument ? required_argument : no_argument, NULL, rows[i].letter};
	struct ctl_options options = {0};
	int letter;
	opterr = 0;
	optind = 0;
	while ((letter = getopt_long(argc, argv, "-:c:s:jVh", longs, NULL)) >= 0) {
		const char *word = letter == 1 ? optarg : argv[optind - 1];
		if (letter == 1 || is_of_command(&options, letter, word)) {
			if (add_word(&options, word, errors) < 0)
				return -EINVAL;
			continue;
		}
		if (letter == '?' || letter == ':') {
			fprintf(errors, "portavozctl: %s %s; try --help\n", argv[optind - 1],
				letter == '?' ? "is no option" : "needs a value");
			return -EINVAL;
		}
		apply(&options, letter, optarg);
	}
	int error = finish(&options, argv + optind, errors);
	if (!error)
		*ret = options;
	return error;
}

static void put_option(const struct row *row, char *text, size_t size)
{
	snprintf(text, size, "-%c, --%s%s%s", row->letter, row->name, row->argument ? " " : "",
		row->argument ? row->argument : "");
}

static void put_command(size_t index, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", commands[index].words, *commands[index].arguments ? " " : "",
		commands[index].arguments);
}

void usage_print_help(FILE *out)
{
	char text[64];
	fputs("usage: portavozctl [-c FILE | --socket PATH] [--json] COMMAND\n\ncommands:\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		put_command(i, text, sizeof text);
		fprintf(out, "  %-40s %s\n", text, commands[i].help);
	}
	fputs("\noptions:\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		put_option(&rows[i], text, sizeof text);
		fprintf(out, "  %-40s %s\n", text, rows[i].help);
	}
	fputs("\nexit codes:\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(exit_meanings); i++)
		fprintf(out, "  %-40zu %s\n", i, exit_meanings[i]);
}

static void print_item(const char *term, const char *text, FILE *out)
{
	fputs(".TP\n.B ", out);
	for (const char *p = term; *p; p++)
		fprintf(out, *p == '-' ? "\\-" : "%c", *p);
	fprintf(out, "\n%s\n", text);
}

void usage_print_manual(FILE *out)
{
	char text[64];
	fputs(".TH PORTAVOZCTL 1 \"\" portavoz\n.SH NAME\n"
	      "portavozctl \\- talk to a running portavoz\n.SH SYNOPSIS\n"
	      ".B portavozctl\n.RB [ \\-c\n.IR FILE \" | \"\n.B \\-\\-socket\n.IR PATH ]\n"
	      ".RB [ \\-\\-json ]\n.I COMMAND\n"
	      ".SH DESCRIPTION\n"
	      "Asks the server at its control socket and prints the answer for people, or as "
	      "JSON.\n"
	      ".SH COMMANDS\n",
		out);
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		put_command(i, text, sizeof text);
		print_item(text, commands[i].help, out);
	}
	fputs(".SH OPTIONS\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		put_option(&rows[i], text, sizeof text);
		print_item(text, rows[i].help, out);
	}
	fputs(".SH EXIT STATUS\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(exit_meanings); i++) {
		snprintf(text, sizeof text, "%zu", i);
		print_item(text, exit_meanings[i], out);
	}
	fputs(".SH SEE ALSO\n.BR portavoz (8),\n.BR portavoz.conf (5)\n", out);
}
