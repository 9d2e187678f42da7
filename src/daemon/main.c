/* SPDX-License-Identifier: Apache-2.0 */
/* main.c — portavoz: from the command line to what it asks for. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "daemon/background.h"
#include "daemon/daemon.h"
#include "daemon/groups.h"
#include "daemon/steps.h"
#include "daemon/users.h"

static int check(const char *path)
{
	struct config *config = NULL;
	struct config_report report = {0};
	struct domains *domains = NULL;
	struct user_table *users = NULL;
	int result = config_load(path, &config, &report);
	if (result == 0)
		result = run_as_check(config, &report);
	if (result == 0)
		group_set_check(config, &report);
	if (result == 0)
		result = step_domains_make(config, config, &domains);
	if (result == 0)
		result = users_load(config, domains, users_need_passwords(config), &report, &users);
	user_table_free(users);
	domains_free(domains);
	config_report_print(&report, stderr);
	if (result == 0)
		printf("%s: good (%u warnings)\n", path, report.warnings);
	else
		fprintf(stderr, "%s: %u errors, %u warnings\n", path, report.errors,
			report.warnings);
	config_report_done(&report);
	config_free(config);
	return result == 0 ? EXIT_CLEAN : EXIT_BAD_CONFIG;
}

/* Configuration mistakes are said before the terminal is left. */
static int run(const struct options *options)
{
	struct daemon daemon = {.options = *options};
	struct config_report report = {0};
	int result = config_load(options->config, &daemon.boot, &report);
	config_report_print(&report, stderr);
	config_report_done(&report);
	if (result < 0)
		return EXIT_BAD_CONFIG;
	int error = options->daemonize ? background_start() : 0;
	if (error < 0)
		fprintf(stderr, "portavoz: cannot fork: %s\n", strerror(-error));
	int code = error < 0 ? EXIT_NO_RESOURCE : daemon_run(&daemon);
	config_free(daemon.boot);
	return code;
}

int main(int argc, char **argv)
{
	struct options options;
	/* a fixed threshold, or tables that come after a large file was read lie in dirty memory
	 * and count as used */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	if (options_parse(argc, argv, &options, stderr) < 0)
		return EXIT_BAD_USAGE;
	switch (options.action) {
	case ACTION_RUN:
		return run(&options);
	case ACTION_CHECK:
		return check(options.config);
	case ACTION_EXPLAIN:
		return config_explain(options.key, stdout) < 0 ? EXIT_BAD_USAGE : EXIT_CLEAN;
	case ACTION_DEFAULTS:
		config_print_defaults(stdout);
		return EXIT_CLEAN;
	case ACTION_VERSION:
		puts("portavoz " PORTAVOZ_VERSION);
		return EXIT_CLEAN;
	case ACTION_HELP:
		options_print_help(stdout);
		return EXIT_CLEAN;
	}
	return EXIT_BAD_USAGE;
}
