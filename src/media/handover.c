/* SPDX-License-Identifier: Apache-2.0 */
/* handover.c: one speaker is left of several: those of its codec get its packets again. */
#include "media/handover.h"

#include <string.h>

#include "media/audience.h"
#include "media/fanout.h"
#include "media/mixer.h"

/* What is decoded of it already and not said yet, less than a frame: silence fills it up. */
static void send_rest(struct group *group, const struct strand *strand)
{
	const struct jitter *jitter = &strand->jitter;
	const struct mixer_rates rates = {strand->rate, strand->rate, strand->band};
	enum codec_id codec = (enum codec_id)strand->codec;
	uint32_t count = MIN(jitter->fill, strand->rate / 1000 * GROUP_FRAME_MS);
	int16_t samples[MIXER_SAMPLES_MAX] = {0};
	struct mixer_out *out = &group->mixer->outs[strand->codec];
	struct fanout_frame frame;
	if (!audience_has(group, codec) ||
		mixer_out_begin(out, codec, strand->rate, audience_settings(group, codec)) < 0)
		return;
	memcpy(samples, jitter->samples, count * sizeof(samples[0]));
	frame.length = mixer_encode(
		out->encoder, codec, &rates, NULL, samples, frame.bytes + RTP_HEADER_SIZE);
	if (frame.length > 0)
		fanout_frame(group, codec, &frame);
}

/* From now on those of its codec are forwarded what it says, what waits first. */
static void send_waiting(struct group *group, struct strand *strand)
{
	const struct jitter *jitter = &strand->jitter;
	uint8_t bytes[RTP_HEADER_SIZE + JITTER_PAYLOAD_MAX];
	uint8_t *payload = bytes + RTP_HEADER_SIZE;
	for (const struct jitter_slot *slot = jitter_behind(jitter, NULL); slot;
		slot = jitter_behind(jitter, slot)) {
		const struct rtp_packet packet = {.ssrc = jitter->ssrc,
			.timestamp = slot->timestamp,
			.sequence = slot->sequence,
			.payload = payload,
			.payload_length = slot->length};
		memcpy(payload, slot->payload, slot->length);
		fanout_forward(group, strand->member, &packet);
	}
	strand->is_forwarded = true;
	strand->is_forwarded_in_part = false;
}

bool handover(struct group *group, struct strand *strand, bool is_late)
{
	if (strand->codec != strand->member->codec)
		return false;
	if (strand->jitter.fill > 0 && !is_late)
		return false;
	if (strand->jitter.fill > 0)
		send_rest(group, strand);
	send_waiting(group, strand);
	return true;
}
