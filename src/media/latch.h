/* SPDX-License-Identifier: Apache-2.0 */
/* latch.h: which address a stream is believed to come from, and where to send: symmetric RTP. */
#ifndef MEDIA_LATCH_H
#define MEDIA_LATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "media/address.h"

/*
 * Phones behind NAT send from other addresses than they announce, so the address is learned from
 * what comes. Anybody may send to our port, so learning is where calls are stolen. The latch ranks
 * a packet by where it comes from:
 *
 *   announced   the very address of the SDP: one packet is enough, and nothing outranks it
 *   host        another port of the announced host, or of the host that the signalling came from:
 *               a NAT; a few packets in order, then it locks
 *   stranger    any other host, where the signalling came through another proxy or by the other
 *               family, so that nothing says where the phone is. Where it came from the phone
 *               itself, only the neighbours (the /24 or /64) of a public host that signalled or
 *               was announced: a NAT that has a pool of addresses. Packets of one source, in
 *               order, of negotiated payload types, that outvote all other sources, lock it at
 *               last. Where the announced address is usable the stranger is only heard, media
 *               still goes to the announced address: nothing is ever sent to a host that was
 *               neither announced nor the signalling's. Where it is not usable ("blind": a
 *               private address announced from a public source, a host name, an address of the
 *               other family) there is no other way to reach the phone.
 *   nobody      all others
 *
 * A lock yields to a higher rank and to nothing else, until the next offer or answer; but it goes
 * along when the very stream that it is on goes on from another port of its host (a NAT that forgot
 * the phone): where the user of the latch can tell that stream from what any other device behind
 * the same NAT could send, and its old port is silent. The machine is in latch_machine.c.
 */

/* How many packets elect an address, and how long things take. */
#define LATCH_HOST_VOTES     2
#define LATCH_STRANGER_VOTES 5
/* After an offer or answer, packets of the address before it prove nothing for this long. */
#define LATCH_LATE_MS 2000
/* A stranger is not listened to while the source before the offer is still heard this recently. */
#define LATCH_QUIET_MS 500

/* Those from LOCKED on have a source that is locked. */
/* clang-format off */
#define LATCH_STATES(ROW)                                                                    \
	ROW(IDLE)           /* nothing announced: nothing sent, nothing heard */              \
	ROW(ANNOUNCED)      /* sent to the announced address; nobody heard yet */             \
	ROW(BLIND)          /* the announced address is not to be believed; sent nowhere */   \
	ROW(REOPENED)       /* said again: the lock serves on until somebody is elected */    \
	ROW(REOPENED_BLIND) /* likewise */                                                    \
	ROW(LOCKED)         /* on the announced address */                                    \
	ROW(LOCKED_HOST)    /* on another port of a host that we know; yields to announced */ \
	ROW(LOCKED_STRANGER) /* yields to both */

#define LATCH_EVENTS(ROW)                                                                    \
	ROW(OFFER)            /* an offer or answer with another address than before */       \
	ROW(OFFER_BLIND)      /* likewise, and it is not usable */                            \
	ROW(AGAIN)            /* an offer or answer that says the same as before */           \
	ROW(AGAIN_BLIND)                                                                     \
	ROW(GOT_SOURCE)       /* a packet of the source that serves */                        \
	ROW(GOT_ANNOUNCED)    /* of the announced address */                                  \
	ROW(HEARD_HOST)       /* of a known host, not elected yet */                          \
	ROW(ELECTED_HOST)                                                                    \
	ROW(HEARD_STRANGER)                                                                  \
	ROW(ELECTED_STRANGER)                                                                \
	ROW(GOES_ON)          /* the source's own stream, from another port of its host */   \
	ROW(RTP_MOVED)        /* only of RTCP: RTP was locked elsewhere than announced */
/* clang-format on */

enum latch_state {
#define ROW(name) LATCH_##name,
	LATCH_STATES(ROW)
#undef ROW
		LATCH_STATE_COUNT,
};

enum latch_event {
#define ROW(name) LATCH_##name,
	LATCH_EVENTS(ROW)
#undef ROW
		LATCH_EVENT_COUNT,
	LATCH_NO_EVENT = LATCH_EVENT_COUNT, /* a packet that nobody votes with: dropped */
};

/* Actions, in the order in which they are performed. */
/* clang-format off */
#define LATCH_ACTION(n)     (1u << (n))
#define LATCH_LEAVE         LATCH_ACTION(0) /* the source becomes the old one: late packets prove nothing */
#define LATCH_DOUBT         LATCH_ACTION(1) /* the source stays: late packets prove nothing */
#define LATCH_TAKE          LATCH_ACTION(2) /* this packet's address is the source */
#define LATCH_AIM_ANNOUNCED LATCH_ACTION(3) /* send there */
#define LATCH_AIM_NOWHERE   LATCH_ACTION(4)
#define LATCH_AIM_SOURCE    LATCH_ACTION(5)
#define LATCH_AIM_RTP       LATCH_ACTION(6) /* the port above RTP's source */
#define LATCH_AIM_ALONG     LATCH_ACTION(7) /* where the source was sent to: there, too */
#define LATCH_TELL          LATCH_ACTION(8) /* the worker: the lock is new */
#define LATCH_PASS          LATCH_ACTION(9) /* the packet goes on; else it is dropped and counted */
/* clang-format on */

/* An empty cell drops the packet. */
struct latch_cell {
	uint8_t next;
	bool live;
	uint16_t actions;
};

extern const struct latch_cell latch_machine[LATCH_STATE_COUNT][LATCH_EVENT_COUNT];
extern const char *const latch_state_names[LATCH_STATE_COUNT];
extern const char *const latch_event_names[LATCH_EVENT_COUNT];

/* Owner: the relay thread. Zeroed memory is an idle latch. What each packet touches comes first. */
struct latch {
	_Alignas(CACHE_LINE) struct media_address source; /* believed; none: nobody */
	struct media_address target;                      /* sent to; none: nowhere */
	uint8_t state;                                    /* enum latch_state */
	bool is_rtcp : 1;   /* no sequence numbers: one packet of a host elects, strangers never */
	bool is_blind : 1;  /* `announced` is not usable */
	bool is_public : 1; /* as it was offered */
	uint8_t votes;      /* of the candidate */
	uint8_t candidate_rank; /* enum rank of latch.c */
	struct media_address announced;
	struct media_address hosts[2]; /* signalling's; of RTCP: RTP's source */
	struct media_address old;      /* the source before the last offer */
	struct media_address candidate;
	uint32_t candidate_ssrc;
	uint16_t candidate_sequence;
	uint64_t late_until_ms; /* until then packets of the old source, or of one in doubt, prove
				   nothing */
	uint64_t heard_ms;      /* the source in doubt was heard last */
};

/* What the latch looks at in a packet. */
struct latch_packet {
	const struct media_address *from;
	uint32_t ssrc;      /* of RTP */
	uint16_t sequence;  /* of RTP */
	bool is_negotiated; /* its payload type was; else no stranger is elected by it */
	bool goes_on;       /* it can only be the source that sent it, and the source is silent */
};

/* What an offer or answer says of one stream's address. */
struct latch_offer {
	struct media_address announced; /* none only where `is_blind` */
	struct media_address host;      /* of the signalling; none: it came through another one */
	bool is_blind;                  /* `announced` must never be a target */
	bool is_public;                 /* `host` is, so its NAT may have a pool of addresses */
};

/* One offer or answer: opens the latch. */
void latch_offer(struct latch *latch, const struct latch_offer *offer, uint64_t now_ms);

/* Whether it comes from the locked source: then it passes, and nothing else is asked. */
static inline bool latch_is_source(const struct latch *latch, const struct media_address *from)
{
	return latch->state >= LATCH_LOCKED && media_address_equal(&latch->source, from);
}

/* A valid RTP packet, or RTCP on a port of its own. LATCH_PASS and LATCH_TELL, as they apply. */
unsigned latch_packet(struct latch *latch, const struct latch_packet *packet, uint64_t now_ms);

/* Whether something that is never learned from (STUN, DTLS, RTCP on RTP's port) comes from where it
 * may: the source, or while nothing is locked the announced address or a known host. */
bool latch_admits(const struct latch *latch, const struct media_address *from);

/* The latch of RTCP hears that its RTP was locked: `rtp` has the source. */
void latch_follow(struct latch *rtcp, const struct latch *rtp, uint64_t now_ms);

static inline bool latch_is_locked(const struct latch *latch)
{
	return latch->state >= LATCH_LOCKED;
}

#endif
