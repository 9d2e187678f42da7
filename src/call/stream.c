/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c: the relay sessions of a branch: taken for what is offered, described when it is
 * answered, dropped when it is refused. */
#include <errno.h>

#include "base/metrics.h"
#include "call/private.h"

/* ---- take and drop ---- */

/* A refused m-line lives again when its port is not 0; what is no RTP passes as it is. */
static bool wants_relay(const struct pv_sdp_media *media)
{
	return media->is_rtp && !pv_sdp_is_rejected(media) && media->port;
}

static struct call_stream *take(struct calls *calls, struct call_media *media)
{
	struct call *call = slab_get(&calls->calls, media->call);
	if (call->hold_backs >= CALL_STREAMS_MAX) {
		metrics_add(METRIC_calls_refused_streams, 1);
		return NULL;
	}
	struct call_stream *stream = slab_take(&calls->streams);
	if (!stream)
		return NULL;
	memset(stream, 0, sizeof(*stream));
	stream->call = media->call;
	stream->branch = slab_handle(&calls->media, media);
	stream->is_new = true;
	const unsigned locals[MEDIA_ENDS] = {media->places[0].local, media->places[1].local};
	int error = media_take(calls->at.media, calls->at.worker->index, locals,
		slab_handle(&calls->streams, stream), &stream->lease);
	if (error) {
		slab_give(&calls->streams, stream);
		return NULL;
	}
	call->hold_backs++;
	return stream;
}

void stream_drop(struct calls *calls, struct call_stream *stream)
{
	media_drop(calls->at.media, calls->at.worker->index, stream->lease.session);
	stream->branch = 0; /* what is left waits for the final report */
}

static void drop_at(struct calls *calls, struct call_media *media, unsigned index)
{
	if (media->streams[index])
		stream_drop(calls, media->streams[index]);
	media->streams[index] = NULL;
}

int streams_take(struct calls *calls, struct call_media *media, const struct pv_sdp *offer)
{
	for (unsigned i = 0; i < offer->media_count; i++) {
		if (media->streams[i] || !wants_relay(&offer->media[i]))
			continue;
		media->streams[i] = take(calls, media);
		if (!media->streams[i]) {
			streams_roll_back(calls, media);
			return -ENOBUFS;
		}
		media->streams[i]->kind = (uint8_t)offer->media[i].kind;
	}
	if (media->stream_count < offer->media_count)
		media->stream_count = offer->media_count;
	return 0;
}

void streams_roll_back(struct calls *calls, struct call_media *media)
{
	media->other_waits = media->has_other;
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		struct call_stream *stream = media->streams[i];
		if (!stream)
			continue;
		stream->waits[0] = stream->waits[1] = false;
		if (stream->is_new)
			drop_at(calls, media, i);
	}
}

void streams_prune(struct calls *calls, struct call_media *media)
{
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		struct call_stream *stream = media->streams[i];
		if (!stream)
			continue;
		bool is_refused = (stream->has_end[0] && stream->ends[0].is_rejected) ||
				  (stream->has_end[1] && stream->ends[1].is_rejected);
		if (is_refused)
			drop_at(calls, media, i);
	}
}

const char *stream_kind(uint8_t kind)
{
	static const char *const kinds[PV_SDP_KIND_COUNT] = {
		"other", "audio", "video", "text", "application", "message", "image"};
	return kinds[kind];
}

/* ---- describe ---- */

static void hear(struct call_stream *stream, enum call_side side, const struct pv_sdp_media *media,
	const struct description_from *from, bool is_ipv6, bool at_once)
{
	struct stream_end *end = at_once ? &stream->ends[side] : &stream->waiting[side];
	stream_end_read(media, from, is_ipv6, end);
	if (at_once)
		stream->has_end[side] = true;
	stream->waits[side] = !at_once;
}

void streams_hear(struct call_media *media, enum call_side side, const struct pv_sdp *sdp,
	const struct description_from *from, bool at_once)
{
	media->other_waits = false;
	for (unsigned i = 0; i < sdp->media_count; i++)
		media->other_waits |= !sdp->media[i].is_rtp && !pv_sdp_is_rejected(&sdp->media[i]);
	if (at_once)
		media->has_other = media->other_waits;
	for (unsigned i = 0; i < sdp->media_count; i++)
		if (media->streams[i])
			hear(media->streams[i], side, &sdp->media[i], from,
				media->places[side].is_ipv6, at_once);
}

/* ---- transcoding ---- */

void streams_code(struct call_media *media, const struct media_coding (*codings)[MEDIA_ENDS])
{
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		struct call_stream *stream = media->streams[i];
		for (unsigned side = 0; stream && side < MEDIA_ENDS; side++) {
			struct stream_end *end =
				stream->waits[side] ? &stream->waiting[side] : &stream->ends[side];
			end->described.coding = codings[i][side];
		}
	}
}

int streams_reserve(struct calls *calls, struct call_media *media,
	const struct media_coding (*codings)[MEDIA_ENDS])
{
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		const struct call_stream *stream = media->streams[i];
		if (stream && media_coding_is_transcoded(&codings[i][0]) &&
			media_reserve_transcoder(calls->at.media, calls->at.worker->index,
				stream->lease.session) < 0)
			return -ENOBUFS;
	}
	return 0;
}

void streams_commit(struct call_media *media)
{
	media->has_other = media->other_waits;
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		struct call_stream *stream = media->streams[i];
		for (unsigned side = 0; stream && side < MEDIA_ENDS; side++) {
			if (!stream->waits[side])
				continue;
			stream->ends[side] = stream->waiting[side];
			stream->waits[side] = false;
			stream->has_end[side] = true;
		}
		if (stream)
			stream->is_new = false;
	}
}

static void add_formats(struct media_end *end, const struct stream_end *from)
{
	end->payload_types[0] |= from->payload_types[0];
	end->payload_types[1] |= from->payload_types[1];
	for (unsigned i = 0; i < from->format_count; i++) {
		unsigned at = 0;
		while (at < end->format_count &&
			end->formats[at].payload_type != from->formats[i].payload_type)
			at++;
		if (at == end->format_count && at < MEDIA_FORMATS_MAX)
			end->formats[end->format_count++] = from->formats[i];
	}
}

static bool add_type(struct media_end *end, uint8_t type)
{
	uint64_t bit = UINT64_C(1) << type % 64;
	bool is_new = !(end->payload_types[type / 64] & bit);
	end->payload_types[type / 64] |= bit;
	return is_new;
}

/* What the other side has is nothing to it; what it was told may have other numbers than it told us
 * (RFC 3264 §5.1). */
static void add_coding(struct media_end *end)
{
	const struct media_coding *coding = &end->coding;
	struct stream_end told = {.format_count = 1};
	told.formats[0] =
		(struct media_format){.rate = codec_row((enum codec_id)coding->codec)->clock,
			.payload_type = coding->sends.voice};
	if (add_type(end, coding->sends.voice))
		add_formats(end, &told);
	if (coding->sends.events)
		add_type(end, coding->sends.events);
	if (coding->sends.noise)
		add_type(end, coding->sends.noise);
}

/* Phones are heard by what was added to their offer, too. */
static void add_foreign(struct media_end *end)
{
	const struct media_coding *coding = &end->coding;
	for (unsigned i = 0; i < coding->foreign_count; i++) {
		const struct media_foreign *foreign = &coding->foreign[i];
		struct stream_end told = {.format_count = 1};
		told.formats[0] = (struct media_format){
			.rate = foreign->codec == CODEC_NONE ? 0 : foreign->rate,
			.payload_type = foreign->payload_type};
		if (add_type(end, foreign->payload_type))
			add_formats(end, &told);
	}
}

/* It sends what the other side listed (RFC 3264 §6.1); phones that send what they listed themselves
 * are heard as well. */
static void describe_end(const struct call_stream *stream, unsigned side, struct media_end *ret)
{
	const struct stream_end *own = &stream->ends[side], *other = &stream->ends[1 - side];
	*ret = own->described;
	ret->is_mux = own->rtcp_mux && stream->has_end[1 - side] && other->rtcp_mux;
	bool is_coded = media_coding_is_transcoded(&ret->coding);
	if (stream->has_end[1 - side] && !is_coded)
		add_formats(ret, other);
	add_formats(ret, own);
	if (is_coded)
		add_coding(ret);
	add_foreign(ret);
}

/* A fax or a chat beside it: nobody need talk, and what they do passes us by. */
static uint8_t watch_of(const struct call_media *media, const struct call_stream *stream)
{
	if (!media->is_up)
		return MEDIA_WATCH_EARLY;
	bool talks = !media->has_other && stream->has_end[0] && stream->has_end[1] &&
		     stream->ends[0].direction == PV_SDP_SENDRECV &&
		     stream->ends[1].direction == PV_SDP_SENDRECV;
	return talks ? MEDIA_WATCH_TALK : MEDIA_WATCH_HELD;
}

/* The latch is opened by a number that differs: by each new exchange, and by whatever is said in
 * another way than before; not by a preview that the answer repeats, nor by how it is coded, which
 * is heard in any case. */
static void number(struct media_end *end, const struct media_end *before, bool is_new)
{
	const struct media_coding coding = end->coding;
	end->offer = before->offer;
	end->coding = before->coding;
	if (is_new || !before->offer || memcmp(end, before, sizeof(*end)) != 0)
		end->offer++;
	end->coding = coding;
}

static void set(struct calls *calls, const struct call_media *media, struct call_stream *stream,
	bool is_new)
{
	struct media_description said;
	memset(&said, 0, sizeof(said));
	said.dscp = MEDIA_DSCP_DEFAULT;
	said.watch = watch_of(media, stream);
	for (unsigned side = 0; side < MEDIA_ENDS; side++) {
		if (!stream->has_end[side])
			continue;
		describe_end(stream, side, &said.ends[side]);
		said.ends[side].source = media->places[side].source;
		number(&said.ends[side], &stream->said.ends[side], is_new);
	}
	stream->said = said;
	stream->is_set = true;
	media_set(calls->at.media, calls->at.worker->index, stream->lease.session, &said);
}

void streams_set(struct calls *calls, struct call_media *media, bool is_new)
{
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++)
		if (media->streams[i])
			set(calls, media, media->streams[i], is_new);
}
