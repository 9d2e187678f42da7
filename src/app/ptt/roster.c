/* SPDX-License-Identifier: Apache-2.0 */
/* roster.c — who is in a group, on its home worker: the order of joining, how many there may be,
 * whose older leg goes, and when the group opens and closes on its relay thread. */
#include "app/ptt/private.h"

/* ---- rooms ---- */

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
	room->is_emergency = room->is_revoking = false;
	room->waiting = 0;
	ptt_drop(p, &room->called);
}

void room_settle(struct ptt *p, struct ptt_room *room)
{
	if (!room->member_count)
		close_media(p, room);
	if (!list_is_empty(&room->members) || !list_is_empty(&room->watchers) || room->closing)
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

static bool open_media(struct ptt *p, struct ptt_room *room, const struct ptt_group *group)
{
	struct media_group_settings settings;
	if (room->lease.group)
		return true;
	media_settings_of(group, &settings);
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

/* ---- orders to legs ---- */

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

/* ---- joining ---- */

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

/* In a broadcast group it is the one who has been there longest who talks. `joins` (or NULL) will
 * hear of it in another way. */
static void choose_speaker(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	const struct ptt_member *joins)
{
	bool is_found = false;
	LIST_EACH(link, &room->members)
	{
		struct ptt_member *member = container_of(link, struct ptt_member, link);
		bool may = !group->config.broadcast || (!is_found && !member->is_ending);
		is_found |= may && !member->is_ending;
		if (member->may_talk == may)
			continue;
		member->may_talk = may;
		if (!member->is_ending && member != joins)
			member_order(p, member);
	}
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

static struct ptt_member *member_new(
	struct ptt *p, struct ptt_room *room, struct ptt_report *report)
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

/* 200, 404 or 503. */
static uint16_t try_join(struct ptt *p, struct ptt_report *report)
{
	const struct ptt_group *group = ptt_group_of(p, report->group);
	struct ptt_room *room = group ? room_have(p, report->group) : NULL;
	struct ptt_member *oldest;
	if (!group)
		return 404;
	if (!room)
		return 503;
	uint64_t name = ptt_name_hash(p, buffer_text(report->who, report->name));
	bool replaces = legs_of(p, room, name, &oldest) >= group->config.legs;
	unsigned others = staying(room) - replaces;
	if (group->config.max_members && others >= group->config.max_members) {
		metrics_add(METRIC_ptt_refused_full, 1);
		return 503;
	}
	bool is_first = !room->lease.group;
	struct ptt_member *member = open_media(p, room, group) ? member_new(p, room, report) : NULL;
	if (!member) {
		room_settle(p, room);
		return 503;
	}
	if (replaces && oldest) {
		metrics_add(METRIC_ptt_replaced, 1);
		member_end(p, oldest, CALL_REPLACED);
	}
	choose_speaker(p, room, group, member);
	report->member = slab_handle(&p->members, member);
	report->may_talk = member->may_talk;
	report->is_muted = false;
	report->radio_id = member->radio_id;
	report->lease = room->lease;
	call_out_joined_by_himself(p, room, group, buffer_text(member->who, member->name_text));
	room_changed(p, room, false);
	member->change = room->change;
	room_notify(p, room);
	if (is_first)
		room_call_out(p, room);
	return 200;
}

/* `is_gone`: no other leg of the same user, or only one by another name, is left. */
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
	struct ptt_member *other = room_member(p, room, member->name, NULL);
	if (other)
		other->change = room->change;
	bury(p, room, member,
		!other || !pv_span_equal(buffer_text(other->who, other->uri),
				  buffer_text(member->who, member->uri)));
	if (group)
		choose_speaker(p, room, group, NULL);
	member->is_left = true;
	room_notify(p, room);
	if (!member->order.errand.is_away)
		member_free(p, member);
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
	if (!group) {
		end_all(p, room, CALL_CLOSED);
		room_end_watchers(p, room);
		return;
	}
	if (!room->lease.group)
		return;
	media_settings_of(group, &settings);
	media_group_set(p->at.media, p->at.worker->index, room->lease.group, &settings);
	choose_speaker(p, room, group, NULL);
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
	struct media_group_report report;
	bool is_new = false;
	if (media_read_group(p->at.media, room->lease.group, &report) < 0)
		return;
	unsigned waiting = MIN(report.waiting_count, MEDIA_GROUP_SHOWN_MAX);
	room->is_emergency = report.is_emergency;
	room->is_revoking = report.is_revoking;
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
}

void room_told(struct ptt *p, uint64_t handle, uint32_t told)
{
	struct ptt_room *room = room_get(p, handle);
	if (told & MEDIA_GROUP_TOLD_FLOOR)
		floor_changed(p, room);
	if (told & MEDIA_GROUP_TOLD_IDLE)
		end_all(p, room, CALL_CLOSED);
}
