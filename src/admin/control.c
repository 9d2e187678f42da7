/* SPDX-License-Identifier: Apache-2.0 */
/* control.c — the control socket: binds it, takes lines, sends answers. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/list.h"
#include "base/log.h"

#define CLIENTS_MAX  32
#define LINE_BYTES   1000
#define IDLE_SECONDS 60

/* Owner: the main thread. Lifetime: admin_open to admin_close. */
struct admin {
	struct event_base *base;
	const struct admin_host *host;
	struct event *listener;
	int socket;
	struct list clients; /* of struct client */
	unsigned client_count;
	struct sockaddr_un address;
};

/* Owner: the main thread. Lifetime: its connection's. */
struct client {
	struct list link;
	struct admin *admin;
	struct bufferevent *stream;
};

static void client_free(struct client *client)
{
	list_remove(&client->link);
	client->admin->client_count--;
	bufferevent_free(client->stream);
	free(client);
}

static void free_text(const void *text, size_t length, void *context)
{
	free((void *)(uintptr_t)text);
}

/* Of the log. */
static long uid_of(const struct client *client)
{
	struct ucred peer;
	socklen_t length = sizeof peer;
	int socket = bufferevent_getfd(client->stream);
	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ? -1
									       : (long)peer.uid;
}

static void answer_line(struct client *client, const char *line)
{
	char *text = NULL, head[32];
	size_t length = 0;
	bool good = admin_answer(client->admin->host, uid_of(client), line, &text, &length);
	struct evbuffer *out = bufferevent_get_output(client->stream);
	int size = snprintf(head, sizeof head, "%s %zu\n", good ? "ok" : "error", length);
	evbuffer_add(out, head, (size_t)size);
	if (text && evbuffer_add_reference(out, text, length, free_text, NULL) < 0)
		free(text);
}

static void on_read(struct bufferevent *stream, void *context)
{
	struct client *client = context;
	struct evbuffer *in = bufferevent_get_input(stream);
	char *line;
	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF))) {
		answer_line(client, line);
		free(line);
	}
	if (evbuffer_get_length(in) > LINE_BYTES)
		client_free(client);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	client_free(context);
}

static void on_connection(evutil_socket_t listener, short what, void *context)
{
	struct admin *admin = context;
	int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (socket < 0)
		return;
	struct client *client =
		admin->client_count < CLIENTS_MAX ? calloc(1, sizeof *client) : NULL;
	if (client)
		client->stream = bufferevent_socket_new(admin->base, socket, BEV_OPT_CLOSE_ON_FREE);
	if (!client || !client->stream) {
		free(client);
		close(socket);
		return;
	}
	struct timeval idle = {.tv_sec = IDLE_SECONDS};
	client->admin = admin;
	list_push_tail(&admin->clients, &client->link);
	admin->client_count++;
	bufferevent_setcb(client->stream, on_read, NULL, on_event, client);
	bufferevent_set_timeouts(client->stream, &idle, &idle);
	bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

/* A socket file that nobody listens on is left over from a process that died. Anything else is not
 * ours to remove. */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat status;
	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return -errno;
	int result = connect(probe, (const struct sockaddr *)address, sizeof *address);
	bool dead = result < 0 && errno == ECONNREFUSED;
	close(probe);
	if (!dead)
		return -EADDRINUSE;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

static int bind_socket(const struct sockaddr_un *address)
{
	int error = remove_stale(address);
	if (error < 0)
		return error;
	int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (socket_ < 0)
		return -errno;
	mode_t before = umask(0117); /* 0660 from its first moment */
	int result = bind(socket_, (const struct sockaddr *)address, sizeof *address);
	error = errno;
	umask(before);
	if (result < 0 || listen(socket_, 16) < 0) {
		error = result < 0 ? error : errno;
		close(socket_);
		return -error;
	}
	return socket_;
}

int admin_open(struct admin **ret, struct event_base *base, const char *path,
	const struct admin_host *host)
{
	struct admin *admin = calloc(1, sizeof *admin);
	if (!admin)
		return -ENOMEM;
	*admin = (struct admin){.base = base, .host = host, .socket = -1};
	list_init(&admin->clients);
	admin->address.sun_family = AF_UNIX;
	int error = -ENAMETOOLONG;
	if (strlen(path) < sizeof admin->address.sun_path) {
		strcpy(admin->address.sun_path, path);
		error = admin->socket = bind_socket(&admin->address);
	}
	if (error >= 0) {
		admin->listener =
			event_new(base, admin->socket, EV_READ | EV_PERSIST, on_connection, admin);
		error = admin->listener && event_add(admin->listener, NULL) == 0 ? 0 : -ENOMEM;
	}
	if (error < 0) {
		admin_close(admin);
		return error;
	}
	*ret = admin;
	return 0;
}

void admin_close(struct admin *admin)
{
	if (!admin)
		return;
	while (!list_is_empty(&admin->clients))
		client_free(container_of(admin->clients.next, struct client, link));
	if (admin->listener)
		event_free(admin->listener);
	if (admin->socket >= 0) {
		unlink(admin->address.sun_path);
		close(admin->socket);
	}
	free(admin);
}
