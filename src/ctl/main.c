/* SPDX-License-Identifier: Apache-2.0 */
/* main.c — portavozctl: sends one command to the control socket and prints the answer. */
#include <stdlib.h>
#include <string.h>

#include "conf/config.h"
#include "ctl/ask.h"
#include "ctl/tree.h"
#include "ctl/usage.h"
#include "ctl/watch.h"

#define DEFAULT_SOCKET "/run/portavoz/control.sock"

/* Of the configuration's mistakes only those count that leave no socket to ask. *ret_path is from
 * malloc. */
static int find_socket(const struct ctl_options *options, char **ret_path)
{
	struct config *config = NULL;
	struct config_report report = {0};
	const char *path = options->socket ? options->socket : DEFAULT_SOCKET;
	if (options->config && !options->socket) {
		if (config_load(options->config, &config, &report) < 0)
			config_report_print(&report, stderr);
		path = config ? config->admin.socket : NULL;
		if (config && !path)
			fputs("portavozctl: admin.socket is turned off\n", stderr);
	}
	*ret_path = path ? strdup(path) : NULL;
	config_report_done(&report);
	config_free(config);
	return *ret_path ? CTL_DONE : CTL_BAD_USAGE;
}

static void print_answer(const char *text, bool json, bool good)
{
	FILE *out = good ? stdout : stderr;
	struct node *tree = json ? NULL : tree_parse(text);
	if (tree)
		tree_show(tree, out);
	else
		fputs(text, json ? stdout : out);
	tree_free(tree);
}

static int run_once(FILE *server, const struct ctl_options *options)
{
	char line[sizeof options->line + 8];
	bool good = false, metrics = strcmp(options->line, "metrics") == 0;
	snprintf(line, sizeof line, "%s%s", options->line, metrics && options->json ? " json" : "");
	char *text = ask(server, line, &good);
	if (!text) {
		fputs("portavozctl: the server closed the connection without an answer\n", stderr);
		return CTL_NO_SERVER;
	}
	print_answer(text, options->json, good);
	free(text);
	return good ? CTL_DONE : CTL_REFUSED;
}

/* Commands that are asked again and again until Ctrl-C. */
static bool is_live(const char *line)
{
	static const char word[] = "group watch";
	size_t length = sizeof word - 1;
	return strncmp(line, word, length) == 0 && (!line[length] || line[length] == ' ');
}

static int run(const struct ctl_options *options)
{
	char *path;
	int code = find_socket(options, &path);
	if (code != CTL_DONE)
		return code;
	FILE *server = ask_connect(path);
	free(path);
	if (!server)
		return CTL_NO_SERVER;
	code = is_live(options->line) ? watch_run(server, options) : run_once(server, options);
	fclose(server);
	return code;
}

int main(int argc, char **argv)
{
	struct ctl_options options;
	if (usage_parse(argc, argv, &options, stderr) < 0)
		return CTL_BAD_USAGE;
	if (options.help)
		usage_print_help(stdout);
	else if (options.version)
		puts("portavozctl " PORTAVOZ_VERSION);
	else
		return run(&options);
	return CTL_DONE;
}
