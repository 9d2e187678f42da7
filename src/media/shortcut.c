/* SPDX-License-Identifier: Apache-2.0 */
/* shortcut.c: a session that only forwards is forwarded by the kernel. */
#include "media/shortcut.h"

#include <string.h>

#include "base/metrics.h"
#include "media/fastpath/fastpath.h"
#include "media/fastpath/route.h"
#include "media/relay.h"
#include "media/session.h"

#define NS_PER_MS UINT64_C(1000000)
/* IPv6 and UDP headers before the longest packet that the relay takes. */
#define LENGTH_MOST (MEDIA_PACKET_MAX + 48)
/* How often the ways of an open session are looked for again, on average: nobody tells of a path's
 * MTU. */
#define LOOK_MS 5000
/* CN (RFC 3551 §6) */
#define COMFORT_NOISE 13

/* ---- where its packets come from and go to ---- */

/* One end, as the network sees it. */
struct side {
	struct media_address at, out_from; /* ours: that it sends to, that it is sent to from */
	uint32_t in_by, out_by;            /* interfaces */
	uint32_t mtu;
};

/* Of an end that is bound to all addresses the one that a packet to `to` leaves by. */
static struct media_address face(
	const struct stream_end *end, const struct media_address *local, const struct route *route)
{
	struct media_address address = *local;
	if (end->has_source)
		address = end->source;
	else if (media_address_is_any(local))
		address = route->source;
	media_address_set_port(&address, end->pair->port);
	return address;
}

static bool find_side(struct relay *relay, const struct stream_end *end, struct side *ret)
{
	const struct media_address *local = &relay->stock.locals[end->pair->local].address;
	const struct media_address *from = end_leaves_from(relay, end);
	struct route out, in;
	if (route_find(relay->route_fd, &end->rtp.target, from, &out) < 0)
		return false;
	in = out;
	if (!media_address_same_host(&end->rtp.source, &end->rtp.target) &&
		route_find(relay->route_fd, &end->rtp.source, from, &in) < 0)
		return false;
	uint32_t mtu = fastpath_mtu(relay->fastpath, out.interface);
	*ret = (struct side){.at = face(end, local, &in),
		.out_from = face(end, local, &out),
		.in_by = in.interface,
		.out_by = out.interface,
		.mtu = MIN(out.mtu ? MIN(out.mtu, mtu) : mtu, LENGTH_MOST)};
	/* who is bound to one address is sent to there, whatever it is sent from */
	if (!media_address_is_any(local)) {
		ret->at = *local;
		media_address_set_port(&ret->at, end->pair->port);
	}
	return mtu && fastpath_mtu(relay->fastpath, in.interface) &&
	       !media_address_is_none(&ret->at) && !media_address_is_none(&ret->out_from);
}

/* lo has no way out, and no other interface a way to lo: what comes in by the one and leaves by the
 * other goes through our sockets. */
static bool is_passable(const struct side *in, const struct side *out)
{
	return (in->in_by == FASTPATH_LOOPBACK) == (out->out_by == FASTPATH_LOOPBACK);
}

static const struct media_coding *coding_of(const struct stream_end *end)
{
	const struct session *session = end->owner;
	return &session->codings[end->index];
}

/* What the other end does not know is ours to make into what it does. */
static void hide_foreign(const struct media_coding *coding, uint64_t types[2])
{
	for (unsigned i = 0; i < coding->foreign_count; i++) {
		uint8_t type = coding->foreign[i].payload_type;
		types[type / 64] &= ~(UINT64_C(1) << type % 64);
	}
}

/* What may come between the packets of its stream without a look from us: events, comfort noise.
 * Another codec, be its clock the same, is the stream's own from then on: we have to see that. */
static void list_others(const struct stream_end *end, uint8_t others[FASTPATH_OTHERS])
{
	const struct media_coding *coding = coding_of(end);
	unsigned count = 0;
	memset(others, FASTPATH_NO_TYPE, FASTPATH_OTHERS);
	for (unsigned i = 0; i < end->format_count && count < FASTPATH_OTHERS; i++) {
		const struct media_format *format = &end->formats[i];
		uint8_t type = format->payload_type;
		if (!end_negotiated(end, type) || media_coding_foreign(coding, type))
			continue;
		if (format->rate == 0)
			others[count++] = type | FASTPATH_CLOCKLESS;
		else if (type == COMFORT_NOISE && format->rate == end->receiver.rate)
			others[count++] = type;
	}
}

static void make_way(const struct relay *relay, const struct stream_end *end,
	const struct side *side, const struct side *peer, struct fastpath_way *ret)
{
	*ret = (struct fastpath_way){.from = end->rtp.source,
		.at = side->at,
		.out_from = peer->out_from,
		.out_to = end->peer->rtp.target,
		.in_interface = side->in_by,
		.interface = peer->out_by,
		.priority = end_priority(end->peer),
		.mtu = peer->mtu,
		.types = {end->payload_types[0], end->payload_types[1]},
		.rate = end->receiver.rate,
		.rate_most = relay->packet_rate,
		.dscp = end->peer->pair->dscp,
		.thread = (uint8_t)relay->index};
	hide_foreign(coding_of(end), ret->types);
	list_others(end, ret->others);
}

/* Both ways, as they are now; false: the kernel cannot go them. */
static bool find_ways(
	struct relay *relay, const struct session *session, struct fastpath_way ways[MEDIA_ENDS])
{
	struct side sides[MEDIA_ENDS];
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		if (!find_side(relay, &session->ends[i], &sides[i]))
			return false;
	if (!is_passable(&sides[0], &sides[1]) || !is_passable(&sides[1], &sides[0]))
		return false;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		make_way(relay, &session->ends[i], &sides[i], &sides[1 - i], &ways[i]);
	return true;
}

/* ---- open and closed ---- */

/* The clock of what comes is known; in the middle of a telephone-event it has none. */
static bool is_ready(const struct session *session)
{
	sa_family_t family = session->ends[0].rtp.source.family;
	if (!session_is_plain(session))
		return false;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		const struct stream_end *end = &session->ends[i];
		if (!end->is_rated || end->receiver.rate == 0 || end->rtp.source.family != family ||
			end->rtp.target.family != family)
			return false;
	}
	return true;
}

static struct fastpath_flow *flow_of(const struct relay *relay, const struct stream_end *end)
{
	return fastpath_flow(relay->fastpath, end->pair->port, end->pair->local);
}

/* `is_first`: in this session. Else a packet that was under way when it was closed is still to be
 * counted. */
static void open_end(
	struct relay *relay, struct stream_end *end, const struct fastpath_way *way, bool is_first)
{
	struct fastpath_flow *flow = flow_of(relay, end);
	flow->receiver = end->receiver;
	if (is_first)
		fastpath_read_flow(flow, &end->seen);
	if (fastpath_install(relay->fastpath, flow, way, relay->now_ms) == 0)
		end->flow = flow;
}

/* What has come since the last look; the receiver lives where packets are counted. */
static void poll_end(struct relay *relay, struct stream_end *end)
{
	struct fastpath_seen seen;
	fastpath_read_flow(end->flow, &seen);
	uint64_t packets = seen.packets - end->seen.packets;
	end->receiver = end->flow->receiver;
	end->peer->sent += (uint32_t)packets;
	end->peer->sent_bytes += seen.bytes - end->seen.bytes;
	if (packets)
		end->heard_ms = MAX(end->heard_ms, seen.heard_ns / NS_PER_MS);
	relay->short_packets += packets + seen.dropped - end->seen.dropped;
	metrics_add(METRIC_media_forwarded, packets);
	metrics_add(METRIC_media_fastpath_forwarded, packets);
	metrics_add(METRIC_media_dropped_rate, seen.dropped - end->seen.dropped);
	end->seen = seen;
}

static void close_end(struct relay *relay, struct stream_end *end)
{
	if (!end->flow)
		return;
	fastpath_remove(relay->fastpath, end->flow);
	poll_end(relay, end);
	end->flow = NULL;
}

void shortcut_close(struct relay *relay, struct session *session)
{
	if (!session->shortcut.is_open)
		return;
	session->shortcut.is_open = false;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		close_end(relay, &session->ends[i]);
	metrics_sub(METRIC_media_fastpath_sessions, 1);
}

/* Nothing that came before may wait here while what comes later goes ahead. */
static bool are_empty(struct relay *relay, struct session *session)
{
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		if (!relay_empty(relay, &session->ends[i].pair->sockets[COMPONENT_RTP]))
			return false;
	return true;
}

static bool rests(const struct relay *relay, const struct session *session)
{
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		if (fastpath_rests(flow_of(relay, &session->ends[i]), relay->now_ms))
			return true;
	return false;
}

/* Each session its own time, from 3/4 to 5/4 of LOOK_MS: what was opened, or told of news, at once
 * does not ask at once for ever. */
static void set_look(struct relay *relay, struct session *session, uint32_t changes)
{
	uint32_t dice = session->ends[0].pair->port * UINT32_C(2654435761) >> 16;
	session->shortcut.changes = changes;
	session->shortcut.look_ms = relay->now_ms + LOOK_MS * 3 / 4 + dice % (LOOK_MS / 2);
}

static void try_to_open(struct relay *relay, struct session *session)
{
	struct fastpath_way ways[MEDIA_ENDS];
	uint32_t changes = fastpath_changes(relay->fastpath);
	if (session->shortcut.is_open || !fastpath_is_active(relay->fastpath) || !is_ready(session))
		return;
	if (rests(relay, session)) {
		lane_arm(&relay->resting, &session->shortcut.node, relay->now_ms);
		return;
	}
	if (!find_ways(relay, session, ways))
		return;
	bool is_empty = are_empty(relay, session);
	/* what was read there may have changed everything: then it is wanted again */
	if (lane_is_armed(&session->shortcut.node))
		return;
	if (!is_empty) {
		lane_arm(&relay->resting, &session->shortcut.node, relay->now_ms);
		return;
	}
	/* entries rest from now on, not from when this round began */
	relay_read_clock(relay);
	fastpath_beat(relay->fastpath, relay->index, relay->now_ns);
	set_look(relay, session, changes);
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		open_end(relay, &session->ends[i], &ways[i], !session->shortcut.was_open);
	session->shortcut.is_open = session->shortcut.was_open = true;
	metrics_add(METRIC_media_fastpath_sessions, 1);
}

void shortcut_want(struct relay *relay, struct session *session)
{
	if (lane_is_armed(&session->shortcut.node) || !fastpath_is_active(relay->fastpath))
		return;
	list_push_tail(&relay->shortcuts, &session->shortcut.node.link);
}

void shortcut_done(struct relay *relay, struct session *session)
{
	shortcut_close(relay, session);
	lane_cancel(&session->shortcut.node);
}

void shortcut_poll(struct relay *relay, struct session *session)
{
	for (unsigned i = 0; session->shortcut.is_open && i < MEDIA_ENDS; i++)
		poll_end(relay, &session->ends[i]);
}

/* Interfaces or routes have changed, most of which concern others; or it is time to look whether
 * something has of which there is no news. */
static bool still_holds(struct relay *relay, struct session *session)
{
	struct fastpath_way ways[MEDIA_ENDS];
	uint32_t changes = fastpath_changes(relay->fastpath);
	if (!fastpath_is_active(relay->fastpath))
		return false;
	if (session->shortcut.changes == changes && relay->now_ms < session->shortcut.look_ms)
		return true;
	if (!find_ways(relay, session, ways))
		return false;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		if (!fastpath_is_installed(relay->fastpath, session->ends[i].flow, &ways[i]))
			return false;
	set_look(relay, session, changes);
	return true;
}

void shortcut_watch(struct relay *relay, struct session *session)
{
	if (!relay->fastpath)
		return;
	if (session->shortcut.is_open && !still_holds(relay, session))
		shortcut_close(relay, session);
	if (!session->shortcut.is_open)
		shortcut_want(relay, session);
}

void shortcuts_run(struct relay *relay)
{
	struct list tried, *link;
	struct lane_node *rested;
	while ((rested = lane_expire(&relay->resting, relay->now_ms)))
		list_push_tail(&relay->shortcuts, &rested->link);
	/* those that come back while they are tried are tried in the next round */
	list_init(&tried);
	list_move_all(&tried, &relay->shortcuts);
	while ((link = list_pop_head(&tried)))
		try_to_open(relay, container_of(link, struct session, shortcut.node.link));
}
