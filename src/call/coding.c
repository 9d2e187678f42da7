/* SPDX-License-Identifier: Apache-2.0 */
/* coding.c: ends that share no codec: what the second one is offered beyond what the first one
 * said, and what its answer becomes for the first one. */
#include "call/private.h"
#include "codec/pair.h"

/* The formats of an m-line, as pair.h wants them. */
struct format_list {
	struct codec_format list[PV_SDP_FORMATS_MAX];
	unsigned count;
};

static void read_list(const struct pv_sdp_media *media, struct format_list *ret)
{
	struct pv_sdp_formats formats;
	pv_sdp_formats_read(media, &formats);
	ret->count = 0;
	for (unsigned i = 0; i < formats.count; i++) {
		const struct pv_sdp_format *format = &formats.list[i];
		if (format->payload_type < 0)
			continue;
		ret->list[ret->count++] = (struct codec_format){
			.name = format->encoding,
			.clock = format->clock_rate,
			.channels = (uint8_t)MIN(format->channels, UINT8_MAX),
			.payload_type = (uint8_t)format->payload_type,
			.fmtp = format->fmtp,
		};
	}
}

static struct pv_sdp_format to_sdp(const struct codec_format *format, struct pv_span fmtp)
{
	return (struct pv_sdp_format){
		.payload_type = format->payload_type,
		.encoding = format->name,
		.clock_rate = format->clock,
		.channels = format->channels,
		.fmtp = fmtp,
	};
}

/* ---- an offer ---- */

/* Keys of any kind mean that it is for the ends alone to read. */
static bool may_code(const struct pv_sdp_media *media)
{
	return media->kind == PV_SDP_AUDIO && media->is_rtp && !media->is_secure &&
	       !media->has_crypto && !media->has_fingerprint && !pv_sdp_is_rejected(media);
}

static enum codec_id codec_named(struct pv_span name)
{
	for (unsigned codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++)
		if (pv_span_equal_nocase(codec_row((enum codec_id)codec)->name, name))
			return (enum codec_id)codec;
	return CODEC_NONE;
}

static bool has_codec(const struct codec_order *order, enum codec_id codec)
{
	for (unsigned i = 0; i < order->count; i++)
		if (order->codecs[i] == codec)
			return true;
	return false;
}

/* media.codecs, as far as they are ours. */
static void read_policy(const struct calls_settings *settings, struct codec_order *ret)
{
	ret->count = 0;
	for (unsigned i = 0; i < settings->codec_count; i++) {
		enum codec_id codec = codec_named(settings->codecs[i]);
		if (codec != CODEC_NONE && !has_codec(ret, codec))
			ret->codecs[ret->count++] = (uint8_t)codec;
	}
}

/* Whether the filter leaves it. */
static bool is_left(const struct calls_settings *settings, const struct codec_format *format)
{
	if (!settings->codec_count || codec_companion_of(format) == CODEC_EVENTS)
		return true;
	for (unsigned i = 0; i < settings->codec_count; i++)
		if (pv_span_equal_nocase(format->name, settings->codecs[i]))
			return true;
	return false;
}

static void take_number(int number, uint64_t taken[2])
{
	if (number >= 0 && number < 128)
		taken[number / 64] |= UINT64_C(1) << number % 64;
}

/* The numbers that the description uses, and those that its m-lines got in addition already. */
static void list_numbers(
	const struct pv_sdp *sdp, const struct pv_sdp_change *change, uint64_t ret[2])
{
	struct pv_sdp_formats formats;
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct pv_sdp_media_change *one = &change->media[i];
		formats.count = 0;
		if (sdp->media[i].is_rtp)
			pv_sdp_formats_read(&sdp->media[i], &formats);
		for (unsigned k = 0; k < formats.count; k++)
			take_number(formats.list[k].payload_type, ret);
		for (unsigned k = 0; k < one->added_count; k++)
			take_number(one->added[k].payload_type, ret);
	}
}

void coding_extend(struct calls *calls, unsigned index, struct pv_sdp_change *all)
{
	const struct pv_sdp_media *media = &calls->sdp.media[index];
	struct pv_sdp_media_change *change = &all->media[index];
	const struct calls_settings *settings = &calls->settings;
	struct codec_addition additions[CODEC_ADDITIONS_MAX];
	struct codec_order policy;
	struct format_list own;
	uint64_t taken[2] = {0};
	unsigned left = 0;
	if (!may_code(media) || change->reject)
		return;
	read_list(media, &own);
	for (unsigned i = 0; i < own.count; i++)
		if (is_left(settings, &own.list[i]))
			own.list[left++] = own.list[i];
	read_policy(settings, &policy);
	list_numbers(&calls->sdp, all, taken);
	unsigned count = codec_additions(
		own.list, left, settings->codec_count ? &policy : NULL, taken, additions);
	if (media->format_count + count > PV_SDP_FORMATS_MAX)
		return;
	for (unsigned i = 0; i < count; i++)
		calls->added[index][i] = to_sdp(&additions[i].format, additions[i].format.fmtp);
	change->added = calls->added[index];
	change->added_count = count;
}

/* ---- an answer ---- */

/* An answer to an extended offer. */
struct answering {
	const struct pv_sdp_media *offered, *answered;
	unsigned own_count;        /* of the formats that were offered, the offerer's own */
	struct format_list offers; /* its own, then those that we added */
	struct format_list answers;
};

static int index_of(const struct format_list *list, unsigned from, unsigned to,
	const struct codec_format *format)
{
	for (unsigned i = from; i < to; i++)
		if (codec_format_is_same(&list->list[i], format))
			return (int)i;
	return -1;
}

/* An answer under the number of the offer means what was offered, when it leaves out the rtpmap or
 * writes another clock or other channels behind the same name, as some do. */
static void complete(struct answering *a)
{
	for (unsigned i = 0; i < a->answers.count; i++) {
		struct codec_format *format = &a->answers.list[i];
		for (unsigned k = 0; k < a->offers.count; k++) {
			const struct codec_format *offer = &a->offers.list[k];
			bool is_meant = pv_span_is_empty(format->name) ||
					pv_span_equal_nocase(format->name, offer->name);
			if (offer->payload_type != format->payload_type || !is_meant)
				continue;
			format->name = offer->name;
			format->clock = offer->clock;
			format->channels = offer->channels;
		}
	}
}

/* A format that nobody gave a name, and that both have. */
static bool has_nameless(const struct answering *a)
{
	for (unsigned i = 0; i < a->answers.count; i++)
		for (unsigned k = 0; k < a->own_count; k++)
			if (pv_span_is_empty(a->answers.list[i].name) &&
				pv_span_is_empty(a->offers.list[k].name) &&
				a->answers.list[i].payload_type == a->offers.list[k].payload_type)
				return true;
	return false;
}

/* The offerer does not know what was added. */
static void remove_added(const struct answering *a, struct pv_sdp_media_change *change)
{
	for (unsigned i = 0; i < a->answers.count; i++) {
		const struct codec_format *format = &a->answers.list[i];
		if (index_of(&a->offers, 0, a->own_count, format) < 0 &&
			index_of(&a->offers, a->own_count, a->offers.count, format) >= 0)
			change->pick = true;
		else
			change->picked[format->payload_type / 64] |= UINT64_C(1)
								     << format->payload_type % 64;
	}
}

/* The number of something that we added is that of something else in the answer. */
static bool means_another(const struct answering *a, const struct codec_format *added)
{
	for (unsigned i = 0; i < a->answers.count; i++)
		if (a->answers.list[i].payload_type == added->payload_type &&
			!codec_format_is_same(&a->answers.list[i], added))
			return true;
	return false;
}

/* The first common codec that is ours: what foreign sound is made into. */
static bool find_agreed(const struct answering *a, struct codec_pair *ret)
{
	for (unsigned k = 0; k < a->answers.count; k++) {
		const struct codec_format *format = &a->answers.list[k];
		int own = index_of(&a->offers, 0, a->own_count, format);
		enum codec_id codec = codec_find(format->name, format->clock, format->channels);
		if (own < 0 || !codec_is_built(codec))
			continue;
		*ret = (struct codec_pair){(unsigned)own, k, codec, codec};
		return true;
	}
	return false;
}

static uint8_t packet_ms(const struct pv_sdp_media *media)
{
	unsigned wanted = media->ptime ? media->ptime : 20;
	if (media->maxptime && media->maxptime < wanted)
		wanted = media->maxptime;
	return (uint8_t)MIN(wanted, CODEC_PACKET_MS_MAX);
}

/* What of both halves goes together: -1 where one end has none. */
struct companions {
	int offered, answered;
};

static struct companions companions(
	const struct answering *a, const struct codec_pair *pair, enum codec_companion kind)
{
	const struct companions both = {
		codec_companion(a->offers.list, a->own_count, pair->a, kind),
		codec_companion(a->answers.list, a->answers.count, pair->b, kind)};
	bool has_both = both.offered >= 0 && both.answered >= 0;
	return has_both ? both : (struct companions){-1, -1};
}

/* The number under which the answerer was offered its format. */
static uint8_t number_offered(const struct answering *a, unsigned answer)
{
	const struct codec_format *format = &a->answers.list[answer];
	int at = index_of(&a->offers, 0, a->offers.count, format);
	return at < 0 ? format->payload_type : a->offers.list[at].payload_type;
}

static void describe_offerer(const struct answering *a, const struct codec_pair *pair,
	const struct companions *events, const struct companions *noise, struct media_coding *ret)
{
	const struct codec_format *half = &a->offers.list[pair->a];
	ret->codec = (uint8_t)pair->codec_a;
	ret->packet_ms = packet_ms(a->offered);
	codec_settings_read(pair->codec_a, half->fmtp, &ret->settings);
	ret->gets.voice = half->payload_type;
	if (events->offered >= 0) {
		ret->event_rate = a->offers.list[events->offered].clock;
		ret->gets.events = a->offers.list[events->offered].payload_type;
	}
	if (noise->offered >= 0)
		ret->gets.noise = a->offers.list[noise->offered].payload_type;
	ret->sends = ret->gets; /* we answer with its own numbers */
}

static void describe_answerer(const struct answering *a, const struct codec_pair *pair,
	const struct companions *events, const struct companions *noise, struct media_coding *ret)
{
	const struct codec_format *half = &a->answers.list[pair->b];
	ret->codec = (uint8_t)pair->codec_b;
	ret->packet_ms = packet_ms(a->answered);
	codec_settings_read(pair->codec_b, half->fmtp, &ret->settings);
	ret->gets.voice = half->payload_type;
	ret->sends.voice = number_offered(a, pair->b);
	if (events->answered >= 0) {
		ret->event_rate = a->answers.list[events->answered].clock;
		ret->gets.events = a->answers.list[events->answered].payload_type;
		ret->sends.events = number_offered(a, (unsigned)events->answered);
	}
	if (noise->answered >= 0) {
		ret->gets.noise = a->answers.list[noise->answered].payload_type;
		ret->sends.noise = number_offered(a, (unsigned)noise->answered);
	}
}

/* The offerer is answered with its half of the pair, and what of its companions has a partner, so
 * that it sends nothing that nobody decodes. */
static void replace_formats(const struct answering *a, const struct codec_pair *pair,
	const struct companions *events, const struct companions *noise,
	struct pv_sdp_format *added, struct pv_sdp_media_change *change)
{
	unsigned count = 0;
	/* what we can read, not what it can */
	struct pv_span fmtp = pair->codec_a == CODEC_OPUS ? PV_SPAN("useinbandfec=1") : PV_SPAN("");
	added[count++] = to_sdp(&a->offers.list[pair->a], fmtp);
	if (noise->offered >= 0)
		added[count++] = to_sdp(&a->offers.list[noise->offered], PV_SPAN(""));
	if (events->offered >= 0)
		added[count++] = to_sdp(
			&a->offers.list[events->offered], a->offers.list[events->offered].fmtp);
	change->pick = true;
	change->added = added;
	change->added_count = count;
}

/* What the answerer may send beside what it speaks, by the numbers that we gave it: all that was
 * added, listed in its answer or not. The offerer knows nothing of it. */
static void note_foreign(const struct answering *a, struct media_coding *ret)
{
	for (unsigned i = a->own_count; i < a->offers.count; i++) {
		const struct codec_format *added = &a->offers.list[i];
		bool is_spoken = added->payload_type == ret->sends.voice && !ret->is_agreed;
		is_spoken |= ret->sends.events && added->payload_type == ret->sends.events;
		if (is_spoken || means_another(a, added) || ret->foreign_count == MEDIA_FOREIGN_MAX)
			continue;
		enum codec_id codec = codec_find(added->name, added->clock, added->channels);
		ret->foreign[ret->foreign_count++] =
			(struct media_foreign){added->clock, added->payload_type, (uint8_t)codec};
	}
}

static void transcode(struct calls *calls, const struct coding_order *order,
	const struct answering *a, const struct codec_pair *pair,
	struct pv_sdp_media_change *change, struct media_coding ret[MEDIA_ENDS])
{
	const struct companions events = companions(a, pair, CODEC_EVENTS),
				noise = companions(a, pair, CODEC_NOISE);
	replace_formats(a, pair, &events, &noise, calls->added[order->index], change);
	describe_offerer(a, pair, &events, &noise, &ret[call_other(order->from)]);
	describe_answerer(a, pair, &events, &noise, &ret[order->from]);
	note_foreign(a, &ret[order->from]);
}

/* The ends agree, and are passed on as they are; but the answerer may use what was added, for it
 * was offered that as well (RFC 3264 §6.1). */
static void agree(const struct coding_order *order, const struct answering *a,
	struct media_coding ret[MEDIA_ENDS])
{
	struct media_coding *offerer = &ret[call_other(order->from)], *answerer = &ret[order->from];
	struct codec_pair pair;
	if (find_agreed(a, &pair)) {
		const struct companions events = companions(a, &pair, CODEC_EVENTS),
					noise = companions(a, &pair, CODEC_NOISE);
		describe_offerer(a, &pair, &events, &noise, offerer);
		describe_answerer(a, &pair, &events, &noise, answerer);
	}
	offerer->is_agreed = answerer->is_agreed = true;
	note_foreign(a, answerer);
}

int coding_answer(struct calls *calls, const struct coding_order *order,
	struct pv_sdp_media_change *change, struct media_coding ret[MEDIA_ENDS])
{
	struct answering a = {.offered = &calls->written.media[order->index],
		.answered = &calls->sdp.media[order->index]};
	struct codec_pair pair;
	if (pv_sdp_is_rejected(a.answered))
		return 0;
	read_list(a.offered, &a.offers);
	read_list(a.answered, &a.answers);
	a.own_count = a.offers.count - MIN(order->added, a.offers.count);
	complete(&a);
	switch (codec_pair(a.offers.list, a.own_count, a.answers.list, a.answers.count, &pair)) {
	case CODEC_PAIR_COMMON:
		remove_added(&a, change);
		agree(order, &a, ret);
		return 0;
	case CODEC_PAIR_TRANSCODED:
		transcode(calls, order, &a, &pair, change, ret);
		return 0;
	case CODEC_PAIR_NONE:
		break;
	}
	if (!has_nameless(&a))
		return -PV_SDP_ANSWER_FORMAT;
	agree(order, &a, ret);
	return 0;
}
