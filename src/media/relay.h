/* SPDX-License-Identifier: Apache-2.0 */
/* relay.h: one relay thread: its loop, its sockets, its sessions. */
#ifndef MEDIA_RELAY_H
#define MEDIA_RELAY_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/mailbox.h"
#include "base/slab.h"
#include "media/command.h"
#include "media/end.h"
#include "media/fastpath/copier.h"
#include "media/group.h"
#include "media/lease.h"
#include "media/media.h"
#include "media/news.h"
#include "media/overlay.h"
#include "media/pace.h"
#include "media/stock.h"
#include "media/transcoder.h"
#include "media/trunk.h"
#include "sound/tone.h"

struct media;

/* What a mail to a relay thread is. */
enum relay_mail {
	RELAY_MAIL_LEASE,  /* struct lease: hear it */
	RELAY_MAIL_REFILL, /* struct refill: a ring runs low */
	RELAY_MAIL_TRUNK,  /* struct trunk: another thread has posted */
	RELAY_MAIL_WAKE,   /* only that */
};

/* One of each worker in each thread. Posted while `is_asked` goes from false to true. */
struct refill {
	struct mail mail;
	_Atomic bool is_asked;
};

/* What is shown of it, written by the thread once a tick. */
struct relay_shown {
	_Atomic uint32_t bound, ready, quarantined;
	_Atomic uint64_t packets, forwarded, dropped, wakes;
};

/* Owner: its thread; others post to `mailbox`, take from the stock's rings and read the atomics. */
struct relay {
	struct media *media;
	unsigned index;
	int core; /* PLACE_ANYWHERE or a core */
	int epoll_fd;
	const struct clock *clock;
	uint64_t now_ns, now_ms; /* of this round, or of the packet that is handled */
	uint32_t round;
	uint32_t packet_rate;
	uint32_t tick_us;
	struct fastpath *fastpath;                /* NULL: nothing is forwarded by the kernel */
	int route_fd;                             /* to ask for routes with */
	struct list shortcuts;                    /* of sessions that might open theirs */
	struct lane resting;                      /* of those that may do so in a while */
	uint64_t short_packets;                   /* that came that way; not in `packets` */
	bool cannot_muffle;                       /* the kernel has no socket filters */
	bool wants_filling;                       /* a ring may want pairs */
	uint64_t tick_ms;                         /* when the next tick is due */
	uint32_t watched;                         /* index of the session that is watched next */
	uint32_t watched_members, watched_groups; /* likewise */
	uint64_t packets;
	struct pace pace;
	struct slab sessions;
	struct slab members;
	struct slab channels, mixers, voice_keys;
	struct overlays overlays;
	struct groups groups;
	struct copier *copier; /* NULL: there is no fast path */
	struct news *news;     /* [workers] */
	struct trunk *trunks;  /* [threads], by who posts; NULL: there is one thread */
	unsigned trunk_count;
	struct stock stock;
	struct transcoders transcoders;
	struct refill *refills; /* [workers] */
	pthread_t thread;
	bool is_running;
	struct relay_shown shown;
	_Alignas(CACHE_LINE) struct mailbox mailbox;
	_Alignas(CACHE_LINE) _Atomic uint32_t load; /* sessions taken and not ended; workers add */
	_Atomic bool is_stopping;
	_Alignas(CACHE_LINE) uint8_t packet[MEDIA_PACKET_MAX];
};

/* What a worker has of the relay threads. Owner: the worker. */
struct media_worker {
	struct media *media;
	struct worker *worker;
	struct lease_pool leases;
	struct media_user user;
	struct media_group_user group_user;
	unsigned turn; /* where the search among threads of equal load begins */
};

/* Owner: main; constant while threads run, but for the atomics. */
struct media {
	struct relay *relays;
	unsigned relay_count;
	struct media_worker *workers;
	unsigned worker_count;
	unsigned local_count;
	struct copiers *copiers;   /* NULL: none */
	struct tones *tones;       /* for all threads; made at start */
	uint32_t group_budget;     /* legs of a group on its own thread */
	struct recorder *recorder; /* NULL: nothing is recorded */
	_Atomic uint32_t timeout_ms, hold_timeout_ms;
};

/* 0 or -errno. `thread` of `threads`. */
int relay_init(struct relay *relay, struct media *media, const struct media_config *config,
	unsigned thread, unsigned threads);
void relay_done(struct relay *relay);
int relay_start(struct relay *relay);
void relay_stop(struct relay *relay);

/* One round: wait up to `wait_ms` (-1: without end), mail, packets, tick. */
void relay_round(struct relay *relay, int wait_ms);

/* Handles what waits in the socket; true: nothing is left there. */
bool relay_empty(struct relay *relay, struct media_socket *socket);

/* The worker that a lease belongs to. */
static inline struct worker *relay_worker(const struct lease *lease)
{
	return lease->worker->worker;
}

/* Reads the clock again: now_ns, now_ms. */
void relay_read_clock(struct relay *relay);

/* What silence is long enough to be told, as the configuration has it now. */
uint32_t relay_timeout_ms(const struct relay *relay, enum media_watch watch);

/* Or-s bits into what the lease's worker is told. After MEDIA_TOLD_ENDED the lease is gone. */
void relay_tell(struct lease *lease, uint32_t bits);

/* The relay thread is done with the lease: its ports are quarantined, the last report is there. */
void relay_end_lease(struct relay *relay, struct lease *lease);

/* A worker that has taken a pair asks for more when its ring is half empty. */
void relay_ask_for_more(struct relay *relay, unsigned worker, unsigned local);

#endif
