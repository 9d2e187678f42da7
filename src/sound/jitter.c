/* SPDX-License-Identifier: Apache-2.0 */
/* jitter.c: a talker's packets brought to an even pace, for a mix. */
#include "sound/jitter.h"

#include <string.h>

#include "base/macros.h"

#define MS_NS UINT64_C(1000000)
/* Farther from the newest packet is another numbering. */
#define LEAP_MS_MOST  5000
#define LEAP_SEQUENCE 3000
/* So much in a row is guessed; then it is a pause. A coder guesses in steps of 2.5 ms. */
#define CONCEAL_MS_MOST 80
#define CONCEAL_STEPS   8 /* in 20 ms */
/* A hole of more than that is not waited through. */
#define HOLE_MS_MOST 200
/* The base follows a way that got longer by a part of the difference a packet, and what was late is
 * forgotten likewise. */
#define BASE_PART 256
#define PEAK_PART 128
/* A second of pulls; what a packet must have waited beyond a frame all the time, at least, for the
 * delay to be cut. */
#define JUDGED_PULLS   50
#define SPARE_US       2000
#define PEAK_SPARE(us) ((us) / 4)
/* Far too much waits: one frame of five is blended away. */
#define HURRY_PULLS 4

void jitter_begin(
	struct jitter *jitter, struct codec_decoder *decoder, enum codec_id codec, uint32_t rate)
{
	memset(jitter, 0, offsetof(struct jitter, samples));
	for (unsigned i = 0; i < JITTER_PACKETS; i++)
		jitter->slots[i].length = 0;
	jitter->decoder = decoder;
	jitter->clock_ms = codec_row(codec)->clock / 1000;
	jitter->rate_ms = rate / 1000;
	jitter->packet_ticks = JITTER_FRAME_MS * jitter->clock_ms;
}

static int32_t ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static uint32_t frame_samples(const struct jitter *jitter)
{
	return JITTER_FRAME_MS * jitter->rate_ms;
}

static uint32_t to_ticks(const struct jitter *jitter, uint32_t samples)
{
	return samples * jitter->clock_ms / jitter->rate_ms;
}

static uint32_t to_samples(const struct jitter *jitter, uint32_t ticks)
{
	return ticks * jitter->rate_ms / jitter->clock_ms;
}

/* ---- putting in ---- */

static bool is_anew(const struct jitter *jitter, const struct rtp_packet *packet)
{
	int32_t most = (int32_t)(LEAP_MS_MOST * jitter->clock_ms);
	int32_t gone = ahead(packet->timestamp, jitter->newest);
	int16_t numbers = (int16_t)(uint16_t)(packet->sequence - jitter->newest_sequence);
	return !jitter->is_heard || packet->ssrc != jitter->ssrc || gone > most || gone < -most ||
	       numbers > LEAP_SEQUENCE || numbers < -LEAP_SEQUENCE;
}

/* What was decoded is still said. */
static void begin_source(struct jitter *jitter, const struct rtp_packet *packet, uint64_t now_ns)
{
	for (unsigned i = 0; i < JITTER_PACKETS; i++)
		jitter->slots[i].length = 0;
	jitter->is_heard = true;
	jitter->is_playing = false;
	jitter->ssrc = packet->ssrc;
	jitter->newest = packet->timestamp;
	jitter->newest_sequence = packet->sequence;
	jitter->newest_us = 0;
	jitter->base_us = (int64_t)(now_ns / 1000);
	/* some that were sent before it may still come */
	jitter->play = packet->timestamp - JITTER_MS_MOST * jitter->clock_ms;
}

/* How late it is, compared with the fastest of late. */
static void judge_way(struct jitter *jitter, const struct rtp_packet *packet, uint64_t now_ns)
{
	int64_t gone = ahead(packet->timestamp, jitter->newest);
	int64_t stamp_us = jitter->newest_us + gone * 1000 / jitter->clock_ms;
	int64_t way_us = (int64_t)(now_ns / 1000) - stamp_us;
	if (gone > 0) {
		jitter->newest = packet->timestamp;
		jitter->newest_us = stamp_us;
		jitter->newest_sequence = packet->sequence;
	}
	jitter->base_us += MAX(0, (way_us - jitter->base_us) / BASE_PART);
	jitter->base_us = MIN(jitter->base_us, way_us);
	uint32_t late_us = (uint32_t)MIN(way_us - jitter->base_us, JITTER_MS_MOST * 1000);
	jitter->peak_us -= jitter->peak_us / PEAK_PART;
	jitter->peak_us = MAX(jitter->peak_us, late_us);
}

/* More waits than there is room for: it is not missed, or guessing it would take as long as it
 * lasts, and as much would have to go meanwhile. */
static struct jitter_slot *throw_out(struct jitter *jitter, struct jitter_slot *slot)
{
	uint32_t end = slot->timestamp + jitter->packet_ticks;
	jitter->overrun++;
	if (ahead(end, jitter->play) > 0) {
		jitter->play = end;
		jitter->play_sequence = (uint16_t)(slot->sequence + 1);
		jitter->stretched = 0;
	}
	return slot;
}

/* NULL: it is there already. The oldest has to go where all are taken. */
static struct jitter_slot *find_room(struct jitter *jitter, const struct rtp_packet *packet)
{
	struct jitter_slot *free = NULL, *oldest = &jitter->slots[0];
	for (unsigned i = 0; i < JITTER_PACKETS; i++) {
		struct jitter_slot *slot = &jitter->slots[i];
		if (slot->length == 0)
			free = slot;
		else if (slot->timestamp == packet->timestamp)
			return NULL;
		else if (ahead(slot->timestamp, oldest->timestamp) < 0)
			oldest = slot;
	}
	return free ? free : throw_out(jitter, oldest);
}

static bool is_empty(const struct jitter *jitter)
{
	for (unsigned i = 0; i < JITTER_PACKETS; i++)
		if (jitter->slots[i].length)
			return false;
	return true;
}

/* Playing begins when a packet as late as the latest would have come. */
static void set_begin(struct jitter *jitter, uint64_t now_ns)
{
	uint32_t most_us = (JITTER_MS_MOST - JITTER_MS_LEAST) * 1000;
	jitter->begin_ns = now_ns + MIN(jitter->peak_us, most_us) * UINT64_C(1000);
}

bool jitter_put(struct jitter *jitter, const struct rtp_packet *packet, uint64_t now_ns)
{
	if (packet->payload_length == 0 || packet->payload_length > JITTER_PAYLOAD_MAX) {
		jitter->refused++;
		return false;
	}
	if (is_anew(jitter, packet))
		begin_source(jitter, packet, now_ns);
	judge_way(jitter, packet, now_ns);
	if (ahead(packet->timestamp, jitter->play) < 0) {
		jitter->late++;
		return false;
	}
	if (!jitter->is_playing && is_empty(jitter))
		set_begin(jitter, now_ns);
	struct jitter_slot *slot = find_room(jitter, packet);
	if (!slot) {
		jitter->duplicates++;
		return false;
	}
	slot->came_ns = now_ns;
	slot->timestamp = packet->timestamp;
	slot->sequence = packet->sequence;
	slot->length = (uint16_t)packet->payload_length;
	memcpy(slot->payload, packet->payload, packet->payload_length);
	return true;
}

void jitter_skip(struct jitter *jitter, const struct rtp_packet *packet)
{
	if (!jitter->is_heard || packet->ssrc != jitter->ssrc)
		return;
	if (packet->sequence != jitter->skip_end)
		jitter->skip_first = packet->sequence;
	jitter->skip_end = (uint16_t)(packet->sequence + 1);
}

/* ---- taking out ---- */

/* What was said last was followed by something that is no sound. */
static bool is_pause(const struct jitter *jitter)
{
	return jitter->play_sequence == jitter->skip_first &&
	       jitter->skip_first != jitter->skip_end;
}

static bool is_behind_a_loss(const struct jitter *jitter, const struct jitter_slot *next)
{
	return next->sequence != (is_pause(jitter) ? jitter->skip_end : jitter->play_sequence);
}

const struct jitter_slot *jitter_behind(const struct jitter *jitter, const struct jitter_slot *slot)
{
	const struct jitter_slot *next = NULL;
	for (unsigned i = 0; i < JITTER_PACKETS; i++) {
		const struct jitter_slot *other = &jitter->slots[i];
		if (!other->length || (slot && ahead(other->timestamp, slot->timestamp) <= 0))
			continue;
		if (!next || ahead(other->timestamp, next->timestamp) < 0)
			next = other;
	}
	return next;
}

/* The oldest that waits, or NULL. */
static struct jitter_slot *first_slot(struct jitter *jitter)
{
	return (struct jitter_slot *)jitter_behind(jitter, NULL);
}

/* Guesses about `samples` of them, no more than a frame. How many it made. */
static uint32_t conceal(struct jitter *jitter, uint32_t samples, const struct jitter_slot *next)
{
	uint32_t step = frame_samples(jitter) / CONCEAL_STEPS;
	samples = MIN((samples + step - 1) / step * step, frame_samples(jitter));
	int made = codec_conceal(jitter->decoder, next ? next->payload : NULL,
		next ? next->length : 0, samples, jitter->samples + jitter->fill);
	uint32_t count = (uint32_t)MAX(made, 0);
	/* where the coder fails, it is silent */
	memset(jitter->samples + jitter->fill + count, 0,
		(samples - count) * sizeof(jitter->samples[0]));
	jitter->fill += samples;
	jitter->concealed_ms += samples / jitter->rate_ms;
	return samples;
}

static void hush(struct jitter *jitter, uint32_t samples)
{
	memset(jitter->samples + jitter->fill, 0, samples * sizeof(jitter->samples[0]));
	jitter->fill += samples;
}

static enum jitter_heard decode(struct jitter *jitter, struct jitter_slot *slot, uint64_t now_ns)
{
	uint64_t waited_us = (now_ns - slot->came_ns) / 1000;
	int count = codec_decode(
		jitter->decoder, slot->payload, slot->length, jitter->samples + jitter->fill);
	jitter->spare_us = (uint32_t)MIN(jitter->spare_us, waited_us);
	jitter->play = slot->timestamp;
	jitter->play_sequence = (uint16_t)(slot->sequence + 1);
	jitter->stretched = 0;
	slot->length = 0;
	if (count <= 0) {
		jitter->refused++;
		return JITTER_NOTHING;
	}
	jitter->packet_ticks = to_ticks(jitter, (uint32_t)count);
	jitter->play += jitter->packet_ticks;
	jitter->fill += (uint32_t)count;
	return JITTER_SOUND;
}

/* Nothing is there: time is won by guessing, or it is a pause. */
static enum jitter_heard run_dry(struct jitter *jitter, uint32_t wanted)
{
	/* the first packet was shorter than a frame: there will be more */
	if (jitter->is_starting) {
		jitter->is_playing = false;
		return JITTER_NOTHING;
	}
	if (is_pause(jitter) || jitter->stretched >= CONCEAL_MS_MOST * jitter->clock_ms) {
		jitter->is_playing = false;
		jitter->stretched = 0;
		return JITTER_NOTHING;
	}
	jitter->stretched += to_ticks(jitter, conceal(jitter, wanted, NULL));
	return JITTER_CONCEALED;
}

/* `gap` ticks before the next packet: lost, or not sent because there was silence. */
static enum jitter_heard close_gap(
	struct jitter *jitter, const struct jitter_slot *next, uint32_t gap, uint32_t wanted)
{
	bool is_lost = is_behind_a_loss(jitter, next);
	uint32_t samples = MIN(to_samples(jitter, gap), is_lost ? UINT32_MAX : wanted);
	/* less than a sample, or not to be waited through */
	if (samples == 0 || gap > HOLE_MS_MOST * jitter->clock_ms) {
		jitter->play = next->timestamp;
		return JITTER_NOTHING;
	}
	if (!is_lost) {
		hush(jitter, samples);
		jitter->play += to_ticks(jitter, samples);
		return JITTER_NOTHING;
	}
	bool is_last = gap <= jitter->packet_ticks;
	samples = conceal(jitter, samples, is_last ? next : NULL);
	jitter->play += MIN(to_ticks(jitter, samples), gap);
	return JITTER_CONCEALED;
}

/* The next piece, towards `wanted` samples more; adds samples, uses up a packet, comes to one, or
 * stops playing. */
static enum jitter_heard next_piece(struct jitter *jitter, uint32_t wanted, uint64_t now_ns)
{
	struct jitter_slot *slot = first_slot(jitter);
	if (!slot)
		return run_dry(jitter, wanted);
	int32_t gap = ahead(slot->timestamp, jitter->play);
	if (gap < 0) {
		/* it came before one that lasted longer than it may */
		jitter->late++;
		slot->length = 0;
		return JITTER_NOTHING;
	}
	/* what was guessed when nothing was there stands for what turned out to be lost */
	uint32_t known = MIN((uint32_t)gap, jitter->stretched);
	jitter->play += known;
	jitter->stretched -= known;
	if ((uint32_t)gap > known)
		return close_gap(jitter, slot, (uint32_t)gap - known, wanted);
	return decode(jitter, slot, now_ns);
}

/* Decodes until `count` samples are there or it stops playing. */
static enum jitter_heard fetch(struct jitter *jitter, uint32_t count, uint64_t now_ns)
{
	enum jitter_heard heard = JITTER_NOTHING;
	while (jitter->fill < count && jitter->is_playing) {
		enum jitter_heard piece = next_piece(jitter, count - jitter->fill, now_ns);
		heard = MAX(heard, piece);
	}
	return heard;
}

static void take(struct jitter *jitter, uint32_t count)
{
	jitter->fill -= count;
	memmove(jitter->samples, jitter->samples + count,
		jitter->fill * sizeof(jitter->samples[0]));
}

uint32_t jitter_waiting_ms(const struct jitter *jitter)
{
	uint32_t ms = jitter->fill / jitter->rate_ms;
	if (!is_empty(jitter)) {
		int32_t span = ahead(jitter->newest + jitter->packet_ticks, jitter->play);
		ms += (uint32_t)MAX(span, 0) / jitter->clock_ms;
	}
	return ms;
}

uint32_t jitter_place(const struct jitter *jitter)
{
	return jitter->play - to_ticks(jitter, jitter->fill);
}

/* Whether there is more than is needed. */
static bool is_too_much(struct jitter *jitter)
{
	uint32_t needed_us = JITTER_FRAME_MS * 1000 + SPARE_US + PEAK_SPARE(jitter->peak_us);
	bool hurries = jitter_waiting_ms(jitter) > JITTER_MS_MOST && jitter->pulls >= HURRY_PULLS;
	if (!hurries && ++jitter->pulls < JUDGED_PULLS)
		return false;
	bool is_spare = jitter->spare_us >= needed_us;
	jitter->pulls = 0;
	jitter->spare_us = UINT32_MAX;
	return hurries || is_spare;
}

/* Two frames become one, the first fading into the second. */
static void blend(struct jitter *jitter, uint64_t now_ns)
{
	uint32_t frame = frame_samples(jitter);
	struct jitter_slot *next = first_slot(jitter);
	bool is_next = next && next->timestamp == jitter->play;
	if (jitter->fill < 2 * frame &&
		(!is_next || jitter_waiting_ms(jitter) < 2 * JITTER_FRAME_MS))
		return;
	fetch(jitter, 2 * frame, now_ns);
	if (jitter->fill < 2 * frame)
		return;
	int16_t *first = jitter->samples, *second = first + frame;
	for (uint32_t i = 0; i < frame; i++)
		second[i] = (int16_t)((first[i] * (int32_t)(frame - i) + second[i] * (int32_t)i) /
				      (int32_t)frame);
	take(jitter, frame);
	jitter->blended++;
}

static void begin_playing(struct jitter *jitter, uint64_t now_ns)
{
	struct jitter_slot *first = first_slot(jitter);
	if (!first || now_ns < jitter->begin_ns)
		return;
	jitter->is_playing = jitter->is_starting = true;
	jitter->play = first->timestamp;
	jitter->play_sequence = first->sequence;
	jitter->pulls = jitter->stretched = 0;
	jitter->spare_us = UINT32_MAX;
}

enum jitter_heard jitter_pull(struct jitter *jitter, uint64_t now_ns, int16_t *ret_samples)
{
	uint32_t frame = frame_samples(jitter);
	bool had_sound = jitter->fill > 0;
	if (!jitter->is_playing)
		begin_playing(jitter, now_ns);
	enum jitter_heard heard = fetch(jitter, frame, now_ns);
	if (jitter->is_starting && !jitter->is_playing) {
		memset(ret_samples, 0, frame * sizeof(*ret_samples));
		return JITTER_NOTHING;
	}
	jitter->is_starting = false;
	if (jitter->is_playing && is_too_much(jitter))
		blend(jitter, now_ns);
	if (jitter->fill < frame)
		hush(jitter, frame - jitter->fill);
	memcpy(ret_samples, jitter->samples, frame * sizeof(*ret_samples));
	take(jitter, frame);
	return heard == JITTER_NOTHING && had_sound ? JITTER_SOUND : heard;
}
