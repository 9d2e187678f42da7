/* SPDX-License-Identifier: Apache-2.0 */
/* act.c — the dispatcher's hand: refused where it is known to be in vain, else pressed, and
 * answered when the floor has decided. */
#include "app/ptt/act.h"

#include <errno.h>

#include "app/ptt/private.h"
#include "base/log.h"
#include "runtime/question.h"

/* Owner: main, then the group's home worker until it is answered. */
struct ptt_deed {
	struct question question;
	struct ptt *ptt;
	uint64_t group, name; /* name 0: no member */
	enum ptt_act act;
	int result;
	struct ptt_verdict verdict;
};

static const struct {
	const char *name;
	uint8_t button;      /* enum media_button; 0: none */
	bool is_of_floor;    /* means nothing where there is no floor */
	bool needs_member;   /* cannot be done to the whole group */
	bool is_done_by_one; /* one press is enough, whoever's */
} rows[PTT_ACT_COUNT] = {
	[PTT_ACT_GRANT] = {"grant", MEDIA_BUTTON_GRANT, true, true, true},
	[PTT_ACT_REVOKE] = {"revoke", MEDIA_BUTTON_REVOKE, true, false, false},
	[PTT_ACT_MUTE] = {"mute", 0, false, true, false},
	[PTT_ACT_UNMUTE] = {"unmute", 0, false, true, false},
	[PTT_ACT_KICK] = {"kick", 0, false, true, false},
	[PTT_ACT_EMERGENCY] = {"emergency", MEDIA_BUTTON_EMERGENCY, true, false, true},
	[PTT_ACT_CLEAR] = {"clear", MEDIA_BUTTON_CLEAR, true, false, true},
};

const char *ptt_act_name(enum ptt_act act)
{
	return rows[act].name;
}

/* ---- the answer ---- */

/* The dispatcher may know who it is, whoever else may not. */
static void note_talker(struct ptt *p, struct ptt_verdict *verdict, uint64_t tag)
{
	const struct ptt_member *talker = tag ? member_get(p, tag) : NULL;
	verdict->talker.length = 0;
	if (talker)
		ptt_text_copy(buffer_text(talker->who, talker->name_text), &verdict->talker);
}

/* What the floor's answer means for who asked. */
static enum ptt_refusal refusal_of(enum ptt_act act, const struct ptt_note *note)
{
	if (!note->has_answer)
		return PTT_REFUSED_GONE;
	if (act == PTT_ACT_REVOKE)
		return note->answer.outcome == MEDIA_OUTCOME_IGNORED ? PTT_REFUSED_NOTHING
								     : PTT_REFUSED_NONE;
	if (act == PTT_ACT_CLEAR || note->press.button == MEDIA_BUTTON_DECLARE)
		return PTT_REFUSED_NONE;
	switch ((enum media_outcome)note->answer.outcome) {
	case MEDIA_OUTCOME_GRANTED:
	case MEDIA_OUTCOME_QUEUED:
		return PTT_REFUSED_NONE;
	case MEDIA_OUTCOME_DENIED:
		return ptt_refusal_of_deny(note->answer.cause, PTT_REFUSED_NONE);
	case MEDIA_OUTCOME_REVOKED:
		return PTT_REFUSED_STOPPING;
	case MEDIA_OUTCOME_RELEASED:
	case MEDIA_OUTCOME_IGNORED:
		break;
	}
	return PTT_REFUSED_GONE;
}

void act_answered(struct ptt *p, struct ptt_deed *deed, const struct ptt_note *note)
{
	struct ptt_verdict *verdict = &deed->verdict;
	enum ptt_refusal refusal = refusal_of(deed->act, note);
	/* done to one of his legs it is done */
	if (!verdict->has_outcome || !refusal) {
		verdict->refusal = (uint8_t)refusal;
		verdict->outcome = note->answer.outcome;
		verdict->cause = note->answer.cause;
		verdict->position = note->answer.position;
	}
	verdict->has_outcome = verdict->has_outcome || note->has_answer;
	note_talker(p, verdict, note->answer.talker_tag);
	question_answer(&deed->question);
}

/* ---- the act ---- */

/* What the roster knows better than the floor can say it. */
static enum ptt_refusal refuse(struct ptt *p, const struct ptt_deed *deed,
	const struct ptt_group *group, const struct ptt_member *member)
{
	struct ptt_membership membership;
	bool asks = deed->act == PTT_ACT_GRANT || (deed->act == PTT_ACT_EMERGENCY && deed->name);
	if (!asks ||
		!ptt_group_has(group, buffer_text(member->who, member->name_text), &membership))
		return PTT_REFUSED_NONE;
	if (!(membership.triggers & PTT_TRIGGER_API))
		return PTT_REFUSED_TRIGGER;
	if (deed->act == PTT_ACT_EMERGENCY && !membership.may_declare_emergency)
		return PTT_REFUSED_NO_EMERGENCY;
	return ptt_refusal_by_rights(membership.listen_only, member->is_muted, member->may_talk);
}

static int press(struct ptt *p, struct ptt_deed *deed, struct ptt_member *member)
{
	struct media_press one = {.trigger = MEDIA_TRIGGER_API,
		.button = rows[deed->act].button,
		.received_ns = p->at.worker->now_ns};
	if (deed->act == PTT_ACT_EMERGENCY && !deed->name)
		one.button = MEDIA_BUTTON_DECLARE;
	deed->verdict.has_waited |= deed->act == PTT_ACT_REVOKE && member->position;
	if (!member_press(p, member, &one, deed))
		return -EBUSY;
	question_keep(&deed->question);
	return 0;
}

static int do_to(struct ptt *p, struct ptt_deed *deed, const struct ptt_group *group,
	struct ptt_member *member)
{
	switch (deed->act) {
	case PTT_ACT_KICK:
		member_end(p, member, CALL_REMOVED);
		return 0;
	case PTT_ACT_GRANT:
	case PTT_ACT_REVOKE:
	case PTT_ACT_EMERGENCY:
	case PTT_ACT_CLEAR:
	case PTT_ACT_MUTE: /* of the user, not of a leg */
	case PTT_ACT_UNMUTE:
	case PTT_ACT_COUNT:
		break;
	}
	deed->verdict.refusal = (uint8_t)refuse(p, deed, group, member);
	return deed->verdict.refusal ? 0 : press(p, deed, member);
}

static bool is_meant(const struct ptt_deed *deed, const struct ptt_member *member)
{
	if (member->is_ending)
		return false;
	if (deed->name)
		return member->name == deed->name;
	return deed->act != PTT_ACT_REVOKE || member->is_talking;
}

static int do_to_members(
	struct ptt *p, struct ptt_deed *deed, const struct ptt_group *group, struct ptt_room *room)
{
	int result = -ESRCH;
	if (deed->name && rows[deed->act].is_done_by_one) {
		struct ptt_member *newest = room_newest(p, room, deed->name);
		return newest ? do_to(p, deed, group, newest) : -ESRCH;
	}
	LIST_EACH(link, &room->members)
	{
		struct ptt_member *member = container_of(link, struct ptt_member, link);
		if (!is_meant(deed, member))
			continue;
		/* done to one of his legs it is done */
		int error = do_to(p, deed, group, member);
		result = result == 0 ? 0 : error;
		if (rows[deed->act].is_done_by_one)
			break;
	}
	return result;
}

static int begin(struct ptt *p, struct ptt_deed *deed)
{
	const struct ptt_group *group = ptt_group_of(p, deed->group);
	struct ptt_room *room = room_find(p, deed->group);
	if (!group)
		return -ENOENT;
	if (!deed->name && rows[deed->act].needs_member)
		return -EINVAL;
	if (group->config.is_open && rows[deed->act].is_of_floor) {
		deed->verdict.refusal = PTT_REFUSED_OPEN;
		return 0;
	}
	if (deed->act == PTT_ACT_CLEAR && (!room || !room->is_emergency)) {
		deed->verdict.refusal = PTT_REFUSED_CLEARED;
		return 0;
	}
	if (!room)
		return -ESRCH;
	if (deed->act == PTT_ACT_MUTE || deed->act == PTT_ACT_UNMUTE)
		return rights_mute(p, room, deed->name, deed->act == PTT_ACT_MUTE);
	if (deed->act == PTT_ACT_CLEAR && !room->lease.group) {
		emergency_set(p, room, false, 0);
		room_settle(p, room);
		return 0;
	}
	int result = do_to_members(p, deed, group, room);
	if (result == -ESRCH && deed->act == PTT_ACT_REVOKE && !deed->name) {
		deed->verdict.refusal = PTT_REFUSED_NOTHING;
		return 0;
	}
	return result;
}

static void run(struct question *question)
{
	struct ptt_deed *deed = container_of(question, struct ptt_deed, question);
	deed->result = begin(deed->ptt, deed);
}

/* ---- on the main thread ---- */

int ptt_act(const struct ptt_tables *tables, enum ptt_act act, struct pv_span group,
	struct pv_span member, struct ptt_verdict *ret)
{
	struct ptt_deed *deed = question_new(sizeof(*deed), run);
	if (!deed)
		return -ENOMEM;
	deed->act = act;
	deed->group = ptt_group_id(tables->group_key, group);
	deed->name = member.length ? ptt_group_id(tables->group_key, member) : 0;
	unsigned home = ptt_home(tables->ptts[0], deed->group);
	deed->ptt = tables->ptts[home];
	int error = question_ask(&deed->question, &tables->workers->workers[home]);
	if (!error)
		error = deed->result;
	if (!error)
		*ret = deed->verdict;
	question_leave(&deed->question);
	return error;
}
