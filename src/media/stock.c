/* SPDX-License-Identifier: Apache-2.0 */
/* stock.c: the port pairs of a relay thread: bound, kept ready for each worker, quarantined. */
#include "media/stock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/macros.h"
#include "base/metrics.h"
#include "base/random.h"
#include "runtime/worker.h"

#define STOCK_DEFAULT      128
#define QUARANTINE_DEFAULT 2000
/* Ports of others that are skipped at one go: no packet waits for longer than this takes. */
#define TRIES_MOST 64
#define RETRY_MS   1000

uint32_t stock_pairs_between(uint16_t first, uint16_t last)
{
	uint32_t even = ((uint32_t)first + 1) & ~UINT32_C(1);
	return last > even ? (last - even + 1u) / 2 : 0;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static void shuffle(struct local_ports *ports)
{
	ports->walk = random_below(ports->share);
	do
		ports->step = 1 + random_below(ports->share);
	while (greatest_divisor(ports->step, ports->share) != 1);
}

static int init_local(struct stock *stock, struct local_ports *ports, uint32_t share)
{
	list_init(&ports->free);
	ports->share = share;
	ports->is_bound = calloc(share, sizeof(*ports->is_bound));
	ports->rings = aligned_alloc(CACHE_LINE, stock->workers * sizeof(*ports->rings));
	if (!ports->is_bound || !ports->rings)
		return -ENOMEM;
	memset(ports->rings, 0, stock->workers * sizeof(*ports->rings));
	shuffle(ports);
	for (unsigned i = 0; i < stock->workers; i++) {
		int error = ring_init(
			&ports->rings[i], sizeof(struct port_offer), MAX(stock->wanted, 1));
		if (error)
			return error;
	}
	return 0;
}

/* Half of the files that the process may have: where its limit is low, ports that rest must not
 * take those of connections. */
static uint32_t rest_most(unsigned threads)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return 0;
	return (uint32_t)(MIN(files.rlim_cur, UINT32_MAX) / 2 / COMPONENTS / threads);
}

int stock_init(struct stock *stock, const struct media_config *config, unsigned thread,
	unsigned threads, int epoll_fd)
{
	uint32_t total = stock_pairs_between(config->port_first, config->port_last);
	uint32_t share = total > thread ? (total - thread + threads - 1) / threads : 0;
	memset(stock, 0, sizeof(*stock));
	if (share == 0 || config->local_count == 0 || config->local_count > MEDIA_LOCALS_MAX)
		return -EINVAL;
	stock->first_port = (uint16_t)((config->port_first + 1u) & ~1u);
	stock->thread = thread;
	stock->threads = threads;
	stock->workers = config->workers->count;
	/* what lies in the rings of some must not starve the others */
	uint32_t fair = MAX(share / 2 / stock->workers, 2); /* two make a session */
	stock->wanted = MIN(config->stock ? config->stock : STOCK_DEFAULT, fair);
	stock->rest_most = rest_most(threads);
	stock->dscp = config->dscp;
	stock->epoll_fd = epoll_fd;
	lane_init(&stock->quarantine,
		config->quarantine_ms ? config->quarantine_ms : QUARANTINE_DEFAULT);
	int error = slab_init(
		&stock->pairs, "port pairs", sizeof(struct port_pair), share * config->local_count);
	for (unsigned i = 0; i < config->local_count && !error; i++) {
		stock->locals[i].address = config->locals[i];
		stock->local_count = i + 1;
		error = init_local(stock, &stock->locals[i], share);
	}
	if (error)
		stock_done(stock);
	return error;
}

void stock_done(struct stock *stock)
{
	if (!stock)
		return;
	for (uint32_t i = 0; i < stock->pairs.touched; i++) {
		struct port_pair *pair = slab_at(&stock->pairs, i);
		if (slab_is_taken(pair))
			port_pair_close(pair);
	}
	for (unsigned i = 0; i < stock->local_count; i++) {
		struct local_ports *ports = &stock->locals[i];
		for (unsigned worker = 0; ports->rings && worker < stock->workers; worker++)
			ring_done(&ports->rings[worker]);
		free(ports->rings);
		free(ports->is_bound);
	}
	slab_done(&stock->pairs);
	stock->local_count = 0;
}

static uint16_t port_at(const struct stock *stock, uint32_t index)
{
	return (uint16_t)(stock->first_port + 2 * (stock->thread + stock->threads * index));
}

/* The next pair that is not ours yet; there is one. */
static uint32_t walk_on(struct local_ports *ports)
{
	uint32_t index;
	do {
		index = ports->walk;
		ports->walk = (uint32_t)(((uint64_t)index + ports->step) % ports->share);
	} while (ports->is_bound[index]);
	return index;
}

/* 0, -EADDRINUSE to try the next one, or what makes trying useless. */
static int bind_next(struct stock *stock, struct local_ports *ports, struct port_pair **ret_pair)
{
	struct port_pair *pair = slab_take(&stock->pairs);
	if (!pair)
		return -ENOBUFS;
	uint32_t index = walk_on(ports);
	int error = port_pair_open(
		pair, &ports->address, port_at(stock, index), stock->dscp, stock->epoll_fd);
	if (error) {
		slab_give(&stock->pairs, pair);
		return error;
	}
	pair->local = (uint8_t)(ports - stock->locals);
	ports->is_bound[index] = true;
	ports->bound++;
	*ret_pair = pair;
	return 0;
}

static bool may_bind(const struct local_ports *ports, uint64_t now_ms)
{
	return ports->bound < ports->share && now_ms >= ports->retry_ms;
}

/* Another pair, or NULL when there is none now; may_bind says whether to come back at once. */
static struct port_pair *bind_more(struct stock *stock, struct local_ports *ports, uint64_t now_ms)
{
	struct port_pair *pair = NULL;
	for (unsigned i = 0; i < TRIES_MOST && may_bind(ports, now_ms); i++) {
		int error = bind_next(stock, ports, &pair);
		if (!error) {
			ports->failed = 0;
			return pair;
		}
		stock->error = error;
		metrics_add(METRIC_media_bind_failures, 1);
		/* all of them are somebody's, or it is not the port that is wrong */
		if (error != -EADDRINUSE || ++ports->failed >= ports->share - ports->bound) {
			ports->failed = 0;
			ports->retry_ms = now_ms + RETRY_MS;
		}
	}
	return NULL;
}

/* Those that are remembered at the pair that is free for the longest time are still about. */
static bool is_haunted(const struct local_ports *ports, uint64_t now_ms)
{
	const struct list *first = list_first(&ports->free);
	return first && now_ms - container_of(first, struct port_pair, quarantine.link)->free_ms <
				PORT_GHOST_MS;
}

/* One that has rested, else one that was never used, else the one that was free for longest: so
 * that a quiet server does not bind all ports, and a busy one does before it hands out ports to
 * which the phones of ended calls may still send. */
static struct port_pair *next_pair(struct stock *stock, struct local_ports *ports, uint64_t now_ms)
{
	bool may_rest = is_haunted(ports, now_ms) && stock_bound(stock) < stock->rest_most;
	struct port_pair *fresh =
		list_is_empty(&ports->free) || may_rest ? bind_more(stock, ports, now_ms) : NULL;
	struct list *link = fresh ? NULL : list_pop_head(&ports->free);
	if (!link)
		return fresh;
	ports->free_count--;
	return container_of(link, struct port_pair, quarantine.link);
}

/* One pair for one ring. */
static bool fill_ring(
	struct stock *stock, struct local_ports *ports, unsigned worker, uint64_t now_ms)
{
	if (ring_length(&ports->rings[worker]) >= stock->wanted)
		return false;
	struct port_pair *pair = next_pair(stock, ports, now_ms);
	if (!pair) {
		stock->is_behind |= may_bind(ports, now_ms);
		return false;
	}
	struct port_offer offer = {slab_index(&stock->pairs, pair), pair->port};
	if (!ring_push(&ports->rings[worker], &offer))
		abort(); /* it has room for `wanted` */
	return true;
}

bool stock_fill(struct stock *stock, unsigned most, uint64_t now_ms)
{
	unsigned filled = 0, before;
	stock->is_behind = false;
	/* one for each at a time, so that the last ports are shared out evenly */
	do {
		before = filled;
		for (unsigned i = 0; i < stock->local_count; i++)
			for (unsigned worker = 0; worker < stock->workers && filled < most;
				worker++)
				filled += fill_ring(stock, &stock->locals[i], worker, now_ms);
	} while (filled > before && filled < most);
	return filled == most || stock->is_behind;
}

struct port_pair *stock_pair(struct stock *stock, uint32_t pair)
{
	return slab_at(&stock->pairs, pair);
}

void stock_quarantine(struct stock *stock, struct port_pair *pair, uint64_t now_ms)
{
	for (unsigned i = 0; i < COMPONENTS; i++)
		pair->sockets[i].end = NULL;
	lane_arm(&stock->quarantine, &pair->quarantine, now_ms);
	stock->quarantined++;
}

bool stock_expire(struct stock *stock, uint64_t now_ms)
{
	bool is_any = false;
	struct lane_node *node;
	while ((node = lane_expire(&stock->quarantine, now_ms))) {
		struct port_pair *pair = container_of(node, struct port_pair, quarantine);
		struct local_ports *ports = &stock->locals[pair->local];
		port_pair_drain(pair);
		stock->quarantined--;
		/* to the end: a port rests for as long as others are there */
		pair->free_ms = now_ms;
		list_push_tail(&ports->free, &pair->quarantine.link);
		ports->free_count++;
		is_any = true;
	}
	return is_any;
}

bool stock_take(struct stock *stock, unsigned worker, unsigned local, struct port_offer *ret_offer)
{
	return ring_pop(&stock->locals[local].rings[worker], ret_offer);
}

uint32_t stock_length(const struct stock *stock, unsigned worker, unsigned local)
{
	return ring_length(&stock->locals[local].rings[worker]);
}

uint32_t stock_bound(const struct stock *stock)
{
	uint32_t bound = 0;
	for (unsigned i = 0; i < stock->local_count; i++)
		bound += stock->locals[i].bound;
	return bound;
}

uint32_t stock_ready(const struct stock *stock)
{
	uint32_t ready = 0;
	for (unsigned i = 0; i < stock->local_count; i++) {
		ready += stock->locals[i].free_count;
		for (unsigned worker = 0; worker < stock->workers; worker++)
			ready += stock_length(stock, worker, i);
	}
	return ready;
}

uint32_t stock_total(const struct stock *stock)
{
	uint32_t total = 0;
	for (unsigned i = 0; i < stock->local_count; i++)
		total += stock->locals[i].share;
	return total;
}
