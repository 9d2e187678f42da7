/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c — questions to the server over its control socket. */
#include "ctl/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

FILE *ask_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = -1, error = ENAMETOOLONG;
	if (strlen(path) < sizeof address.sun_path) {
		strcpy(address.sun_path, path);
		server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		error = server < 0 || connect(server, (const struct sockaddr *)&address,
					      sizeof address) < 0
				? errno
				: 0;
	}
	if (!error)
		return fdopen(server, "r+");
	fprintf(stderr, "portavozctl: %s: %s\n", path, strerror(error));
	if (server >= 0)
		close(server);
	return NULL;
}

char *ask(FILE *server, const char *line, bool *ret_good)
{
	char head[64], *end = NULL;
	fprintf(server, "%s\n", line);
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
