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
	const struct media_address *from = end->has_source               ? &end->source
					   : media_address_is_any(local) ? NULL
									 : local;
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

static void make_way(const struct relay *relay, const struct stream_end *end,
	const struct side *side, const struct side *peer, struct fastpath_way *ret)
{
	*ret = (struct fastpath_way){.from = end->rtp.source,
		.at = side->at,
		.out_from = peer->out_from,
		.out_to = end->peer->rtp.target,
		.interface = peer->out_by,
		.mtu = peer->mtu,
		.types = {end->payload_types[0], end->payload_types[1]},
		.rate_most = relay->packet_rate,
		.dscp = end->peer->pair->dscp,
		.thread = (uint8_t)relay->index};
}

/* ---- open and closed ---- */

/* The clock of what comes is known, and of which payload type it is. */
static bool is_ready(const struct session *session)
{
	sa_family_t family = session->ends[0].rtp.source.family;
	if (!session_is_plain(session))
		return false;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		const struct stream_end *end = &session->ends[i];
		if (!end->is_rated || end->rtp.source.family != family ||
			end->rtp.target.family != family)
			return false;
	}
	return true;
}

static int open_end(struct relay *relay, struct stream_end *end, const struct fastpath_way *way)
{
	struct fastpath_flow *flow =
		fastpath_flow(relay->fastpath, end->pair->port, end->pair->local);
	struct rtp_receiver before = flow->receiver;
	flow->receiver = end->receiver;
	fastpath_read_flow(flow, &end->seen);
	int error = fastpath_install(relay->fastpath, flow, way, relay->now_ms);
	if (error)
		flow->receiver = before;
	else
		end->flow = flow;
	return error;
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

static void try_to_open(struct relay *relay, struct session *session)
{
	struct side sides[MEDIA_ENDS];
	struct fastpath_way ways[MEDIA_ENDS];
	uint32_t changes = fastpath_changes(relay->fastpath);
	if (session->shortcut.is_open || !is_ready(session))
		return;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		if (!find_side(relay, &session->ends[i], &sides[i]))
			return;
	if (!is_passable(&sides[0], &sides[1]) || !is_passable(&sides[1], &sides[0]))
		return;
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		make_way(relay, &session->ends[i], &sides[i], &sides[1 - i], &ways[i]);
	/* what is read there may change everything */
	if (!are_empty(relay, session) || session->shortcut.is_listed)
		return;
	fastpath_beat(relay->fastpath, relay->index, relay->now_ns);
	session->shortcut.changes = changes;
	if (open_end(relay, &session->ends[0], &ways[0]) < 0)
		return;
	if (open_end(relay, &session->ends[1], &ways[1]) < 0) {
		close_end(relay, &session->ends[0]);
		return;
	}
	session->shortcut.is_open = true;
	metrics_add(METRIC_media_fastpath_sessions, 1);
}

void shortcut_want(struct relay *relay, struct session *session)
{
	if (session->shortcut.is_listed || !fastpath_is_active(relay->fastpath))
		return;
	session->shortcut.is_listed = true;
	list_push_tail(&relay->shortcuts, &session->shortcut.link);
}

static void forget(struct session *session)
{
	if (session->shortcut.is_listed)
		list_remove(&session->shortcut.link);
	session->shortcut.is_listed = false;
}

void shortcut_done(struct relay *relay, struct session *session)
{
	shortcut_close(relay, session);
	forget(session);
}

void shortcut_poll(struct relay *relay, struct session *session)
{
	for (unsigned i = 0; session->shortcut.is_open && i < MEDIA_ENDS; i++)
		poll_end(relay, &session->ends[i]);
}

void shortcut_watch(struct relay *relay, struct session *session)
{
	if (!relay->fastpath)
		return;
	bool is_old = session->shortcut.is_open &&
		      session->shortcut.changes != fastpath_changes(relay->fastpath);
	if (is_old)
		shortcut_close(relay, session);
	if (!session->shortcut.is_open)
		shortcut_want(relay, session);
}

void shortcuts_run(struct relay *relay)
{
	/* those that come back while they are tried are tried in the next round */
	struct list tried, *link;
	list_init(&tried);
	list_move_all(&tried, &relay->shortcuts);
	while ((link = list_pop_head(&tried))) {
		struct session *session = container_of(link, struct session, shortcut.link);
		session->shortcut.is_listed = false;
		try_to_open(relay, session);
	}
}
