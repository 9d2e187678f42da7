/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: what a SIP worker asks of the relay threads, and what it is told. */
#ifndef MEDIA_COMMAND_H
#define MEDIA_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/codec.h"
#include "media/address.h"
#include "media/report.h"
#include "rtp/quality.h"

/*
 * Who may call what, when
 *
 *   media_set_user                         main, before the threads run
 *   media_take, media_set, media_drop      the worker named, on its own thread
 *   media_reserve_transcoder               likewise
 *   media_read_report                      any thread
 *
 * A session is one m-line of one call: two ends that forward to each other, on ports of one relay
 * thread. Its life:
 *
 *   media_take      a session, a port pair for each end out of the stock. Nothing waits, nothing is
 *                   posted; -ENOBUFS when there are no ports or sessions (answer 503).
 *   media_reserve_transcoder
 *                   only where the ends share no codec: before the call is answered, room for one
 *                   more session that is transcoded. -ENOBUFS: there is none (488 or 503).
 *   media_set       the whole description of the session as it shall be now. The first one is ADD,
 *                   each other one CHANGE. Cannot fail. Saying the same again changes nothing.
 *   media_drop      DROP: no packet passes any more, the ports go back to the stock after their
 *                   quarantine. Cannot fail; dropping what is gone does nothing. For a session that
 *                   was never described, too.
 *   user->ended     exactly once for each session that was taken, a moment after its drop: with the
 *                   final counts, for the call's record. The id is dead from then on.
 *
 * Nothing is lost and nothing is allocated: all that a session ever posts lies in one object that
 * was reserved when it was taken, and a description replaces the one before it, so that a relay
 * thread that comes late finds the latest one. What the worker is told are bits that are or-ed
 * until it has looked.
 *
 * Of a call with several sessions each is on its own: take them all before the SDP is written, drop
 * those that were taken when one cannot be had. Of a forked INVITE one session will do: end 1 is
 * where the SDP that was set last says, each branch's SDP being an offer or answer of its own.
 */

struct media;

/* 0 names no session. Never names another one after its end. */
typedef uint64_t media_id;

/* Which end: the caller's leg is 0 and the callee's 1 by custom; the relay does not care. */
#define MEDIA_ENDS 2

#define MEDIA_FORMATS_MAX 8

/* A payload type whose clock we know; those that are missing count by their static meaning (RFC
 * 3551), without one as 8000 Hz audio. */
struct media_format {
	uint32_t rate;        /* Hz; 0: its time stamps tell no jitter (telephone-event) */
	uint8_t payload_type; /* 0 to 127 */
	uint8_t codec;        /* enum quality_codec */
};

/* Payload types of one direction. 0 is none, but for `voice`. */
struct media_types {
	uint8_t voice;  /* of the codec */
	uint8_t events; /* telephone-event (RFC 4733) */
	uint8_t noise;  /* CN (RFC 3389) of the codec's clock */
};

/* A format that an end may send and the other one does not know. */
#define MEDIA_FOREIGN_MAX 6
struct media_foreign {
	uint32_t rate; /* Hz of its clock */
	uint8_t payload_type;
	uint8_t codec; /* enum codec_id; CODEC_NONE: telephone-event */
};

/*
 * How an end of a transcoded session speaks. Both ends say it, with codecs that codec_is_joined
 * joins (codec/pair.h finds them), in a session that is not SRTP and has a transcoder reserved:
 * then what one end sends is decoded, and encoded for the other one. Where any of this is missing
 * packets are forwarded as they are. What an end sends beyond the payload types below is dropped:
 * its SDP must have been answered with them alone. A codec is one for both directions.
 *
 * Ends that agree may have more to send than the other one knows: an answer that takes what was
 * added to its offer beside what was there (RFC 3264 §6.1 lets it send either). What is foreign to
 * the other end never reaches it. With `is_agreed` and the codec that both have, everything is
 * forwarded until the first foreign packet comes; from then on foreign sound is made into that
 * codec, and what is not foreign goes on as it is, all in streams of our own. The transcoder for it
 * is reserved then, by the relay thread; where none is free, or with CODEC_NONE, what is foreign is
 * dropped.
 *
 * RTCP is not passed on in a transcoded session: each end gets reports of our own about what it
 * sends and about the stream that is made for it (RFC 3550 §6.4).
 */
struct media_coding {
	uint8_t codec;          /* enum codec_id; CODEC_NONE: nothing is transcoded */
	uint8_t packet_ms;      /* of what is sent to it, its a=ptime; 0: 20; see codec_packet_ms */
	uint8_t packet_ms_most; /* its a=maxptime, 20 or more; 0: any. Only of a group's member */
	uint32_t event_rate;    /* Hz of its telephone-event; 0: the codec's clock */
	struct codec_settings settings; /* of what is sent to it: from its a=fmtp */
	struct media_types sends;       /* numbers of our SDP to it (RFC 3264 §5.1, §6.1) */
	struct media_types gets;        /* numbers of its SDP */
	bool is_agreed;                 /* both ends have `codec` */
	uint8_t foreign_count;
	struct media_foreign foreign[MEDIA_FOREIGN_MAX];
};

static inline bool media_coding_is_transcoded(const struct media_coding *coding)
{
	return coding->codec != 0 && !coding->is_agreed;
}

/* NULL: it is not foreign to the other end. */
static inline const struct media_foreign *media_coding_foreign(
	const struct media_coding *coding, uint8_t payload_type)
{
	for (unsigned i = 0; i < coding->foreign_count; i++)
		if (coding->foreign[i].payload_type == payload_type)
			return &coding->foreign[i];
	return NULL;
}

/*
 * One end as its latest SDP says. An end that offers something new in a call is described anew when
 * its offer was answered, and not before: until then it sends from where it was (RFC 3264 §8.3.1),
 * and an offer that is refused changes nothing. The first offer of a call is described at once.
 */
struct media_end {
	/* Counts offers and answers of this end from 1; 0: it has said nothing yet. A number that
	 * differs from the last one opens the latch; with the same number the end is left as it is,
	 * whatever the rest says. */
	uint32_t offer;
	/* Where its SDP wants RTP, of the family of its local address. "None", 0.0.0.0 (on hold in
	 * the old way), port 0, multicast: nothing is sent to it until it says otherwise; what was
	 * learned is kept. */
	struct media_address rtp;
	struct media_address rtcp; /* a=rtcp (RFC 3605); none: the port above */
	/* The host that the SDP's message came from, any port; none when that is another proxy's,
	 * or is not known. With it hardly anybody else is believed, see latch.h. */
	struct media_address signalling;
	bool is_public; /* `signalling` is of no private network */
	/* A private address announced from a public source: `rtp` and `rtcp` are never sent to,
	 * the end is sent to when its packets have come. With "none" in `rtp` as well: what it
	 * announced is no address of our family. */
	bool is_blind;
	/* The host that its SDP was told, where the local address is 0.0.0.0 or ::, any port:
	 * packets to it leave by that one, whichever the kernel would choose, or a NAT would not
	 * let them in. None: the kernel chooses. */
	struct media_address source;
	bool is_mux;    /* a=rtcp-mux was agreed on with this end (RFC 5761) */
	bool is_secure; /* SRTP: RTCP is passed on and not read */
	/* The payload types that it may send, a bit each: what else comes is passed from who is
	 * known, but nobody is learned by it. All zero: any. */
	uint64_t payload_types[2];
	uint8_t format_count;
	struct media_format formats[MEDIA_FORMATS_MAX];
	/* Heard with each description, whatever `offer` is: the answer of the other end decides it
	 * (RFC 3264 §6). Where it is as before, the streams that are made go on unbroken. */
	struct media_coding coding;
};

/* What silence means for a session. */
enum media_watch {
	MEDIA_WATCH_EARLY, /* not answered yet: media.hold_timeout, for who wants to know */
	MEDIA_WATCH_TALK,  /* media.timeout of silence on both ends is the end */
	MEDIA_WATCH_HELD,  /* a direction other than sendrecv on either end: media.hold_timeout */
};

#define MEDIA_DSCP_DEFAULT 255

/* All of a session, by value. Directions do not gate packets, for phones are careless with them;
 * they only choose `watch`. */
struct media_description {
	struct media_end ends[MEDIA_ENDS];
	enum media_watch watch;
	uint8_t dscp; /* 0 to 63, or MEDIA_DSCP_DEFAULT for media.dscp */
};

/* What a worker is told, or-ed together. The report has been written before. */
enum media_told {
	MEDIA_TOLD_HEARD_0 = 1 << 0,  /* the first packet of end 0 passed */
	MEDIA_TOLD_HEARD_1 = 1 << 1,  /* of end 1 */
	MEDIA_TOLD_LOCKED_0 = 1 << 2, /* end 0 was locked to an address, or to another one */
	MEDIA_TOLD_LOCKED_1 = 1 << 3,
	/* Neither end was heard for as long as `watch` allows. Once, until one is heard again. A
	 * call is over when all of its sessions are silent: say BYE and drop them. */
	MEDIA_TOLD_SILENT = 1 << 4,
	MEDIA_TOLD_AGAIN = 1 << 5, /* one was heard after all */
	/* End 0 was not heard for as long as that, in a session where both talk, and end 1 was:
	 * told again whenever that time is over once more. */
	MEDIA_TOLD_MISSING_0 = 1 << 8,
	MEDIA_TOLD_MISSING_1 = 1 << 9, /* likewise */
	MEDIA_TOLD_FOUND = 1 << 10,    /* one that was missing is heard, or need not be */
};

/* Both run on the session's worker, between its events. `owner` is what media_take was given. After
 * media_drop there is only `ended`. They may call all functions of this file. */
struct media_user {
	void (*told)(void *context, media_id session, uint64_t owner, uint32_t told);
	void (*ended)(
		void *context, media_id session, uint64_t owner, const struct media_report *report);
	void *context;
};

void media_set_user(struct media *media, unsigned worker, const struct media_user *user);

/* A session that was taken, and its ports. */
struct media_lease {
	media_id session;
	unsigned thread;           /* relay thread */
	uint16_t port[MEDIA_ENDS]; /* of RTP; RTCP is on the next one */
};

/*
 * Takes a session whose end i is on the local address locals[i] (an index into the configuration's
 * `locals`). The relay thread is the one with the fewest sessions among those that have ports.
 * `owner` comes back in what the user is told: a handle, not a pointer. 0, -EINVAL (no such local
 * address) or -ENOBUFS, which is counted (media_ports_exhausted); calls in progress are unharmed.
 */
int media_take(struct media *media, unsigned worker, const unsigned locals[MEDIA_ENDS],
	uint64_t owner, struct media_lease *ret_lease);

/*
 * Reserves what it takes to transcode the session, until its end, on its relay thread. Asking again
 * changes nothing. 0; -ENOBUFS when media_config's `transcoders` are all reserved there, which is
 * counted (media_transcoders_exhausted); -ENOENT when the session was dropped or has ended.
 */
int media_reserve_transcoder(struct media *media, unsigned worker, media_id session);

/* ADD and CHANGE. Ignored when the session was dropped or has ended. */
void media_set(struct media *media, unsigned worker, media_id session,
	const struct media_description *description);

/* DROP. Ignored when the session was dropped or has ended. */
void media_drop(struct media *media, unsigned worker, media_id session);

/* How it went until what was told last, or until about a second ago. -ENOENT when the session has
 * ended, was not described yet, or never was; -EAGAIN when its relay thread writes just now and is
 * held up. */
int media_read_report(struct media *media, media_id session, struct media_report *ret_report);

#endif
