/* SPDX-License-Identifier: Apache-2.0 */
/* transcoder.c: both ways of a transcoded session, its RTCP, and the stock of what that takes. */
#include "media/transcoder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/metrics.h"
#include "base/random.h"
#include "media/config.h"

#define COUNT_DEFAULT 64
#define RATE_LOW      8000
#define RATE_HIGH     16000

/* ---- the stock ---- */

static struct resampler **resamplers_of(
	const struct transcoders *transcoders, const struct transcoder *transcoder, unsigned way)
{
	uint32_t index = slab_index(&transcoders->slab, transcoder);
	return &transcoders->resamplers[2 * (MEDIA_ENDS * index + way)];
}

/* Only where there are codecs that differ in rate by themselves. */
static bool needs_resamplers(void)
{
	return resampler_is_built() && codec_is_built(CODEC_G722);
}

static int make_resamplers(struct transcoders *transcoders)
{
	uint32_t count = 2 * MEDIA_ENDS * transcoders->capacity;
	transcoders->resamplers = calloc(count, sizeof(*transcoders->resamplers));
	if (!transcoders->resamplers)
		return -ENOMEM;
	for (uint32_t i = 0; i < count && needs_resamplers(); i++) {
		int error =
			i % 2 == 0
				? resampler_new(&transcoders->resamplers[i], RATE_LOW, RATE_HIGH)
				: resampler_new(&transcoders->resamplers[i], RATE_HIGH, RATE_LOW);
		if (error)
			return error;
	}
	return 0;
}

int transcoders_init(struct transcoders *transcoders, uint32_t count)
{
	size_t coders = MEDIA_ENDS * (codec_decoder_size() + codec_encoder_size());
	if (count == MEDIA_TRANSCODERS_NONE)
		return 0;
	transcoders->capacity = count ? count : COUNT_DEFAULT;
	int error = slab_init(&transcoders->slab, "transcoders", sizeof(struct transcoder) + coders,
		transcoders->capacity);
	return error ? error : make_resamplers(transcoders);
}

void transcoders_done(struct transcoders *transcoders)
{
	for (uint32_t i = 0; transcoders->resamplers && i < 2 * MEDIA_ENDS * transcoders->capacity;
		i++)
		resampler_free(transcoders->resamplers[i]);
	free(transcoders->resamplers);
	transcoders->resamplers = NULL;
	slab_done(&transcoders->slab);
}

bool transcoder_reserve(struct transcoders *transcoders)
{
	uint32_t reserved = atomic_load_explicit(&transcoders->reserved, memory_order_relaxed);
	while (reserved < transcoders->capacity)
		if (atomic_compare_exchange_weak_explicit(&transcoders->reserved, &reserved,
			    reserved + 1, memory_order_relaxed, memory_order_relaxed))
			return true;
	return false;
}

void transcoder_release(struct transcoders *transcoders)
{
	atomic_fetch_sub_explicit(&transcoders->reserved, 1, memory_order_relaxed);
}

/* ---- one session ---- */

static void send_to(void *context, const void *bytes, uint32_t length)
{
	end_send(context, bytes, length, false);
}

struct transcoder *transcoder_take(
	struct transcoders *transcoders, struct stream_end ends[MEDIA_ENDS], uint64_t now_ms)
{
	struct transcoder *transcoder = slab_take(&transcoders->slab);
	if (!transcoder)
		return NULL;
	memset(transcoder, 0, sizeof(*transcoder));
	transcoder->ends = ends;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		reporter_begin(&transcoder->reporters[i], now_ms);
	snprintf(transcoder->cname, sizeof(transcoder->cname), "%016llx%08llx",
		(unsigned long long)random_u64(), (unsigned long long)random_u64() & 0xffffffff);
	char *coders = transcoder->coders;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		struct resampler **resamplers = resamplers_of(transcoders, transcoder, i);
		transcoder->voices[i].parts = (struct voice_parts){
			.decoder = (struct codec_decoder *)coders,
			.encoder = (struct codec_encoder *)(coders + codec_decoder_size()),
			.up = resamplers[0],
			.down = resamplers[1],
			.send = send_to,
			.context = &ends[1 - i],
		};
		coders += codec_decoder_size() + codec_encoder_size();
	}
	return transcoder;
}

void transcoder_give(struct transcoders *transcoders, struct transcoder *transcoder)
{
	slab_give(&transcoders->slab, transcoder);
}

static bool is_same_types(const struct media_types *a, const struct media_types *b)
{
	return a->voice == b->voice && a->events == b->events && a->noise == b->noise;
}

static bool has_same_foreign(const struct media_coding *a, const struct media_coding *b)
{
	if (a->is_agreed != b->is_agreed || a->foreign_count != b->foreign_count)
		return false;
	for (unsigned i = 0; i < a->foreign_count; i++)
		if (a->foreign[i].payload_type != b->foreign[i].payload_type ||
			a->foreign[i].codec != b->foreign[i].codec ||
			a->foreign[i].rate != b->foreign[i].rate)
			return false;
	return true;
}

static bool is_same(const struct media_coding *a, const struct media_coding *b)
{
	return a->codec == b->codec && a->packet_ms == b->packet_ms &&
	       a->event_rate == b->event_rate &&
	       codec_settings_are_same(&a->settings, &b->settings) &&
	       is_same_types(&a->sends, &b->sends) && is_same_types(&a->gets, &b->gets) &&
	       has_same_foreign(a, b);
}

int transcoder_set(
	struct transcoder *transcoder, const struct media_coding *const codings[MEDIA_ENDS])
{
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		struct voice *voice = &transcoder->voices[i];
		const struct media_coding *from = codings[i], *to = codings[1 - i];
		if (voice->out.is_begun && is_same(&voice->from, from) && is_same(&voice->to, to))
			continue;
		int error = voice_set(voice, from, to);
		if (error)
			return error;
	}
	return 0;
}

/* ---- packets and reports ---- */

void transcoder_hear(struct transcoder *transcoder, struct stream_end *from,
	const struct media_packet *packet, uint64_t now_ns)
{
	struct rtp_packet rtp;
	if (packet->kind == RTP_KIND_RTCP)
		reporter_hear(&transcoder->reporters[from->index], packet, now_ns);
	else if (rtp_packet_parse(packet->bytes, packet->length, &rtp) > 0)
		voice_hear(&transcoder->voices[from->index], &rtp, now_ns);
	else
		metrics_add(METRIC_media_dropped_not_rtp, 1);
}

void transcoder_watch(struct transcoder *transcoder, uint64_t now_ns)
{
	/* both at once */
	if (!reporter_is_due(&transcoder->reporters[0], now_ns / 1000000))
		return;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		const struct voice *voice = &transcoder->voices[1 - i];
		struct reporter_stream stream = {.ssrc = voice->out.ssrc,
			.timestamp = voice_timestamp(voice, now_ns),
			.packets = voice->out.packets,
			.octets = voice->out.octets,
			.cname = transcoder->cname};
		reporter_send(&transcoder->reporters[i], &transcoder->ends[i], &stream, now_ns);
	}
}
