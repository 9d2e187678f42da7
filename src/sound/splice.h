/* SPDX-License-Identifier: Apache-2.0 */
/* splice.h: the one stream that a listener hears, put together from many. */
#ifndef SOUND_SPLICE_H
#define SOUND_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/packet.h"

/*
 * Whoever talks, and whatever tones and silence lie between, a listener receives one SSRC, sequence
 * numbers and time stamps that go on, and a marker where talk begins. Only the twelve bytes of the
 * header are made for each listener; the payload stays where it is and is sent from there, as the
 * second piece of an iovec, or behind a header that is written in place (payload - 12 is always
 * within the datagram).
 *
 *   once a packet of the talker    splice_source_packet: is it new, where does it stand
 *   once a listener                splice_forward: its header for that listener
 *   what we make ourselves         splice_own: tones, silence, a mix, what was transcoded
 *
 * What the talker lost stays a gap, what came out of order stays out of order; duplicates, and what
 * comes too late to have a number, go nowhere.
 */

/* ---- what comes ---- */

enum splice_place {
	SPLICE_NEW,       /* to be forwarded */
	SPLICE_DUPLICATE, /* came before */
	SPLICE_LATE,      /* too old to have a number */
};

/* A packet of a talker, as every listener's header needs it. Good until the next one. */
struct splice_packet {
	const void *source; /* compared, never followed */
	uint32_t run;       /* of the source: another one is another numbering */
	uint32_t number;    /* within the run, rising with the sequence number */
	uint32_t timestamp; /* the source's */
	uint32_t ticks;     /* that it is believed to last, in time stamp units */
	uint32_t payload_length;
	bool marker;
};

/* A stream that is forwarded. Owner: the relay thread. Lifetime: its leg's, or its encoder's. */
struct splice_source {
	uint32_t clock_ms; /* time stamp units a millisecond */
	uint32_t run;      /* begins anywhere: memory is used again, numbers of runs are not */
	uint32_t ssrc;
	uint32_t newest;  /* number of the newest packet */
	uint32_t skipped; /* taken out since the run began */
	uint32_t barrier; /* numbers below have lost their meaning, because of what was taken out */
	uint32_t timestamp;
	uint32_t ticks;
	uint64_t seen; /* bit n: newest - n came */
	uint64_t at_ns;
	uint64_t begun_ns;         /* when the run's first packet came, ... */
	uint32_t begun_timestamp;  /* ... and what it said */
	uint16_t sequence;         /* of the newest */
	uint16_t probe;            /* that would follow one that did not fit ... */
	bool is_probing;           /* ... and make it the source's new numbering */
	uint32_t duplicates, late; /* counted */
};

/* `clock` in Hz. Memory that is zeroed and never began is fine. */
void splice_source_begin(struct splice_source *source, uint32_t clock);

/* What comes next is a run of its own, a new talk: listeners go over to it with a marker. */
void splice_source_anew(struct splice_source *source);

/*
 * A packet of sound, already known to come from the talker. *ret_packet is set for SPLICE_NEW only.
 * A source that numbers anew (another SSRC, a leap of either count, time stamps that run ahead of
 * the clock) begins a new run by itself.
 */
enum splice_place splice_source_packet(struct splice_source *source,
	const struct rtp_packet *packet, uint64_t now_ns, struct splice_packet *ret_packet);

/* A packet that listeners do not get (a telephone event): its number is taken out, so that it does
 * not look lost. */
void splice_source_skip(
	struct splice_source *source, const struct rtp_packet *packet, uint64_t now_ns);

/* Of a packet that is sent as several to who takes none as long: number `part` of `parts`, all of
 * them but the last `ticks` long. A run that is cut in so many is one of its own. */
struct splice_packet splice_part(
	const struct splice_packet *whole, uint32_t ticks, unsigned parts, unsigned part);

/* ---- what goes ---- */

/* One listener: 64 bytes, of which hundreds are passed a packet. Owner: the relay thread. Lifetime:
 * its leg's. */
struct splice {
	const void *source; /* that it follows; NULL: our own */
	uint32_t run;
	uint32_t first;   /* number with which it joined the run */
	uint32_t highest; /* number of the run's newest packet that went */
	uint32_t time_offset;
	uint32_t ssrc;
	uint32_t timestamp; /* of the newest packet that went */
	uint8_t payload_type;
	bool is_begun;
	bool wants_marker;
	uint32_t from_timestamp;  /* of the beginning, ... */
	uint64_t from_ns;         /* ... and its moment: they tie the time stamps to the clock */
	uint32_t packets, octets; /* as a sender's report counts them (RFC 3550 §6.4.1) */
	uint16_t ticks;           /* that the newest packet lasts, in time stamp units */
	uint16_t clock_ms;
	uint16_t number_offset;
	uint16_t sequence; /* of the newest packet that went */
};

/* Begins, or changes the payload type. A change of the clock (Hz) is a new stream under a new SSRC
 * (RFC 7160); otherwise SSRC and numbers go on. */
void splice_set(struct splice *splice, uint32_t clock, uint8_t payload_type, uint64_t now_ns);

/*
 * The header of a talker's packet for this listener. The listener's codec is the packet's. False:
 * the packet is of before this listener joined the run, and is not for it.
 */
bool splice_forward(struct splice *splice, const struct splice_packet *packet, uint64_t now_ns,
	uint8_t ret_header[RTP_HEADER_SIZE]);

/* The header of a packet of ours, `ms` long. A marker goes with it when asked for, and after a
 * pause, where it is sound: `payload_type` may be comfort noise's, too. */
void splice_own(struct splice *splice, uint8_t payload_type, unsigned ms, size_t payload_length,
	bool marker, uint64_t now_ns, uint8_t ret_header[RTP_HEADER_SIZE]);

/*
 * How many ms of sound went that are not yet over: many after a pre-buffer was played out fast.
 * Keep-alive waits while it is a packet's length or more, or every talk would add to the delay. It
 * is never much more than a pre-buffer: where time stamps ran ahead, the clock is set after them.
 */
uint32_t splice_ahead_ms(struct splice *splice, uint64_t now_ns);

/* The time stamp of what would be sent now, for a sender's report. */
uint32_t splice_timestamp(const struct splice *splice, uint64_t now_ns);

#endif
