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
 * are pulled out at the pace of the mix, decoded once. Where nothing is in the way, a packet waits
 * for the next pull and no longer. The delay grows by a frame where sound ran out (what is guessed
 * then is said in addition), and shrinks by one when for a second no packet came later than it had
 * to by more than a frame: two frames are blended into one. Playing begins after as long as packets
 * were late lately, at most JITTER_MS_MOST; what waits beyond that, a pre-buffer that was put in at
 * once, is said a quarter faster.
 */
#define JITTER_FRAME_MS    20
#define JITTER_MS_LEAST    20
#define JITTER_MS_MOST     100
#define JITTER_PACKETS     16
#define JITTER_PAYLOAD_MAX 960
#define JITTER_FRAME_MAX   (CODEC_RATE_MAX / 1000 * JITTER_FRAME_MS)

struct jitter_slot {
	uint64_t came_ns;
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

/* Owner: the relay thread. Lifetime: a talk. About 31 KB: one a talker that is mixed. */
struct jitter {
	struct codec_decoder *decoder;
	uint32_t clock_ms, rate_ms; /* time stamp units and samples, each a millisecond */
	bool is_heard;              /* a packet came */
	bool is_playing;
	bool is_starting; /* and nothing has been said yet */
	uint32_t ssrc;
	uint32_t newest;   /* time stamp of the newest packet, ... */
	int64_t newest_us; /* ... as time, ... */
	uint16_t newest_sequence;
	uint32_t play;                 /* time stamp of what is decoded next */
	uint16_t play_sequence;        /* behind the last packet that was decoded */
	uint16_t skip_first, skip_end; /* numbers from and to (not with it) that were no sound */
	uint32_t packet_ticks;         /* that it lasted */
	uint64_t begin_ns;             /* when playing begins */
	/* the network */
	int64_t base_us;  /* the shortest way seen lately, up to a constant */
	uint32_t peak_us; /* the longest beyond it, fading */
	/* what waits */
	uint32_t fill;      /* samples that are decoded */
	uint32_t stretched; /* ticks that were guessed while nothing was there */
	uint32_t spare_us;  /* the shortest that a packet waited since `pulls` was 0 */
	uint32_t pulls;
	uint32_t late, duplicates, refused, overrun, concealed_ms, blended; /* counted */
	int16_t samples[CODEC_SAMPLES_MAX + 2 * JITTER_FRAME_MAX];
	struct jitter_slot slots[JITTER_PACKETS];
};

/* `decoder` is initialised for `codec` at `rate` (Hz), and stays its owner's. */
void jitter_begin(
	struct jitter *jitter, struct codec_decoder *decoder, enum codec_id codec, uint32_t rate);

/* A packet of sound. False: it is late, a duplicate, empty or too large, and was counted. */
bool jitter_put(struct jitter *jitter, const struct rtp_packet *packet, uint64_t now_ns);

/* A packet that is no sound (comfort noise, a key): where it stands there is a pause, and no loss.
 */
void jitter_skip(struct jitter *jitter, const struct rtp_packet *packet);

/* The next 20 ms into `ret_samples`: rate / 50 samples, silence where there is nothing. */
enum jitter_heard jitter_pull(struct jitter *jitter, uint64_t now_ns, int16_t *ret_samples);

/* Milliseconds that wait to be played. */
uint32_t jitter_waiting_ms(const struct jitter *jitter);

/* The time stamp behind what was pulled last. */
uint32_t jitter_place(const struct jitter *jitter);

/* What waits and is not decoded yet, the oldest first: the one behind `slot`, of all where that is
 * NULL. NULL: there is none. */
const struct jitter_slot *jitter_behind(
	const struct jitter *jitter, const struct jitter_slot *slot);

#endif
