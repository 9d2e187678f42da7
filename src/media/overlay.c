/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.c: talk that is coded already, made anew for some: with a tone, or in shorter packets. */
#include "media/overlay.h"

#include "base/metrics.h"
#include "media/audience.h"
#include "media/relay.h"

/* Coding 20 ms of Opus takes some 35 us here: all of them at once hold others up for a millisecond.
 */
#define LEGS_DEFAULT 32
/* What was not decoded for so long is another sound by now, and nobody needs it. */
#define IDLE_MS 200
/* Decoders find into a stream in so long. */
#define WARM_MS 60

int overlays_init(struct overlays *overlays, uint32_t count)
{
	count = count ? count : LEGS_DEFAULT;
	int error = slab_init(&overlays->sources, "overlaid streams",
		sizeof(struct overlay_source) + codec_decoder_size() + codec_encoder_size(), count);
	if (error)
		return error;
	return slab_init(
		&overlays->legs, "overlays", sizeof(struct overlay) + codec_encoder_size(), count);
}

void overlays_done(struct overlays *overlays)
{
	slab_done(&overlays->sources);
	slab_done(&overlays->legs);
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
	source->encoder = (struct codec_encoder *)(source->decoder + codec_decoder_size());
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
	if (!goes_on) {
		source->decoded = 0;
		source->is_encoding = false;
	}
	source->codec = (uint8_t)talk->codec;
	source->run = talk->run;
	source->used_ms = now_ms;
	return source;
}

/* Once for all. */
static bool decode(struct group *group, struct overlay_talk *talk)
{
	struct overlay_source *source = talk->count == 0 ? source_of(group, talk) : NULL;
	if (talk->count == 0)
		talk->count = -1;
	if (source) {
		talk->source = source;
		talk->count = codec_decode(
			decoder_of(source), talk->payload, talk->length, source->samples);
		source->decoded += (uint32_t)MAX(talk->count, 0);
		source->part_count = 0;
	}
	return talk->count > 0;
}

/* Of what was decoded, in milliseconds, when there is a packet of ours that lasts as long; else 0.
 */
static unsigned length_of(const struct overlay_talk *talk)
{
	unsigned each = rate_of(talk->codec) / 1000, count = (unsigned)talk->count;
	unsigned ms = count / each;
	bool is_made = count % each == 0 && codec_packet_ms((enum codec_id)talk->codec, ms) == ms;
	return is_made ? ms : 0;
}

static bool is_warm(const struct overlay_source *source)
{
	return source->decoded >= rate_of(source->codec) / 1000 * WARM_MS;
}

/* ---- in shorter packets ---- */

/* What suits all who listen. False: there is no such encoder. */
static bool has_shared_encoder(
	struct group *group, struct overlay_source *source, const struct overlay_talk *talk)
{
	const struct codec_settings *settings = audience_settings(group, talk->codec);
	enum codec_id codec = (enum codec_id)talk->codec;
	if (source->is_encoding && codec_settings_are_same(settings, &source->settings))
		return true;
	source->settings = *settings;
	source->is_encoding =
		codec_encoder_init(source->encoder, codec, rate_of(codec), settings) == 0;
	return source->is_encoding;
}

static unsigned encode_parts(struct overlay_source *source, const struct overlay_talk *talk)
{
	size_t each = rate_of(talk->codec) / 1000 * GROUP_FRAME_MS, count = (size_t)talk->count;
	unsigned parts = 0;
	for (size_t at = 0; at < count; at += each) {
		struct overlay_part *part = &source->parts[parts++];
		int made = codec_encode(source->encoder, source->samples + at,
			MIN(count - at, each), part->payload);
		metrics_add(METRIC_media_transcoded, made > 0);
		if (made <= 0)
			return 0;
		part->length = (size_t)made;
	}
	return parts;
}

unsigned overlay_cut(
	struct group *group, struct overlay_talk *talk, const struct overlay_part **ret_parts)
{
	if (!decode(group, talk))
		return 0;
	struct overlay_source *source = talk->source;
	if (source->part_count == 0 && has_shared_encoder(group, source, talk))
		source->part_count = encode_parts(source, talk);
	*ret_parts = source->parts;
	return source->part_count;
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

static struct codec_encoder *encoder_of(const struct member *member)
{
	return (struct codec_encoder *)member->overlay->encoder;
}

void overlay_give(struct relay *relay, struct member *member)
{
	slab_give(&relay->overlays.legs, member->overlay);
	member->overlay = NULL;
}

void overlay_end(struct relay *relay, struct member *member)
{
	member->tone = TONE_COUNT;
	overlay_give(relay, member);
}

/* False: none is left, or the codec is not built. */
static bool has_encoder(struct group *group, struct member *member)
{
	struct codec_settings settings = member->said->audio.coding.settings;
	enum codec_id codec = (enum codec_id)member->codec;
	if (member->overlay)
		return true;
	member->overlay = slab_take(&group->relay->overlays.legs);
	if (!member->overlay)
		return false;
	member->overlay->stream = NULL;
	settings.is_brief = true;
	if (codec_encoder_init(encoder_of(member), codec, rate_of(codec), &settings) < 0)
		overlay_give(group->relay, member);
	return member->overlay;
}

/* Whether the leg is to get this one as it is; its encoder goes on behind it. */
static bool is_followed(const struct member *member, const struct overlay_talk *talk)
{
	const struct overlay_source *source = talk->source;
	struct overlay *overlay = member->overlay;
	if (overlay->stream == talk->stream && overlay->run == talk->run)
		return false;
	codec_encoder_follow(encoder_of(member), (const struct codec_decoder *)source->decoder,
		source->samples, (size_t)talk->count);
	if (is_warm(source)) {
		overlay->stream = talk->stream;
		overlay->run = talk->run;
	}
	return true;
}

static bool is_g711(const struct overlay_talk *talk)
{
	return talk->codec == CODEC_PCMU || talk->codec == CODEC_PCMA;
}

bool overlay_is_due(struct group *group, struct member *member, struct overlay_talk *talk)
{
	struct relay *relay = group->relay;
	if (LIKELY(member->tone == TONE_COUNT))
		return false;
	if (member->tone_ms >= tone_ms(relay->media->tones, (enum tone)member->tone)) {
		overlay_end(relay, member);
		return false;
	}
	if (is_g711(talk) || !has_encoder(group, member) || !decode(group, talk) ||
		!length_of(talk) || !is_followed(member, talk))
		return true;
	/* its next packet is on its way: the tone does not begin alone */
	member->blended_ms = relay->now_ms;
	return false;
}

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

/* Likewise of what was decoded; *ret_length of what was made. */
static unsigned blend_coded(const struct group *group, const struct member *member,
	const struct overlay_talk *talk, uint8_t *ret_payload, size_t *ret_length)
{
	int16_t samples[CODEC_RATE_MAX / 1000 * CODEC_FRAME_MS_MAX];
	if (!member->overlay || talk->count <= 0 || !length_of(talk))
		return 0;
	tone_add(group->relay->media->tones, (enum tone)member->tone, member->tone_ms,
		rate_of(talk->codec), talk->source->samples + talk->from, (size_t)talk->count,
		samples);
	int made = codec_encode(encoder_of(member), samples, (size_t)talk->count, ret_payload);
	metrics_add(METRIC_media_transcoded, made > 0);
	*ret_length = (size_t)MAX(made, 0);
	return made > 0 ? length_of(talk) : 0;
}

size_t overlay_blend(struct group *group, struct member *member, const struct overlay_talk *talk,
	uint8_t *ret_payload)
{
	size_t length = talk->length;
	unsigned ms = is_g711(talk) ? blend_g711(group, member, talk, ret_payload)
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
