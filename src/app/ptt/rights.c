/* SPDX-License-Identifier: Apache-2.0 */
/* rights.c — what a user may in a room, whatever phone he is in with: he keeps it when he dials
 * again. The right to talk in a broadcast group, and that the dispatcher has muted him. */
#include "app/ptt/private.h"

#include <errno.h>

/* ---- muted ---- */

static uint64_t muted_at(const struct ptt_room *room, size_t at)
{
	uint64_t name;
	memcpy(&name, room->rights.muted->bytes + at * sizeof(name), sizeof(name));
	return name;
}

static size_t muted_count(const struct ptt_room *room)
{
	return room->rights.muted ? room->rights.muted->length / sizeof(uint64_t) : 0;
}

static bool find_muted(const struct ptt_room *room, uint64_t name, size_t *ret_at)
{
	for (size_t at = 0; at < muted_count(room); at++)
		if (muted_at(room, at) == name) {
			*ret_at = at;
			return true;
		}
	return false;
}

bool rights_is_muted(const struct ptt_room *room, uint64_t name)
{
	size_t at;
	return find_muted(room, name, &at);
}

static bool add_muted(struct ptt *p, struct ptt_room *room, uint64_t name)
{
	struct ptt_rights *rights = &room->rights;
	size_t length = muted_count(room) * sizeof(name);
	if (!rights->muted || length + sizeof(name) > buffer_capacity(rights->muted)) {
		struct buffer *more = buffer_take(ptt_buffers(p), length + sizeof(name));
		if (!more)
			return false;
		if (length)
			memcpy(more->bytes, rights->muted->bytes, length);
		ptt_drop(p, &rights->muted);
		rights->muted = more;
	}
	memcpy(rights->muted->bytes + length, &name, sizeof(name));
	rights->muted->length = (uint32_t)(length + sizeof(name));
	return true;
}

static void remove_muted(struct ptt_room *room, size_t at)
{
	struct buffer *muted = room->rights.muted;
	uint64_t last = muted_at(room, muted_count(room) - 1);
	memcpy(muted->bytes + at * sizeof(last), &last, sizeof(last));
	muted->length -= (uint32_t)sizeof(last);
}

int rights_mute(struct ptt *p, struct ptt_room *room, uint64_t name, bool is_muted)
{
	size_t at = 0;
	bool was_muted = find_muted(room, name, &at);
	if (!was_muted && !room_newest(p, room, name))
		return -ESRCH;
	if (is_muted && !was_muted && !add_muted(p, room, name))
		return -ENOBUFS;
	if (!is_muted && was_muted)
		remove_muted(room, at);
	for (struct ptt_member *m = NULL; (m = room_member(p, room, name, m));) {
		m->is_muted = is_muted;
		if (!m->is_ending)
			member_order(p, m);
	}
	return 0;
}

/* ---- who talks in a broadcast group ---- */

/* The leg of that user by which he talks. NULL: he is gone. */
static struct ptt_member *leg_of(struct ptt *p, const struct ptt_room *room, uint64_t name)
{
	return name ? room_newest(p, room, name) : NULL;
}

static bool only_listens(const struct ptt_group *group, const struct ptt_member *member)
{
	struct ptt_membership membership;
	return ptt_group_has(group, buffer_text(member->who, member->name_text), &membership) &&
	       membership.listen_only;
}

/* Who has been there longest of those who may talk; whom the dispatcher has muted only where there
 * is no other. 0: nobody. */
static uint64_t heir(const struct ptt_room *room, const struct ptt_group *group)
{
	uint64_t muted = 0;
	LIST_EACH(link, &room->members)
	{
		const struct ptt_member *member = container_of(link, struct ptt_member, link);
		if (member->is_ending || only_listens(group, member))
			continue;
		if (!member->is_muted)
			return member->name;
		if (!muted)
			muted = member->name;
	}
	return muted;
}

/* He is in, and no reload has made him one who only listens. */
static bool can_speak(
	struct ptt *p, const struct ptt_room *room, const struct ptt_group *group, uint64_t name)
{
	const struct ptt_member *leg = leg_of(p, room, name);
	return leg && !only_listens(group, leg);
}

static void choose(struct ptt *p, struct ptt_room *room, const struct ptt_group *group)
{
	struct ptt_rights *rights = &room->rights;
	uint64_t now_ms = p->at.worker->now_ms;
	bool may_return = rights->former && now_ms < rights->return_ms;
	if (may_return && can_speak(p, room, group, rights->former)) {
		rights->speaker = rights->former;
		rights->former = 0;
	}
	if (can_speak(p, room, group, rights->speaker))
		return;
	if (rights->speaker && !may_return) {
		rights->former = rights->speaker;
		rights->return_ms = now_ms + PTT_RETURN_MS;
	}
	rights->speaker = heir(room, group);
}

void rights_choose_speaker(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	const struct ptt_member *joins)
{
	bool is_broadcast = group->config.broadcast;
	if (is_broadcast)
		choose(p, room, group);
	const struct ptt_member *speaker =
		is_broadcast ? leg_of(p, room, room->rights.speaker) : NULL;
	LIST_EACH(link, &room->members)
	{
		struct ptt_member *member = container_of(link, struct ptt_member, link);
		bool may = !is_broadcast || member == speaker;
		if (member->may_talk == may)
			continue;
		member->may_talk = may;
		if (!member->is_ending && member != joins)
			member_order(p, member);
	}
}

void rights_forget(struct ptt *p, struct ptt_room *room)
{
	ptt_drop(p, &room->rights.muted);
	room->rights = (struct ptt_rights){0};
}
