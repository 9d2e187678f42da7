/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c — the dispatcher's hand: gives and takes the floor, mutes, hangs up; and what came of
 * it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/group.h"
#include "app/ptt/act.h"
#include "base/log.h"
#include "base/macros.h"

bool group_are_there(struct admin_call *call)
{
	if (call->host->groups.ptts)
		return true;
	call_fail(call, "there are no groups; the configuration's `groups` makes them");
	return false;
}

static void fail_without(struct admin_call *call, const char *member)
{
	if (member)
		call_fail(call, "%s is not in %s; `group members %s` shows who is", member,
			call->argument, call->argument);
	else
		call_fail(call, "nobody is in %s", call->argument);
}

void group_fail(struct admin_call *call, int error, const char *member)
{
	switch (error) {
	case -ENOENT:
		call_fail(call, "no group \"%s\"; `group list` shows them", call->argument);
		break;
	case -ESRCH:
		fail_without(call, member);
		break;
	case -EINVAL:
		call_fail(call, "this needs the name of a member, too");
		break;
	case -EBUSY:
		call_fail(call, "too much is asked of the group just now; try again");
		break;
	default:
		call_fail(call, "the group cannot be asked: %s",
			error == -ETIMEDOUT ? "a worker does not answer" : strerror(-error));
		break;
	}
}

/* ---- in words ---- */

/* What was asked, and what came of it. Lifetime: an answer. */
struct deed {
	enum ptt_act act;
	const char *group, *member; /* member NULL: the group was meant */
	struct ptt_verdict verdict;
};

static bool is_talker(const struct deed *deed)
{
	struct pv_span talker = group_text(&deed->verdict.talker);
	return deed->member && pv_span_equal(talker, pv_span_of(deed->member));
}

static void put_now(const struct deed *deed, FILE *out)
{
	struct pv_span talker = group_text(&deed->verdict.talker);
	if (talker.length)
		fprintf(out, "; %.*s has it now", PV_SPAN_PRINT(talker));
	else
		fputs("; nobody has it now", out);
}

static void put_granted(const struct deed *deed, FILE *out)
{
	const struct ptt_verdict *verdict = &deed->verdict;
	if (deed->act == PTT_ACT_EMERGENCY)
		fputs("emergency; ", out);
	if (verdict->outcome != MEDIA_OUTCOME_QUEUED) {
		fprintf(out, "%s has the floor", deed->member);
		return;
	}
	fprintf(out, "%s waits, at %u", deed->member, verdict->position);
	if (verdict->talker.length && !is_talker(deed))
		fprintf(out, "; %.*s talks still", PV_SPAN_PRINT(group_text(&verdict->talker)));
}

static void put_revoked(const struct deed *deed, FILE *out)
{
	if (deed->verdict.has_waited && deed->member) {
		fprintf(out, "%s does not wait any more", deed->member);
	} else if (is_talker(deed)) {
		fprintf(out, "%s is told to stop", deed->member);
	} else {
		fprintf(out, "%s has lost the floor",
			deed->member ? deed->member : "whoever talked");
		put_now(deed, out);
	}
}

static void put_done(const struct deed *deed, FILE *out)
{
	switch (deed->act) {
	case PTT_ACT_GRANT:
		put_granted(deed, out);
		break;
	case PTT_ACT_REVOKE:
		put_revoked(deed, out);
		break;
	case PTT_ACT_MUTE:
		fprintf(out, "%s is muted", deed->member);
		break;
	case PTT_ACT_UNMUTE:
		fprintf(out, "%s may talk", deed->member);
		break;
	case PTT_ACT_KICK:
		fprintf(out, "%s is hung up on", deed->member);
		break;
	case PTT_ACT_EMERGENCY:
		if (deed->member)
			put_granted(deed, out);
		else
			fputs("emergency declared", out);
		break;
	case PTT_ACT_CLEAR:
		fputs("emergency cleared", out);
		break;
	case PTT_ACT_COUNT:
		break;
	}
}

static void put_refused(const struct deed *deed, FILE *out)
{
	const struct ptt_verdict *verdict = &deed->verdict;
	struct pv_span why = ptt_refusal_text((enum ptt_refusal)verdict->refusal);
	struct pv_span talker = group_text(&verdict->talker);
	if (deed->act == PTT_ACT_REVOKE && !deed->member &&
		verdict->refusal == PTT_REFUSED_NOTHING) {
		fputs("nobody has the floor", out);
		return;
	}
	switch (deed->act) {
	case PTT_ACT_GRANT:
		fprintf(out, "%s does not get the floor: ", deed->member);
		break;
	case PTT_ACT_REVOKE:
		if (deed->member)
			fprintf(out, "%s loses nothing: ", deed->member);
		else
			fputs("nothing is taken: ", out);
		break;
	case PTT_ACT_EMERGENCY:
		fputs("no emergency is declared: ", out);
		break;
	case PTT_ACT_MUTE:
	case PTT_ACT_UNMUTE:
	case PTT_ACT_KICK:
	case PTT_ACT_CLEAR:
	case PTT_ACT_COUNT:
		break;
	}
	fprintf(out, "%.*s", PV_SPAN_PRINT(why));
	if (talker.length && !is_talker(deed))
		fprintf(out, "; %.*s has the floor", PV_SPAN_PRINT(talker));
}

/* ---- the answer ---- */

static const char *const outcomes[] = {
	[MEDIA_OUTCOME_GRANTED] = "granted",
	[MEDIA_OUTCOME_QUEUED] = "queued",
	[MEDIA_OUTCOME_DENIED] = "denied",
	[MEDIA_OUTCOME_RELEASED] = "released",
	[MEDIA_OUTCOME_REVOKED] = "revoked",
	[MEDIA_OUTCOME_IGNORED] = "ignored",
};

static const char *outcome_of(const struct deed *deed)
{
	const struct ptt_verdict *verdict = &deed->verdict;
	if (verdict->refusal)
		return "refused";
	if (deed->act == PTT_ACT_REVOKE)
		return "revoked"; /* what the member is then, he may be without it */
	bool asks = deed->act == PTT_ACT_GRANT || (deed->act == PTT_ACT_EMERGENCY && deed->member);
	return asks && verdict->has_outcome ? outcomes[verdict->outcome] : "done";
}

static void put_text(struct admin_call *call, const struct deed *deed)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return;
	fprintf(out, "%s: ", deed->group);
	if (deed->verdict.refusal)
		put_refused(deed, out);
	else
		put_done(deed, out);
	fclose(out);
	json_text(&call->json, "text", text);
	free(text);
}

static void put_verdict(struct admin_call *call, const struct deed *deed)
{
	const struct ptt_verdict *verdict = &deed->verdict;
	struct json *json = &call->json;
	json_object(json, NULL);
	put_text(call, deed);
	json_text(json, "group", deed->group);
	if (deed->member)
		json_text(json, "member", deed->member);
	json_text(json, "act", ptt_act_name(deed->act));
	json_text(json, "outcome", outcome_of(deed));
	if (verdict->refusal)
		json_span(json, "reason", ptt_refusal_text((enum ptt_refusal)verdict->refusal));
	if (verdict->cause)
		json_number(json, "cause", verdict->cause);
	if (verdict->position)
		json_number(json, "position", verdict->position);
	if (verdict->talker.length)
		json_span(json, "talker", group_text(&verdict->talker));
	json_object_end(json);
}

static void log_deed(const struct admin_call *call, const struct deed *deed)
{
	char group[160], member[160], why[160];
	log_event(LOG_LEVEL_NOTICE, "group_act",
		"group=%s act=%s member=%s outcome=%s why=%s by=dispatcher uid=%ld",
		log_quote(group, sizeof(group), pv_span_of(deed->group)), ptt_act_name(deed->act),
		deed->member ? log_quote(member, sizeof(member), pv_span_of(deed->member)) : "-",
		outcome_of(deed),
		log_quote(why, sizeof(why),
			ptt_refusal_text((enum ptt_refusal)deed->verdict.refusal)),
		call->uid);
}

static void act(struct admin_call *call, enum ptt_act what, const char *member)
{
	struct deed deed = {.act = what, .group = call->argument, .member = member};
	if (!group_are_there(call))
		return;
	int error = ptt_act(&call->host->groups, what, pv_span_of(call->argument),
		pv_span_of(member), &deed.verdict);
	if (error) {
		group_fail(call, error, member);
		return;
	}
	call->failed = deed.verdict.refusal != PTT_REFUSED_NONE;
	log_deed(call, &deed);
	put_verdict(call, &deed);
}

void command_group_grant(struct admin_call *call)
{
	act(call, PTT_ACT_GRANT, call->arguments[1]);
}

void command_group_revoke(struct admin_call *call)
{
	act(call, PTT_ACT_REVOKE, call->arguments[1]);
}

void command_group_mute(struct admin_call *call)
{
	act(call, PTT_ACT_MUTE, call->arguments[1]);
}

void command_group_unmute(struct admin_call *call)
{
	act(call, PTT_ACT_UNMUTE, call->arguments[1]);
}

void command_group_kick(struct admin_call *call)
{
	act(call, PTT_ACT_KICK, call->arguments[1]);
}

void command_group_emergency(struct admin_call *call)
{
	const char *member = NULL;
	bool is_clear = false;
	for (unsigned i = 1; i < ADMIN_ARGUMENTS_MAX && call->arguments[i]; i++) {
		bool is_option = call->arguments[i][0] == '-';
		if (is_option && strcmp(call->arguments[i], "--clear") != 0) {
			call_fail(call, "no option %s; --clear is one", call->arguments[i]);
			return;
		}
		is_clear = is_clear || is_option;
		member = is_option ? member : call->arguments[i];
	}
	act(call, is_clear ? PTT_ACT_CLEAR : PTT_ACT_EMERGENCY, member);
}
