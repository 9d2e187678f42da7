/* SPDX-License-Identifier: Apache-2.0 */
/* options.h — the command line of portavoz. */
#ifndef PORTAVOZ_DAEMON_OPTIONS_H
#define PORTAVOZ_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

/* What the process ends with. */
enum exit_code { EXIT_CLEAN = 0, EXIT_BAD_CONFIG = 1, EXIT_BAD_USAGE = 2, EXIT_NO_RESOURCE = 3 };

enum action {
	ACTION_RUN,
	ACTION_CHECK,
	ACTION_EXPLAIN,
	ACTION_DEFAULTS,
	ACTION_VERSION,
	ACTION_HELP
};

/* The strings are those of argv. */
struct options {
	enum action action;
	const char *config;
	const char *pidfile;
	const char *key; /* of --explain */
	bool daemonize;
};

/* 0, or -EINVAL after saying on `errors` what is wrong. */
int options_parse(int argc, char **argv, struct options *ret, FILE *errors);

void options_print_help(FILE *out);

/* Prints portavoz(8). */
void options_print_manual(FILE *out);

#endif
