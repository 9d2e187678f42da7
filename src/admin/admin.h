/* SPDX-License-Identifier: Apache-2.0 */
/* admin.h — the control socket: operators ask, one line a question, one document an answer. */
#ifndef PORTAVOZ_ADMIN_ADMIN_H
#define PORTAVOZ_ADMIN_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/ptt/query.h"
#include "call/query.h"
#include "conf/config.h"

struct admin;
struct clock;
struct domains;
struct event_base;
struct net_group;
struct registry;
struct transaction_layer;
struct worker_group;

/* What the daemon lends to the commands. Everything is called and read on the main thread; the
 * floors may be NULL while they are not up. */
struct admin_host {
	void *context;
	const char *version;
	const struct clock *clock;
	uint64_t started_ms; /* on `clock` */
	const struct config
		*boot; /* what the server was started with: its addresses, its capacity */
	const struct domains *domains; /* in force: a reload may bring others */
	const struct worker_group *workers;
	const struct net_group *net;             /* NULL: no sockets */
	struct transaction_layer *const *layers; /* one a worker */
	struct registry *registry;
	struct call_tables calls; /* calls NULL: not watched */
	struct ptt_tables groups; /* ptts NULL: there are none */
	struct media *media;      /* NULL: nothing is relayed */
	/* Both: 0 or -errno; findings go to the report. */
	int (*reload)(void *context, struct config_report *report);
	int (*users_reload)(void *context, struct config_report *report, uint32_t *ret_users);
};

/*
 * Binds `path` (mode 0660; a socket that nobody listens on is replaced) and serves it on `base`. 0,
 * -EADDRINUSE when somebody does listen, or -errno. `host` lives longer than the admin.
 *
 * The protocol: the client sends "status\n"; the answer is "ok LENGTH\n" or "error LENGTH\n" and
 * LENGTH bytes, JSON but for plain `metrics`. Any number of questions on one connection.
 */
int admin_open(struct admin **ret, struct event_base *base, const char *path,
	const struct admin_host *host);
void admin_close(struct admin *admin);

/* Answers one line of user `uid` (-1: not known), for the socket and for tests. *ret_text is from
 * malloc. True: "ok". */
bool admin_answer(const struct admin_host *host, long uid, const char *line, char **ret_text,
	size_t *ret_length);

#endif
