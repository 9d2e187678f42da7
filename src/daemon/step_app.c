/* SPDX-License-Identifier: Apache-2.0 */
/* step_app.c — each worker's applications come up and go down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/dispatch.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/steps.h"

/* What a refused client is told to wait, RFC 3261 §21.5.4. */
#define RETRY_AFTER_S 5

struct pv_span *step_app_reserved(const struct config *config)
{
	struct pv_span *names = calloc((size_t)config->group_count + 1, sizeof *names);
	for (uint32_t i = 0; names && i < config->group_count; i++)
		names[i] = pv_span_of(config->groups[i].name);
	return names;
}

void step_app_fill_registrar(
	const struct config *config, const struct pv_span *reserved, struct registrar_config *ret)
{
	*ret = (struct registrar_config){
		.challenge = config->auth.challenge != CONFIG_CHALLENGE_NONE,
		.min_expires_s = config->registrar.min_expires_ms / 1000,
		.max_expires_s = config->registrar.max_expires_ms / 1000,
		.default_expires_s = config->registrar.default_expires_ms / 1000,
		.keepalive_ms = config->registrar.keepalive_ms,
		.retry_after_s = RETRY_AFTER_S,
		.reserved = reserved,
		.reserved_count = config->group_count,
	};
}

static const enum proxy_challenge challenges[] = {
	[CONFIG_CHALLENGE_ALL] = PROXY_CHALLENGE_ALL,
	[CONFIG_CHALLENGE_REGISTER] = PROXY_CHALLENGE_REGISTER,
	[CONFIG_CHALLENGE_NONE] = PROXY_CHALLENGE_NONE,
};

void step_app_fill_proxy(
	const struct floors *floors, const struct config *config, struct proxy_config *ret)
{
	*ret = (struct proxy_config){
		.challenge = challenges[config->auth.challenge],
		.strangers_reach_users = config->auth.strangers == CONFIG_STRANGERS_USERS,
		.targets = config->limits.forks,
		.forks = config->limits.transactions / floors->workers.count,
		.retry_after_s = RETRY_AFTER_S,
		.dialog_minutes = (config->calls.max_duration_ms + 59999) / 60000,
		.follows_redirects = config->calls.redirects == CONFIG_REDIRECTS_FOLLOW,
	};
}

static int make_proxy(struct floors *floors, const struct config *config, unsigned index)
{
	struct proxy_config proxy;
	step_app_fill_proxy(floors, config, &proxy);
	const struct proxy_floors at = {
		.worker = &floors->workers.workers[index],
		.net = net_of(floors->net, index),
		.transactions = floors->layers[index],
		.registry = floors->registry,
		.auth = floors->auth,
		.domains = floors->domains,
		.route_key = &floors->route_key,
		.branch_key = &floors->branch_key,
		.user_calls = floors->user_calls,
		.calls = floors->calls[index],
	};
	return proxy_new(&floors->proxies[index], &proxy, &at);
}

static int make_registrar(struct floors *floors, const struct config *config, unsigned index)
{
	struct registrar_config registrar;
	step_app_fill_registrar(config, floors->reserved, &registrar);
	const struct registrar_floors at = {
		.worker = &floors->workers.workers[index],
		.net = net_of(floors->net, index),
		.transactions = floors->layers[index],
		.registry = floors->registry,
		.auth = floors->auth,
		.domains = floors->domains,
	};
	return registrar_new(&floors->registrars[index], &registrar, &at);
}

void step_app_fill_b2bua(
	const struct floors *floors, const struct config *config, struct b2bua_config *ret)
{
	*ret = (struct b2bua_config){
		/* each call has at least two transactions while it is being set up */
		.calls = MAX(config->limits.transactions / 2 / floors->workers.count, 1),
		.session_expires_s = config->calls.session_expires_ms / 1000,

		.t1 = config->timers.t1_ms,
		.t2 = config->timers.t2_ms,
	};
}

static int make_b2bua(struct floors *floors, const struct config *config, unsigned index)
{
	struct b2bua_config b2bua;
	if (config->calls.mode != CONFIG_CALLS_B2BUA)
		return 0;
	step_app_fill_b2bua(floors, config, &b2bua);
	const struct b2bua_floors at = {
		.worker = &floors->workers.workers[index],
		.net = net_of(floors->net, index),
		.transactions = floors->layers[index],
		.proxy = floors->proxies[index],
		.calls = floors->calls[index],
		.peers = floors->b2buas,
		.tag_key = &floors->tag_key,
	};
	return b2bua_new(&floors->b2buas[index], &b2bua, &at);
}

/* Members of groups whose calls are on one worker, and groups whose rosters are: address space, not
 * memory. */
#define GROUP_LEGS  65536
#define GROUP_ROOMS 16384

void step_app_fill_ptt(
	const struct config *config, const struct ptt_groups *groups, struct ptt_config *ret)
{
	*ret = (struct ptt_config){
		.legs = GROUP_LEGS,
		.rooms = GROUP_ROOMS,
		.session_expires_s = config->calls.session_expires_ms / 1000,
		.t1 = config->timers.t1_ms,
		.t2 = config->timers.t2_ms,
		.retry_after_s = RETRY_AFTER_S,
		.groups = groups,
	};
}

/* Also where there is no group yet: a reload may bring some. */
static int make_ptt(struct floors *floors, const struct config *config, unsigned index)
{
	struct ptt_config ptt;
	step_app_fill_ptt(config, floors->groups.groups, &ptt);
	const struct ptt_floors at = {
		.worker = &floors->workers.workers[index],
		.net = net_of(floors->net, index),
		.transactions = floors->layers[index],
		.proxy = floors->proxies[index],
		.calls = floors->calls[index],
		.media = floors->media,
		.registry = floors->registry,
		.auth = floors->auth,
		.domains = floors->domains,
		.peers = floors->ptts,
		.tag_key = &floors->group_tag_key,
		.group_key = &floors->group_key,
	};
	return ptt_new(&floors->ptts[index], &ptt, &at);
}

static int make_dispatch(struct floors *floors, unsigned index)
{
	struct dispatch *dispatch =
		aligned_alloc(CACHE_LINE, ROUND_UP(sizeof *dispatch, CACHE_LINE));
	if (!dispatch)
		return -ENOMEM;
	floors->dispatches[index] = dispatch;
	dispatch_init(dispatch, &floors->workers.workers[index], net_of(floors->net, index),
		floors->layers[index], floors->proxies[index], floors->registrars[index],
		floors->b2buas[index], floors->ptts[index]);
	registrar_start(floors->registrars[index]);
	return 0;
}

void step_app_set_limits(struct floors *floors, const struct config *config)
{
	atomic_store_explicit(
		&floors->user_calls->limit, config->limits.user_calls, memory_order_relaxed);
}

static int make_user_calls(struct floors *floors, const struct config *config)
{
	floors->user_calls = calloc(1, sizeof *floors->user_calls);
	if (!floors->user_calls)
		return -ENOMEM;
	step_app_set_limits(floors, config);
	return siphash_key_random(&floors->user_calls->key);
}

int step_app_up(struct daemon *daemon)
{
	struct floors *floors = daemon->floors;
	floors->reserved = step_app_reserved(daemon->boot);
	int error = floors->reserved ? make_user_calls(floors, daemon->boot) : -ENOMEM;
	if (!error)
		error = group_set_make(daemon->boot, &floors->group_key, &floors->groups);
	for (unsigned i = 0; i < floors->workers.count && !error; i++) {
		error = make_proxy(floors, daemon->boot, i);
		if (!error)
			error = make_registrar(floors, daemon->boot, i);
		if (!error)
			error = make_b2bua(floors, daemon->boot, i);
		if (!error)
			error = make_ptt(floors, daemon->boot, i);
		if (!error)
			error = make_dispatch(floors, i);
	}
	if (!error)
		return EXIT_CLEAN;
	fprintf(stderr, "portavoz: applications: %s\n", strerror(-error));
	return EXIT_NO_RESOURCE;
}

void step_app_down(struct daemon *daemon)
{
	struct floors *floors = daemon->floors;
	for (unsigned i = 0; i < floors->workers.count; i++) {
		free(floors->dispatches[i]);
		ptt_free(floors->ptts[i]);
		b2bua_free(floors->b2buas[i]);
		registrar_free(floors->registrars[i]);
		proxy_free(floors->proxies[i]);
	}
	group_set_done(&floors->groups);
	free(floors->user_calls);
	free(floors->reserved);
}
