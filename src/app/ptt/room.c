/* SPDX-License-Identifier: Apache-2.0 */
/* room.c — a group on its home worker while somebody is in it, or watches: opened and closed on its
 * relay thread, configured, told. */
#include "app/ptt/private.h"

static struct list *bucket_of(struct ptt *p, uint64_t group)
{
	return &p->buckets[group % ARRAY_LENGTH(p->buckets)];
}

struct ptt_room *room_find(struct ptt *p, uint64_t group)
{
	LIST_EACH(link, bucket_of(p, group))
	{
		struct ptt_room *room = container_of(link, struct ptt_room, link);
		if (room->group == group)
			return room;
	}
	return NULL;
}

struct ptt_room *room_have(struct ptt *p, uint64_t group)
{
	struct ptt_room *room = room_find(p, group);
	if (room)
		return room;
	room = slab_take(&p->rooms);
	if (!room)
		return NULL;
	memset(room, 0, sizeof(*room));
	room->group = group;
	list_init(&room->members);
	list_init(&room->watchers);
	list_init(&room->ringing);
	list_push_tail(bucket_of(p, group), &room->link);
	ptt_gauge(p);
	return room;
}

static void close_media(struct ptt *p, struct ptt_room *room)
{
	if (room->lease.group) {
		room->closing++;
		media_group_close(p->at.media, p->at.worker->index, room->lease.group);
	}
	memset(&room->lease, 0, sizeof(room->lease));
	room->opened_ms = 0;
	room->is_revoking = room->is_reserved = false;
	room->waiting = 0;
	ptt_drop(p, &room->settled);
	rights_forget(p, room);
}

void room_settle(struct ptt *p, struct ptt_room *room)
{
	if (!room->member_count) {
		ringing_stop_all(p, room);
		close_media(p, room);
	}
	if (!list_is_empty(&room->members) || !list_is_empty(&room->watchers) || room->closing ||
		room->is_emergency)
		return;
	list_remove(&room->link);
	slab_give(&p->rooms, room);
	ptt_gauge(p);
}

void room_ended(struct ptt *p, uint64_t handle)
{
	struct ptt_room *room = room_get(p, handle);
	if (!room || !room->closing)
		return;
	room->closing--;
	room_settle(p, room);
}

static const enum media_preempt preempts[] = {
	[PTT_PREEMPT_PRIORITY] = MEDIA_PREEMPT_PRIORITY,
	[PTT_PREEMPT_EMERGENCY] = MEDIA_PREEMPT_EMERGENCY,
	[PTT_PREEMPT_NEVER] = MEDIA_PREEMPT_NEVER,
};

static const enum media_keepalive keepalives[] = {
	[PTT_KEEPALIVE_SILENCE] = MEDIA_KEEPALIVE_SILENCE,
	[PTT_KEEPALIVE_COMFORT] = MEDIA_KEEPALIVE_COMFORT,
	[PTT_KEEPALIVE_NONE] = MEDIA_KEEPALIVE_NONE,
};

void media_settings_of(const struct ptt_group *group, struct media_group_settings *ret)
{
	const struct ptt_group_config *config = &group->config;
	*ret = (struct media_group_settings){
		.floor = config->is_open ? MEDIA_FLOOR_OPEN : MEDIA_FLOOR_PTT,
		.talkers = (uint8_t)MIN(config->talkers, (uint32_t)MEDIA_GROUP_TALKERS_MAX),
		.preempt = (uint8_t)preempts[config->preempt],
		.keepalive = (uint8_t)keepalives[config->keepalive],
		.queue = (uint16_t)MIN(config->queue, (uint32_t)UINT16_MAX),
		.has_tones = config->tones && !config->is_open,
		.has_roger = config->tones && config->roger_tone && !config->is_open,
		.has_refuse_tone = config->tones && config->refuse_tone && !config->is_open,
		.is_broadcast = config->broadcast,
		.request_key = config->key_request,
		.release_key = config->key_release,
		.max_talk_ms = config->max_talk_ms ? config->max_talk_ms : UINT32_MAX,
		.hang_ms = config->hang_ms,
		.idle_timeout_ms = config->idle_timeout_ms,
		.vox_hang_ms = config->vox_hang_ms,
		.record = config->record ? group->id : 0,
	};
}

bool room_open(struct ptt *p, struct ptt_room *room, const struct ptt_group *group)
{
	struct media_group_settings settings;
	if (room->lease.group)
		return true;
	media_settings_of(group, &settings);
	settings.is_emergency = room->is_emergency;
	if (media_group_open(p->at.media, p->at.worker->index, &settings,
		    slab_handle(&p->rooms, room), &room->lease) < 0) {
		memset(&room->lease, 0, sizeof(room->lease));
		return false;
	}
	room->opened_ms = p->at.worker->now_ms;
	room->talks = 0;
	metrics_add(METRIC_ptt_openings, 1);
	return true;
}

void room_changed(struct ptt *p, struct ptt_room *room, bool is_talk)
{
	room->change++;
	if (is_talk)
		room->change_talk = room->change;
	else
		room->change_members = room->change;
}

/* ---- a reload ---- */

static void end_all(struct ptt *p, struct ptt_room *room, enum call_why why)
{
	LIST_EACH(link, &room->members)
	member_end(p, container_of(link, struct ptt_member, link), why);
}

static void configure(struct ptt *p, struct ptt_room *room)
{
	const struct ptt_group *group = ptt_group_of(p, room->group);
	struct media_group_settings settings;
	if (!group || group->config.is_open)
		emergency_set(p, room, false, 0);
	if (!group) {
		end_all(p, room, CALL_CLOSED);
		room_end_watchers(p, room);
	}
	if (!group || !room->lease.group) {
		room_settle(p, room);
		return;
	}
	media_settings_of(group, &settings);
	media_group_set(p->at.media, p->at.worker->index, room->lease.group, &settings);
	rights_choose_speaker(p, room, group, NULL);
}

void rooms_configure(struct ptt *p)
{
	for (uint32_t i = 0; i < p->rooms.touched; i++) {
		struct ptt_room *room = slab_at(&p->rooms, i);
		if (slab_is_taken(room))
			configure(p, room);
	}
}

/* ---- what media say ---- */

/* True when it is another than before. */
static bool mark(struct ptt_member *member, bool is_talking, uint8_t position)
{
	bool is_new = member->is_talking != is_talking || member->position != position;
	member->is_talking = is_talking;
	member->position = position;
	return is_new;
}

static bool has_tag(const struct media_speaker *list, unsigned count, uint64_t tag, unsigned *ret)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i].tag == tag) {
			*ret = i;
			return true;
		}
	return false;
}

static void floor_changed(struct ptt *p, struct ptt_room *room)
{
	const struct ptt_group *group = ptt_group_of(p, room->group);
	struct media_group_report report;
	bool is_new = false;
	if (media_read_group(p->at.media, room->lease.group, &report) < 0)
		return;
	unsigned waiting = MIN(report.waiting_count, MEDIA_GROUP_SHOWN_MAX);
	room->is_revoking = report.is_revoking;
	room->is_reserved = report.is_reserved;
	room->waiting = report.waiting_count;
	LIST_EACH(link, &room->members)
	{
		struct ptt_member *member = container_of(link, struct ptt_member, link);
		uint64_t tag = slab_handle(&p->members, member);
		unsigned at = 0;
		bool talks = has_tag(report.talkers, report.talker_count, tag, &at);
		bool waits = !talks && has_tag(report.waiting, waiting, tag, &at);
		if (!mark(member, talks, waits ? (uint8_t)(at + 1) : 0))
			continue;
		if (!is_new)
			room_changed(p, room, true);
		is_new = true;
		member->change = room->change;
	}
	if (is_new)
		room_notify(p, room);
	/* what was on its way when a reload took the group, or its floor: nobody could clear it */
	bool may = group && !group->config.is_open;
	emergency_set(p, room, may && report.is_emergency, report.emergency_tag);
}

void room_told(struct ptt *p, uint64_t handle, uint32_t told)
{
	struct ptt_room *room = room_get(p, handle);
	if (told & MEDIA_GROUP_TOLD_FLOOR)
		floor_changed(p, room);
	if (told & MEDIA_GROUP_TOLD_MEMBERS)
		emergency_tell(p, room, NULL);
	if (told & MEDIA_GROUP_TOLD_IDLE)
		end_all(p, room, CALL_CLOSED);
}
