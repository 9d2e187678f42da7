/* SPDX-License-Identifier: Apache-2.0 */
/* query.c — a question of the main thread to a group's home worker: posted as a task, answered into
 * its own memory. */
#include "app/ptt/query.h"

#include <errno.h>

#include "app/ptt/private.h"
#include "runtime/question.h"

#define BATCH 64 /* members or talks that a worker copies between two of its events */

struct query {
	struct question question;
	struct ptt *ptt;
	uint64_t group;
	bool speakers_only; /* of the members */
	int result;
	uint64_t cursor; /* where to go on */
	bool is_more;
	unsigned count;
	union {
		struct ptt_group_summary summary;
		struct ptt_member_summary members[BATCH];
		struct ptt_talk talks[BATCH];
	};
};

/* ---- on the worker ---- */

static unsigned floor_of(const struct ptt_room *room, const struct ptt_group *group, bool talks)
{
	if (group->config.is_open)
		return PTT_FLOOR_OPEN;
	if (!talks)
		return room->is_reserved ? PTT_FLOOR_HANG : PTT_FLOOR_IDLE;
	return room->is_revoking ? PTT_FLOOR_PENDING : PTT_FLOOR_TAKEN;
}

static void add_talkers(const struct ptt_room *room, struct ptt_group_summary *ret)
{
	LIST_EACH(link, &room->members)
	{
		const struct ptt_member *member = container_of(link, struct ptt_member, link);
		if (member->is_talking && ret->talker_count < PTT_TALKERS_SHOWN)
			ptt_text_copy(buffer_text(member->who, member->name_text),
				&ret->talkers[ret->talker_count++]);
	}
}

static void run_show(struct question *question)
{
	struct query *query = container_of(question, struct query, question);
	struct ptt *p = query->ptt;
	const struct ptt_group *group = ptt_group_of(p, query->group);
	const struct ptt_room *room = room_find(p, query->group);
	struct ptt_group_summary *s = &query->summary;
	query->result = group ? 0 : -ENOENT;
	if (!group)
		return;
	*s = (struct ptt_group_summary){
		.is_open = group->config.is_open, .most = group->config.max_members};
	ptt_text_copy(group->config.name, &s->name);
	ptt_text_copy(group->config.display, &s->display);
	if (room) {
		s->is_up = room->lease.group;
		s->media = room->lease.group;
		s->is_emergency = room->is_emergency;
		s->members = room->member_count;
		s->watchers = room->watcher_count;
		s->queued = room->waiting;
		s->age_ms = room->opened_ms ? p->at.worker->now_ms - room->opened_ms : 0;
		s->talks = room->talks;
		add_talkers(room, s);
	}
	s->floor = room ? (uint8_t)floor_of(room, group, s->talker_count)
			: (uint8_t)(s->is_open ? PTT_FLOOR_OPEN : PTT_FLOOR_IDLE);
}

static void summarize(struct ptt *p, const struct ptt_member *member, const struct ptt_group *group,
	struct ptt_member_summary *ret)
{
	struct media_member_report report;
	struct ptt_membership membership = {0};
	struct pv_span name = buffer_text(member->who, member->name_text);
	const struct user *user = p->at.auth ? user_table_find(auth_users(p->at.auth), name) : NULL;
	*ret = (struct ptt_member_summary){.is_muted = member->is_muted,
		.is_held = member->is_held,
		.is_called_out = member->is_called_out,
		.has_floor_channel = member->has_floor_channel,
		.state = member->is_talking ? PTT_TALKS
			 : member->position ? PTT_QUEUES
					    : PTT_LISTENS,
		.position = member->position,
		.media = member->media,
		.age_ms = p->at.worker->now_ms - member->joined_ms};
	ptt_text_copy(name, &ret->name);
	ptt_text_copy(buffer_text(member->who, member->display), &ret->display);
	ptt_text_copy(buffer_text(member->who, member->target), &ret->target);
	if (group && ptt_group_has(group, name, &membership))
		ret->listen_only = membership.listen_only;
	if (group && membership.priority != PTT_PRIORITY_OF_USER)
		ret->priority = (uint8_t)membership.priority;
	else if (user)
		ret->priority = user_priority(user);
	if (member->media && media_read_member(p->at.media, member->media, &report) == 0)
		ret->codec = report.codec;
}

static void run_members(struct question *question)
{
	struct query *query = container_of(question, struct query, question);
	struct ptt *p = query->ptt;
	const struct ptt_group *group = ptt_group_of(p, query->group);
	const struct ptt_room *room = room_find(p, query->group);
	uint64_t index = 0;
	query->result = group ? 0 : -ENOENT;
	query->count = 0;
	query->is_more = false;
	if (!group || !room)
		return;
	LIST_EACH(link, &room->members)
	{
		const struct ptt_member *member = container_of(link, struct ptt_member, link);
		if (query->speakers_only && !member->is_talking && !member->position)
			continue;
		if (index++ < query->cursor)
			continue;
		if (query->count == BATCH) {
			query->is_more = true;
			break;
		}
		summarize(p, member, group, &query->members[query->count++]);
	}
	query->cursor += query->count;
}

/* group 0: of all that have their home here. */
static void run_talks(struct question *question)
{
	struct query *query = container_of(question, struct query, question);
	struct ptt *p = query->ptt;
	uint64_t oldest = p->talk_count > PTT_TALKS_KEPT ? p->talk_count - PTT_TALKS_KEPT : 0;
	uint64_t at = MAX(query->cursor, oldest);
	query->result = 0;
	query->count = 0;
	for (; at < p->talk_count && query->count < BATCH; at++) {
		const struct ptt_talk_row *row = &p->talks[at % PTT_TALKS_KEPT];
		if (query->group && row->group != query->group)
			continue;
		query->talks[query->count] = row->talk;
		query->talks[query->count++].ago_ms = p->at.worker->now_ms - row->ended_ms;
	}
	query->cursor = at;
	query->is_more = at < p->talk_count;
}

/* ---- on the main thread ---- */

static struct query *query_new(void (*run)(struct question *), uint64_t group)
{
	struct query *query = question_new(sizeof(*query), run);
	if (query)
		query->group = group;
	return query;
}

/* The answer's result, or -ETIMEDOUT. */
static int ask(const struct ptt_tables *tables, unsigned worker, struct query *query)
{
	query->ptt = tables->ptts[worker];
	int error = question_ask(&query->question, &tables->workers->workers[worker]);
	return error ? error : query->result;
}

static unsigned home_of(const struct ptt_tables *tables, uint64_t group)
{
	return ptt_home(tables->ptts[0], group);
}

static uint64_t id_of(const struct ptt_tables *tables, struct pv_span name)
{
	return ptt_group_id(tables->group_key, name);
}

static int show(const struct ptt_tables *tables, uint64_t group, struct ptt_group_summary *ret)
{
	struct query *query = query_new(run_show, group);
	if (!query)
		return -ENOMEM;
	int error = ask(tables, home_of(tables, group), query);
	if (!error)
		*ret = query->summary;
	question_leave(&query->question);
	return error;
}

int ptt_query_show(
	const struct ptt_tables *tables, struct pv_span group, struct ptt_group_summary *ret)
{
	return show(tables, id_of(tables, group), ret);
}

int ptt_query_list(const struct ptt_tables *tables,
	void (*each)(void *context, const struct ptt_group_summary *group), void *context)
{
	struct ptt_group_summary summary;
	for (unsigned i = 0; tables->groups && i < tables->groups->count; i++) {
		int error = show(tables, tables->groups->list[i].id, &summary);
		/* a reload is under way: that worker has not heard of the group yet */
		if (error == -ENOENT)
			continue;
		if (error)
			return error;
		each(context, &summary);
	}
	return 0;
}

/* One batch; *cursor goes on, *ret_more says whether it must. */
static int some_members(const struct ptt_tables *tables, uint64_t group, bool speakers_only,
	uint64_t *cursor, bool *ret_more, void (*each)(void *, const struct ptt_member_summary *),
	void *context)
{
	struct query *query = query_new(run_members, group);
	if (!query)
		return -ENOMEM;
	query->cursor = *cursor;
	query->speakers_only = speakers_only;
	int error = ask(tables, home_of(tables, group), query);
	for (unsigned i = 0; !error && i < query->count; i++)
		each(context, &query->members[i]);
	if (!error) {
		*cursor = query->cursor;
		*ret_more = query->is_more;
	}
	question_leave(&query->question);
	return error;
}

static int members_of(const struct ptt_tables *tables, struct pv_span group, bool speakers_only,
	void (*each)(void *context, const struct ptt_member_summary *member), void *context)
{
	uint64_t cursor = 0, id = id_of(tables, group);
	bool is_more = true;
	while (is_more) {
		int error =
			some_members(tables, id, speakers_only, &cursor, &is_more, each, context);
		if (error)
			return error;
	}
	return 0;
}

int ptt_query_members(const struct ptt_tables *tables, struct pv_span group,
	void (*each)(void *context, const struct ptt_member_summary *member), void *context)
{
	return members_of(tables, group, false, each, context);
}

int ptt_query_speakers(const struct ptt_tables *tables, struct pv_span group,
	void (*each)(void *context, const struct ptt_member_summary *member), void *context)
{
	return members_of(tables, group, true, each, context);
}

static int some_talks(const struct ptt_tables *tables, unsigned worker, uint64_t group,
	uint64_t *cursor, bool *ret_more, void (*each)(void *, const struct ptt_talk *),
	void *context)
{
	struct query *query = query_new(run_talks, group);
	if (!query)
		return -ENOMEM;
	query->cursor = *cursor;
	int error = ask(tables, worker, query);
	for (unsigned i = 0; !error && i < query->count; i++)
		each(context, &query->talks[i]);
	if (!error) {
		*cursor = query->cursor;
		*ret_more = query->is_more;
	}
	question_leave(&query->question);
	return error;
}

static int talks_of(const struct ptt_tables *tables, unsigned worker, uint64_t group,
	void (*each)(void *context, const struct ptt_talk *talk), void *context)
{
	uint64_t cursor = 0;
	bool is_more = true;
	while (is_more) {
		int error = some_talks(tables, worker, group, &cursor, &is_more, each, context);
		if (error)
			return error;
	}
	return 0;
}

int ptt_query_talks(const struct ptt_tables *tables, struct pv_span group,
	void (*each)(void *context, const struct ptt_talk *talk), void *context)
{
	struct ptt_group_summary summary;
	if (group.length) {
		uint64_t id = id_of(tables, group);
		int error = show(tables, id, &summary);
		return error ? error : talks_of(tables, home_of(tables, id), id, each, context);
	}
	for (unsigned i = 0; i < tables->workers->count; i++) {
		int error = talks_of(tables, i, 0, each, context);
		if (error)
			return error;
	}
	return 0;
}
