/* SPDX-License-Identifier: Apache-2.0 */
/* step_fastpath.c — forwarding in the kernel comes up and goes down, and hears of interfaces. */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/macros.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/steps.h"
#include "media/config.h"
#include "media/fastpath/fastpath.h"
#include "media/media.h"

static void fill_wish(const struct config *config, struct fastpath_wish *ret)
{
	const struct config_strings *words = &config->media.fastpath;
	*ret = (struct fastpath_wish){.is_off = words->count == 0};
	for (uint32_t i = 0; i < words->count && ret->count < FASTPATH_NAMES_MAX; i++) {
		if (strcmp(words->item[i], "off") == 0)
			ret->is_off = true;
		else if (strcmp(words->item[i], "auto") != 0)
			snprintf(ret->names[ret->count++], IF_NAMESIZE, "%s", words->item[i]);
	}
}

static void say(const struct fastpath *fastpath)
{
	char names[256];
	size_t length = 0;
	struct fastpath_status status;
	fastpath_read_status(fastpath, &status);
	names[0] = '\0';
	for (unsigned i = 0; i < status.interface_count && length + IF_NAMESIZE < sizeof(names);
		i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
			length ? "," : "", status.interfaces[i]);
	if (status.state == FASTPATH_ACTIVE)
		log_event(LOG_LEVEL_NOTICE, "media_fastpath", "state=active interfaces=%s", names);
	else if (status.state == FASTPATH_OFF)
		log_event(LOG_LEVEL_NOTICE, "media_fastpath", "state=off");
	else
		log_event(LOG_LEVEL_NOTICE, "media_fastpath",
			"state=unavailable why=\"%s\" hint=\"docs/fast-path.md; systemd: "
			"AmbientCapabilities=CAP_BPF CAP_NET_ADMIN\"",
			status.why);
}

static void say_refusals(struct fastpath *fastpath)
{
	const struct fastpath_refusal *one;
	while ((one = fastpath_unsaid(fastpath)))
		log_event(LOG_LEVEL_WARNING, "media_fastpath", "without=%s why=\"%s\"", one->name,
			fastpath_refusal_word(one->error));
}

static void tell(const struct floors *floors, bool is_another)
{
	say_refusals(floors->fastpath);
	if (!is_another)
		return;
	say(floors->fastpath);
	if (floors->media)
		media_follow_fastpath(floors->media);
}

/* The next news is read in a second: where routes change all the time (a router's daemon, busy
 * containers) that is as often as the relay threads are made to ask for theirs. */
static void on_news(evutil_socket_t fd, short what, void *context)
{
	struct daemon *daemon = context;
	struct timeval rest = {.tv_sec = 1};
	tell(daemon->floors, fastpath_hear(daemon->floors->fastpath));
	event_add(daemon->fastpath_rest, &rest);
}

static void on_rest(evutil_socket_t fd, short what, void *context)
{
	event_add(((struct daemon *)context)->fastpath_news, NULL);
}

static void listen_for_news(struct daemon *daemon)
{
	int fd = daemon->floors->fastpath->news_fd;
	if (fd < 0)
		return;
	daemon->fastpath_rest = evtimer_new(daemon->base, on_rest, daemon);
	daemon->fastpath_news = event_new(daemon->base, fd, EV_READ, on_news, daemon);
	if (daemon->fastpath_rest && daemon->fastpath_news)
		event_add(daemon->fastpath_news, NULL);
}

/* A server that was killed has left its filters: they go, whether there will be others or not. */
static void clean(void)
{
	int count = fastpath_kernel.clean();
	if (count > 0)
		log_event(LOG_LEVEL_NOTICE, "media_fastpath", "cleaned=%d", count);
	else if (count < 0)
		log_event(LOG_LEVEL_WARNING, "media_fastpath",
			"error=\"filters of a dead server stay: %s\" hint=\"tc filter del dev DEV "
			"ingress pref 28790\"",
			strerror(-count));
}

/* The server runs as well without it, and says so. */
int step_fastpath_up(struct daemon *daemon)
{
	struct media_config media;
	struct fastpath_config config = {0};
	if (!step_media_is_wanted(daemon->boot)) {
		clean();
		return EXIT_CLEAN;
	}
	step_media_fill(daemon->boot, &media);
	config.port_first = media.port_first;
	config.port_last = media.port_last;
	config.local_count = media.local_count;
	memcpy(config.locals, media.locals, sizeof(config.locals));
	fill_wish(daemon->boot, &config.wish);
	struct fastpath *fastpath;
	int error = fastpath_new(&fastpath, &config);
	if (error) {
		log_event(LOG_LEVEL_WARNING, "media_fastpath", "error=\"%s\"", strerror(-error));
		return EXIT_CLEAN;
	}
	daemon->floors->fastpath = fastpath;
	if (!fastpath->program)
		clean();
	say_refusals(fastpath);
	say(fastpath);
	listen_for_news(daemon);
	return EXIT_CLEAN;
}

void step_fastpath_down(struct daemon *daemon)
{
	if (daemon->fastpath_news)
		event_free(daemon->fastpath_news);
	if (daemon->fastpath_rest)
		event_free(daemon->fastpath_rest);
	daemon->fastpath_news = daemon->fastpath_rest = NULL;
	fastpath_free(daemon->floors->fastpath);
	daemon->floors->fastpath = NULL;
}

void step_fastpath_look(struct daemon *daemon)
{
	struct fastpath *fastpath = daemon->floors ? daemon->floors->fastpath : NULL;
	if (fastpath)
		tell(daemon->floors, fastpath_look(fastpath, clock_now_ms(daemon->clock)));
}

void step_fastpath_configure(struct floors *floors, const struct config *config)
{
	struct fastpath_wish wish;
	fill_wish(config, &wish);
	if (floors->fastpath)
		tell(floors, fastpath_configure(floors->fastpath, &wish));
}

bool step_fastpath_is_wanted(const struct daemon *daemon)
{
	const struct fastpath *fastpath = daemon->floors->fastpath;
	return fastpath && fastpath->program;
}
