/* SPDX-License-Identifier: Apache-2.0 */
/* talk.c — talk spurts that are over: a line of the log each, and the last ones kept. */
#include "app/ptt/private.h"

#include "base/iso_time.h"
#include "base/log.h"

void ptt_text_copy(struct pv_span from, struct ptt_text *ret)
{
	ret->length = (uint8_t)MIN(from.length, (size_t)PTT_NAME_MAX);
	if (ret->length)
		memcpy(ret->bytes, from.at, ret->length);
}

static struct pv_span text_span(const struct ptt_text *text)
{
	return (struct pv_span){text->bytes, text->length};
}

/* As `group talks` and the sheet of a recording have it, by the same names. */
static void write_line(const struct ptt_talk *talk)
{
	char group[PTT_NAME_MAX + 8], member[PTT_NAME_MAX + 8], began[32];
	struct pv_writer w;
	pv_writer_init(&w, began, sizeof(began));
	iso_time_put(&w, talk->began_ms);
	log_event(LOG_LEVEL_INFO, "talk",
		"group=%s member=%s began=%.*s length_ms=%u trigger=%.*s why=%.*s priority=%u "
		"emergency=%s packets=%u lost=%u grant_us=%u clipped=%u",
		log_quote(group, sizeof(group), text_span(&talk->group)),
		log_quote(member, sizeof(member), text_span(&talk->member)),
		PV_SPAN_PRINT(pv_writer_span(&w)), talk->length_ms, PV_SPAN_PRINT(talk->trigger),
		PV_SPAN_PRINT(talk->why), talk->priority, talk->is_emergency ? "true" : "false",
		talk->packets, talk->lost, talk->grant_us, talk->clipped);
}

/* The member may have left meanwhile. */
static struct pv_span name_of(struct ptt *p, const struct ptt_room *room, uint64_t tag)
{
	const struct ptt_member *member = member_get(p, tag);
	if (member)
		return buffer_text(member->who, member->name_text);
	for (unsigned i = 0; room && i < PTT_GRAVES; i++)
		if (room->graves[i].tag == tag)
			return (struct pv_span){
				room->graves[i].name.bytes, room->graves[i].name.length};
	return (struct pv_span){NULL, 0};
}

void talk_keep(struct ptt *p, uint64_t handle, const struct media_spurt *spurt)
{
	struct ptt_room *room = room_get(p, handle);
	const struct ptt_group *group = room ? ptt_group_of(p, room->group) : NULL;
	struct ptt_talk_row *row = &p->talks[p->talk_count++ % PTT_TALKS_KEPT];
	struct ptt_talk *talk = &row->talk;
	uint64_t ended_ago =
		spurt->ago_ms > spurt->length_ms ? spurt->ago_ms - spurt->length_ms : 0;
	*row = (struct ptt_talk_row){
		.group = room ? room->group : 0, .ended_ms = p->at.worker->now_ms - ended_ago};
	talk->began_ms = spurt->began_ms;
	talk->length_ms = spurt->length_ms;
	talk->trigger = pv_span_of(media_trigger_name(spurt->trigger));
	talk->why = pv_span_of(media_spurt_end_name(spurt->end));
	talk->packets = spurt->packets;
	talk->lost = spurt->lost;
	talk->grant_us = spurt->grant_us;
	talk->clipped = spurt->clipped;
	talk->priority = spurt->priority;
	talk->is_emergency = spurt->is_emergency;
	if (group)
		ptt_text_copy(group->config.name, &talk->group);
	ptt_text_copy(name_of(p, room, spurt->tag), &talk->member);
	if (room)
		room->talks++;
	metrics_add(METRIC_ptt_talks, 1);
	write_line(talk);
}
