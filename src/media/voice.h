/* SPDX-License-Identifier: Apache-2.0 */
/* voice.h: one way of a transcoded stream: packets of one codec in, packets of another one out. */
#ifndef MEDIA_VOICE_H
#define MEDIA_VOICE_H

#include "codec/codec.h"
#include "codec/resampler.h"
#include "media/command.h"
#include "rtp/packet.h"

/*
 * Packets are the clock. One that comes is decoded and leaves at once where both sides have one
 * packet time; where they differ, samples wait for what makes the next packet whole, which is less
 * than one packet time. Nothing else waits: no packet is held for one that may still come before
 * it. When the next one shows that some were lost, the decoder guesses them and they go out
 * together; what comes behind a later one is dropped and counted.
 *
 * What goes out is a stream of our own: its SSRC, its numbers without a gap, its time stamps in the
 * clock of its codec. Silence in which nothing was sent stays silence: the time stamp goes on by as
 * much, and the packet that ends it carries the marker (RFC 3551 §4.1).
 *
 * telephone-event (RFC 4733) keeps its payload, with number, time stamp and duration in the other
 * side's terms; so does comfort noise (RFC 3389) where the other side has it, else it is silence.
 *
 * Whoever speaks may change from one codec to a foreign one and back with any packet: the coders
 * are set anew, and the stream that goes out goes on. Where the ends agree, only what is foreign is
 * decoded; the rest gets a header of our own, so that its receiver hears one source.
 */

/* A packet for the other end; length in bytes. */
typedef void voice_send(void *context, const void *bytes, uint32_t length);

/* What is made. It outlives a change of coding that leaves the codec as it is. */
struct voice_stream {
	uint32_t ssrc;
	uint32_t timestamp; /* of the first sample that waits, or of the next one */
	uint16_t sequence;  /* of the next packet */
	bool is_begun;
	bool wants_marker;
	uint32_t packets, octets; /* as a sender's report counts them (RFC 3550 §6.4.1) */
	uint32_t sent_timestamp;  /* of the last packet of sound ... */
	uint64_t sent_ns;         /* ... and when it went */
};

/* The event that is being sent: all of its packets have one time stamp (RFC 4733 §2.5.1.2). */
struct voice_event {
	bool is_known;
	uint32_t from_timestamp, to_timestamp;
};

/* What it is built on; the coders are as large as codec.h says. */
struct voice_parts {
	struct codec_decoder *decoder;
	struct codec_encoder *encoder;
	struct resampler *up, *down; /* 8 to 16 kHz and back; NULL where none is built */
	voice_send *send;
	void *context;
};

/* Owner: the relay thread. Lifetime: its transcoder's. */
struct voice {
	struct voice_parts parts;
	struct media_coding from, to;
	uint8_t codec;               /* that comes at present: of `from`, or foreign */
	struct resampler *resampler; /* that is used; or NULL */
	/* for each millisecond */
	uint32_t from_clock, from_rate, to_clock, to_rate;
	uint32_t frame; /* samples of a packet that is made */
	/* what comes */
	bool is_heard;
	uint16_t next_sequence;
	uint32_t ssrc;
	uint32_t next_timestamp; /* of the sound that follows what was decoded */
	uint32_t packet_ticks;   /* length of the last packet of sound */
	uint64_t now_ns;         /* when the packet that is handled came */
	uint64_t heard_ns;       /* when the last packet of sound came; 0: none yet */
	int64_t credit_us;       /* of sound that may be coded, see voice.c ... */
	uint64_t credit_ns;      /* ... and when that was reckoned */
	struct voice_event event;
	/* what goes */
	struct voice_stream out;
	uint32_t fill; /* samples that wait */
	int16_t samples[CODEC_RATE_BESIDE_MAX / 1000 * CODEC_FRAME_MS_MAX];
	/* counted */
	uint32_t late;         /* packets dropped because a later one had gone */
	uint32_t concealed_ms; /* guessed */
};

/*
 * Begins, or goes on in another coding: from what the end `from` sends, into what `to` gets. Memory
 * that is zeroed but for `parts` has not begun. 0, -ENOTSUP (a codec or the resampler between them
 * is not built) or -EINVAL.
 */
int voice_set(struct voice *voice, const struct media_coding *from, const struct media_coding *to);

/* One packet that came. What it leads to is sent before this returns. */
void voice_hear(struct voice *voice, const struct rtp_packet *packet, uint64_t now_ns);

/* The time stamp of what would be sent now, for a sender's report. */
uint32_t voice_timestamp(const struct voice *voice, uint64_t now_ns);

#endif
