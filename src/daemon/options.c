/* SPDX-License-Identifier: Apache-2.0 */
/* options.c — the command line of portavoz: one table for parsing, help and manual. */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/macros.h"
#include "conf/config.h"

static const struct option_row {
	const char *name;
	int letter; /* a letter, or a number above 255 */
	const char *argument;
	const char *help;
} rows[] = {
	{"config", 'c', "FILE", "the configuration; without other options: run in the foreground"},
	{"daemon", 'd', NULL,
		"run in the background; returns when the server is ready, or could not start"},
	{"pidfile", 'p', "FILE", "write the process number there, and refuse to start twice"},
	{"check", 256, NULL,
		"check the configuration, say every mistake with its line; exit 0 or 1"},
	{"explain", 257, "KEY",
		"say what a key means, its type, default, range, whether a reload applies it"},
	{"print-defaults", 258, NULL, "print a complete commented configuration"},
	{"version", 'V', NULL, "print the version"},
	{"help", 'h', NULL, "print this"},
};

static const struct {
	const char *name, *help;
} signal_rows[] = {
	{"SIGHUP", "reload the configuration: check, say what changed, apply; on a mistake the old "
		   "one stays"},
	{"SIGTERM, SIGINT", "take no new calls, wait for open transactions at most drain_timeout, "
			    "answer the rest with 503, stop; twice: do not wait"},
	{"SIGUSR1", "open log files again"},
};

static const char *const exit_meanings[] = {
	[EXIT_CLEAN] = "clean stop",
	[EXIT_BAD_CONFIG] = "bad configuration",
	[EXIT_BAD_USAGE] = "bad usage",
	[EXIT_NO_RESOURCE] = "a resource could not be had: port in use, limit too low",
};

static void fill_tables(struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int needs = rows[i].argument ? required_argument : no_argument;
		longs[i] = (struct option){rows[i].name, needs, NULL, rows[i].letter};
		if (rows[i].letter > 255)
			continue;
		*shorts++ = (char)rows[i].letter;
		if (rows[i].argument)
			*shorts++ = ':';
	}
	longs[ARRAY_LENGTH(rows)] = (struct option){0};
	*shorts = '\0';
}

/* What stood where getopt stopped: "--chekc", or "-x" out of a bundle. */
static void say_unknown(char **argv, int index, int letter, FILE *errors)
{
	const char *names[ARRAY_LENGTH(rows) + 1];
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		names[i] = rows[i].name;
	names[ARRAY_LENGTH(rows)] = NULL;
	if (letter && letter <= 255) {
		fprintf(errors, "portavoz: unknown option -%c; try --help\n", letter);
		return;
	}
	const char *nearest = config_nearest(argv[index] + strspn(argv[index], "-"), names);
	if (nearest)
		fprintf(errors, "portavoz: unknown option %s; did you mean --%s? Try --help\n",
			argv[index], nearest);
	else
		fprintf(errors, "portavoz: unknown option %s; try --help\n", argv[index]);
}

static void apply(struct options *options, int letter, const char *argument)
{
	switch (letter) {
	case 'c':
		options->config = argument;
		break;
	case 'd':
		options->daemonize = true;
		break;
	case 'p':
		options->pidfile = argument;
		break;
	case 256:
		options->action = ACTION_CHECK;
		break;
	case 257:
		options->action = ACTION_EXPLAIN;
		options->key = argument;
		break;
	case 258:
		options->action = ACTION_DEFAULTS;
		break;
	case 'V':
		options->action = ACTION_VERSION;
		break;
	case 'h':
		options->action = ACTION_HELP;
		break;
	}
}

static int check_whole(const struct options *options, int argc, char **argv, FILE *errors)
{
	if (optind < argc) {
		fprintf(errors, "portavoz: \"%s\" is not an option; try --help\n", argv[optind]);
		return -EINVAL;
	}
	bool needs_file = options->action == ACTION_RUN || options->action == ACTION_CHECK;
	if (needs_file && !options->config) {
		fputs("portavoz: which configuration? -c FILE names it; try --help\n", errors);
		return -EINVAL;
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, FILE *errors)
{
	struct option longs[ARRAY_LENGTH(rows) + 1];
	char shorts[2 * ARRAY_LENGTH(rows) + 2];
	struct options options = {.action = ACTION_RUN};
	fill_tables(longs, shorts);
	opterr = 0;
	optind = 0;
	for (;;) {
		int at = optind ? optind : 1;
		int letter = getopt_long(argc, argv, shorts, longs, NULL);
		if (letter < 0)
			break;
		if (letter == '?') {
			say_unknown(argv, at, optopt, errors);
			return -EINVAL;
		}
		if (letter == ':') {
			fprintf(errors, "portavoz: %s needs a value; try --help\n", argv[at]);
			return -EINVAL;
		}
		apply(&options, letter, optarg);
	}
	int error = check_whole(&options, argc, argv, errors);
	if (!error)
		*ret = options;
	return error;
}

static void put_option(const struct option_row *row, char *text, size_t size)
{
	char letter[8] = "    ";
	if (row->letter <= 255)
		snprintf(letter, sizeof letter, "-%c, ", row->letter);
	snprintf(text, size, "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
		row->argument ? row->argument : "");
}

void options_print_help(FILE *out)
{
	char text[64];
	fputs("usage: portavoz -c FILE [-d] [--pidfile FILE]\n"
	      "       portavoz --check -c FILE | --explain KEY | --print-defaults | --version | "
	      "--help\n\n",
		out);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		put_option(&rows[i], text, sizeof text);
		fprintf(out, "  %-22s %s\n", text, rows[i].help);
	}
	fputs("\nsignals:\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(signal_rows); i++)
		fprintf(out, "  %-22s %s\n", signal_rows[i].name, signal_rows[i].help);
	fputs("\nexit codes:\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(exit_meanings); i++)
		fprintf(out, "  %-22zu %s\n", i, exit_meanings[i]);
}

static void roff(const char *text, FILE *out)
{
	for (; *text; text++)
		fprintf(out, *text == '-' ? "\\-" : "%c", *text);
}

static void print_item(const char *term, const char *text, FILE *out)
{
	fputs(".TP\n.B ", out);
	roff(term + strspn(term, " "), out);
	fputc('\n', out);
	roff(text, out);
	fputc('\n', out);
}

void options_print_manual(FILE *out)
{
	char text[64];
	fputs(".TH PORTAVOZ 8 \"\" portavoz\n.SH NAME\n"
	      "portavoz \\- SIP registrar and proxy\n.SH SYNOPSIS\n"
	      ".B portavoz \\-c\n.I FILE\n.RB [ \\-d ]\n.RB [ \\-\\-pidfile\n.IR FILE ]\n"
	      ".SH DESCRIPTION\n"
	      "A SIP server: phones register with it and call each other through it. It runs in "
	      "the foreground\n"
	      "unless told otherwise, and tells systemd when it is ready.\n"
	      ".SH OPTIONS\n",
		out);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		put_option(&rows[i], text, sizeof text);
		print_item(text, rows[i].help, out);
	}
	fputs(".SH SIGNALS\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(signal_rows); i++)
		print_item(signal_rows[i].name, signal_rows[i].help, out);
	fputs(".SH EXIT STATUS\n", out);
	for (size_t i = 0; i < ARRAY_LENGTH(exit_meanings); i++) {
		snprintf(text, sizeof text, "%zu", i);
		print_item(text, exit_meanings[i], out);
	}
	fputs(".SH SEE ALSO\n.BR portavoz.conf (5),\n.BR portavozctl (1)\n", out);
}
