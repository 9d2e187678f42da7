/* SPDX-License-Identifier: Apache-2.0 */
/* word.c — words for the floor that came by MESSAGE, and what is said to them. */
#include "app/ptt/private.h"
#include "app/ptt/verdict.h"

enum word { WORD_NONE, WORD_PTT, WORD_OVER, WORD_Q, WORD_WHO, WORD_HELP, WORD_COUNT };

static const struct {
	struct pv_span text;
	uint8_t button; /* enum media_button */
} words[WORD_COUNT] = {
	[WORD_PTT] = {PV_SPAN_INIT("ptt"), MEDIA_BUTTON_REQUEST},
	[WORD_OVER] = {PV_SPAN_INIT("over"), MEDIA_BUTTON_RELEASE},
	[WORD_Q] = {PV_SPAN_INIT("q"), MEDIA_BUTTON_ASK},
	[WORD_WHO] = {PV_SPAN_INIT("who"), MEDIA_BUTTON_ASK},
	[WORD_HELP] = {PV_SPAN_INIT("help"), MEDIA_BUTTON_ASK},
};

/* The answer comes back with the number of its press: the word is in it. */
#define WORD_SHIFT 24

unsigned word_of(struct pv_span text)
{
	text = pv_span_trim(text);
	for (unsigned i = WORD_NONE + 1; i < WORD_COUNT; i++)
		if (pv_span_equal_nocase(text, words[i].text))
			return i;
	return WORD_NONE;
}

/* ---- the floor's answers, at the leg ---- */

/* "sip:alice@example.test" -> "alice" */
static struct pv_span talker_of(const struct media_answer *a)
{
	struct pv_uri uri;
	struct pv_span text = pv_span_of(a->talker);
	if (!a->talker_tag && !text.length)
		return PV_SPAN("");
	if (pv_uri_parse(text, &uri) < 0 || !uri.user.length)
		return PV_SPAN("somebody");
	return uri.user;
}

static void put_place(struct pv_writer *w, const struct media_answer *a)
{
	if (!a->position) {
		pv_put_text(w, "not queued");
		return;
	}
	pv_put_text(w, "queued: ");
	pv_put_u64(w, a->position);
}

/* What the phone's user cannot see for himself: what he is, and whom the dispatcher has silenced.
 */
static enum ptt_refusal rights_of(const struct ptt_leg *leg)
{
	return ptt_refusal_by_rights(
		leg->membership.listen_only, leg->report.is_muted, leg->report.may_talk);
}

static void put_talker(struct pv_writer *w, const char *before, const struct media_answer *a)
{
	struct pv_span talker = talker_of(a);
	if (!talker.length)
		return;
	pv_put_text(w, before);
	pv_put(w, talker);
	pv_put_text(w, " talks");
}

static void put_denied(struct pv_writer *w, const struct ptt_leg *leg, const struct media_answer *a)
{
	enum ptt_refusal refusal = ptt_refusal_of_deny(a->cause, rights_of(leg));
	pv_put_text(w, "denied: ");
	if (refusal == PTT_REFUSED_TAKEN && talker_of(a).length) {
		put_talker(w, "", a);
		return;
	}
	pv_put(w, ptt_refusal_text(refusal));
	if (refusal == PTT_REFUSED_QUEUE_FULL)
		put_talker(w, ", ", a);
}

static void put_revoked(
	struct pv_writer *w, const struct ptt_leg *leg, const struct media_answer *a)
{
	pv_put_text(w, "revoked: ");
	pv_put(w, ptt_refusal_text(ptt_refusal_of_revoke(a->cause, rights_of(leg))));
}

static void put_outcome(
	struct pv_writer *w, const struct ptt_leg *leg, const struct media_answer *a)
{
	switch ((enum media_outcome)a->outcome) {
	case MEDIA_OUTCOME_GRANTED:
		pv_put_text(w, "granted");
		break;
	case MEDIA_OUTCOME_QUEUED:
		put_place(w, a);
		break;
	case MEDIA_OUTCOME_DENIED:
		put_denied(w, leg, a);
		break;
	case MEDIA_OUTCOME_RELEASED:
		pv_put_text(w, "released");
		break;
	case MEDIA_OUTCOME_REVOKED:
		put_revoked(w, leg, a);
		break;
	case MEDIA_OUTCOME_IGNORED:
		pv_put_text(w, "ignored");
		break;
	}
}

void word_answered(struct ptt *p, struct ptt_leg *leg, const struct media_answer *a)
{
	char text[MEDIA_IDENTITY_MAX + 64];
	struct pv_writer w;
	if (a->trigger != MEDIA_TRIGGER_MESSAGE || leg->has_let_go)
		return;
	pv_writer_init(&w, text, sizeof(text));
	if (a->number >> WORD_SHIFT == WORD_Q)
		put_place(&w, a);
	else
		put_outcome(&w, leg, a);
	text_say(p, leg, pv_writer_span(&w));
}

/* ---- at the roster ---- */

/* All who talk, as one name each. */
static void say_who(struct ptt *p, const struct ptt_room *room, const struct ptt_member *asks)
{
	char text[(PTT_NAME_MAX + 2) * PTT_TALKERS_SHOWN];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	LIST_EACH(link, &room->members)
	{
		const struct ptt_member *member = container_of(link, struct ptt_member, link);
		struct pv_span name = member->is_anonymous
					      ? PV_SPAN("somebody")
					      : buffer_text(member->who, member->name_text);
		name.length = MIN(name.length, (size_t)PTT_NAME_MAX);
		if (!member->is_talking)
			continue;
		if (pv_writer_length(&w))
			pv_put_text(&w, ", ");
		pv_put(&w, name);
	}
	member_say(p, asks, w.at == text ? PV_SPAN("nobody") : pv_writer_span(&w));
}

static bool press(struct ptt *p, const struct ptt_member *member, const struct ptt_note *note)
{
	const struct media_press one = {.button = words[note->word].button,
		.trigger = MEDIA_TRIGGER_MESSAGE,
		.number = (uint32_t)note->word << WORD_SHIFT | (note->cseq & 0xffffff),
		.received_ns = note->received_ns};
	return member_press(p, member, &one, NULL);
}

bool word_take(struct ptt *p, const struct ptt_room *room, struct ptt_member *member,
	const struct ptt_note *note)
{
	const struct ptt_group *group = ptt_group_of(p, room->group);
	metrics_add(METRIC_ptt_words, 1);
	if (note->word == WORD_HELP)
		member_say(p, member,
			PV_SPAN("ptt: ask for the floor, over: give it back, q: place in the "
				"queue, who: who talks, help"));
	else if (note->word == WORD_WHO)
		say_who(p, room, member);
	else if (group && group->config.is_open)
		member_say(p, member, ptt_refusal_text(PTT_REFUSED_OPEN));
	else
		return press(p, member, note);
	return true;
}
