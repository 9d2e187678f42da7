/* SPDX-License-Identifier: Apache-2.0 */
/* mixer.c: several voices as one stream for each codec. */
#include "media/mixer.h"

#include <string.h>

#include "base/metrics.h"
#include "media/audience.h"
#include "media/away.h"
#include "media/config.h"
#include "media/fanout.h"
#include "media/handover.h"
#include "media/relay.h"

#define MIXERS_DEFAULT 128
/* After the last but one has ended, mixing goes on for so long: who takes turns quickly is not
 * thrown between two kinds of delay. */
#define MANY_MS 1000
/* Not needed for so long, the mixer is given back. */
#define IDLE_MS 10000
/* Of what waits when its speaker ends, so much is said; less than the least is not worth a frame.
 */
#define TAIL_MS_MOST  120
#define TAIL_MS_LEAST 5

int mixers_init(struct slab *mixers, uint32_t count)
{
	size_t coders = MEDIA_GROUP_TALKERS_MAX * (codec_decoder_size() + codec_encoder_size()) +
			CODEC_COUNT * codec_encoder_size();
	return slab_init_aligned(mixers, "mixers", sizeof(struct mixer) + coders,
		count ? count : MIXERS_DEFAULT, CACHE_LINE);
}

/* ---- what it is made of ---- */

/* At which a codec is coded in this mix. */
static uint32_t codec_rate(const struct mixer *mixer, unsigned codec)
{
	return codec == CODEC_OPUS ? mixer->rate : codec_row((enum codec_id)codec)->rate;
}

/* All strands are free. */
static void begin(struct mixer *mixer, uint32_t rate)
{
	char *at = mixer->coders;
	mixer->rate = rate;
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		struct strand *strand = &mixer->strands[i];
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

/* A leg elsewhere is told who is not to hear himself. */
static void trail(struct member *member, bool is_trailing)
{
	member->is_trailing = is_trailing;
	if (UNLIKELY(member->is_away))
		away_gate(member);
}

/* Its tail is over, or goes on as what it says now. */
static void end_tail(struct mixer *mixer, struct strand *strand)
{
	if (!strand->is_tail)
		return;
	strand->is_tail = false;
	mixer->tails--;
	if (strand->member)
		trail(strand->member, false);
}

static void free_strand(struct mixer *mixer, struct strand *strand)
{
	end_tail(mixer, strand);
	strand->member = NULL;
	strand->is_used = strand->is_heard = false;
}

static void free_strands(struct mixer *mixer)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++)
		free_strand(mixer, &mixer->strands[i]);
}

static struct mixer *take_mixer(struct relay *relay)
{
	struct mixer *mixer = slab_take(&relay->mixers);
	if (!mixer) {
		metrics_add(METRIC_group_mixers_exhausted, 1);
		return NULL;
	}
	mixer->is_many = false;
	mixer->many_ms = 0;
	mixer->tails = 0;
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		mixer->strands[i].member = NULL;
		mixer->strands[i].is_tail = mixer->strands[i].is_used = false;
	}
	return mixer;
}

/* NULL when all of the thread are in use, which is counted. */
static struct mixer *mixer_of(struct group *group)
{
	uint32_t rate = audience_rate(group);
	if (!group->mixer) {
		group->mixer = take_mixer(group->relay);
		if (!group->mixer)
			return NULL;
		begin(group->mixer, rate);
	} else if (group->mixer->rate != rate) {
		free_strands(group->mixer);
		begin(group->mixer, rate);
	}
	return group->mixer;
}

static struct strand *find_strand(struct mixer *mixer, const struct member *member)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++)
		if (mixer->strands[i].member == member)
			return &mixer->strands[i];
	return NULL;
}

/* There are as many as there may be speakers; of tails the oldest has to go. */
static struct strand *find_room(struct mixer *mixer)
{
	struct strand *oldest = NULL;
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		struct strand *strand = &mixer->strands[i];
		if (!strand->is_used)
			return strand;
		if (strand->is_tail && (!oldest || strand->ended_ms < oldest->ended_ms))
			oldest = strand;
	}
	if (oldest)
		free_strand(mixer, oldest);
	return oldest;
}

static struct strand *strand_of(struct mixer *mixer, struct member *member)
{
	struct strand *strand = find_strand(mixer, member);
	if (strand)
		end_tail(mixer, strand);
	if (strand && strand->codec == member->codec)
		return strand;
	if (!strand)
		strand = find_room(mixer);
	if (!strand || strand_begin(strand, member, codec_rate(mixer, member->codec)) < 0)
		return NULL;
	return strand;
}

/* ---- what comes ---- */

static bool has_other_codecs(const struct group *group, unsigned than)
{
	for (unsigned codec = 0; codec < CODEC_COUNT; codec++)
		if (codec != than && audience_has(group, codec))
			return true;
	return false;
}

/* Whether those of a codec, but for the one whose it is, wait for a tail. */
static bool is_tail_awaited(const struct mixer *mixer, unsigned codec, const struct member *but_of)
{
	if (LIKELY(!mixer || mixer->tails == 0))
		return false;
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		const struct strand *strand = &mixer->strands[i];
		if (strand->is_tail && !strand_was_forwarded(strand, codec) &&
			(!but_of || strand->member != but_of))
			return true;
	}
	return false;
}

/* Nobody hears it mixed: what waits has been heard by all. */
static void forget(struct mixer *mixer, const struct member *member)
{
	struct strand *strand = find_strand(mixer, member);
	if (strand)
		free_strand(mixer, strand);
}

bool mixer_hear(struct group *group, struct member *member, const struct rtp_packet *packet)
{
	bool is_several =
		group->speaker_count > 1 || is_tail_awaited(group->mixer, member->codec, member);
	bool is_many = is_several || (group->mixer && group->mixer->is_many);
	if (LIKELY(!is_many && !has_other_codecs(group, member->codec))) {
		if (UNLIKELY(group->mixer))
			forget(group->mixer, member);
		return true;
	}
	struct mixer *mixer = mixer_of(group);
	struct strand *strand = mixer ? strand_of(mixer, member) : NULL;
	/* with no room to mix, better the first speaker alone than nobody */
	if (!strand)
		return group->speakers[0] == member;
	mixer->needed_ms = group->relay->now_ms;
	if (is_several) {
		mixer->is_many = true;
		mixer->many_ms = group->relay->now_ms;
	}
	strand_put(strand, packet, !mixer->is_many, group->relay->now_ns);
	/* its numbers go on, beyond what would be believed to belong together */
	if (mixer->is_many)
		splice_source_anew(&member->source);
	return !mixer->is_many;
}

void mixer_skip(struct group *group, const struct member *member, const struct rtp_packet *packet)
{
	struct strand *strand = group->mixer ? find_strand(group->mixer, member) : NULL;
	if (strand)
		jitter_skip(&strand->jitter, packet);
}

void mixer_end(struct group *group, struct member *member)
{
	struct mixer *mixer = group->mixer;
	struct strand *strand = mixer ? find_strand(mixer, member) : NULL;
	if (!strand || strand->is_tail)
		return;
	if (jitter_waiting_ms(&strand->jitter) < TAIL_MS_LEAST) {
		free_strand(mixer, strand);
		return;
	}
	strand->is_tail = true;
	strand->ended_ms = group->relay->now_ms;
	mixer->tails++;
	trail(member, true);
}

void mixer_leave(struct group *group, struct member *member)
{
	struct strand *strand = group->mixer ? find_strand(group->mixer, member) : NULL;
	if (strand)
		strand->member = NULL;
	member->is_trailing = false;
}

void mixer_done(struct group *group)
{
	if (group->mixer)
		free_strands(group->mixer);
	slab_give(&group->relay->mixers, group->mixer);
	group->mixer = NULL;
}

/* ---- what goes ---- */

static bool is_over(const struct strand *strand, uint64_t now_ms)
{
	return strand->is_tail && (now_ms - strand->ended_ms >= TAIL_MS_MOST ||
					  jitter_waiting_ms(&strand->jitter) < TAIL_MS_LEAST);
}

/* Whether anybody said anything. */
static bool pull_all(struct mixer *mixer, const struct relay *relay)
{
	bool is_any = false;
	mixer->band = 0;
	mixer->is_split = false;
	mix_clear(&mixer->mix, mixer->rate / 1000 * GROUP_FRAME_MS);
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		struct strand *strand = &mixer->strands[i];
		if (is_over(strand, relay->now_ms))
			free_strand(mixer, strand);
		if (!strand->is_used)
			continue;
		mixer->band = MAX(mixer->band, strand->band);
		strand_pull(strand, mixer->rate, relay->now_ns);
		if (strand->is_heard)
			mix_add(&mixer->mix, strand->samples);
		is_any |= strand->is_heard;
		mixer->is_split |= strand->forwarded > 0 && (mixer->is_many || mixer->tails > 0);
	}
	return is_any;
}

/* What those of a codec have not heard yet, but for one's own voice; false: nothing. */
static bool sum(struct mixer *mixer, unsigned codec, const struct strand *own, int16_t *ret_samples)
{
	bool is_any = false;
	if (LIKELY(!mixer->is_split)) {
		if (own && own->is_heard)
			mix_without(&mixer->mix, own->samples, ret_samples);
		else
			mix_all(&mixer->mix, ret_samples);
		return true;
	}
	mix_clear(&mixer->mix, mixer->rate / 1000 * GROUP_FRAME_MS);
	for (unsigned i = 0; i < ARRAY_LENGTH(mixer->strands); i++) {
		const struct strand *strand = &mixer->strands[i];
		int16_t part[MIXER_SAMPLES_MAX];
		const int16_t *heard = strand_heard_by(strand, codec, mixer->rate, part);
		is_any |= heard != NULL;
		if (heard && strand != own)
			mix_add(&mixer->mix, heard);
	}
	mix_all(&mixer->mix, ret_samples);
	return is_any;
}

static size_t encode(const struct mixer *mixer, unsigned codec, struct codec_encoder *encoder,
	struct ladder *down, const int16_t *samples, uint8_t *ret_payload)
{
	const struct mixer_rates rates = {
		.mix = mixer->rate, .codec = codec_rate(mixer, codec), .band = mixer->band};
	return mixer_encode(encoder, (enum codec_id)codec, &rates, down, samples, ret_payload);
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

/* Ready to encode for those who listen now. */
static int begin_out(struct group *group, unsigned codec)
{
	struct mixer *mixer = group->mixer;
	return mixer_out_begin(&mixer->outs[codec], (enum codec_id)codec, codec_rate(mixer, codec),
		audience_settings(group, codec));
}

/* To all of a codec who do not speak. */
static void send_shared(struct group *group, unsigned codec)
{
	struct mixer *mixer = group->mixer;
	struct mixer_out *out = &mixer->outs[codec];
	int16_t samples[MIXER_SAMPLES_MAX];
	struct fanout_frame frame;
	if (!sum(mixer, codec, NULL, samples))
		return;
	if (begin_out(group, codec) < 0)
		return;
	frame.length = encode(
		mixer, codec, out->encoder, &out->down, samples, frame.bytes + RTP_HEADER_SIZE);
	if (frame.length == 0)
		return;
	fanout_frame(group, codec, &frame);
	send_to_the_mute(group, codec, &frame);
}

/* To a speaker: all but himself. */
static void send_without(struct group *group, struct strand *strand)
{
	struct mixer *mixer = group->mixer;
	int16_t samples[MIXER_SAMPLES_MAX];
	struct fanout_frame frame;
	if (!list_is_linked(&strand->member->listening) || strand->member->codec != strand->codec ||
		!sum(mixer, strand->codec, strand, samples))
		return;
	frame.length = encode(mixer, strand->codec, strand->encoder, &strand->down, samples,
		frame.bytes + RTP_HEADER_SIZE);
	if (frame.length > 0)
		fanout_frame_to(group, strand->member, &frame);
}

static bool is_forwarded_to(const struct group *group, unsigned codec)
{
	const struct mixer *mixer = group->mixer;
	return !mixer->is_many && group->speaker_count > 0 && group->speakers[0]->codec == codec &&
	       !is_tail_awaited(mixer, codec, group->speakers[0]);
}

static void send_all(struct group *group)
{
	struct mixer *mixer = group->mixer;
	for (unsigned codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++)
		if (!is_forwarded_to(group, codec) && audience_has(group, codec))
			send_shared(group, codec);
	for (unsigned i = 0; mixer->is_many && i < ARRAY_LENGTH(mixer->strands); i++)
		if (mixer->strands[i].member)
			send_without(group, &mixer->strands[i]);
}

/* ---- one is left ---- */

/* After those who ended have been heard out. */
static void mix_no_more(struct group *group)
{
	struct mixer *mixer = group->mixer;
	struct strand *strand =
		group->speaker_count > 0 ? find_strand(mixer, group->speakers[0]) : NULL;
	if (!mixer->is_many || group->speaker_count > 1 || mixer->tails > 0 ||
		group->relay->now_ms - mixer->many_ms <= MANY_MS)
		return;
	uint64_t late_ms = group->relay->now_ms - mixer->many_ms - MANY_MS;
	mixer->is_many = strand && !handover(group, strand, late_ms >= HANDOVER_MS_MOST);
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
	if (pull_all(mixer, relay))
		send_all(group);
	mix_no_more(group);
}
