/* SPDX-License-Identifier: Apache-2.0 */
/* step_media.c — relay threads and the tables of calls come up and go down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "call/call.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/steps.h"
#include "media/media.h"

/* Most calls of one worker, whatever calls.max_calls says: address space, not memory. */
#define CALLS_OF_A_WORKER 131072

static int fail(const char *what, int error)
{
	fprintf(stderr, "portavoz: %s: %s\n", what, strerror(-error));
	return EXIT_NO_RESOURCE;
}

/* ---- what the floors are told ---- */

static bool has_local(const struct media_config *media, const struct media_address *address)
{
	for (unsigned i = 0; i < media->local_count; i++)
		if (media_address_same_host(&media->locals[i], address))
			return true;
	return false;
}

static bool is_any(const struct media_address *address)
{
	static const struct in6_addr zero;
	if (address->family == AF_INET)
		return address->v4.sin_addr.s_addr == 0;
	return memcmp(&address->v6.sin6_addr, &zero, sizeof(zero)) == 0;
}

static bool listens_on_any(const struct config *config, sa_family_t family)
{
	for (uint32_t i = 0; i < config->listen_count; i++) {
		struct media_address address;
		media_address_from((const struct sockaddr *)&config->listen[i].address, &address);
		if (address.family == family && is_any(&address))
			return true;
	}
	return false;
}

/* Media have the addresses that SIP listens on. Where one of them stands for all of its family no
 * other can be bound beside it on the same ports. */
static void add_locals(const struct config *config, struct media_config *media)
{
	for (uint32_t i = 0; i < config->listen_count; i++) {
		struct media_address address;
		media_address_from((const struct sockaddr *)&config->listen[i].address, &address);
		media_address_set_port(&address, 0);
		bool is_hidden = !is_any(&address) && listens_on_any(config, address.family);
		if (!is_hidden && !has_local(media, &address) &&
			media->local_count < MEDIA_LOCALS_MAX)
			media->locals[media->local_count++] = address;
	}
}

void step_media_fill(const struct config *config, struct media_config *ret)
{
	*ret = (struct media_config){
		.port_first = (uint16_t)config->media.ports.low,
		.port_last = (uint16_t)config->media.ports.high,
		.threads = config->media.threads,
		.group_budget = config->media.group_budget,
		.pin = config->media.pin.item,
		.pin_count = config->media.pin.count,
		.timeout_ms = config->media.timeout_ms,
		.hold_timeout_ms = config->media.hold_timeout_ms,
		.tick_us = config->media.tick_us,
		.dscp = (uint8_t)config->media.dscp,
		/* a proxy passes on what the ends agree on */
		.transcoders =
			config->calls.mode == CONFIG_CALLS_B2BUA ? 0 : MEDIA_TRANSCODERS_NONE,
	};
	add_locals(config, ret);
}

static const enum call_relay relays[] = {
	[CONFIG_RELAY_ALWAYS] = CALL_RELAY_ALWAYS,
	[CONFIG_RELAY_NEVER] = CALL_RELAY_NEVER,
	[CONFIG_RELAY_AUTO] = CALL_RELAY_AUTO,
};

/* What is relayed stays as it was at the start; the codecs are those of `config`. */
void step_calls_fill_settings(
	const struct config *boot, const struct config *config, struct calls_settings *ret)
{
	*ret = (struct calls_settings){.relay = relays[boot->media.relay],
		.hold_timeout_ms = config->media.hold_timeout_ms};
	for (uint32_t i = 0; i < config->media.codecs.count && i < CALL_CODECS; i++)
		ret->codecs[ret->codec_count++] = pv_span_of(config->media.codecs.item[i]);
}

static void fill_limits(const struct config *config, struct call_limits *ret)
{
	*ret = (struct call_limits){
		.max_calls = config->calls.max_calls,
		.per_user = config->limits.enabled ? config->calls.per_user : 0,
		.max_duration_ms = config->calls.max_duration_ms,
	};
}

void step_calls_set_limits(struct floors *floors, const struct config *config)
{
	struct call_limits limits;
	fill_limits(config, &limits);
	call_shared_set_limits(floors->call_shared, &limits);
	if (floors->media)
		media_set_timeouts(
			floors->media, config->media.timeout_ms, config->media.hold_timeout_ms);
}

/* ---- relay threads ---- */

bool step_media_is_wanted(const struct config *config)
{
	return config->media.relay != CONFIG_RELAY_NEVER || config->group_count;
}

int step_media_up(struct daemon *daemon)
{
	struct media_config config;
	if (!step_media_is_wanted(daemon->boot))
		return EXIT_CLEAN;
	step_media_fill(daemon->boot, &config);
	config.workers = &daemon->floors->workers;
	config.clock = daemon->clock;
	config.fastpath = daemon->floors->fastpath;
	int error = media_new(&daemon->floors->media, &config);
	return error < 0 ? fail("media.ports", error) : EXIT_CLEAN;
}

void step_media_down(struct daemon *daemon)
{
	media_free(daemon->floors->media);
}

void step_media_look(struct daemon *daemon)
{
	if (daemon->floors && daemon->floors->media)
		media_retry_copies(daemon->floors->media, clock_now_ms(daemon->clock));
}

int step_relay_up(struct daemon *daemon)
{
	if (!daemon->floors->media)
		return EXIT_CLEAN;
	int error = media_start(daemon->floors->media);
	return error < 0 ? fail("relay threads", error) : EXIT_CLEAN;
}

void step_relay_down(struct daemon *daemon)
{
	if (daemon->floors->media)
		media_stop(daemon->floors->media);
}

/* ---- tables of calls ---- */

static int make_shared(struct floors *floors, const struct config *config)
{
	struct call_limits limits;
	fill_limits(config, &limits);
	floors->call_shared = calloc(1, sizeof *floors->call_shared);
	return floors->call_shared ? call_shared_init(floors->call_shared, &limits) : -ENOMEM;
}

static int make_calls(struct floors *floors, const struct config *config, unsigned index)
{
	struct media_config media;
	struct calls_config calls = {.calls = CALLS_OF_A_WORKER};
	step_media_fill(config, &media);
	step_calls_fill_settings(config, config, &calls.settings);
	calls.local_count = media.local_count;
	memcpy(calls.locals, media.locals, sizeof(calls.locals));
	const struct calls_floors at = {
		.worker = &floors->workers.workers[index],
		.net = net_of(floors->net, index),
		.media = floors->media,
		.shared = floors->call_shared,
	};
	return calls_new(&floors->calls[index], &calls, &at);
}

int step_calls_up(struct daemon *daemon)
{
	struct floors *floors = daemon->floors;
	int error = make_shared(floors, daemon->boot);
	for (unsigned i = 0; i < floors->workers.count && !error; i++)
		error = make_calls(floors, daemon->boot, i);
	return error < 0 ? fail("calls", error) : EXIT_CLEAN;
}

void step_calls_down(struct daemon *daemon)
{
	struct floors *floors = daemon->floors;
	for (unsigned i = 0; i < floors->workers.count; i++)
		calls_free(floors->calls[i]);
	free(floors->call_shared);
}
