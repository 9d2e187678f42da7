/* SPDX-License-Identifier: Apache-2.0 */
/* run.c — the life of the process: start, ready, loop, stop. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/background.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"
#include "daemon/steps.h"

/* How often the main thread looks at the others; while draining it looks more closely. */
#define TICK_MS       500
#define DRAIN_TICK_MS 20

static void arm_tick(struct daemon *daemon)
{
	uint64_t watchdog = notify_watchdog_ms(),
		 period = daemon->draining ? DRAIN_TICK_MS : TICK_MS;
	if (watchdog && watchdog / 3 < period)
		period = watchdog / 3 + 1;
	struct timeval wait = {(time_t)(period / 1000), (suseconds_t)(period % 1000 * 1000)};
	event_add(daemon->tick, &wait);
}

/* systemd restarts us when a worker hangs: it hears of us only while none does. */
static void on_tick(evutil_socket_t none, short what, void *context)
{
	struct daemon *daemon = context;
	if (stall_check(daemon, clock_now_ms(daemon->clock)))
		notify_alive();
	step_fastpath_look(daemon);
	step_media_look(daemon);
	if (drain_is_over(daemon))
		event_base_loopbreak(daemon->base);
	else
		arm_tick(daemon);
}

static void say_started(const struct daemon *daemon)
{
	for (uint32_t i = 0; i < daemon->boot->listen_count; i++)
		log_event(
			LOG_LEVEL_NOTICE, "listening", "address=%s", daemon->boot->listen[i].text);
	if (strcmp(daemon->boot->store, "none") != 0)
		log_event_bare(LOG_LEVEL_NOTICE, "registrations_in_memory_only");
	if (daemon->boot->auth.challenge == CONFIG_CHALLENGE_NONE)
		log_event(LOG_LEVEL_WARNING, "everyone_is_believed", "auth.challenge=none");
	log_event(LOG_LEVEL_NOTICE, "started", "version=%s config=%s", PORTAVOZ_VERSION,
		daemon->boot->path);
}

static int loop(struct daemon *daemon)
{
	say_started(daemon);
	background_ready(EXIT_CLEAN);
	notify_ready("running");
	arm_tick(daemon);
	event_base_dispatch(daemon->base);
	log_event_bare(LOG_LEVEL_NOTICE, "stopping");
	return EXIT_CLEAN;
}

static int make_base(struct daemon *daemon)
{
	struct event_config *config = event_config_new();
	if (config)
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	daemon->base = config ? event_base_new_with_config(config) : NULL;
	if (config)
		event_config_free(config);
	daemon->tick = daemon->base ? evtimer_new(daemon->base, on_tick, daemon) : NULL;
	return daemon->tick ? signals_watch(daemon) : EXIT_NO_RESOURCE;
}

int daemon_run(struct daemon *daemon)
{
	daemon->clock = clock_monotonic();
	daemon->started_ms = clock_now_ms(daemon->clock);
	daemon->current = daemon->boot;
	daemon->pidfile = -1;
	int code = make_base(daemon);
	signals_block(true);
	if (code == EXIT_CLEAN)
		code = start_up(daemon);
	signals_block(false);
	if (code == EXIT_CLEAN) {
		code = loop(daemon);
		start_down(daemon);
	} else {
		background_ready(code);
	}
	signals_forget(daemon);
	if (daemon->tick)
		event_free(daemon->tick);
	if (daemon->base)
		event_base_free(daemon->base);
	if (daemon->current != daemon->boot)
		config_free(daemon->current);
	return code;
}
