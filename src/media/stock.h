/* SPDX-License-Identifier: Apache-2.0 */
/* stock.h: the port pairs of a relay thread: bound, kept ready for each worker, quarantined. */
#ifndef MEDIA_STOCK_H
#define MEDIA_STOCK_H

#include "base/lane.h"
#include "base/list.h"
#include "base/ring.h"
#include "base/slab.h"
#include "media/config.h"
#include "media/port.h"

/* In a ring: a pair that a worker may take. */
struct port_offer {
	uint32_t pair; /* index in the stock */
	uint16_t port; /* of RTP */
};

/* The pairs of one local address. */
struct local_ports {
	struct media_address address;
	uint32_t share;      /* pairs that this thread may bind */
	uint32_t bound;      /* of them */
	uint32_t walk, step; /* the next one to try, and how to go on: all of them once in a lap, in
				an order that nobody can foresee */
	bool *is_bound;      /* [share] */
	struct list free;    /* pairs that are in no ring, by quarantine.link */
	uint32_t free_count;
	uint32_t failed;    /* in a row: ports that others have */
	uint64_t retry_ms;  /* after a lap in vain */
	struct ring *rings; /* [workers], of struct port_offer */
};

/*
 * Who may call what, when
 *
 *   stock_init, stock_done     main
 *   stock_take, stock_length   the worker whose ring it is
 *   everything else            the relay thread
 *
 * Pairs stay bound once they are: in the steady state of a busy server nothing is bound or closed.
 */
struct stock {
	struct slab pairs;
	struct local_ports locals[MEDIA_LOCALS_MAX];
	unsigned local_count;
	unsigned workers;
	uint16_t first_port;      /* the lowest even one */
	unsigned thread, threads; /* this thread binds each `threads`-th pair */
	uint32_t wanted;          /* in each ring */
	uint32_t rest_most;       /* pairs that may be bound so that others can rest */
	uint8_t dscp;
	int epoll_fd;
	int error;      /* of the last pair that could not be bound; 0: none yet */
	bool is_behind; /* ports are still to be tried */
	struct lane quarantine;
	uint32_t quarantined;
};

/* 0, -EINVAL or -ENOMEM. Nothing is bound yet. */
int stock_init(struct stock *stock, const struct media_config *config, unsigned thread,
	unsigned threads, int epoll_fd);
/* Closes all sockets. NULL and zeroed ones are accepted. */
void stock_done(struct stock *stock);

/* Puts up to `most` pairs into the rings that want some, bound or out of quarantine. True when
 * there may be more to do, false when all are full or there are no more ports. */
bool stock_fill(struct stock *stock, unsigned most, uint64_t now_ms);

/* The pair of an offer. */
struct port_pair *stock_pair(struct stock *stock, uint32_t pair);

/* A session is done with it: its packets are thrown away until the quarantine is over. */
void stock_quarantine(struct stock *stock, struct port_pair *pair, uint64_t now_ms);

/* Ends the quarantines that are over. True when there were any. */
bool stock_expire(struct stock *stock, uint64_t now_ms);

/* A pair for a worker; false when its ring is empty. */
bool stock_take(struct stock *stock, unsigned worker, unsigned local, struct port_offer *ret_offer);
/* Pairs in a ring. */
uint32_t stock_length(const struct stock *stock, unsigned worker, unsigned local);

/* Open pairs, and those of them that wait in rings and lists. */
uint32_t stock_bound(const struct stock *stock);
uint32_t stock_ready(const struct stock *stock);
/* All that could be bound. */
uint32_t stock_total(const struct stock *stock);

/* Pairs between two ports, inclusive. */
uint32_t stock_pairs_between(uint16_t first, uint16_t last);

#endif
