/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c: entries are installed, removed and read: memory that the kernel's program reads, too. */
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "media/fastpath/fastpath.h"

uint32_t fastpath_mtu(const struct fastpath *fastpath, uint32_t interface)
{
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX && interface; i++) {
		const struct fastpath_interface *place = &fastpath->interfaces[i];
		if (atomic_load_explicit(&place->index, memory_order_acquire) == interface)
			return atomic_load_explicit(&place->mtu, memory_order_relaxed);
	}
	return 0;
}

void fastpath_beat(struct fastpath *fastpath, unsigned thread, uint64_t now_ns)
{
	if (fastpath_is_active(fastpath))
		__atomic_store_n(&fastpath->memory.beats[thread].ns, now_ns, __ATOMIC_RELEASE);
}

static uint32_t index_of(const struct fastpath *fastpath, const struct fastpath_flow *flow)
{
	return (uint32_t)(flow - fastpath->memory.flows);
}

struct fastpath_flow *fastpath_flow(const struct fastpath *fastpath, uint16_t port, unsigned local)
{
	uint32_t pair = (uint32_t)(port - fastpath->size.port_first) / 2;
	return &fastpath->memory.flows[pair * fastpath->size.locals + local];
}

static void put_address(struct fastpath_address *to, const struct media_address *from)
{
	*to = (struct fastpath_address){.port = from->v4.sin_port};
	if (from->family == AF_INET)
		to->host[0] = from->v4.sin_addr.s_addr;
	else
		memcpy(to->host, &from->v6.sin6_addr, sizeof(to->host));
}

static uint32_t add_address(uint32_t sum, const struct fastpath_address *address, uint32_t flip)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(address->host); i++)
		sum = fastpath_sum(sum, address->host[i] ^ flip);
	return sum;
}

/* What the checksums change by, so that the program need not find it out for each packet. */
static void put_changes(struct fastpath_entry *entry)
{
	uint32_t sum = add_address(0, &entry->out_from, 0);
	sum = add_address(sum, &entry->out_to, 0);
	sum = add_address(sum, &entry->from, UINT32_MAX);
	entry->address_change = add_address(sum, &entry->at, UINT32_MAX);
	sum = fastpath_sum(entry->out_from.port, entry->out_to.port);
	sum = fastpath_sum(sum, (uint16_t)~entry->from.port);
	sum = fastpath_sum(sum, (uint16_t)~entry->at.port);
	sum = (sum & 0xffff) + (sum >> 16);
	entry->port_change = (uint16_t)(sum + (sum >> 16));
}

static void fill(struct fastpath_entry *entry, const struct fastpath_way *way)
{
	bool is_any = way->types[0] == 0 && way->types[1] == 0;
	*entry = (struct fastpath_entry){
		.types = {is_any ? UINT64_MAX : way->types[0], is_any ? UINT64_MAX : way->types[1]},
		.in_interface = way->in_interface,
		.interface = way->interface,
		.length_most = (uint16_t)MIN(way->mtu, UINT16_MAX),
		.rate_most = (uint16_t)MIN(way->rate_most, UINT16_MAX),
		.priority = (uint8_t)MIN(way->priority, UINT8_MAX),
		.version = way->from.family == AF_INET ? 4 : 6,
		.class = (uint8_t)(way->dscp << 2),
		.kind = FASTPATH_FORWARD,
		.thread = way->thread,
		.rate = way->rate,
	};
	memcpy(entry->others, way->others, sizeof(entry->others));
	put_address(&entry->from, &way->from);
	put_address(&entry->at, &way->at);
	put_address(&entry->out_from, &way->out_from);
	put_address(&entry->out_to, &way->out_to);
	put_changes(entry);
}

bool fastpath_rests(const struct fastpath_flow *flow, uint64_t now_ms)
{
	return flow->installed_ms && now_ms - flow->installed_ms < FASTPATH_REST_MS;
}

bool fastpath_is_installed(const struct fastpath *fastpath, const struct fastpath_flow *flow,
	const struct fastpath_way *way)
{
	struct fastpath_entry entry;
	uint32_t place = 2 * index_of(fastpath, flow) + (flow->generation & 1);
	fill(&entry, way);
	return flow->generation &&
	       memcmp(&entry, &fastpath->memory.entries[place], sizeof(entry)) == 0;
}

int fastpath_install(struct fastpath *fastpath, struct fastpath_flow *flow,
	const struct fastpath_way *way, uint64_t now_ms)
{
	if (fastpath_rests(flow, now_ms))
		return -EAGAIN;
	uint32_t generation = flow->last_generation + 1;
	generation += generation == 0; /* that is none */
	uint32_t place = 2 * index_of(fastpath, flow) + (generation & 1);
	fill(&fastpath->memory.entries[place], way);
	flow->last_generation = generation;
	flow->installed_ms = now_ms;
	__atomic_store_n(&flow->generation, generation, __ATOMIC_RELEASE);
	atomic_fetch_add_explicit(&fastpath->entries, 1, memory_order_relaxed);
	return 0;
}

void fastpath_remove(struct fastpath *fastpath, struct fastpath_flow *flow)
{
	__atomic_store_n(&flow->generation, 0, __ATOMIC_SEQ_CST);
	atomic_fetch_sub_explicit(&fastpath->entries, 1, memory_order_relaxed);
}

void fastpath_read_flow(const struct fastpath_flow *flow, struct fastpath_seen *ret_seen)
{
	*ret_seen = (struct fastpath_seen){
		.packets = __atomic_load_n(&flow->packets, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&flow->bytes, __ATOMIC_RELAXED),
		.dropped = __atomic_load_n(&flow->dropped, __ATOMIC_RELAXED),
		.heard_ns = __atomic_load_n(&flow->heard_ns, __ATOMIC_RELAXED),
	};
}
