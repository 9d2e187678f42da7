/* SPDX-License-Identifier: Apache-2.0 */
/* member.c — a member of a room: who he is, and the orders that his leg gets. */
#include "app/ptt/private.h"

uint64_t ptt_name_hash(const struct ptt *p, struct pv_span name)
{
	return ptt_group_id(p->at.group_key, name);
}

struct ptt_member *room_member(
	struct ptt *p, const struct ptt_room *room, uint64_t name, const struct ptt_member *after)
{
	bool is_behind = !after;
	LIST_EACH(link, &room->members)
	{
		struct ptt_member *member = container_of(link, struct ptt_member, link);
		if (is_behind && member->name == name)
			return member;
		is_behind |= member == after;
	}
	return NULL;
}

struct ptt_member *room_newest(struct ptt *p, const struct ptt_room *room, uint64_t name)
{
	struct ptt_member *found = NULL;
	for (struct ptt_member *m = NULL; (m = room_member(p, room, name, m));)
		if (!m->is_ending)
			found = m;
	return found;
}

struct ptt_member *room_member_alike(struct ptt *p, const struct ptt_room *room,
	const struct ptt_member *member, const struct ptt_member *after)
{
	struct ptt_member *other = room_member(p, room, member->name, after);
	while (other && other->is_anonymous != member->is_anonymous)
		other = room_member(p, room, member->name, other);
	return other;
}

/* RFC 4575 §5.6: who wants to be nobody has an entity of his own all the same, one for all his
 * legs. The number says only how many of them there were before. */
#define ALIAS_ROOM 48
static void put_alias(struct ptt *p, struct ptt_room *room, struct ptt_member *member)
{
	struct pv_writer w;
	for (struct ptt_member *m = NULL; (m = room_member(p, room, member->name, m));)
		if (m->alias)
			member->alias = m->alias;
	if (!member->alias)
		member->alias = ++room->aliases;
	pv_writer_init(&w, member->who->bytes + member->who->length, ALIAS_ROOM);
	pv_put_text(&w, "sip:anonymous");
	pv_put_u64(&w, member->alias);
	pv_put_text(&w, "@anonymous.invalid");
	member->uri =
		(struct pv_ref){(uint16_t)member->who->length, (uint16_t)pv_writer_length(&w)};
	member->who->length += (uint32_t)pv_writer_length(&w);
}

static bool copy_who(struct ptt *p, struct ptt_member *member, const struct ptt_report *report)
{
	const struct buffer *who = report->who;
	member->who = buffer_take(ptt_buffers(p), who->length + ALIAS_ROOM);
	if (!member->who)
		return false;
	memcpy(member->who->bytes, who->bytes, who->length);
	member->who->length = who->length;
	member->name_text = report->name;
	member->display = report->display;
	member->uri = report->uri;
	member->target = report->target;
	return true;
}

/* The least that nobody else has (a=ptt-id has 6 bits). */
static uint8_t free_radio_id(const struct ptt_room *room)
{
	uint64_t taken = 1;
	LIST_EACH(link, &room->members)
	taken |= UINT64_C(1) << container_of(link, struct ptt_member, link)->radio_id;
	return ~taken ? (uint8_t)__builtin_ctzll(~taken) : 0;
}

struct ptt_member *member_new(struct ptt *p, struct ptt_room *room, struct ptt_report *report)
{
	struct ptt_member *member = slab_take(&p->members);
	if (!member)
		return NULL;
	memset(member, 0, sizeof(*member));
	if (!copy_who(p, member, report)) {
		slab_give(&p->members, member);
		return NULL;
	}
	member->room = slab_handle(&p->rooms, room);
	member->at = report->errand.home;
	member->leg = report->leg;
	member->name = ptt_name_hash(p, buffer_text(member->who, member->name_text));
	member->joined_ms = p->at.worker->now_ms;
	member->is_called_out = report->is_called_out;
	member->is_anonymous = report->is_anonymous;
	if (member->is_anonymous)
		put_alias(p, room, member);
	member->radio_id = free_radio_id(room);
	list_push_tail(&room->members, &member->link);
	room->member_count++;
	ptt_gauge(p);
	return member;
}

/* ---- orders to his leg ---- */

static void obey(struct ptt *p, struct errand *errand)
{
	struct ptt_order *order = container_of(errand, struct ptt_order, errand);
	struct ptt_leg *leg = ptt_leg_get(p, order->leg);
	if (leg && leg->report.member == order->member) {
		if (order->is_end) {
			ptt_leg_leave(p, leg, order->why);
		} else {
			leg->report.may_talk = order->may_talk;
			leg->report.is_muted = order->is_muted;
			ptt_leg_set_media(p, leg);
		}
	}
	errand_return(errand);
}

static void member_free(struct ptt *p, struct ptt_member *member)
{
	ptt_drop(p, &member->who);
	slab_give(&p->members, member);
	ptt_gauge(p);
}

static void obeyed(struct ptt *p, struct errand *errand)
{
	struct ptt_order *order = container_of(errand, struct ptt_order, errand);
	struct ptt_member *member = container_of(order, struct ptt_member, order);
	if (member->is_left)
		member_free(p, member);
	else if (member->has_order)
		member_order(p, member);
}

void member_order(struct ptt *p, struct ptt_member *member)
{
	struct ptt_order *order = &member->order;
	member->has_order = true;
	if (order->errand.is_away)
		return;
	member->has_order = false;
	order->member = slab_handle(&p->members, member);
	order->leg = member->leg;
	order->is_end = member->is_ending;
	order->may_talk = member->may_talk;
	order->is_muted = member->is_muted;
	errand_send(p, &order->errand, member->at->at.worker->index, obey, obeyed);
}

void member_end(struct ptt *p, struct ptt_member *member, enum call_why why)
{
	if (member->is_ending)
		return;
	member->is_ending = true;
	member->order.why = (uint8_t)why;
	member_order(p, member);
}

void member_settle(struct ptt *p, struct ptt_member *member)
{
	member->is_left = true;
	if (!member->order.errand.is_away)
		member_free(p, member);
}
