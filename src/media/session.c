/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: two ends that forward to each other: added, changed, dropped, watched. */
#include "media/session.h"

#include <string.h>

#include "base/metrics.h"
#include "media/relay.h"
#include "media/score.h"

/* RTP and RTCP to the other end; what is neither goes by RTP's way. */
static void forward(struct relay *relay, struct stream_end *from, const struct media_packet *packet)
{
	bool as_rtcp = packet->kind == RTP_KIND_RTCP ||
		       (packet->component == COMPONENT_RTCP && packet->kind != RTP_KIND_RTP);
	end_send(from->peer, packet->bytes, packet->length, as_rtcp);
}

/* Likewise where the ends share no codec. */
static void transcode(
	struct relay *relay, struct stream_end *from, const struct media_packet *packet)
{
	const struct session *session = from->owner;
	if (packet->kind == RTP_KIND_RTP || packet->kind == RTP_KIND_RTCP)
		transcoder_hear(session->transcoder, from, packet, relay->now_ns);
	else
		forward(relay, from, packet);
}

static void publish(struct relay *relay, struct session *session)
{
	struct media_report report;
	shortcut_poll(relay, session);
	session_report(relay, session, &report);
	lease_publish(session->lease, &report);
}

/* Facts of a packet as the worker is told them, who then finds them in the report. */
static void told(struct relay *relay, struct stream_end *end, unsigned events)
{
	struct session *session = end->owner;
	uint32_t bits = 0;
	/* another source, perhaps: what is installed forwards the old one's */
	if (events & END_LOCKED)
		shortcut_close(relay, session);
	publish(relay, session);
	shortcut_want(relay, session);
	if (events & END_HEARD)
		bits |= MEDIA_TOLD_HEARD_0 << end->index;
	if (events & END_LOCKED)
		bits |= MEDIA_TOLD_LOCKED_0 << end->index;
	relay_tell(session->lease, bits);
}

static struct session *add(struct relay *relay, struct lease *lease)
{
	struct session *session = slab_take(&relay->sessions);
	if (!session)
		return NULL;
	session->lease = lease;
	session->watch = MEDIA_WATCH_EARLY;
	session->is_silent = false;
	session->missing = 0;
	memset(session->missed_ms, 0, sizeof(session->missed_ms));
	session->transcoder = NULL;
	session->has_reserved = false;
	session->shortcut = (struct shortcut){0};
	session->added_ms = session->watch_ms = relay->now_ms;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		struct stream_end *end = &session->ends[i];
		struct port_pair *pair = stock_pair(&relay->stock, lease->pairs[i]);
		/* Not drained: what came while it was in the stock was thrown away as it came, and
		 * what lies there now may be the call's first packet. */
		end_init(end, pair, (uint8_t)i);
		end->peer = &session->ends[1 - i];
		end->deliver = forward;
		end->told = told;
		end->owner = session;
	}
	lease->object = session;
	metrics_add(METRIC_media_sessions, 1);
	return session;
}

static void release(struct relay *relay, struct session *session)
{
	if (session->has_reserved)
		transcoder_release(&relay->transcoders);
	session->has_reserved = false;
}

static void forget_transcoder(struct relay *relay, struct session *session)
{
	if (session->transcoder) {
		transcoder_give(&relay->transcoders, session->transcoder);
		session->transcoder = NULL;
		metrics_sub(METRIC_media_transcoders, 1);
	}
	release(relay, session);
}

static bool take_transcoder(struct relay *relay, struct session *session)
{
	if (!session->transcoder) {
		session->transcoder =
			transcoder_take(&relay->transcoders, session->ends, relay->now_ms);
		metrics_add(METRIC_media_transcoders, session->transcoder ? 1 : 0);
	}
	const struct media_coding *codings[MEDIA_ENDS] = {
		&session->codings[0], &session->codings[1]};
	if (session->transcoder && transcoder_set(session->transcoder, codings) == 0)
		return true;
	forget_transcoder(relay, session);
	return false;
}

static bool may_take_foreign(const struct session *session)
{
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		if (!session->codings[i].is_agreed || session->codings[i].codec == CODEC_NONE ||
			session->ends[i].is_secure)
			return false;
	return true;
}

/* What is foreign to the other end came, although the ends agree: both are transcoded from now on,
 * for it may come again. False: it cannot be. */
static bool take_foreign(struct relay *relay, struct session *session)
{
	if (!may_take_foreign(session))
		return false;
	if (!transcoder_reserve(&relay->transcoders)) {
		metrics_add(METRIC_media_transcoders_exhausted, 1);
		return false;
	}
	session->has_reserved = true;
	if (!take_transcoder(relay, session))
		return false;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		session->ends[i].deliver = transcode;
	shortcut_close(relay, session);
	return true;
}

/* Forwards, but for what the other end does not know. */
static void sift(struct relay *relay, struct stream_end *from, const struct media_packet *packet)
{
	const struct session *session = from->owner;
	bool is_foreign =
		packet->kind == RTP_KIND_RTP &&
		media_coding_foreign(&session->codings[from->index], packet->bytes[1] & 0x7f);
	if (!is_foreign)
		forward(relay, from, packet);
	else if (take_foreign(relay, from->owner))
		transcode(relay, from, packet);
	else
		metrics_add(METRIC_media_dropped_codec, 1);
}

static bool wants_transcoder(const struct session *session, const struct lease_said *said)
{
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		if (!media_coding_is_transcoded(&session->codings[i]) || session->ends[i].is_secure)
			return false;
	return said->has_transcoder;
}

/* Takes, changes or gives back the transcoder, as the description has it. */
static void change_coding(
	struct relay *relay, struct session *session, const struct lease_said *said)
{
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		session->codings[i] = said->description.ends[i].coding;
	/* one of them has used what is foreign to the other, and may still */
	bool stays = session->has_reserved && may_take_foreign(session);
	bool is_wanted = wants_transcoder(session, said);
	if (is_wanted)
		release(relay, session); /* there is one, for it was reserved by the worker */
	if (!(is_wanted || stays) || !take_transcoder(relay, session))
		forget_transcoder(relay, session);
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		session->ends[i].deliver = session->transcoder                 ? transcode
					   : session->codings[i].foreign_count ? sift
									       : forward;
}

static void change(struct relay *relay, struct session *session, const struct lease_said *said)
{
	const struct media_description *description = &said->description;
	uint8_t dscp = description->dscp <= 63 ? description->dscp : relay->stock.dscp;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		end_describe(&session->ends[i], &description->ends[i], relay->now_ms);
		port_pair_mark(session->ends[i].pair, dscp);
	}
	change_coding(relay, session, said);
	if (session->watch != description->watch) {
		session->watch = description->watch;
		session->watch_ms = relay->now_ms;
	}
}

static void drop(struct relay *relay, struct lease *lease, bool has_transcoder)
{
	struct session *session = lease->object;
	struct media_report report = {.session = lease->id, .thread = relay->index};
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		report.ends[i].first_ms = UINT64_MAX;
	if (session) {
		shortcut_done(relay, session);
		session_report(relay, session, &report);
		metrics_sub(METRIC_media_sessions, 1);
		forget_transcoder(relay, session);
		for (unsigned i = 0; i < MEDIA_ENDS; i++) {
			port_pair_remember(
				session->ends[i].pair, &session->ends[i].rtp.source, relay->now_ms);
			end_done(&session->ends[i]);
		}
		slab_give(&relay->sessions, session);
	}
	if (has_transcoder)
		transcoder_release(&relay->transcoders);
	lease_publish(lease, &report);
	relay_end_lease(relay, lease);
}

void session_hear(struct relay *relay, struct lease *lease)
{
	const struct lease_said *said = lease_hear(lease);
	if (!said)
		return;
	if (said->is_dropped) {
		drop(relay, lease, said->has_transcoder);
		return;
	}
	struct session *session = lease->object;
	if (!session)
		session = add(relay, lease);
	/* there is room for as many sessions as there are port pairs for them */
	if (!session)
		return;
	shortcut_close(relay, session);
	change(relay, session, said);
	publish(relay, session);
	shortcut_want(relay, session);
}

static uint64_t last_heard(const struct session *session)
{
	uint64_t heard = session->watch_ms;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		heard = MAX(heard, session->ends[i].heard_ms);
	return heard;
}

/* Who is silent while the other one talks may be muted, or gone: each time that the timeout is over
 * once more that is told, for the worker to find out. */
static uint32_t miss(struct session *session, uint64_t now_ms, uint32_t most)
{
	uint8_t before = session->missing;
	uint32_t told = 0;
	session->missing = 0;
	for (unsigned i = 0; session->watch == MEDIA_WATCH_TALK && i < MEDIA_ENDS; i++) {
		uint64_t heard_ms = MAX(session->ends[i].heard_ms, session->watch_ms);
		if (now_ms < heard_ms + most)
			continue;
		session->missing |= (uint8_t)(1 << i);
		if (session->is_silent || now_ms < MAX(heard_ms, session->missed_ms[i]) + most)
			continue;
		session->missed_ms[i] = now_ms;
		told |= MEDIA_TOLD_MISSING_0 << i;
	}
	return told | (before & ~session->missing ? MEDIA_TOLD_FOUND : 0);
}

void session_watch(struct relay *relay, struct session *session)
{
	uint32_t most = relay_timeout_ms(relay, session->watch);
	shortcut_poll(relay, session);
	/* packets of this round have come after its clock was read */
	bool is_silent = relay->now_ms >= last_heard(session) + most;
	bool is_news = is_silent != session->is_silent;
	session->is_silent = is_silent;
	uint32_t told = miss(session, relay->now_ms, most);
	if (session->transcoder)
		transcoder_watch(session->transcoder, relay->now_ns);
	shortcut_watch(relay, session);
	publish(relay, session);
	if (is_news && is_silent)
		metrics_add(METRIC_media_timeouts, 1);
	if (is_news)
		told |= is_silent ? MEDIA_TOLD_SILENT : MEDIA_TOLD_AGAIN;
	if (told)
		relay_tell(session->lease, told);
}

void session_report(
	const struct relay *relay, const struct session *session, struct media_report *ret_report)
{
	struct media_report report = {
		.session = session->lease->id,
		.age_ms = relay->now_ms - session->added_ms,
		.thread = relay->index,
		.is_silent = session->is_silent,
		.is_transcoded = session->transcoder != NULL,
		.missing = session->missing,
	};
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		end_report(&session->ends[i], session->added_ms, relay->now_ms, &report.ends[i]);
	for (unsigned i = 0; session->transcoder && i < MEDIA_ENDS; i++) {
		report.ends[i].late = session->transcoder->voices[i].late;
		report.ends[i].concealed_ms = session->transcoder->voices[i].concealed_ms;
	}
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		score_end(&report, i, session->ends);
	*ret_report = report;
}
