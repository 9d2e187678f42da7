/* SPDX-License-Identifier: Apache-2.0 */
/* main.c — portavozctl: sends one command to the control socket and prints the answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/config.h"
#include "ctl/tree.h"
#include "ctl/usage.h"

#define DEFAULT_SOCKET "/run/portavoz/control.sock"

/* Of the configuration's mistakes only those count that leave no socket to ask. */
static int find_socket(const struct ctl_options *options, struct sockaddr_un *address)
{
	struct config *config = NULL;
	struct config_report report = {0};
	const char *path = options->socket ? options->socket : DEFAULT_SOCKET;
	int code = CTL_DONE;
	if (options->config && !options->socket) {
		if (config_load(options->config, &config, &report) < 0) {
			config_report_print(&report, stderr);
			code = CTL_BAD_USAGE;
		}
		path = config ? config->admin.socket : NULL;
		if (config && !path)
			fputs("portavozctl: admin.socket is turned off\n", stderr);
	}
	if (path && strlen(path) < sizeof address->sun_path)
		strcpy(address->sun_path, path);
	else
		code = CTL_BAD_USAGE;
	address->sun_family = AF_UNIX;
	config_report_done(&report);
	config_free(config);
	return code;
}

static FILE *connect_to(const struct sockaddr_un *address)
{
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || connect(server, (const struct sockaddr *)address, sizeof *address) < 0) {
		fprintf(stderr, "portavozctl: %s: %s\n", address->sun_path, strerror(errno));
		if (server >= 0)
			close(server);
		return NULL;
	}
	return fdopen(server, "r+");
}

/* The answer's text, from malloc; *ret_good: whether the server said "ok". */
static char *ask(FILE *server, const char *line, const char *suffix, bool *ret_good)
{
	char head[64], *end = NULL;
	fprintf(server, "%s%s\n", line, suffix);
	fflush(server);
	if (!fgets(head, sizeof head, server))
		return NULL;
	const char *number = strchr(head, ' ');
	size_t length = number ? strtoul(number, &end, 10) : 0;
	char *text = end && *end == '\n' ? malloc(length + 1) : NULL;
	if (!text || fread(text, 1, length, server) != length) {
		free(text);
		return NULL;
	}
	text[length] = '\0';
	*ret_good = strncmp(head, "ok ", 3) == 0;
	return text;
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

static int run(const struct ctl_options *options)
{
	struct sockaddr_un address = {0};
	int code = find_socket(options, &address);
	if (code != CTL_DONE)
		return code;
	FILE *server = connect_to(&address);
	if (!server)
		return CTL_NO_SERVER;
	bool good = false, metrics = strcmp(options->line, "metrics") == 0;
	char *text = ask(server, options->line, metrics && options->json ? " json" : "", &good);
	fclose(server);
	if (!text) {
		fputs("portavozctl: the server closed the connection without an answer\n", stderr);
		return CTL_NO_SERVER;
	}
	print_answer(text, options->json, good);
	free(text);
	return good ? CTL_DONE : CTL_REFUSED;
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
