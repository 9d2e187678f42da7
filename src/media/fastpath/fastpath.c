/* SPDX-License-Identifier: Apache-2.0 */
/* fastpath.c: forwarding in the kernel: loaded, attached where media come in, told of. */
#include "media/fastpath/fastpath.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/macros.h"
#include "media/fastpath/interfaces.h"

const char *const fastpath_state_words[] = {[FASTPATH_OFF] = "off",
	[FASTPATH_UNAVAILABLE] = "unavailable",
	[FASTPATH_ACTIVE] = "active"};

const char *const fastpath_row_words[FASTPATH_ROW_COUNT] = {[FASTPATH_HIT] = "hits",
#define ROW(name, word) [FASTPATH_MISS_##name] = #word,
	FASTPATH_MISSES(ROW)
#undef ROW
};

/* ---- why not ---- */

static void explain(struct fastpath *fastpath, int error)
{
	struct capabilities has;
	const char *text = strerror(-error);
	capabilities_read(&has);
	if (error == -ENOSYS)
		text = "not built: clang, bpftool and libbpf were missing";
	else if (error == -EPERM && !has.bpf && !has.net)
		text = "CAP_BPF and CAP_NET_ADMIN are missing";
	else if (error == -EPERM && !has.bpf)
		text = "CAP_BPF is missing";
	else if (error == -EPERM && !has.net)
		text = "CAP_NET_ADMIN is missing";
	else if (error == -EPERM || error == -EACCES)
		text = "bpf() is forbidden here";
	else if (error == -EBUSY)
		text = "too many servers of this host have filters, or hold their names";
	else if (error == -EINVAL)
		text = "the kernel does not take the program: it is older than 5.10, or lacks BPF";
	snprintf(fastpath->why, sizeof(fastpath->why), "%s", text);
}

/* ---- interfaces ---- */

static struct fastpath_interface *place_of(struct fastpath *fastpath, uint32_t index)
{
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++)
		if (atomic_load_explicit(&fastpath->interfaces[i].index, memory_order_relaxed) ==
			index)
			return &fastpath->interfaces[i];
	return NULL;
}

static void detach(struct fastpath *fastpath, struct fastpath_interface *interface)
{
	atomic_store_explicit(&interface->index, 0, memory_order_relaxed);
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
	snprintf(place->name, sizeof(place->name), "%s", row->name);
	atomic_store_explicit(&place->mtu, row->mtu, memory_order_relaxed);
	atomic_store_explicit(&place->index, row->index, memory_order_release);
	return 0;
}

static bool is_wanted(const struct fastpath *fastpath, const struct interface_row *row)
{
	const struct fastpath_wish *wish = &fastpath->config.wish;
	if (wish->is_off)
		return false;
	for (unsigned i = 0; i < wish->count; i++)
		if (strcmp(wish->names[i], row->name) == 0)
			return true;
	return wish->count == 0 &&
	       interface_carries(row, fastpath->config.locals, fastpath->config.local_count);
}

/* What is gone, or not wanted any more. An interface that comes again has another index. */
static void detach_others(
	struct fastpath *fastpath, const struct interface_row *rows, unsigned count)
{
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++) {
		struct fastpath_interface *interface = &fastpath->interfaces[i];
		uint32_t index = atomic_load_explicit(&interface->index, memory_order_relaxed);
		bool stays = index == 0;
		for (unsigned row = 0; row < count && !stays; row++)
			stays = rows[row].index == index && is_wanted(fastpath, &rows[row]);
		if (!stays)
			detach(fastpath, interface);
	}
}

/* Attached to all that are wanted, and to no others. The first error, if there was one. */
static int look_round(struct fastpath *fastpath)
{
	struct interface_row rows[FASTPATH_INTERFACES_MAX];
	unsigned count = interfaces_read(rows, FASTPATH_INTERFACES_MAX);
	int error = 0;
	detach_others(fastpath, rows, count);
	for (unsigned i = 0; i < count; i++) {
		struct fastpath_interface *interface = place_of(fastpath, rows[i].index);
		if (interface)
			atomic_store_explicit(&interface->mtu, rows[i].mtu, memory_order_relaxed);
		if (interface || !is_wanted(fastpath, &rows[i]))
			continue;
		int failed = attach(fastpath, &rows[i]);
		error = error ? error : failed;
	}
	return error;
}

static unsigned attached(const struct fastpath *fastpath)
{
	unsigned count = 0;
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++)
		count += atomic_load_explicit(
				 &fastpath->interfaces[i].index, memory_order_relaxed) != 0;
	return count;
}

/* ---- state ---- */

static void set_state(struct fastpath *fastpath, enum fastpath_state state)
{
	fastpath->state = state;
	if (state != FASTPATH_UNAVAILABLE)
		fastpath->why[0] = '\0';
	atomic_store_explicit(&fastpath->is_active, state == FASTPATH_ACTIVE, memory_order_release);
	atomic_fetch_add_explicit(&fastpath->changes, 1, memory_order_release);
}

static bool settle(struct fastpath *fastpath, int error)
{
	enum fastpath_state before = fastpath->state;
	unsigned count = attached(fastpath);
	if (fastpath->config.wish.is_off) {
		set_state(fastpath, FASTPATH_OFF);
	} else if (count) {
		set_state(fastpath, FASTPATH_ACTIVE);
	} else {
		if (error)
			explain(fastpath, error);
		else
			snprintf(
				fastpath->why, sizeof(fastpath->why), "no interface carries media");
		set_state(fastpath, FASTPATH_UNAVAILABLE);
	}
	return before != fastpath->state;
}

static int load(struct fastpath *fastpath)
{
	if (fastpath->program)
		return 0;
	return fastpath->kernel->load(&fastpath->size, &fastpath->program, &fastpath->memory);
}

bool fastpath_configure(struct fastpath *fastpath, const struct fastpath_wish *wish)
{
	fastpath->config.wish = *wish;
	int error = wish->is_off ? 0 : load(fastpath);
	if (fastpath->program)
		error = look_round(fastpath);
	return settle(fastpath, error);
}

bool fastpath_hear(struct fastpath *fastpath)
{
	bool is_any = interfaces_drain(fastpath->news_fd);
	return is_any && fastpath->program && settle(fastpath, look_round(fastpath));
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
	fastpath->news_fd = interfaces_listen();
	fastpath_configure(fastpath, &config->wish);
	*ret_fastpath = fastpath;
	return 0;
}

void fastpath_free(struct fastpath *fastpath)
{
	if (!fastpath)
		return;
	if (fastpath->program) {
		detach_others(fastpath, NULL, 0);
		fastpath->kernel->unload(fastpath->program, &fastpath->memory);
	}
	if (fastpath->news_fd >= 0)
		close(fastpath->news_fd);
	free(fastpath);
}

void fastpath_read_status(const struct fastpath *fastpath, struct fastpath_status *ret_status)
{
	struct fastpath_status status = {.state = fastpath->state,
		.why = fastpath->why,
		.entries = atomic_load_explicit(&fastpath->entries, memory_order_relaxed)};
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++) {
		const struct fastpath_interface *interface = &fastpath->interfaces[i];
		if (atomic_load_explicit(&interface->index, memory_order_relaxed))
			memcpy(status.interfaces[status.interface_count++], interface->name,
				IF_NAMESIZE);
	}
	for (unsigned i = 0; fastpath->memory.counts && i < FASTPATH_CPUS * FASTPATH_ROWS; i++)
		status.rows[i % FASTPATH_ROWS] +=
			__atomic_load_n(&fastpath->memory.counts[i], __ATOMIC_RELAXED);
	*ret_status = status;
}
