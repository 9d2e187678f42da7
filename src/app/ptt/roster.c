/* SPDX-License-Identifier: Apache-2.0 */
/* roster.c — who is in a group: the order of joining, how many there may be, whose older leg goes.
 */
#include "app/ptt/private.h"

/* How many older legs of that user there are that stay, and the oldest of them. */
static unsigned legs_of(
	struct ptt *p, const struct ptt_room *room, uint64_t name, struct ptt_member **ret_oldest)
{
	unsigned count = 0;
	*ret_oldest = NULL;
	for (struct ptt_member *m = NULL; (m = room_member(p, room, name, m));) {
		if (m->is_ending)
			continue;
		if (!count++)
			*ret_oldest = m;
	}
	return count;
}

static unsigned staying(const struct ptt_room *room)
{
	unsigned count = 0;
	LIST_EACH(link, &room->members)
	count += !container_of(link, struct ptt_member, link)->is_ending;
	return count;
}

/* Who has answered a call of ours: all may have left meanwhile, and he may have dialled himself,
 * which is not undone by a phone of his that answers late. */
static uint16_t try_answered(struct ptt *p, const struct ptt_report *report)
{
	struct ptt_room *room = room_find(p, report->group);
	struct ptt_member *oldest;
	uint64_t name = ptt_name_hash(p, buffer_text(report->who, report->name));
	if (!room || !room->lease.group)
		return 404;
	return legs_of(p, room, name, &oldest) ? 486 : 200;
}

/* 200, 404, 486 or 503. */
static uint16_t try_join(struct ptt *p, struct ptt_report *report)
{
	const struct ptt_group *group = ptt_group_of(p, report->group);
	uint16_t answered = report->is_called_out ? try_answered(p, report) : 200;
	struct ptt_room *room = group && answered == 200 ? room_have(p, report->group) : NULL;
	struct ptt_member *oldest;
	if (!group)
		return 404;
	if (!room)
		return answered == 200 ? 503 : answered;
	struct pv_span user = buffer_text(report->who, report->name);
	uint64_t name = ptt_name_hash(p, user);
	bool replaces = legs_of(p, room, name, &oldest) >= group->config.legs;
	unsigned others = staying(room) - replaces;
	if (group->config.max_members && others >= group->config.max_members) {
		metrics_add(METRIC_ptt_refused_full, 1);
		return 503;
	}
	bool is_first = !room->lease.group;
	struct ptt_member *member = room_open(p, room, group) ? member_new(p, room, report) : NULL;
	if (!member) {
		room_settle(p, room);
		return 503;
	}
	if (replaces && oldest) {
		metrics_add(METRIC_ptt_replaced, 1);
		member_end(p, oldest, CALL_REPLACED);
	}
	member->is_muted = rights_is_muted(room, name);
	rights_choose_speaker(p, room, group, member);
	report->member = slab_handle(&p->members, member);
	report->may_talk = member->may_talk;
	report->is_muted = member->is_muted;
	report->radio_id = member->radio_id;
	report->lease = room->lease;
	call_out_settle(p, room, group, user);
	ringing_stop(p, room, user, CALL_REPLACED);
	room_changed(p, room, false);
	member->change = room->change;
	room_notify(p, room);
	if (is_first)
		room_call_out(p, room);
	return 200;
}

/* `is_gone`: no other leg of the same user by the same name is left. */
static void bury(
	struct ptt *p, struct ptt_room *room, const struct ptt_member *member, bool is_gone)
{
	struct ptt_grave *grave = &room->graves[room->grave_next++ % PTT_GRAVES];
	struct pv_span uri = buffer_text(member->who, member->uri);
	grave->change = room->change;
	grave->is_gone = is_gone;
	grave->tag = slab_handle(&p->members, member);
	grave->length = uri.length <= sizeof(grave->uri) ? (uint16_t)uri.length : 0;
	memcpy(grave->uri, uri.at, grave->length);
	ptt_text_copy(buffer_text(member->who, member->name_text), &grave->name);
}

static void leave(struct ptt *p, struct ptt_member *member)
{
	struct ptt_room *room = room_get(p, member->room);
	const struct ptt_group *group = ptt_group_of(p, room->group);
	list_remove(&member->link);
	room->member_count--;
	room_changed(p, room, false);
	/* another leg of the same user stays: he is changed, and not gone */
	struct ptt_member *other = room_member_alike(p, room, member, NULL);
	if (other)
		other->change = room->change;
	bury(p, room, member, !other);
	if (group)
		rights_choose_speaker(p, room, group, NULL);
	room_notify(p, room);
	member_settle(p, member);
	room_settle(p, room);
}

static void note(struct ptt *p, struct ptt_member *member, const struct ptt_report *report)
{
	struct ptt_room *room = room_get(p, member->room);
	member->media = report->media;
	member->has_floor_channel = report->has_floor_channel;
	if (member->is_held == report->is_held)
		return;
	member->is_held = report->is_held;
	room_changed(p, room, false);
	member->change = room->change;
	room_notify(p, room);
}

void roster_take(struct ptt *p, struct errand *errand)
{
	struct ptt_report *report = container_of(errand, struct ptt_report, errand);
	struct ptt_member *member = member_get(p, report->member);
	switch ((enum ptt_word)report->word) {
	case PTT_WORD_JOIN:
		report->status = try_join(p, report);
		break;
	case PTT_WORD_NOTE:
		if (member)
			note(p, member, report);
		break;
	case PTT_WORD_LEAVE:
		if (member)
			leave(p, member);
		break;
	}
	errand_return(errand);
}
