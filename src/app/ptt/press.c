/* SPDX-License-Identifier: Apache-2.0 */
/* press.c — a button that the roster presses for a member: for a word of his, or for the
 * dispatcher, who waits for the floor's answer. */
#include "app/ptt/act.h"
#include "app/ptt/private.h"

/* It is kept until the floor has answered. */
static bool press_for(struct ptt *p, struct ptt_leg *leg, struct ptt_note *note)
{
	if (!++leg->presses) /* 0 is the number of what nobody asked for */
		leg->presses = 1;
	note->press.number = leg->presses;
	if (!ptt_leg_press(p, leg, &note->press))
		return false;
	list_push_tail(&leg->pressed, &note->link);
	return true;
}

static void press_at_leg(struct ptt *p, struct errand *errand)
{
	struct ptt_note *note = container_of(errand, struct ptt_note, errand);
	struct ptt_leg *leg = ptt_leg_get(p, note->leg);
	bool is_there = leg && !leg->has_let_go;
	if (is_there && note->deed && press_for(p, leg, note))
		return;
	if (is_there && !note->deed && !ptt_leg_press(p, leg, &note->press))
		text_say(p, leg, PV_SPAN("busy"));
	errand_return(errand);
}

static void press_done(struct ptt *p, struct errand *errand)
{
	struct ptt_note *note = container_of(errand, struct ptt_note, errand);
	if (note->deed)
		act_answered(p, note->deed, note);
	note_free(p, note);
}

bool member_press(struct ptt *p, const struct ptt_member *member, const struct media_press *press,
	struct ptt_deed *deed)
{
	struct ptt_note *note = note_new(p, PTT_NOTE_PRESS);
	if (!note)
		return false;
	note->leg = member->leg;
	note->press = *press;
	note->deed = deed;
	errand_send(p, &note->errand, member->at->at.worker->index, press_at_leg, press_done);
	return true;
}

/* Answers come in the order of their presses; one that was lost on the way is not waited for. */
void press_answered(struct ptt_leg *leg, const struct media_answer *answer)
{
	while (answer->number && !list_is_empty(&leg->pressed)) {
		struct ptt_note *note = container_of(leg->pressed.next, struct ptt_note, link);
		bool is_its = note->press.number == answer->number;
		if ((int32_t)(note->press.number - answer->number) > 0)
			return;
		if (is_its)
			note->answer = (struct ptt_note_answer){.talker_tag = answer->talker_tag,
				.outcome = answer->outcome,
				.cause = answer->cause,
				.position = answer->position};
		note->has_answer = is_its;
		list_remove(&note->link);
		errand_return(&note->errand);
	}
}

void press_forget(struct ptt_leg *leg)
{
	while (!list_is_empty(&leg->pressed)) {
		struct ptt_note *note = container_of(leg->pressed.next, struct ptt_note, link);
		list_remove(&note->link);
		errand_return(&note->errand);
	}
}
