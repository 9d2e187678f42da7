/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h — the command line of portavozctl. */
#ifndef PORTAVOZ_CTL_USAGE_H
#define PORTAVOZ_CTL_USAGE_H

#include <stdbool.h>
#include <stdio.h>

enum ctl_exit { CTL_DONE = 0, CTL_REFUSED = 1, CTL_BAD_USAGE = 2, CTL_NO_SERVER = 3 };

struct ctl_options {
	const char *config;
	const char *socket;
	bool json, help, version;
	char line[1000]; /* the command's words, joined by spaces */
};

/* 0, or -EINVAL after saying on `errors` what is wrong. */
int usage_parse(int argc, char **argv, struct ctl_options *ret, FILE *errors);
void usage_print_help(FILE *out);

/* Prints portavozctl(1). */
void usage_print_manual(FILE *out);

#endif
