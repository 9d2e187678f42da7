/* SPDX-License-Identifier: Apache-2.0 */
/* emergency.c — a group's emergency, which lasts until it is cleared, whoever comes and goes: its
 * members are told, those with floor packets by them, the others by MESSAGE. */
#include "app/ptt/private.h"
#include "base/log.h"

static struct pv_span name_of(const struct ptt_member *member)
{
	return member ? buffer_text(member->who, member->name_text) : PV_SPAN("");
}

static void log_state(const struct ptt *p, const struct ptt_room *room, struct pv_span by)
{
	char group[PTT_NAME_MAX + 8], member[PTT_NAME_MAX + 8];
	const struct ptt_group *of = ptt_group_of(p, room->group);
	if (!of) /* a reload has taken it away */
		return;
	log_event(LOG_LEVEL_NOTICE, "group_emergency", "group=%s state=%s by=%s",
		log_quote(group, sizeof(group), of->config.name),
		room->is_emergency ? "declared" : "cleared",
		by.length ? log_quote(member, sizeof(member), by) : "-");
}

static void put_text(struct pv_writer *w, const struct ptt_room *room, const struct ptt_member *by)
{
	if (!room->is_emergency) {
		pv_put_text(w, "the emergency is over");
		return;
	}
	pv_put_text(w, "EMERGENCY");
	if (!by)
		return;
	struct pv_span name = by->is_anonymous ? PV_SPAN("somebody") : name_of(by);
	name.length = MIN(name.length, (size_t)PTT_NAME_MAX);
	pv_put_text(w, ", declared by ");
	pv_put(w, name);
}

/* Each once: who comes in later, too. */
void emergency_tell(struct ptt *p, struct ptt_room *room, const struct ptt_member *by)
{
	char text[PTT_NAME_MAX + 40];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	put_text(&w, room, by);
	LIST_EACH(link, &room->members)
	{
		struct ptt_member *member = container_of(link, struct ptt_member, link);
		if (member->is_warned == room->is_emergency || member->is_ending)
			continue;
		member->is_warned = room->is_emergency;
		member_warn(p, member, pv_writer_span(&w));
	}
}

void emergency_set(struct ptt *p, struct ptt_room *room, bool is_emergency, uint64_t tag)
{
	const struct ptt_member *by = tag ? member_get(p, tag) : NULL;
	if (room->is_emergency == is_emergency)
		return;
	room->is_emergency = is_emergency;
	log_state(p, room, is_emergency ? name_of(by) : PV_SPAN(""));
	emergency_tell(p, room, by);
}
