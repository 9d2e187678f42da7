/* SPDX-License-Identifier: Apache-2.0 */
/* media.c — a leg's ports and rights on the relay thread, its call in the table of calls, and what
 * both say of it. */
#include "app/ptt/private.h"

#include <errno.h>

/* ---- the call ---- */

static void end(struct ptt *p, struct ptt_leg *leg, enum call_why why)
{
	if (ringing_has(leg))
		ringing_ended(p, leg, why);
	else
		ptt_leg_leave(p, leg, why);
}

/* Deadline, operator. */
static void on_call_end(void *context, struct call *call, enum call_why why)
{
	struct ptt *p = context;
	struct ptt_leg *leg = ptt_leg_get(p, call->owner_word);
	if (leg)
		end(p, leg, why);
}

int ptt_leg_begin_call(struct ptt *p, struct ptt_leg *leg, struct pv_span caller,
	struct pv_span callee, struct pv_span user)
{
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	const struct call_beginning beginning = {
		.owner = &p->owner,
		.owner_word = slab_handle(&p->legs, leg),
		.call_id = texts.call_id,
		.caller_tag = leg->is_called_out ? texts.local_tag : texts.remote_tag,
		.caller = caller,
		.callee = callee,
		.user = user,
		.max_duration_ms = leg->group && leg->group->config.max_duration_ms
					   ? leg->group->config.max_duration_ms
					   : CALL_ENDLESS,
	};
	struct call *call;
	int error = call_begin(p->at.calls, &beginning, &call);
	if (!error)
		leg->call = call_handle(p->at.calls, call);
	return error;
}

void ptt_leg_end_call(struct ptt *p, struct ptt_leg *leg)
{
	struct call *call = leg->call ? call_get(p->at.calls, leg->call) : NULL;
	leg->call = 0;
	if (call)
		call_end(p->at.calls, call, (enum call_why)leg->why, 0);
}

/* ---- ports and rights ---- */

int ptt_leg_take_ports(struct ptt *p, struct ptt_leg *leg, const struct media_group_lease *lease,
	struct path *path, bool wants_floor)
{
	int error = place_find(p->at.calls, path, &leg->speech.place);
	if (!error)
		error = media_join(p->at.media, p->at.worker->index, lease, leg->speech.place.local,
			wants_floor, slab_handle(&p->legs, leg), &leg->lease);
	if (!error) {
		leg->speech.id = p->at.worker->now_ns / 1000000 + leg->lease.port;
		leg->speech.version = 1;
	}
	return error;
}

static uint16_t triggers_of(const struct ptt_leg *leg)
{
	static const struct {
		enum ptt_trigger ours;
		enum media_trigger theirs;
	} rows[] = {
		{PTT_TRIGGER_DTMF, MEDIA_TRIGGER_DTMF},
		{PTT_TRIGGER_INFO, MEDIA_TRIGGER_INFO},
		{PTT_TRIGGER_RTCP, MEDIA_TRIGGER_RTCP},
		{PTT_TRIGGER_MESSAGE, MEDIA_TRIGGER_MESSAGE},
		{PTT_TRIGGER_API, MEDIA_TRIGGER_API},
		{PTT_TRIGGER_VOX, MEDIA_TRIGGER_VOX},
		{PTT_TRIGGER_MUTE, MEDIA_TRIGGER_MUTE},
		{PTT_TRIGGER_HOLD, MEDIA_TRIGGER_HOLD},
		{PTT_TRIGGER_ED137, MEDIA_TRIGGER_ED137},
	};
	uint16_t triggers = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if (leg->membership.triggers & rows[i].ours)
			triggers |= (uint16_t)(1u << rows[i].theirs);
	return triggers;
}

static void put_identity(const struct ptt_leg *leg, char ret[MEDIA_IDENTITY_MAX])
{
	struct pv_span uri = buffer_text(leg->who, leg->report.uri);
	size_t length = MIN(uri.length, (size_t)MEDIA_IDENTITY_MAX - 1);
	memset(ret, 0, MEDIA_IDENTITY_MAX);
	if (length)
		memcpy(ret, uri.at, length);
}

void ptt_leg_set_media(struct ptt *p, struct ptt_leg *leg)
{
	struct media_member_description *said = &leg->speech.agreed;
	/* one who is called out is told to media when the roster has it */
	if (!leg->lease.member || leg->has_let_go || !leg->report.member)
		return;
	bool is_open = leg->group && leg->group->config.is_open;
	said->may_talk = leg->report.may_talk && !leg->membership.listen_only;
	said->is_muted = leg->report.is_muted;
	said->may_declare_emergency = leg->membership.may_declare_emergency && !is_open;
	said->priority = leg->priority;
	said->is_anonymous = leg->is_anonymous;
	said->radio_id = leg->report.radio_id;
	said->triggers = triggers_of(leg);
	said->watch = said->sends && said->receives ? MEDIA_WATCH_TALK : MEDIA_WATCH_HELD;
	said->dscp = MEDIA_DSCP_DEFAULT;
	said->tag = leg->report.member;
	char identity[MEDIA_IDENTITY_MAX];
	put_identity(leg, identity);
	struct media_member_description told = *said;
	told.identity = identity; /* is copied */
	/* what was agreed stays: a reload may bring the floor back */
	if (is_open)
		memset(&told.floor, 0, sizeof(told.floor));
	media_member_set(p->at.media, p->at.worker->index, leg->lease.member, &told);
	leg->is_described = true;
	leg->is_open = is_open;
}

void ptt_leg_drop_media(struct ptt *p, struct ptt_leg *leg)
{
	if (leg->lease.member)
		media_member_drop(p->at.media, p->at.worker->index, leg->lease.member);
	leg->lease.member = 0;
	press_forget(leg);
}

bool ptt_leg_presses(const struct ptt_leg *leg, enum ptt_trigger trigger)
{
	return leg->membership.triggers & trigger;
}

bool ptt_leg_press(struct ptt *p, struct ptt_leg *leg, const struct media_press *press)
{
	if (!leg->lease.member || leg->has_let_go)
		return false;
	return media_member_press(p->at.media, p->at.worker->index, leg->lease.member, press) == 0;
}

/* ---- what is told ---- */

/* A listener that never sends is not gone: it is asked. */
static void fell_silent(struct ptt *p, struct ptt_leg *leg)
{
	leg->is_silent = true;
	ptt_leg_watch(p, leg);
	if (!leg->is_probing)
		ptt_leg_ask_alive(p, leg);
}

static bool is_silent_now(struct ptt *p, media_id member, uint32_t told)
{
	struct media_member_report report;
	if ((told & MEDIA_TOLD_SILENT) && (told & MEDIA_TOLD_AGAIN))
		return media_read_member(p->at.media, member, &report) == 0 && report.is_silent;
	return told & MEDIA_TOLD_SILENT;
}

static void on_member_told(void *context, media_id member, uint64_t owner, uint32_t told)
{
	struct ptt *p = context;
	struct ptt_leg *leg = ptt_leg_get(p, owner);
	if (!leg || leg->lease.member != member)
		return;
	if (told & MEDIA_TOLD_CLOSED) {
		end(p, leg, CALL_CLOSED);
		return;
	}
	if (!(told & (MEDIA_TOLD_SILENT | MEDIA_TOLD_AGAIN)))
		return;
	if (is_silent_now(p, member, told)) {
		fell_silent(p, leg);
	} else {
		leg->is_silent = false;
		ptt_leg_watch(p, leg);
	}
}

static void on_answered(
	void *context, media_id member, uint64_t owner, const struct media_answer *answer)
{
	struct ptt *p = context;
	struct ptt_leg *leg = ptt_leg_get(p, owner);
	if (!leg || leg->lease.member != member)
		return;
	if (answer->trigger == MEDIA_TRIGGER_RTCP)
		join_decided(p, leg, answer->outcome == MEDIA_OUTCOME_GRANTED);
	else if (answer->trigger == MEDIA_TRIGGER_API)
		press_answered(leg, answer);
	else
		word_answered(p, leg, answer);
}

static void on_group_told(void *context, media_id group, uint64_t owner, uint32_t told)
{
	struct ptt *p = context;
	struct ptt_room *room = room_get(p, owner);
	if (room && room->lease.group == group)
		room_told(p, owner, told);
}

static void on_group_ended(
	void *context, media_id group, uint64_t owner, const struct media_group_report *report)
{
	room_ended(context, owner);
}

static void on_spurt(void *context, media_id group, uint64_t owner, const struct media_spurt *spurt)
{
	talk_keep(context, owner, spurt);
}

void ptt_media_init(struct ptt *p)
{
	p->owner = (struct call_owner){
		.name = "ptt", .end = on_call_end, .can_hang_up = true, .context = p};
	p->user = (struct media_group_user){
		.member_told = on_member_told,
		.answered = on_answered,
		.group_told = on_group_told,
		.group_ended = on_group_ended,
		.spurt = on_spurt,
		.context = p,
	};
	if (p->at.media)
		media_set_group_user(p->at.media, p->at.worker->index, &p->user);
}
