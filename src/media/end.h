/* SPDX-License-Identifier: Apache-2.0 */
/* end.h: one leg of one stream: its ports, where it is, what it sent, and to whom that goes. */
#ifndef MEDIA_END_H
#define MEDIA_END_H

#include <stdbool.h>
#include <stdint.h>

#include "media/command.h"
#include "media/fastpath/fastpath.h"
#include "media/latch.h"
#include "media/port.h"
#include "rtp/demux.h"
#include "rtp/receiver.h"
#include "rtp/round_trip.h"

struct relay;
struct stream_end;

#define MEDIA_PACKET_MAX 4096

/* A datagram that came. Lives as long as it is handled. */
struct media_packet {
	const uint8_t *bytes;
	uint32_t length;
	struct media_address from;
	enum rtp_kind kind;
	enum component component; /* of the socket */
};

/* What happened to an end while a packet was handled, for its owner to tell. */
enum end_event { END_HEARD = 1, END_LOCKED = 2 };
typedef void end_told(struct relay *relay, struct stream_end *end, unsigned events);

/* Where packets go that an end's latch let pass. A session's go to the other end; what has more
 * than two legs brings a function of its own. */
typedef void end_deliver(
	struct relay *relay, struct stream_end *from, const struct media_packet *packet);

/*
 * Owner: the relay thread. Lifetime: its session's. A packet in order touches three lines: the
 * latch's addresses, this end's own, the receiver's; and the first two of the end it goes to.
 */
struct stream_end {
	struct latch rtp;
	_Alignas(CACHE_LINE) struct stream_end *peer;
	end_deliver *deliver;
	end_told *told;
	int fds[COMPONENTS];
	bool is_mux : 1;
	bool is_secure : 1;
	bool is_silenced : 1; /* 0.0.0.0: nothing is sent to it */
	bool has_source : 1;  /* `source` says by which address it is sent to */
	bool is_heard : 1;
	bool has_types : 1;  /* `payload_types` says something */
	bool is_muffled : 1; /* most of its sound is dropped by the kernel: it is not counted */
	bool is_control : 1; /* floor packets alone: RTCP on RTP's port, which elects its source */
	bool is_rated : 1;   /* the receiver's rate is that of its payload type */
	bool hides_ssrc : 1; /* nobody else is told the SSRC of what it sends: who goes on with that
				is it, whatever port it comes from */
	uint8_t index;       /* in its session */
	uint32_t rate_count; /* packets in this window */
	uint32_t rate_window;
	uint32_t sent; /* RTP to it */
	uint64_t sent_bytes;
	uint64_t heard_ms; /* last packet that passed */
	/* not NULL: the kernel forwards and counts what comes in order, and we count the rest
	 * there, too; `receiver` is a copy, as old as the last poll (shortcut.h) */
	struct fastpath_flow *flow;
	_Alignas(CACHE_LINE) struct rtp_receiver receiver;
	/* now and then */
	struct latch rtcp;
	struct round_trip round_trip;
	uint64_t offered_ms; /* first offer or answer; 0: none yet */
	uint64_t whole_ms;   /* was muffled until then */
	uint64_t first_ms;   /* first packet that passed */
	uint64_t dropped_third;
	int32_t remote_lost;
	uint32_t remote_jitter;
	uint8_t remote_fraction;
	bool has_remote;
	uint8_t codec;  /* of the last payload type that is a codec's: enum quality_codec */
	uint32_t offer; /* number of the last one; 0: none yet */
	struct media_address source;

	uint64_t payload_types[2];
	uint8_t format_count;
	struct media_format formats[MEDIA_FORMATS_MAX];
	struct port_pair *pair;
	struct fastpath_seen seen; /* of `flow`, when it was looked at last */
	void *owner;               /* what it is an end of, for `deliver` and `told` */
};

/* An end on its ports; packets are ignored until it has an offer. */
void end_init(struct stream_end *end, struct port_pair *pair, uint8_t index);

/* Packets of its ports are nobody's from now on. */
void end_done(struct stream_end *end);

/* What its SDP says now. True when it was a new offer or answer. */
bool end_describe(struct stream_end *end, const struct media_end *description, uint64_t now_ms);

/* Whether its SDP lets packets of that type come; any, where it does not say. */
static inline bool end_negotiated(const struct stream_end *end, uint8_t type)
{
	return !end->has_types || end->payload_types[type / 64] >> type % 64 & 1;
}

/* Judges a packet that came to one of its ports, counts it, and delivers it. Returns enum end_event
 * bits, for `told`. */
unsigned end_receive(
	struct relay *relay, struct stream_end *end, struct media_packet *packet, uint64_t now_ns);

/* Sends to the end, from its own port, where it is. `as_rtcp`: by RTCP's way, which may be RTP's.
 * Failures are counted. */
void end_send(struct stream_end *end, const void *bytes, uint32_t length, bool as_rtcp);

/* What somebody else sends in its name, RTP by its way, is counted as if end_send had; and not, if
 * that comes to nothing. */
void end_count(struct stream_end *end, uint32_t length);
void end_uncount(struct stream_end *end, uint32_t length);

/* The address that it is sent to from; NULL: the one that the kernel chooses for the way. */
const struct media_address *end_leaves_from(
	const struct relay *relay, const struct stream_end *end);
/* Of what its socket sends (SO_PRIORITY); the kernel has made it of the DSCP, for IPv4. */
uint32_t end_priority(const struct stream_end *end);

/* What was counted, of an end that was added at `added_ms`; its scores are left 0. */
void end_report(const struct stream_end *end, uint64_t added_ms, uint64_t now_ms,
	struct media_end_report *ret_report);

#endif
