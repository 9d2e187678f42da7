/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h: what a relay thread and the kernel's program share. Compiled by both compilers: plain
 * integers, no pointer. */
#ifndef MEDIA_FASTPATH_ENTRY_H
#define MEDIA_FASTPATH_ENTRY_H

#include <stdint.h>

#include "rtp/receiver.h"

/* Entries of a relay thread that has not been round for this long are ignored. */
#define FASTPATH_STALE_NS UINT64_C(3000000000)
/* Relay threads, and processors that are counted apart. */
#define FASTPATH_THREADS 64
#define FASTPATH_CPUS    256
/* Local addresses, at the most, that may have the same port. */
#define FASTPATH_LOCALS 8
/* The loopback interface of every network namespace. */
#define FASTPATH_LOOPBACK 1

/* Why a packet for one of our ports was not forwarded here. All but RATE go up to the relay thread,
 * as if there were no program. */
/* clang-format off */
#define FASTPATH_MISSES(ROW)                                                                  \
	ROW(ENTRY, entry)         /* nothing is installed for its port and source */          \
	ROW(RTCP, rtcp)           /* RTCP, on a port of its own or RTP's */                   \
	ROW(NOT_RTP, not_rtp)     /* STUN, DTLS, too short, lengths that contradict */        \
	ROW(TYPE, type)           /* a payload type that was not negotiated, or of another    \
				     clock than the one before: the thread looks it up */       \
	ROW(FRAGMENT, fragment)                                                               \
	ROW(OPTIONS, options)     /* IPv4 options */                                          \
	ROW(HOPS, hops)           /* its time to live is over */                              \
	ROW(SIZE, size)           /* longer than its way out takes, or several in one (GRO) */ \
	ROW(CHECKSUM, checksum)   /* IPv6 without one */                                      \
	ROW(LINK, link)           /* for another host's hardware address; by another          \
				     interface than the way back to its source */               \
	ROW(STALE, stale)         /* the relay thread has not been round for 3 s */           \
	ROW(RATE, rate)           /* dropped: more a second than one end may send */
/* clang-format on */

/* What is counted, of each processor apart: a row of 64-bit numbers. */
enum fastpath_row {
	FASTPATH_HIT, /* forwarded */
#define ROW(name, word) FASTPATH_MISS_##name,
	FASTPATH_MISSES(ROW)
#undef ROW
		FASTPATH_ROW_COUNT,
};
#define FASTPATH_ROWS 16

#define FASTPATH_OTHERS    4
#define FASTPATH_CLOCKLESS 0x80
#define FASTPATH_NO_TYPE   0xff

/* What an entry does with a packet. Zero is no entry. */
enum fastpath_kind {
	FASTPATH_NONE,
	FASTPATH_FORWARD, /* to one target */
};

/* As in a header: network order; IPv4 in the first word, the others 0. */
struct fastpath_address {
	uint32_t host[4];
	uint16_t port;
	uint16_t unused;
};

/* One way of one stream: what it is known by, and what becomes of it. */
struct fastpath_entry {
	struct fastpath_address from; /* the source that is believed */
	struct fastpath_address at;   /* ours, which it sends to */
	struct fastpath_address out_from, out_to;
	uint64_t types[2];       /* payload types that pass, a bit each */
	uint32_t in_interface;   /* that it comes by */
	uint32_t interface;      /* that it leaves by */
	uint32_t address_change; /* one's complement sum of the new hosts less the old ones */
	uint32_t rate;           /* Hz, of the clock that `others` have */
	uint16_t port_change;    /* as address_change, of the ports */
	uint16_t length_most;    /* of the IP packet */
	uint16_t rate_most;      /* packets in a window (fastpath_is_over_rate) */
	uint8_t priority;        /* within that interface's queue, as a socket's SO_PRIORITY */
	uint8_t version;         /* of IP: 4 or 6 */
	uint8_t class;           /* DSCP in its upper six bits */
	uint8_t kind;            /* enum fastpath_kind */
	uint8_t thread;          /* whose heartbeat counts */
	/* Types that may come between those of the stream: as its clock has `rate`, or with no
	 * clock (FASTPATH_CLOCKLESS). 0xff: none. */
	uint8_t others[FASTPATH_OTHERS];
	uint8_t unused; /* 0: entries are compared byte by byte */
};

/*
 * Of one local address and port. `generation` 0: nothing is installed. Else the flow's entry
 * `generation & 1` is; the other one is the one before, which a packet that is under way may still
 * be reading: it is left alone for FASTPATH_REST_MS (fastpath.h). Counts only grow.
 * Writers: the relay thread of `generation` and entries; the program of what it counts. The
 * receiver and the rate's window have both, without a lock: the thread steps them for the few
 * packets that go up while an entry is installed, and a stream comes in through one processor.
 */
struct fastpath_flow {
	uint32_t generation;
	uint32_t rate_window, rate_count;
	uint32_t last_generation; /* the thread's own: of the last installation, and when it was */
	uint64_t heard_ns;        /* monotonic clock */
	uint64_t packets, bytes;
	uint64_t dropped;      /* over the rate */
	uint64_t installed_ms; /* 0: never */
	uint64_t room;
	struct rtp_receiver receiver;
	uint64_t more_room[(128 - sizeof(struct rtp_receiver)) / 8];
};

_Static_assert(sizeof(struct fastpath_flow) % 64 == 0, "flows begin on a cache line");
_Static_assert(sizeof(struct fastpath_entry) == 128, "and so do entries");
_Static_assert(FASTPATH_ROW_COUNT <= FASTPATH_ROWS, "there is room for each cause");

/* When a relay thread was round last, monotonic clock, a cache line each. */
struct fastpath_beat {
	uint64_t ns;
	uint64_t room[7];
};

/* One's complement addition of 32-bit words, as checksums are made of (RFC 1071). */
static inline uint32_t fastpath_sum(uint32_t sum, uint32_t word)
{
	sum += word;
	return sum + (sum < word);
}

/*
 * Whether one more packet is too many in its second: windows of 2^30 ns, for a shift is no
 * division. Of a flow it is asked by the program and by the relay thread, whose clock is as old as
 * its round: a window that is over does not begin again.
 */
static inline bool fastpath_is_over_rate(
	uint32_t *window, uint32_t *count, uint64_t now_ns, uint32_t most)
{
	uint32_t now = (uint32_t)(now_ns >> 30);
	if ((int32_t)(now - *window) > 0) {
		*window = now;
		*count = 0;
	}
	return ++*count > most;
}

#endif
