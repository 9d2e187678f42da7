/* SPDX-License-Identifier: Apache-2.0 */
/* jitter.h: a talker's packets brought to an even pace, for a mix. */
#ifndef SOUND_JITTER_H
#define SOUND_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/codec.h"
#include "rtp/packet.h"

/*
 * Only what is mixed waits here; forwarded packets never do. Packets are put in as they come; 20 ms
 * are pulled out at the pace of the mix, decoded once. The delay follows what the network does,
 * between JITTER_MS_LEAST and JITTER_MS_MOST: it grows where sound ran out, and shrinks by a frame
 * when for a while more waited than is needed, at a quiet moment if there is one.
 */
#define JITTER_FRAME_MS    20
#define JITTER_MS_LEAST    20
#define JITTER_MS_MOST     100
#define JITTER_PACKETS     16
#define JITTER_PAYLOAD_MAX 960

struct jitter_slot {
	uint32_t timestamp;
	uint16_t sequence;
	uint16_t length; /* 0: empty */
	uint8_t payload[JITTER_PAYLOAD_MAX];
};

enum jitter_heard {
	JITTER_NOTHING, /* silence: nothing waits, or not long enough yet */
	JITTER_SOUND,
	JITTER_CONCEALED, /* (in part) guessed */
};

/* Owner: the relay thread. Lifetime: a talk. About 20 KB: one a talker that is mixed. */
struct jitter {
	struct codec_decoder *decoder;
	uint32_t clock_ms, rate_ms; /* time stamp units and samples, each a millisecond */
	bool is_heard;              /* a packet came */
	bool is_playing;
	uint32_t ssrc;
	uint32_t newest; /* time stamp of the newest packet, and its number */
	uint16_t newest_sequence;
	uint32_t play;          /* time stamp of what is played next */
	uint16_t play_sequence; /* behind the last packet that was played */
	uint32_t packet_ticks;  /* that the last decoded packet lasted */
	uint64_t begin_ns;      /* when playing begins */
	/* the network */
	int64_t base_us;  /* the shortest way seen lately, up to a constant */
	uint32_t peak_us; /* the longest beyond it, fading */
	uint32_t target_ms;
	/* what waits */
	uint32_t fill;      /* samples that are decoded */
	uint32_t stretched; /* ticks that were guessed while nothing was there */
	uint32_t least_ms;  /* that waited since `pulls` was 0 */
	uint32_t pulls;
	uint32_t late, duplicates, full, concealed_ms; /* counted */
	int16_t samples[CODEC_SAMPLES_MAX + CODEC_RATE_MAX / 1000 * JITTER_FRAME_MS];
	struct jitter_slot slots[JITTER_PACKETS];
};

/* `decoder` is initialised for `codec` at `rate` (Hz), and stays its owner's. */
void jitter_begin(
	struct jitter *jitter, struct codec_decoder *decoder, enum codec_id codec, uint32_t rate);

/* A packet of sound. False: it is late, a duplicate, or too large, and was counted. */
bool jitter_put(struct jitter *jitter, const struct rtp_packet *packet, uint64_t now_ns);

/* The next 20 ms into `ret_samples`: rate / 50 samples, silence where there is nothing. */
enum jitter_heard jitter_pull(struct jitter *jitter, uint64_t now_ns, int16_t *ret_samples);

/* Milliseconds that wait to be played. */
uint32_t jitter_waiting_ms(const struct jitter *jitter);

#endif
