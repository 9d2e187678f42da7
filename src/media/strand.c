/* SPDX-License-Identifier: Apache-2.0 */
/* strand.c: one speaker in a mix: what waits of what it says, and who has heard that already. */
#include "media/strand.h"

#include <string.h>

#include "base/macros.h"
#include "media/member.h"

/* More than can wait: the speaker has begun to count time anew. */
#define WAITING_MS_MOST (JITTER_PACKETS * CODEC_PACKET_MS_MAX)

int strand_begin(struct strand *strand, struct member *member, uint32_t rate)
{
	enum codec_id codec = (enum codec_id)member->codec;
	const struct codec_settings *settings = &member->said->audio.coding.settings;
	int error = codec_decoder_init(strand->decoder, codec, rate);
	if (!error)
		error = codec_encoder_init(strand->encoder, codec, rate, settings);
	if (error)
		return error;
	jitter_begin(&strand->jitter, strand->decoder, codec, rate);
	strand->up = strand->down = (struct ladder){0};
	strand->codec = member->codec;
	strand->rate = rate;
	strand->band = codec_capture_rate(codec, settings);
	strand->member = member;
	strand->is_used = true;
	strand->is_heard = strand->is_forwarded = strand->is_forwarded_in_part = false;
	strand->forwarded = 0;
	return 0;
}

void strand_put(
	struct strand *strand, const struct rtp_packet *packet, bool is_forwarded, uint64_t now_ns)
{
	bool is_waiting = jitter_put(&strand->jitter, packet, now_ns);
	if (is_forwarded) {
		strand->is_forwarded = true;
		strand->is_forwarded_in_part = false;
	} else if (strand->is_forwarded && is_waiting &&
		   packet->timestamp == strand->jitter.newest) {
		/* The first that was not. What comes late, of before it, stands among what was. */
		strand->is_forwarded = false;
		strand->is_forwarded_in_part = true;
		strand->forwarded_until = packet->timestamp;
	}
}

/* Of the frame that was pulled just now, in samples of `frame`. */
static uint32_t forwarded_of(struct strand *strand, uint32_t frame)
{
	int32_t clock_ms = (int32_t)strand->jitter.clock_ms;
	int32_t ticks = JITTER_FRAME_MS * clock_ms;
	if (strand->is_forwarded)
		return frame;
	if (!strand->is_forwarded_in_part)
		return 0;
	int32_t left = (int32_t)(strand->forwarded_until - jitter_place(&strand->jitter)) + ticks;
	strand->is_forwarded_in_part = left > 0 && left < WAITING_MS_MOST * clock_ms;
	return strand->is_forwarded_in_part ? (uint32_t)MIN(left, ticks) * frame / (uint32_t)ticks
					    : 0;
}

void strand_pull(struct strand *strand, uint32_t rate, uint64_t now_ns)
{
	int16_t low[JITTER_FRAME_MAX];
	int16_t *samples = strand->rate == rate ? strand->samples : low;
	strand->is_heard = jitter_pull(&strand->jitter, now_ns, samples) != JITTER_NOTHING;
	if (strand->rate != rate)
		ladder_climb(&strand->up, strand->rate, rate, low,
			strand->rate / 1000 * JITTER_FRAME_MS, strand->samples);
	strand->forwarded = forwarded_of(strand, rate / 1000 * JITTER_FRAME_MS);
}

const int16_t *strand_heard_by(
	const struct strand *strand, unsigned codec, uint32_t rate, int16_t *scratch)
{
	uint32_t frame = rate / 1000 * JITTER_FRAME_MS;
	uint32_t had = strand->codec == codec ? strand->forwarded : 0;
	if (!strand->is_used || !strand->is_heard || had >= frame)
		return NULL;
	if (had == 0)
		return strand->samples;
	memset(scratch, 0, had * sizeof(*scratch));
	memcpy(scratch + had, strand->samples + had, (frame - had) * sizeof(*scratch));
	return scratch;
}
