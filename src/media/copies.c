/* SPDX-License-Identifier: Apache-2.0 */
/* copies.c: the listeners to whom the kernel copies what is said. */
#include "media/copies.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "media/fastpath/route.h"

/* Of what nobody tells: rules, and how its socket marks what it sends. */
#define LOOK_MS 5000
/* Who could not be copied to is sent to for so long: that makes the kernel look for it. */
#define REST_MS 2000
/* IP and UDP headers. */
#define HEADERS_IPV4 28
#define HEADERS_IPV6 48

/* ---- ways ---- */

static void put_address(const struct media_address *from, uint32_t ret_host[4])
{
	memset(ret_host, 0, 4 * sizeof(ret_host[0]));
	if (from->family == AF_INET)
		ret_host[0] = from->v4.sin_addr.s_addr;
	else
		memcpy(ret_host, &from->v6.sin6_addr, sizeof(from->v6.sin6_addr));
}

static uint32_t mtu_of(int fd, const struct route *route)
{
	struct ifreq interface = {.ifr_ifindex = (int)route->interface};
	if (route->mtu)
		return route->mtu;
	if (ioctl(fd, SIOCGIFNAME, &interface) < 0 || ioctl(fd, SIOCGIFMTU, &interface) < 0)
		return 0;
	return (uint32_t)interface.ifr_mtu;
}

/* What leaves by another interface than those of the fast path is the stack's affair: it has NAT,
 * or is a tunnel, or is not to be touched. Copies for this host need none. */
static bool is_ours(const struct relay *relay, const struct route *route)
{
	return route->interface == FASTPATH_LOOPBACK ||
	       fastpath_mtu(relay->fastpath, route->interface);
}

/* As its socket marks what it sends. */
static void put_marks(const struct stream_end *end, struct copy_target *target)
{
	int fd = end->fds[COMPONENT_RTP], class = 0;
	socklen_t length = sizeof(class);
	if (target->version == 4)
		getsockopt(fd, IPPROTO_IP, IP_TOS, &class, &length);
	else
		getsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class, &length);
	target->class = (uint8_t) class;
	target->priority = end_priority(end);
}

static struct member_copy find(struct relay *relay, const struct member *member)
{
	const struct stream_end *end = &member->audio;
	const struct media_address *to = &end->rtp.target, *from = end_leaves_from(relay, end);
	struct member_copy copy = {.rests_until_ms = member->copy.rests_until_ms,
		.changes = fastpath_changes(relay->fastpath)};
	struct copy_target target = {.version = to->family == AF_INET ? 4 : 6,
		.from_port = htons(end->pair->port),
		.to_port = to->v4.sin_port};
	struct route route;
	if (media_address_is_none(to) || route_find(relay->route_fd, to, from, &route) < 0 ||
		!is_ours(relay, &route))
		return copy;
	if (!from)
		from = &route.source;
	if (from->family != to->family)
		return copy;
	put_address(from, target.from);
	put_address(to, target.to);
	put_marks(end, &target);
	target.interface = route.interface;
	uint32_t headers = target.version == 4 ? HEADERS_IPV4 : HEADERS_IPV6;
	uint32_t mtu = mtu_of(end->fds[COMPONENT_RTP], &route);
	copy.length_most = mtu > headers ? mtu - headers : 0;
	copy.target = target;
	return copy;
}

static bool is_same_way(const struct copy_target *target, const struct media_address *to)
{
	if (target->version == 4)
		return to->family == AF_INET && target->to[0] == to->v4.sin_addr.s_addr &&
		       target->to_port == to->v4.sin_port;
	return target->version == 6 && to->family == AF_INET6 &&
	       target->to_port == to->v6.sin6_port &&
	       memcmp(target->to, &to->v6.sin6_addr, sizeof(target->to)) == 0;
}

void copies_watch(struct relay *relay, struct member *member)
{
	if (!fastpath_is_active(relay->fastpath) || member->is_away)
		return;
	bool is_known = is_same_way(&member->copy.target, &member->audio.rtp.target) &&
			member->copy.changes == fastpath_changes(relay->fastpath);
	if (is_known && relay->now_ms < member->copy.look_ms)
		return;
	member->copy = find(relay, member);
	member->copy.look_ms = relay->now_ms + LOOK_MS;
}

/* ---- pieces ---- */

bool copies_reach(const struct relay *relay, const struct member *member, uint32_t length)
{
	const struct member_copy *copy = &member->copy;
	return is_same_way(&copy->target, &member->audio.rtp.target) &&
	       copy->changes == fastpath_changes(relay->fastpath) && length <= copy->length_most &&
	       !member->is_radio && !member->audio.is_silenced &&
	       relay->now_ms >= copy->rests_until_ms;
}

/* The kernel does not: sent, as if nobody had asked it. */
static void refused(void *owner, const struct copier_piece *piece,
	const uint8_t header[COPY_HEADER], enum copier_refusal why)
{
	struct member *member = owner;
	uint8_t *frame = (uint8_t *)piece->payload - RTP_HEADER_SIZE;
	uint32_t length = RTP_HEADER_SIZE + piece->length;
	if (why == COPIER_FAILED)
		member->copy.rests_until_ms = piece->now_ms + REST_MS;
	end_uncount(&member->audio, length);
	memcpy(frame, header, RTP_HEADER_SIZE);
	end_send(&member->audio, frame, length, false);
}

void copies_begin(struct relay *relay, struct copier_piece *piece, uint8_t *frame, uint32_t length)
{
	if (!relay->copier)
		return;
	*piece = (struct copier_piece){.payload = frame + RTP_HEADER_SIZE,
		.length = length - RTP_HEADER_SIZE,
		.now_ms = relay->now_ms,
		.refused = refused};
	copier_begin(relay->copier, piece);
}

void copies_add(struct relay *relay, struct member *member, uint32_t length)
{
	end_count(&member->audio, length);
	copier_add(relay->copier, &member->copy.target, member);
}

void copies_end(struct relay *relay)
{
	if (relay->copier)
		copier_end(relay->copier);
}
