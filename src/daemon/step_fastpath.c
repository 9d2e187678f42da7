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

static void on_news(evutil_socket_t fd, short what, void *context)
{
	const struct floors *floors = ((struct daemon *)context)->floors;
	if (!fastpath_hear(floors->fastpath))
		return;
	say(floors->fastpath);
	if (floors->media)
		media_follow_fastpath(floors->media);
}

/* The server runs as well without it, and says so. */
int step_fastpath_up(struct daemon *daemon)
{
	struct media_config media;
	struct fastpath_config config = {0};
	if (!step_media_is_wanted(daemon->boot))
		return EXIT_CLEAN;
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
	say(fastpath);
	if (fastpath->news_fd >= 0)
		daemon->fastpath_news = event_new(
			daemon->base, fastpath->news_fd, EV_READ | EV_PERSIST, on_news, daemon);
	if (daemon->fastpath_news)
		event_add(daemon->fastpath_news, NULL);
	return EXIT_CLEAN;
}

void step_fastpath_down(struct daemon *daemon)
{
	if (daemon->fastpath_news)
		event_free(daemon->fastpath_news);
	daemon->fastpath_news = NULL;
	fastpath_free(daemon->floors->fastpath);
	daemon->floors->fastpath = NULL;
}

void step_fastpath_configure(struct floors *floors, const struct config *config)
{
	struct fastpath_wish wish;
	fill_wish(config, &wish);
	if (!floors->fastpath || !fastpath_configure(floors->fastpath, &wish))
		return;
	say(floors->fastpath);
	if (floors->media)
		media_follow_fastpath(floors->media);
}

bool step_fastpath_is_wanted(const struct daemon *daemon)
{
	const struct fastpath *fastpath = daemon->floors->fastpath;
	return fastpath && fastpath->program;
}
