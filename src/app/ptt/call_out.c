/* SPDX-License-Identifier: Apache-2.0 */
/* call_out.c — members whom the server calls when their group opens, and when they register while
 * it is open: each until one of his phones has said yes or no. */
#include "app/ptt/private.h"

/* ---- what is remembered of each name of the list, while the group is open ---- */

/* A bit: he has answered, declined, or dialled, and is not called any more. In that byte. NULL: no
 * room to remember it. */
static uint8_t *settled(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, unsigned index)
{
	size_t bytes = (group->config.call_out.count + 7) / 8;
	if (!room->settled) {
		room->settled = buffer_take(ptt_buffers(p), bytes);
		if (!room->settled)
			return NULL;
		memset(room->settled->bytes, 0, bytes);
		room->settled->length = (uint32_t)bytes;
	}
	if (index / 8 >= room->settled->length)
		return NULL; /* the list has grown by a reload: from the next opening on */
	return (uint8_t *)room->settled->bytes + index / 8;
}

static uint8_t bit_of(unsigned index)
{
	return (uint8_t)(1u << index % 8);
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
	for (unsigned i = 0; find_name(group, name, &i); i++) {
		uint8_t *byte = settled(p, room, group, i);
		if (byte)
			*byte |= bit_of(i);
	}
}

static void consider(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, unsigned index)
{
	struct pv_span name = pv_span_of(group->config.call_out.item[index]);
	const uint8_t *byte = settled(p, room, group, index);
	if (byte && !(*byte & bit_of(index)) && !room_member(p, room, ptt_name_hash(p, name), NULL))
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
