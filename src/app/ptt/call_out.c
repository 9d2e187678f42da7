/* SPDX-License-Identifier: Apache-2.0 */
/* call_out.c — members whom the server calls when their group opens, and when they register while
 * it is open: each until one of his phones has said yes or no. */
#include "app/ptt/private.h"

/* ---- what is remembered of each name of the list, while the group is open ---- */

enum mark {
	CALLED = 1,  /* his phones ring, or have been called */
	SETTLED = 2, /* he has answered, declined, or dialled: he is not called any more */
};
#define MARK_BITS 2
#define MARK_MASK 3u

static unsigned mark_of(const struct ptt_room *room, unsigned index)
{
	unsigned at = index * MARK_BITS;
	if (!room->called || at / 8 >= room->called->length)
		return 0;
	return (unsigned)(uint8_t)room->called->bytes[at / 8] >> at % 8 & MARK_MASK;
}

/* False: no room to remember it. */
static bool mark(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	unsigned index, unsigned marks)
{
	size_t bytes = (group->config.call_out.count * MARK_BITS + 7) / 8;
	unsigned at = index * MARK_BITS;
	if (room->called && room->called->length < bytes)
		return false; /* the list has grown by a reload: from the next opening on */
	if (!room->called) {
		room->called = buffer_take(ptt_buffers(p), bytes);
		if (!room->called)
			return false;
		memset(room->called->bytes, 0, bytes);
		room->called->length = (uint32_t)bytes;
	}
	unsigned others = (uint8_t)room->called->bytes[at / 8] & ~(MARK_MASK << at % 8);
	room->called->bytes[at / 8] = (char)(others | marks << at % 8);
	return true;
}

/* The first place of the list with that name, from `index` on. False: there is none. */
static bool find_name(const struct ptt_group *group, struct pv_span name, unsigned *index)
{
	for (; *index < group->config.call_out.count; ++*index)
		if (pv_span_equal(pv_span_of(group->config.call_out.item[*index]), name))
			return true;
	return false;
}

/* ---- who is called ---- */

void call_out_settle(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, struct pv_span name)
{
	for (unsigned i = 0; find_name(group, name, &i); i++)
		(void)mark(p, room, group, i, CALLED | SETTLED);
}

void call_out_unreached(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, struct pv_span name)
{
	for (unsigned i = 0; find_name(group, name, &i); i++)
		if (mark_of(room, i) == CALLED)
			(void)mark(p, room, group, i, 0);
}

static void consider(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, unsigned index)
{
	struct pv_span name = pv_span_of(group->config.call_out.item[index]);
	if ((mark_of(room, index) & SETTLED) ||
		room_member(p, room, ptt_name_hash(p, name), NULL) ||
		!mark(p, room, group, index, CALLED))
		return;
	ringing_begin(p, room, group, name);
}

void room_call_out(struct ptt *p, struct ptt_room *room)
{
	const struct ptt_group *group = ptt_group_of(p, room->group);
	for (unsigned i = 0; group && i < group->config.call_out.count; i++)
		consider(p, room, group, i);
}

/* ---- somebody registered ---- */

static void registered(struct ptt *p, struct errand *errand)
{
	const struct ptt_note *note = container_of(errand, struct ptt_note, errand);
	struct ptt_room *room = room_find(p, note->group);
	const struct ptt_group *group = ptt_group_of(p, note->group);
	struct pv_span name = buffer_text(note->text, note->name);
	unsigned at = 0;
	if (room && room->lease.group && group && find_name(group, name, &at))
		consider(p, room, group, at);
	errand_return(errand);
}

static void forget(struct ptt *p, struct errand *errand)
{
	note_free(p, container_of(errand, struct ptt_note, errand));
}

static void tell(struct ptt *p, const struct ptt_group *group, struct pv_span name)
{
	struct ptt_note *note = note_new(p, PTT_NOTE_IS_THERE);
	if (!note)
		return;
	note->text = buffer_take(ptt_buffers(p), name.length);
	if (!note->text) {
		note_free(p, note);
		return;
	}
	memcpy(note->text->bytes, name.at, name.length);
	note->name = (struct pv_ref){0, (uint16_t)name.length};
	note->group = group->id;
	errand_send(p, &note->errand, ptt_home(p, group->id), registered, forget);
}

void ptt_registered(struct ptt *p, struct pv_span aor)
{
	struct ptt_membership membership;
	const char *at = p->has_call_out && aor.length ? memrchr(aor.at, '@', aor.length) : NULL;
	struct pv_span name = at ? pv_span_from(aor.at, at) : (struct pv_span){NULL, 0};
	for (unsigned i = 0; name.length && i < p->config.groups->count; i++) {
		const struct ptt_group *group = &p->config.groups->list[i];
		if (group->config.call_out.count && ptt_group_has(group, name, &membership) &&
			membership.is_called_out)
			tell(p, group, name);
	}
}
