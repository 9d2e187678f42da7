/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h — the one process: its configuration, its floors, its main loop. */
#ifndef PORTAVOZ_DAEMON_DAEMON_H
#define PORTAVOZ_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "conf/config.h"
#include "daemon/options.h"

#define DAEMON_SIGNALS 4

struct floors;

enum drain_stage {
	DRAIN_NONE,
	DRAIN_WAITING,  /* for open requests to end by themselves */
	DRAIN_FAREWELL, /* they are being answered 503 and cancelled */
};

/* Owner: the main thread. Lifetime: the process's. */
struct daemon {
	struct options options;
	const struct clock *clock;
	struct config *boot;    /* what the floors were built from; lives until the end */
	struct config *current; /* boot, or what the last reload brought */
	struct event_base *base;
	struct event *signals[DAEMON_SIGNALS];
	struct event *tick;
	struct event *fastpath_news; /* of network interfaces; NULL: nobody listens */
	struct event *fastpath_rest; /* after news */
	int pidfile;                 /* open and locked, or -1 */
	struct floors *floors;       /* NULL while they are down */
	struct admin *admin;
	struct admin_host host;
	uint64_t started_ms;
	enum drain_stage draining;
	uint64_t drain_until_ms; /* when this stage ends, whatever is open */
	unsigned steps_up;       /* of the start table */
};

/* Runs until a signal says stop; returns the process's exit code. */
int daemon_run(struct daemon *daemon);

/* Reads the configuration again and applies what can be; 0, or -EINVAL, -ENOMEM and nothing has
 * changed. */
int daemon_reload(struct daemon *daemon, struct config_report *report);
/* The same for the users alone. */
int daemon_reload_users(struct daemon *daemon, struct config_report *report, uint32_t *ret_users);

/* Logs each finding, one line each. */
void daemon_log_report(const struct config_report *report);

/* start.c: brings the floors up in order; on a failure those that are up go down again. An exit
 * code; what failed was said. */
int start_up(struct daemon *daemon);
void start_down(struct daemon *daemon);

/* signals.c */
int signals_watch(struct daemon *daemon);
void signals_forget(struct daemon *daemon);
/* Signals wait while threads are made, so that only the main thread takes them. */
void signals_block(bool block);

/* drain.c: no new calls. */
void drain_begin(struct daemon *daemon);
/* Ends the stage that is on. */
void drain_hurry(struct daemon *daemon);
/* Goes on to the next stage when it is time. True once the loop may end: nothing is open, or the
 * last stage is over. */
bool drain_is_over(struct daemon *daemon);

/* stall.c: a worker that has not come around for a second is logged, once each time. True: none
 * stalls. */
bool stall_check(struct daemon *daemon, uint64_t now_ms);

#endif
