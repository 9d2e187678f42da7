/* SPDX-License-Identifier: Apache-2.0 */
/* mixer.c: several voices as one stream for each codec. */
#include "media/mixer.h"

#include <string.h>

#include "base/metrics.h"
#include "media/config.h"
#include "media/fanout.h"
#include "media/relay.h"

#define MIXERS_DEFAULT 128
/* After the last but one has ended, mixing goes on for so long: who takes turns quickly is not
 * thrown between two kinds of delay. */
#define MANY_MS 1000
/* Not needed for so long, the mixer is given back. */
#define IDLE_MS 10000

int mixers_init(struct slab *mixers, uint32_t count)
{
	size_t coders = MEDIA_GROUP_TALKERS_MAX * (codec_decoder_size() + codec_encoder_size()) +
			CODEC_COUNT * codec_encoder_size();
	return slab_init_aligned(mixers, "mixers", sizeof(struct mixer) + coders,
		count ? count : MIXERS_DEFAULT, CACHE_LINE);
}

/* ---- what it is made of ---- */

static bool is_wide(unsigned codec)
{
	return codec == CODEC_G722 || codec == CODEC_OPUS;
}

static bool is_listened_to(const struct group *group, unsigned codec)
{
	return !list_is_empty(&group->listeners[codec]) || group->away.threads[codec];
}

/* 16 kHz where somebody can say or hear that much. */
static uint32_t rate_of(const struct group *group)
{
	for (unsigned codec = 0; codec < CODEC_COUNT; codec++)
		if (is_wide(codec) && is_listened_to(group, codec))
			return MIXER_RATE_MAX;
	for (unsigned i = 0; i < group->speaker_count; i++)
		if (is_wide(group->speakers[i]->codec))
			return MIXER_RATE_MAX;
	return MIXER_RATE_MAX / 2;
}

/* At which a codec is coded in this mix. */
static uint32_t codec_rate(const struct mixer *mixer, unsigned codec)
{
	return codec == CODEC_OPUS ? mixer->rate : codec_row((enum codec_id)codec)->rate;
}

static void begin(struct mixer *mixer, uint32_t rate)
{
	char *at = mixer->coders;
	mixer->rate = rate;
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		struct mixer_strand *strand = &mixer->strands[i];
		strand->member = NULL;
		strand->decoder = (struct codec_decoder *)at;
		strand->encoder = (struct codec_encoder *)(at + codec_decoder_size());
		at += codec_decoder_size() + codec_encoder_size();
	}
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->outs); i++) {
		mixer->outs[i].is_begun = false;
		mixer->outs[i].encoder = (struct codec_encoder *)at;
		at += codec_encoder_size();
	}
}

/* NULL when all of the thread are in use, which is counted. */
static struct mixer *mixer_of(struct group *group)
{
	uint32_t rate = rate_of(group);
	if (!group->mixer) {
		group->mixer = slab_take(&group->relay->mixers);
		if (!group->mixer) {
			metrics_add(METRIC_group_mixers_exhausted, 1);
			return NULL;
		}
		group->mixer->is_many = false;
		group->mixer->many_ms = 0;
		begin(group->mixer, rate);
	} else if (group->mixer->rate != rate) {
		begin(group->mixer, rate);
	}
	return group->mixer;
}

static struct mixer_strand *find_strand(struct mixer *mixer, const struct member *member)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++)
		if (mixer->strands[i].member == member)
			return &mixer->strands[i];
	return NULL;
}

static int begin_strand(struct mixer *mixer, struct mixer_strand *strand, struct member *member)
{
	enum codec_id codec = (enum codec_id)member->codec;
	uint32_t rate = codec_rate(mixer, codec);
	int error = codec_decoder_init(strand->decoder, codec, rate);
	if (!error)
		error = codec_encoder_init(
			strand->encoder, codec, rate, &member->said->audio.coding.settings);
	if (error)
		return error;
	jitter_begin(&strand->jitter, strand->decoder, codec, rate);
	strand->up = strand->down = (struct halfband){0};
	strand->codec = member->codec;
	strand->member = member;
	return 0;
}

static struct mixer_strand *strand_of(struct mixer *mixer, struct member *member)
{
	struct mixer_strand *strand = find_strand(mixer, member);
	if (strand && strand->codec == member->codec)
		return strand;
	if (!strand) /* there are as many as there may be speakers */
		strand = find_strand(mixer, NULL);
	return strand && begin_strand(mixer, strand, member) == 0 ? strand : NULL;
}

/* ---- what comes ---- */

static bool has_other_codecs(const struct group *group, unsigned than)
{
	for (unsigned codec = 0; codec < CODEC_COUNT; codec++)
		if (codec != than && is_listened_to(group, codec))
			return true;
	return false;
}

bool mixer_hear(struct group *group, struct member *member, const struct rtp_packet *packet)
{
	bool is_many = group->speaker_count > 1 || (group->mixer && group->mixer->is_many);
	if (LIKELY(!is_many && !has_other_codecs(group, member->codec)))
		return true;
	struct mixer *mixer = mixer_of(group);
	struct mixer_strand *strand = mixer ? strand_of(mixer, member) : NULL;
	/* with no room to mix, better the first speaker alone than nobody */
	if (!strand)
		return group->speakers[0] == member;
	mixer->needed_ms = group->relay->now_ms;
	if (group->speaker_count > 1) {
		mixer->is_many = true;
		mixer->many_ms = group->relay->now_ms;
	}
	jitter_put(&strand->jitter, packet, group->relay->now_ns);
	return !mixer->is_many;
}

void mixer_forget(struct group *group, const struct member *member)
{
	struct mixer_strand *strand = group->mixer ? find_strand(group->mixer, member) : NULL;
	if (strand)
		strand->member = NULL;
}

void mixer_done(struct group *group)
{
	slab_give(&group->relay->mixers, group->mixer);
	group->mixer = NULL;
}

/* ---- what goes ---- */

/* 20 ms of one speaker, at the rate of the mix. */
static void pull(struct mixer *mixer, struct mixer_strand *strand, uint64_t now_ns)
{
	int16_t low[MIXER_SAMPLES_MAX];
	uint32_t rate = codec_rate(mixer, strand->codec);
	int16_t *samples = rate == mixer->rate ? strand->samples : low;
	strand->is_heard = jitter_pull(&strand->jitter, now_ns, samples) != JITTER_NOTHING;
	if (rate != mixer->rate)
		halfband_up(&strand->up, low, rate / 1000 * GROUP_FRAME_MS, strand->samples);
}

/* Whether anybody said anything. */
static bool pull_all(struct mixer *mixer, uint64_t now_ns)
{
	bool is_any = false;
	mix_clear(&mixer->mix, mixer->rate / 1000 * GROUP_FRAME_MS);
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		struct mixer_strand *strand = &mixer->strands[i];
		if (!strand->member)
			continue;
		pull(mixer, strand, now_ns);
		if (strand->is_heard)
			mix_add(&mixer->mix, strand->samples);
		is_any |= strand->is_heard;
	}
	return is_any;
}

/* The payload of a mix in a codec; 0: it could not be made. */
static size_t encode(const struct mixer *mixer, unsigned codec, struct codec_encoder *encoder,
	struct halfband *down, const int16_t *samples, uint8_t *ret_payload)
{
	int16_t low[MIXER_SAMPLES_MAX];
	uint32_t rate = codec_rate(mixer, codec);
	size_t count = mixer->rate / 1000 * GROUP_FRAME_MS;
	if (rate != mixer->rate) {
		halfband_down(down, samples, count, low);
		samples = low;
		count /= 2;
	}
	int made = codec_encode(encoder, samples, count, ret_payload);
	metrics_add(METRIC_media_transcoded, made > 0);
	return made > 0 ? (size_t)made : 0;
}

/* Who may speak and has not said anything yet has no sum of his own. */
static void send_to_the_mute(struct group *group, unsigned codec, struct fanout_frame *frame)
{
	for (unsigned i = 0; i < group->speaker_count; i++) {
		struct member *member = group->speakers[i];
		if (member->codec == codec && list_is_linked(&member->listening) &&
			!find_strand(group->mixer, member))
			fanout_frame_to(group, member, frame);
	}
}

/* What all listeners of a codec can take: the lowest rate, redundancy where each reads it. */
static struct codec_settings shared_settings(const struct group *group, unsigned codec)
{
	struct codec_settings shared = {.has_fec = true};
	LIST_EACH(link, &group->listeners[codec])
	{
		const struct member *member = container_of(link, struct member, listening);
		const struct codec_settings *its = &member->said->audio.coding.settings;
		if (its->bitrate && (!shared.bitrate || its->bitrate < shared.bitrate))
			shared.bitrate = its->bitrate;
		shared.has_fec = shared.has_fec && its->has_fec;
		shared.is_constant = shared.is_constant || its->is_constant;
	}
	return shared;
}

/* Begins it, or begins it anew when other listeners came. */
static int begin_out(const struct group *group, unsigned codec, struct mixer_out *out)
{
	const struct mixer *mixer = group->mixer;
	struct codec_settings settings = {0};
	if (codec == CODEC_OPUS) /* no other one has any */
		settings = shared_settings(group, codec);
	if (out->is_begun && settings.bitrate == out->settings.bitrate &&
		settings.has_fec == out->settings.has_fec &&
		settings.is_constant == out->settings.is_constant)
		return 0;
	int error = codec_encoder_init(
		out->encoder, (enum codec_id)codec, codec_rate(mixer, codec), &settings);
	if (error)
		return error;
	if (!out->is_begun)
		out->down = (struct halfband){0};
	out->settings = settings;
	out->is_begun = true;
	return 0;
}

/* To all of a codec who do not speak. */
static void send_shared(struct group *group, unsigned codec, const int16_t *samples)
{
	struct mixer *mixer = group->mixer;
	struct mixer_out *out = &mixer->outs[codec];
	struct fanout_frame frame;
	if (begin_out(group, codec, out) < 0)
		return;
	frame.length = encode(
		mixer, codec, out->encoder, &out->down, samples, frame.bytes + RTP_HEADER_SIZE);
	if (frame.length == 0)
		return;
	fanout_frame(group, codec, &frame);
	send_to_the_mute(group, codec, &frame);
}

/* To a speaker: all but himself. */
static void send_without(struct group *group, struct mixer_strand *strand)
{
	struct mixer *mixer = group->mixer;
	int16_t samples[MIXER_SAMPLES_MAX];
	struct fanout_frame frame;
	if (!list_is_linked(&strand->member->listening))
		return;
	if (strand->is_heard)
		mix_without(&mixer->mix, strand->samples, samples);
	else
		mix_all(&mixer->mix, samples);
	frame.length = encode(mixer, strand->codec, strand->encoder, &strand->down, samples,
		frame.bytes + RTP_HEADER_SIZE);
	if (frame.length > 0)
		fanout_frame_to(group, strand->member, &frame);
}

static void send_all(struct group *group)
{
	struct mixer *mixer = group->mixer;
	int16_t samples[MIXER_SAMPLES_MAX];
	unsigned forwarded = mixer->is_many || group->speaker_count == 0
				     ? CODEC_COUNT
				     : group->speakers[0]->codec;
	mix_all(&mixer->mix, samples);
	for (unsigned codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++)
		if (codec != forwarded && is_listened_to(group, codec))
			send_shared(group, codec, samples);
	for (unsigned i = 0; mixer->is_many && i < ARRAY_LENGTH(mixer->strands); i++)
		if (mixer->strands[i].member)
			send_without(group, &mixer->strands[i]);
}

void mixer_run(struct group *group)
{
	struct mixer *mixer = group->mixer;
	struct relay *relay = group->relay;
	if (LIKELY(!mixer))
		return;
	if (relay->now_ms - mixer->needed_ms > IDLE_MS) {
		mixer_done(group);
		return;
	}
	if (group->speaker_count <= 1 && relay->now_ms - mixer->many_ms > MANY_MS)
		mixer->is_many = false;
	if (pull_all(mixer, relay->now_ns))
		send_all(group);
}
