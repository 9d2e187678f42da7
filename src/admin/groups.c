/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c — push-to-talk groups: who is in, who talks, who did. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/group.h"
#include "base/iso_time.h"
#include "base/macros.h"
#include "media/group_command.h"

/* Who talks or waits; more are not shown at once. */
#define SPEAKERS_MAX (MEDIA_GROUP_TALKERS_MAX + MEDIA_GROUP_SHOWN_MAX)
#define LEVEL_NONE   (-127)

static const char *const states[] = {
	[PTT_FLOOR_IDLE] = "idle",
	[PTT_FLOOR_TAKEN] = "taken",
	[PTT_FLOOR_PENDING] = "revoking",
	[PTT_FLOOR_OPEN] = "open",
	[PTT_FLOOR_HANG] = "hang",
};

static const char *const member_states[] = {
	[PTT_LISTENS] = "listens", [PTT_TALKS] = "talks", [PTT_QUEUES] = "waits"};

/* ---- who talks and who waits ---- */

struct speaker {
	struct ptt_member_summary member;
	struct media_speaker heard; /* zero where the relay thread has not said yet */
};

/* Of one group. Lifetime: an answer. */
struct speakers {
	const struct admin_host *host;
	unsigned count;
	struct speaker list[SPEAKERS_MAX];
};

/* Those who talk come first, then those who wait, by their place. */
static int compare(const void *a, const void *b)
{
	const struct ptt_member_summary *x = &((const struct speaker *)a)->member,
					*y = &((const struct speaker *)b)->member;
	if (x->state != y->state)
		return x->state == PTT_TALKS ? -1 : 1;
	return (x->position > y->position) - (x->position < y->position);
}

static void collect(void *context, const struct ptt_member_summary *member)
{
	struct speakers *speakers = context;
	if (member->state == PTT_LISTENS || speakers->count == SPEAKERS_MAX)
		return;
	speakers->list[speakers->count++] =
		(struct speaker){.member = *member, .heard.level = LEVEL_NONE};
}

static void hear(struct speakers *speakers, const struct media_speaker *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < speakers->count; k++)
			if (speakers->list[k].member.media == list[i].member)
				speakers->list[k].heard = list[i];
}

static int find_speakers(struct admin_call *call, const struct ptt_group_summary *group,
	const struct media_group_report *report, struct speakers *ret)
{
	ret->host = call->host;
	ret->count = 0;
	if (group->talker_count == 0 && group->queued == 0)
		return 0;
	int error = ptt_query_speakers(&call->host->groups, group_text(&group->name), collect, ret);
	qsort(ret->list, ret->count, sizeof(ret->list[0]), compare);
	if (!error && report) {
		hear(ret, report->talkers, MIN(report->talker_count, MEDIA_GROUP_TALKERS_MAX));
		hear(ret, report->waiting, MIN(report->waiting_count, MEDIA_GROUP_SHOWN_MAX));
	}
	return error;
}

static const struct media_group_report *read_group(struct admin_call *call,
	const struct ptt_group_summary *group, struct media_group_report *report)
{
	if (!call->host->media || !group->media)
		return NULL;
	return media_read_group(call->host->media, group->media, report) == 0 ? report : NULL;
}

static void put_who(struct json *json, const struct ptt_member_summary *member)
{
	json_span(json, "name", group_text(&member->name));
	if (member->display.length)
		json_span(json, "display", group_text(&member->display));
}

static void put_speaker(struct json *json, const struct speaker *speaker)
{
	const struct media_speaker *heard = &speaker->heard;
	json_object(json, NULL);
	put_who(json, &speaker->member);
	if (speaker->member.state == PTT_QUEUES)
		json_number(json, "position", speaker->member.position);
	/* what it asked with, which may be less than what is its */
	json_number(json, "priority", heard->member ? heard->priority : speaker->member.priority);
	if (heard->member) {
		json_text(json, "trigger", media_trigger_name(heard->trigger));
		json_fraction(json, "seconds", heard->since_ms / 1000.0);
		if (heard->is_emergency)
			json_bool(json, "emergency", true);
	}
	if (heard->level > LEVEL_NONE)
		json_signed(json, "level", heard->level);
	json_object_end(json);
}

static void put_speakers(struct json *json, const struct speakers *speakers)
{
	static const struct {
		const char *name;
		enum ptt_member_state state;
	} rows[] = {{"talkers", PTT_TALKS}, {"waiting", PTT_QUEUES}};
	for (size_t row = 0; row < ARRAY_LENGTH(rows); row++) {
		json_array(json, rows[row].name);
		for (unsigned i = 0; i < speakers->count; i++)
			if (speakers->list[i].member.state == rows[row].state)
				put_speaker(json, &speakers->list[i]);
		json_array_end(json);
	}
}

/* ---- list, show, watch ---- */

static void put_talkers(struct json *json, const struct ptt_group_summary *group)
{
	json_array(json, "talking");
	for (unsigned i = 0; i < MIN(group->talker_count, PTT_TALKERS_SHOWN); i++)
		json_span(json, NULL, group_text(&group->talkers[i]));
	json_array_end(json);
}

static void put_group(struct json *json, const struct ptt_group_summary *group)
{
	json_span(json, "name", group_text(&group->name));
	if (group->display.length)
		json_span(json, "display", group_text(&group->display));
	json_text(json, "floor", group->is_up ? states[group->floor] : "closed");
	json_bool(json, "emergency", group->is_emergency);
	json_number(json, "members", group->members);
	json_number(json, "queued", group->queued);
	json_number(json, "talks", group->talks);
}

static void put_row(struct json *json, const struct ptt_group_summary *group)
{
	json_object(json, NULL);
	put_group(json, group);
	put_talkers(json, group);
	json_number(json, "seconds", group->age_ms / 1000);
	json_object_end(json);
}

/* Groups by name. All first: a question may not be asked within another one's answer. */
struct group_names {
	unsigned count, room;
	struct ptt_group_summary *list;
	bool no_memory;
};

static void remember(void *context, const struct ptt_group_summary *group)
{
	struct group_names *names = context;
	if (names->count == names->room) {
		unsigned room = names->room ? 2 * names->room : 16;
		void *list = realloc(names->list, room * sizeof(names->list[0]));
		names->no_memory = names->no_memory || !list;
		if (!list)
			return;
		names->list = list;
		names->room = room;
	}
	names->list[names->count++] = *group;
}

static int by_name(const void *a, const void *b)
{
	struct pv_span x = group_text(&((const struct ptt_group_summary *)a)->name);
	struct pv_span y = group_text(&((const struct ptt_group_summary *)b)->name);
	int order = memcmp(x.at, y.at, MIN(x.length, y.length));
	return order ? order : (x.length > y.length) - (x.length < y.length);
}

static int find_groups(struct admin_call *call, struct group_names *names)
{
	struct ptt_group_summary group;
	int error;
	if (!call->argument) {
		error = ptt_query_list(&call->host->groups, remember, names);
	} else {
		error = ptt_query_show(&call->host->groups, pv_span_of(call->argument), &group);
		if (!error)
			remember(names, &group);
	}
	if (names->count > 1)
		qsort(names->list, names->count, sizeof(names->list[0]), by_name);
	return !error && names->no_memory ? -ENOMEM : error;
}

void command_group_list(struct admin_call *call)
{
	struct group_names names = {0};
	if (!group_are_there(call))
		return;
	int error = find_groups(call, &names);
	if (error) {
		group_fail(call, error, NULL);
	} else {
		json_object(&call->json, NULL);
		json_array(&call->json, "groups");
		for (unsigned i = 0; i < names.count; i++)
			put_row(&call->json, &names.list[i]);
		json_array_end(&call->json);
		json_object_end(&call->json);
	}
	free(names.list);
}

static void put_counts(struct json *json, const struct media_group_report *report)
{
	json_number(json, "denied", report->denied);
	json_number(json, "revoked", report->revoked);
	json_number(json, "unheard_packets", report->ungranted);
	json_fraction(json, "idle_seconds", report->idle_ms / 1000.0);
	json_number(json, "relay_thread", report->thread);
}

void command_group_show(struct admin_call *call)
{
	struct ptt_group_summary group;
	struct media_group_report memory;
	struct speakers speakers;
	if (!group_are_there(call))
		return;
	int error = ptt_query_show(&call->host->groups, pv_span_of(call->argument), &group);
	const struct media_group_report *report = error ? NULL : read_group(call, &group, &memory);
	if (!error)
		error = find_speakers(call, &group, report, &speakers);
	if (error) {
		group_fail(call, error, NULL);
		return;
	}
	json_object(&call->json, NULL);
	put_group(&call->json, &group);
	json_number(&call->json, "max_members", group.most);
	json_number(&call->json, "watchers", group.watchers);
	json_number(&call->json, "seconds", group.age_ms / 1000);
	if (report)
		put_counts(&call->json, report);
	put_speakers(&call->json, &speakers);
	json_object_end(&call->json);
}

static void put_watched(struct admin_call *call, const struct ptt_group_summary *group)
{
	struct media_group_report memory;
	struct speakers speakers;
	const struct media_group_report *report = read_group(call, group, &memory);
	/* Who left in the meantime is not there: the next look shows it. */
	if (find_speakers(call, group, report, &speakers) < 0)
		speakers.count = 0;
	json_object(&call->json, NULL);
	put_group(&call->json, group);
	put_speakers(&call->json, &speakers);
	json_object_end(&call->json);
}

void command_group_watch(struct admin_call *call)
{
	struct group_names names = {0};
	if (!group_are_there(call))
		return;
	int error = find_groups(call, &names);
	if (error) {
		group_fail(call, error, NULL);
	} else {
		json_object(&call->json, NULL);
		json_array(&call->json, "groups");
		for (unsigned i = 0; i < names.count; i++)
			put_watched(call, &names.list[i]);
		json_array_end(&call->json);
		json_object_end(&call->json);
	}
	free(names.list);
}

/* ---- members ---- */

static void put_notes(struct json *json, const struct ptt_member_summary *member)
{
	const struct {
		const char *name;
		bool is_so;
	} notes[] = {
		{"muted", member->is_muted},
		{"listen-only", member->listen_only},
		{"on hold", member->is_held},
		{"called out", member->is_called_out},
		{"MCPTT", member->has_floor_channel},
	};
	json_array(json, "notes");
	for (size_t i = 0; i < ARRAY_LENGTH(notes); i++)
		if (notes[i].is_so)
			json_text(json, NULL, notes[i].name);
	json_array_end(json);
}

/* What goes to it, as far as its own RTCP tells. */
static void put_received(struct json *json, const struct media_member_report *report)
{
	const struct media_end_report *audio = &report->audio;
	json_number(json, "sent", audio->sent);
	if (audio->has_remote) {
		uint32_t clock = codec_row((enum codec_id)report->codec)->clock;
		json_signed(json, "far_end_lost", audio->remote_lost);
		if (clock)
			json_fraction(
				json, "far_end_jitter_ms", 1000.0 * audio->remote_jitter / clock);
	}
	if (audio->round_trip_us)
		json_fraction(json, "round_trip_ms", audio->round_trip_us / 1000.0);
}

static void put_media(struct json *json, const struct media_member_report *report)
{
	if (report->level > LEVEL_NONE)
		json_signed(json, "level", report->level);
	json_number(json, "presses", report->presses);
	json_number(json, "spurts", report->spurts);
	json_fraction(json, "talked", (double)report->talked_ms / 1000.0);
	json_number(json, "packets", report->audio.packets);
	json_number(json, "lost", report->audio.lost);
	json_fraction(json, "jitter_ms", report->audio.jitter_us / 1000.0);
	put_received(json, report);
}

static void put_member(void *context, const struct ptt_member_summary *member)
{
	struct admin_call *call = context;
	struct json *json = &call->json;
	struct media_member_report report;
	json_object(json, NULL);
	put_who(json, member);
	json_text(json, "state", member_states[member->state]);
	if (member->position)
		json_number(json, "position", member->position);
	json_number(json, "priority", member->priority);
	if (member->codec != CODEC_NONE && member->codec < CODEC_COUNT)
		json_span(json, "codec", codec_row((enum codec_id)member->codec)->name);
	json_number(json, "seconds", member->age_ms / 1000);
	if (call->host->media && member->media &&
		media_read_member(call->host->media, member->media, &report) == 0)
		put_media(json, &report);
	put_notes(json, member);
	json_span(json, "target", group_text(&member->target));
	json_object_end(json);
}

static void nothing(void *context, const struct ptt_member_summary *member) {}

/* An answer that fails half way would be two documents: whether there is such a group is asked
 * first. */
void command_group_members(struct admin_call *call)
{
	struct pv_span name = pv_span_of(call->argument);
	if (!group_are_there(call))
		return;
	int error = ptt_query_members(&call->host->groups, name, nothing, NULL);
	if (error) {
		group_fail(call, error, NULL);
		return;
	}
	json_object(&call->json, NULL);
	json_array(&call->json, "members");
	error = ptt_query_members(&call->host->groups, name, put_member, call);
	json_array_end(&call->json);
	if (error)
		json_text(&call->json, "error", "a worker does not answer: not all are shown");
	json_object_end(&call->json);
}

/* ---- talks ---- */

/* By the names of the log's line and of a recording's sheet. */
static void put_talk(void *context, const struct ptt_talk *talk)
{
	struct json *json = context;
	struct pv_writer w;
	char began[32];
	pv_writer_init(&w, began, sizeof(began));
	iso_time_put(&w, talk->began_ms);
	json_object(json, NULL);
	json_span(json, "began", pv_writer_span(&w));
	json_span(json, "group", group_text(&talk->group));
	json_span(json, "member", group_text(&talk->member));
	json_number(json, "length_ms", talk->length_ms);
	json_span(json, "trigger", talk->trigger);
	json_span(json, "why", talk->why);
	json_number(json, "priority", talk->priority);
	json_bool(json, "emergency", talk->is_emergency);
	json_number(json, "packets", talk->packets);
	json_number(json, "lost", talk->lost);
	json_number(json, "grant_us", talk->grant_us);
	json_number(json, "clipped", talk->clipped);
	json_object_end(json);
}

void command_group_talks(struct admin_call *call)
{
	struct ptt_group_summary group;
	struct pv_span name = pv_span_of(call->argument);
	if (!group_are_there(call))
		return;
	int error = call->argument ? ptt_query_show(&call->host->groups, name, &group) : 0;
	if (error) {
		group_fail(call, error, NULL);
		return;
	}
	json_object(&call->json, NULL);
	json_array(&call->json, "talks");
	error = ptt_query_talks(&call->host->groups, name, put_talk, &call->json);
	json_array_end(&call->json);
	if (error)
		json_text(&call->json, "error", "a worker does not answer: not all are shown");
	json_object_end(&call->json);
}
