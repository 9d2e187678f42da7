/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.c: a leg's tone over talk that is forwarded, or mixed for many. */
#include "media/overlay.h"

#include "base/metrics.h"
#include "media/relay.h"

/* Coding 20 ms of Opus takes some 0.1 ms: all of them at once take no more than 4. */
#define LEGS_DEFAULT 32
/* What was not decoded for so long is another sound by now, and nobody needs it. */
#define IDLE_MS 200

int overlays_init(struct overlays *overlays, uint32_t count)
{
	count = count ? count : LEGS_DEFAULT;
	int error = slab_init(&overlays->sources, "overlaid streams",
		sizeof(struct overlay_source) + codec_decoder_size(), count);
	if (error)
		return error;
	return slab_init(&overlays->encoders, "overlays", codec_encoder_size(), count);
}

void overlays_done(struct overlays *overlays)
{
	slab_done(&overlays->sources);
	slab_done(&overlays->encoders);
}

/* ---- the streams ---- */

static uint32_t rate_of(unsigned codec)
{
	return codec_row((enum codec_id)codec)->rate;
}

static struct codec_decoder *decoder_of(struct overlay_source *source)
{
	return (struct codec_decoder *)source->decoder;
}

static struct overlay_source *find_source(struct group *group, const void *stream)
{
	LIST_EACH(link, &group->overlaid)
	{
		struct overlay_source *source = container_of(link, struct overlay_source, link);
		if (source->stream == stream)
			return source;
	}
	return NULL;
}

static struct overlay_source *take_source(struct group *group, const void *stream)
{
	struct overlay_source *source = slab_take(&group->relay->overlays.sources);
	if (!source)
		return NULL;
	source->stream = stream;
	source->codec = CODEC_NONE;
	list_push_tail(&group->overlaid, &source->link);
	return source;
}

static void give_source(struct group *group, struct overlay_source *source)
{
	list_remove(&source->link);
	slab_give(&group->relay->overlays.sources, source);
}

/* Ready to decode the next packet of the stream; NULL: none is left, or the codec is not built. */
static struct overlay_source *source_of(struct group *group, const struct overlay_talk *talk)
{
	uint64_t now_ms = group->relay->now_ms;
	struct overlay_source *source = find_source(group, talk->stream);
	if (!source)
		source = take_source(group, talk->stream);
	if (!source)
		return NULL;
	bool goes_on = source->codec == talk->codec && source->run == talk->run &&
		       now_ms - source->used_ms <= IDLE_MS;
	if (!goes_on && codec_decoder_init(decoder_of(source), (enum codec_id)talk->codec,
				rate_of(talk->codec)) < 0) {
		give_source(group, source);
		return NULL;
	}
	source->codec = (uint8_t)talk->codec;
	source->run = talk->run;
	source->used_ms = now_ms;
	return source;
}

static bool decode(struct group *group, struct overlay_talk *talk)
{
	if (talk->count == 0) {
		struct overlay_source *source = source_of(group, talk);
		talk->count = -1;
		if (source) {
			talk->count = codec_decode(
				decoder_of(source), talk->payload, talk->length, source->samples);
			talk->samples = source->samples;
		}
	}
	return talk->count > 0;
}

void overlay_tick(struct group *group)
{
	LIST_EACH_SAFE(link, &group->overlaid)
	{
		struct overlay_source *source = container_of(link, struct overlay_source, link);
		if (group->relay->now_ms - source->used_ms > IDLE_MS)
			give_source(group, source);
	}
}

void overlay_close(struct group *group)
{
	LIST_EACH_SAFE(link, &group->overlaid)
	{
		give_source(group, container_of(link, struct overlay_source, link));
	}
}

/* ---- the legs ---- */

void overlay_give(struct relay *relay, struct member *member)
{
	slab_give(&relay->overlays.encoders, member->overlay);
	member->overlay = NULL;
}

static struct codec_encoder *encoder_of(struct group *group, struct member *member)
{
	enum codec_id codec = (enum codec_id)member->codec;
	if (member->overlay)
		return member->overlay;
	member->overlay = slab_take(&group->relay->overlays.encoders);
	if (member->overlay && codec_encoder_init(member->overlay, codec, rate_of(codec),
				       &member->said->audio.coding.settings) < 0)
		overlay_give(group->relay, member);
	return member->overlay;
}

void overlay_end(struct relay *relay, struct member *member)
{
	member->tone = TONE_COUNT;
	overlay_give(relay, member);
}

bool overlay_is_due(const struct group *group, struct member *member)
{
	struct relay *relay = group->relay;
	if (LIKELY(member->tone == TONE_COUNT))
		return false;
	if (member->tone_ms < tone_ms(relay->media->tones, (enum tone)member->tone))
		return true;
	overlay_end(relay, member);
	return false;
}

/* ---- both together ---- */

/* Milliseconds of a packet of G.711; 0: it lasts as long as none that is made. */
static unsigned blend_g711(const struct group *group, const struct member *member,
	const struct overlay_talk *talk, uint8_t *ret_payload)
{
	if (talk->length % 8 || talk->length > CODEC_FRAME_BYTES_MAX)
		return 0;
	tone_add_g711(group->relay->media->tones, (enum tone)member->tone, member->tone_ms,
		(enum codec_id)talk->codec, talk->payload, talk->length, ret_payload);
	return (unsigned)talk->length / 8;
}

/* Likewise of what must be decoded; *ret_length of what was made. */
static unsigned blend_coded(struct group *group, struct member *member, struct overlay_talk *talk,
	uint8_t *ret_payload, size_t *ret_length)
{
	int16_t samples[CODEC_RATE_MAX / 1000 * CODEC_FRAME_MS_MAX];
	struct codec_encoder *encoder = encoder_of(group, member);
	uint32_t rate = rate_of(talk->codec);
	if (!encoder || !decode(group, talk))
		return 0;
	unsigned count = (unsigned)talk->count, ms = count / (rate / 1000);
	if (count % (rate / 1000) || codec_packet_ms((enum codec_id)talk->codec, ms) != ms)
		return 0;
	tone_add(group->relay->media->tones, (enum tone)member->tone, member->tone_ms, rate,
		talk->samples, count, samples);
	int made = codec_encode(encoder, samples, count, ret_payload);
	metrics_add(METRIC_media_transcoded, made > 0);
	*ret_length = (size_t)MAX(made, 0);
	return made > 0 ? ms : 0;
}

size_t overlay_blend(
	struct group *group, struct member *member, struct overlay_talk *talk, uint8_t *ret_payload)
{
	bool is_g711 = talk->codec == CODEC_PCMU || talk->codec == CODEC_PCMA;
	size_t length = talk->length;
	unsigned ms = is_g711 ? blend_g711(group, member, talk, ret_payload)
			      : blend_coded(group, member, talk, ret_payload, &length);
	if (ms == 0) {
		/* the next frame is the tone's */
		member->blended_ms = 0;
		metrics_add(METRIC_group_tones_alone, 1);
		return 0;
	}
	member->tone_ms = (uint16_t)(member->tone_ms + ms);
	member->blended_ms = group->relay->now_ms;
	return length;
}
