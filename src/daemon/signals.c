/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c — what a signal asks for, a row each. */
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>

#include "base/log.h"
#include "base/macros.h"
#include "daemon/daemon.h"

static void on_hangup(evutil_socket_t number, short what, void *context)
{
	struct config_report report = {0};
	daemon_reload(context, &report);
	config_report_done(&report);
}

/* The second one does not wait for open requests, the third not for the last words about them. */
static void on_stop(evutil_socket_t number, short what, void *context)
{
	struct daemon *daemon = context;
	if (daemon->draining)
		drain_hurry(daemon);
	else
		drain_begin(daemon);
	if (drain_is_over(daemon))
		event_base_loopbreak(daemon->base);
}

static void on_reopen(evutil_socket_t number, short what, void *context)
{
	log_reopen();
	log_event_bare(LOG_LEVEL_NOTICE, "log_reopens");
}

static const struct {
	int number;
	event_callback_fn handler;
} rows[DAEMON_SIGNALS] = {
	{SIGHUP, on_hangup},
	{SIGTERM, on_stop},
	{SIGINT, on_stop},
	{SIGUSR1, on_reopen},
};

void signals_block(bool block)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		sigaddset(&set, rows[i].number);
	pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

int signals_watch(struct daemon *daemon)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		daemon->signals[i] =
			evsignal_new(daemon->base, rows[i].number, rows[i].handler, daemon);
		if (!daemon->signals[i] || event_add(daemon->signals[i], NULL) < 0)
			return EXIT_NO_RESOURCE;
	}
	return EXIT_CLEAN;
}

void signals_forget(struct daemon *daemon)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if (daemon->signals[i])
			event_free(daemon->signals[i]);
}
