/* SPDX-License-Identifier: Apache-2.0 */
/* fastpath.c: forwarding in the kernel: loaded, attached where media come in, told of. */
#include "media/fastpath/fastpath.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "media/fastpath/interfaces.h"
#include "media/fastpath/ipsec.h"
#include "media/fastpath/reason.h"

/* How often main looks whether all is as it left it: nobody tells of all that others may do. */
#define LOOK_MS 5000
/* What somebody has taken away is attached again after so long, the first time, and ever longer, up
 * to the last, lest two fight. After the last without a loss it begins anew. */
#define AGAIN_FIRST_MS 1000
#define AGAIN_LAST_MS  300000

const char *const fastpath_state_words[] = {[FASTPATH_OFF] = "off",
	[FASTPATH_UNAVAILABLE] = "unavailable",
	[FASTPATH_ACTIVE] = "active"};

const char *const fastpath_row_words[FASTPATH_ROW_COUNT] = {[FASTPATH_HIT] = "hits",
#define ROW(name, word) [FASTPATH_MISS_##name] = #word,
	FASTPATH_MISSES(ROW)
#undef ROW
};

/* ---- why not ---- */

/* A packet that the program forwards meets no policy of IPsec: it would pass where it must not, or
 * go out in clear. */
static void explain_idle(struct fastpath *fastpath)
{
	if (fastpath->policies < 0)
		snprintf(fastpath->why, sizeof(fastpath->why), "IPsec policies cannot be read: %s",
			strerror(-fastpath->policies));
	else
		snprintf(fastpath->why, sizeof(fastpath->why), "%s",
			fastpath->policies ? "IPsec policies" : "no interface carries media");
}

/* ---- interfaces ---- */

static struct fastpath_interface *place_of(const struct fastpath *fastpath, uint32_t index)
{
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++)
		if (atomic_load_explicit(&fastpath->interfaces[i].index, memory_order_relaxed) ==
			index)
			return (struct fastpath_interface *)&fastpath->interfaces[i];
	return NULL;
}

static bool is_attached(const struct fastpath_interface *interface)
{
	return atomic_load_explicit(&interface->index, memory_order_relaxed) &&
	       !interface->losses.is_open;
}

static void detach(struct fastpath *fastpath, struct fastpath_interface *interface)
{
	atomic_store_explicit(&interface->index, 0, memory_order_relaxed);
	if (!interface->losses.is_open)
		fastpath->kernel->detach(fastpath->program, &interface->link);
}

static int attach(struct fastpath *fastpath, const struct interface_row *row)
{
	struct fastpath_interface *place = place_of(fastpath, 0);
	if (!place)
		return -ENOSPC;
	int error = fastpath->kernel->attach(fastpath->program, row->index, &place->link);
	if (error)
		return error;
	place->losses = (struct fastpath_losses){.since_ms = fastpath->now_ms};
	snprintf(place->name, sizeof(place->name), "%s", row->name);
	atomic_store_explicit(&place->mtu, row->mtu, memory_order_relaxed);
	atomic_store_explicit(&place->index, row->index, memory_order_release);
	return 0;
}

/* To the relay threads it is an interface without the program from now on. */
static void lose(struct fastpath *fastpath, struct fastpath_interface *interface)
{
	struct fastpath_losses *losses = &interface->losses;
	bool is_old = fastpath->now_ms - losses->since_ms > AGAIN_LAST_MS;
	atomic_store_explicit(&interface->mtu, 0, memory_order_relaxed);
	fastpath->kernel->detach(fastpath->program, &interface->link);
	*losses = (struct fastpath_losses){.is_open = true,
		.since_ms = fastpath->now_ms,
		.wait_ms = is_old || !losses->wait_ms ? AGAIN_FIRST_MS
						      : MIN(2 * losses->wait_ms, AGAIN_LAST_MS)};
}

/* 0: the program hangs there, still or again. */
static int watch(struct fastpath *fastpath, struct fastpath_interface *interface,
	const struct interface_row *row)
{
	struct fastpath_losses *losses = &interface->losses;
	if (!losses->is_open && !fastpath->kernel->holds(fastpath->program, &interface->link))
		lose(fastpath, interface);
	if (losses->is_open) {
		if (fastpath->now_ms - losses->since_ms < losses->wait_ms)
			return -EIDRM;
		int error =
			fastpath->kernel->attach(fastpath->program, row->index, &interface->link);
		losses->since_ms = fastpath->now_ms;
		if (error)
			return error;
		losses->is_open = false;
		fastpath->has_regained = true;
	}
	atomic_store_explicit(&interface->mtu, row->mtu, memory_order_relaxed);
	return 0;
}

static bool is_named(const struct fastpath_wish *wish, const char *name)
{
	for (unsigned i = 0; i < wish->count; i++)
		if (strcmp(wish->names[i], name) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct fastpath *fastpath, const struct interface_row *row)
{
	const struct fastpath_wish *wish = &fastpath->config.wish;
	if (wish->is_off || fastpath->policies || !row->is_usable)
		return false;
	return wish->count ? is_named(wish, row->name)
			   : interface_carries(
				     row, fastpath->config.locals, fastpath->config.local_count);
}

static const struct interface_row *row_of(const struct interfaces *all, const char *name)
{
	for (unsigned i = 0; i < all->count; i++)
		if (strcmp(all->rows[i].name, name) == 0)
			return &all->rows[i];
	return NULL;
}

/* What is gone, or not wanted any more. An interface that comes again has another index. */
static void detach_others(struct fastpath *fastpath, const struct interfaces *all)
{
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++) {
		struct fastpath_interface *interface = &fastpath->interfaces[i];
		uint32_t index = atomic_load_explicit(&interface->index, memory_order_relaxed);
		bool stays = index == 0;
		for (unsigned row = 0; row < all->count && !stays; row++)
			stays = all->rows[row].index == index &&
				is_wanted(fastpath, &all->rows[row]);
		if (!stays)
			detach(fastpath, interface);
	}
}

const struct fastpath_refusal *fastpath_unsaid(struct fastpath *fastpath)
{
	return refusals_unsaid(&fastpath->refusals);
}

/* Names of the configuration that nothing could be attached to. What has no hardware address at
 * all, as tun has none, is not even in the list. */
static void refuse_names(struct fastpath *fastpath, const struct interfaces *all)
{
	const struct fastpath_wish *wish = &fastpath->config.wish;
	for (unsigned i = 0; i < wish->count && !wish->is_off; i++) {
		const struct interface_row *row = row_of(all, wish->names[i]);
		if (!row)
			refusals_add(&fastpath->refusals, wish->names[i],
				if_nametoindex(wish->names[i]) ? -ENOTSUP : -ENODEV);
		else if (!row->is_usable)
			refusals_add(&fastpath->refusals, wish->names[i], -ENOTSUP);
	}
}

static uint64_t digest_of(const struct fastpath *fastpath, const struct interfaces *all)
{
	uint64_t digest = 0;
	for (unsigned i = 0; i < all->count; i++) {
		const struct interface_row *row = &all->rows[i];
		const struct fastpath_interface *place = place_of(fastpath, row->index);
		bool has_program = place && is_attached(place);
		/* without either, no packet of media is routed there */
		if (has_program || row->has_ipv4 || row->has_ipv6)
			digest += interface_digest(row) * (has_program ? 3 : 1);
	}
	return digest;
}

/* Attached to all that are wanted, and to no others. The first error, if there was one. */
static int look_round(struct fastpath *fastpath)
{
	struct fastpath_refusals before = fastpath->refusals;
	struct interfaces all;
	int error = interfaces_read(&all);
	if (error)
		return error;
	fastpath->refusals.count = 0;
	detach_others(fastpath, &all);
	refuse_names(fastpath, &all);
	for (unsigned i = 0; i < all.count; i++) {
		const struct interface_row *row = &all.rows[i];
		struct fastpath_interface *interface = place_of(fastpath, row->index);
		if (!interface && !is_wanted(fastpath, row))
			continue;
		int failed = interface ? watch(fastpath, interface, row) : attach(fastpath, row);
		if (failed)
			refusals_add(&fastpath->refusals, row->name, failed);
		error = error ? error : failed;
	}
	refusals_keep_said(&fastpath->refusals, &before);
	fastpath->digest = digest_of(fastpath, &all);
	interfaces_done(&all);
	return error;
}

static unsigned attached(const struct fastpath *fastpath)
{
	unsigned count = 0;
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++)
		count += is_attached(&fastpath->interfaces[i]);
	return count;
}

/* ---- state ---- */

static void set_state(struct fastpath *fastpath, enum fastpath_state state)
{
	fastpath->state = state;
	if (state != FASTPATH_UNAVAILABLE)
		fastpath->why[0] = '\0';
	atomic_store_explicit(&fastpath->is_active, state == FASTPATH_ACTIVE, memory_order_release);
}

static bool settle(struct fastpath *fastpath, int error)
{
	enum fastpath_state before = fastpath->state;
	char why[FASTPATH_WHY_MAX];
	unsigned count = attached(fastpath);
	memcpy(why, fastpath->why, sizeof(why));
	if (fastpath->config.wish.is_off) {
		set_state(fastpath, FASTPATH_OFF);
	} else if (count) {
		set_state(fastpath, FASTPATH_ACTIVE);
	} else {
		if (error)
			snprintf(
				fastpath->why, sizeof(fastpath->why), "%s", fastpath_reason(error));
		else
			explain_idle(fastpath);
		set_state(fastpath, FASTPATH_UNAVAILABLE);
	}
	return before != fastpath->state || strcmp(why, fastpath->why) != 0;
}

static int load(struct fastpath *fastpath)
{
	if (fastpath->program)
		return 0;
	return fastpath->kernel->load(&fastpath->size, &fastpath->program, &fastpath->memory);
}

static bool follow(struct fastpath *fastpath, int error, bool is_news)
{
	uint64_t digest = fastpath->digest;
	fastpath->has_regained = false;
	if (fastpath->program) {
		fastpath->policies = fastpath->kernel->policies();
		error = look_round(fastpath);
	}
	bool is_another = settle(fastpath, error);
	if (is_another || is_news || digest != fastpath->digest)
		atomic_fetch_add_explicit(&fastpath->changes, 1, memory_order_release);
	return is_another || fastpath->has_regained;
}

bool fastpath_configure(struct fastpath *fastpath, const struct fastpath_wish *wish)
{
	fastpath->config.wish = *wish;
	return follow(fastpath, wish->is_off ? 0 : load(fastpath), false);
}

bool fastpath_hear(struct fastpath *fastpath)
{
	enum interfaces_news news = interfaces_drain(fastpath->news_fd);
	return news && fastpath->program && follow(fastpath, 0, news == INTERFACES_WAYS);
}

bool fastpath_look(struct fastpath *fastpath, uint64_t now_ms)
{
	bool is_news = ipsec_drain(fastpath->policies_fd);
	fastpath->now_ms = now_ms;
	if (!fastpath->program || (!is_news && now_ms - fastpath->looked_ms < LOOK_MS))
		return false;
	fastpath->looked_ms = now_ms;
	return follow(fastpath, 0, false);
}

/* ---- life ---- */

int fastpath_new(struct fastpath **ret_fastpath, const struct fastpath_config *config)
{
	uint32_t first = (config->port_first + 1u) & ~1u;
	if (config->local_count == 0 || config->local_count > FASTPATH_LOCALS ||
		first > config->port_last)
		return -EINVAL;
	struct fastpath *fastpath = calloc(1, sizeof(*fastpath));
	if (!fastpath)
		return -ENOMEM;
	uint32_t pairs = (config->port_last - first) / 2 + 1;
	fastpath->config = *config;
	fastpath->kernel = config->kernel ? config->kernel : &fastpath_kernel;
	fastpath->size = (struct fastpath_size){.port_first = (uint16_t)first,
		.port_last = config->port_last,
		.locals = config->local_count,
		.flows = pairs * config->local_count};
	fastpath->news_fd = interfaces_listen(config->locals, config->local_count);
	fastpath->policies_fd = ipsec_listen();
	fastpath_configure(fastpath, &config->wish);
	*ret_fastpath = fastpath;
	return 0;
}

void fastpath_free(struct fastpath *fastpath)
{
	if (!fastpath)
		return;
	if (fastpath->program) {
		detach_others(fastpath, &(struct interfaces){0});
		fastpath->kernel->unload(fastpath->program, &fastpath->memory);
	}
	if (fastpath->news_fd >= 0)
		close(fastpath->news_fd);
	if (fastpath->policies_fd >= 0)
		close(fastpath->policies_fd);
	free(fastpath);
}

void fastpath_read_status(const struct fastpath *fastpath, struct fastpath_status *ret_status)
{
	struct fastpath_status status = {.state = fastpath->state,
		.why = fastpath->why,
		.refusals = fastpath->refusals.rows,
		.refusal_count = fastpath->refusals.count,
		.entries = atomic_load_explicit(&fastpath->entries, memory_order_relaxed)};
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++) {
		const struct fastpath_interface *interface = &fastpath->interfaces[i];
		if (is_attached(interface))
			memcpy(status.interfaces[status.interface_count++], interface->name,
				IF_NAMESIZE);
	}
	for (unsigned i = 0; fastpath->memory.counts && i < FASTPATH_CPUS * FASTPATH_ROWS; i++)
		status.rows[i % FASTPATH_ROWS] +=
			__atomic_load_n(&fastpath->memory.counts[i], __ATOMIC_RELAXED);
	*ret_status = status;
}
