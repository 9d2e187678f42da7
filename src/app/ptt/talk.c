/* SPDX-License-Identifier: Apache-2.0 */
/* talk.c — talk spurts that are over: a line of the log each, and the last ones kept. */
#include "app/ptt/private.h"

#include <time.h>

#include "base/log.h"

static const struct pv_span trigger_names[MEDIA_TRIGGER_COUNT] = {
	[MEDIA_TRIGGER_DTMF] = PV_SPAN_INIT("dtmf"),
	[MEDIA_TRIGGER_INFO] = PV_SPAN_INIT("info"),
	[MEDIA_TRIGGER_RTCP] = PV_SPAN_INIT("rtcp"),
	[MEDIA_TRIGGER_MESSAGE] = PV_SPAN_INIT("message"),
	[MEDIA_TRIGGER_API] = PV_SPAN_INIT("api"),
	[MEDIA_TRIGGER_VOX] = PV_SPAN_INIT("vox"),
	[MEDIA_TRIGGER_MUTE] = PV_SPAN_INIT("mute"),
	[MEDIA_TRIGGER_HOLD] = PV_SPAN_INIT("hold"),
	[MEDIA_TRIGGER_ED137] = PV_SPAN_INIT("ed137"),
};

static const struct pv_span end_names[] = {
	[MEDIA_SPURT_RELEASED] = PV_SPAN_INIT("released"),
	[MEDIA_SPURT_MEDIA_ENDED] = PV_SPAN_INIT("media_ended"),
	[MEDIA_SPURT_TIME_OVER] = PV_SPAN_INIT("max_talk"),
	[MEDIA_SPURT_PREEMPTED] = PV_SPAN_INIT("preempted"),
	[MEDIA_SPURT_REVOKED] = PV_SPAN_INIT("revoked"),
	[MEDIA_SPURT_LEFT] = PV_SPAN_INIT("left"),
	[MEDIA_SPURT_CLOSED] = PV_SPAN_INIT("closed"),
};

void ptt_text_copy(struct pv_span from, struct ptt_text *ret)
{
	ret->length = (uint8_t)MIN(from.length, (size_t)PTT_NAME_MAX);
	if (ret->length)
		memcpy(ret->bytes, from.at, ret->length);
}

static void write_line(const struct ptt_talk *talk)
{
	log_event(LOG_LEVEL_INFO, "talk",
		"group=%.*s member=%.*s length_ms=%u trigger=%.*s end=%.*s packets=%u lost=%u "
		"emergency=%s",
		talk->group.length, talk->group.bytes, talk->member.length, talk->member.bytes,
		talk->length_ms, PV_SPAN_PRINT(talk->trigger), PV_SPAN_PRINT(talk->why),
		talk->packets, talk->lost, talk->is_emergency ? "yes" : "no");
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
	talk->began_s = (uint64_t)time(NULL) - spurt->ago_ms / 1000;
	talk->length_ms = spurt->length_ms;
	talk->trigger = spurt->trigger < MEDIA_TRIGGER_COUNT ? trigger_names[spurt->trigger]
							     : PV_SPAN("none");
	talk->why = spurt->end < ARRAY_LENGTH(end_names) ? end_names[spurt->end] : PV_SPAN("none");
	talk->packets = spurt->packets;
	talk->lost = spurt->lost;
	talk->is_emergency = spurt->is_emergency;
	if (group)
		ptt_text_copy(group->config.name, &talk->group);
	ptt_text_copy(name_of(p, room, spurt->tag), &talk->member);
	if (room)
		room->talks++;
	metrics_add(METRIC_ptt_talks, 1);
	write_line(talk);
}
