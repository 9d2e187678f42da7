/* SPDX-License-Identifier: Apache-2.0 */
/* join.c — an INVITE to a group: who may, the roster's word, the 200 with our description. */
#include "app/ptt/private.h"

#include <errno.h>

#include "base/log.h"

/* ---- who asks for what ---- */

struct pv_span ptt_identity(const struct incoming *incoming)
{
	struct pv_span aor = incoming->identity;
	const char *at = aor.length ? memrchr(aor.at, '@', aor.length) : NULL;
	return at ? pv_span_from(aor.at, at) : (struct pv_span){NULL, 0};
}

const struct ptt_group *ptt_group_named(const struct ptt *p, const struct incoming *incoming)
{
	char text[REGISTRY_KEY];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	if (!p->config.groups || !p->config.groups->count || !incoming->uri.user.length ||
		!pv_uri_user_canonical(incoming->uri.user, &w))
		return NULL;
	return ptt_group_of(p, ptt_group_id(p->at.group_key, pv_writer_span(&w)));
}

bool ptt_is_group(const struct ptt *p, const struct incoming *incoming)
{
	return incoming->kind == INCOMING_USER && ptt_group_named(p, incoming);
}

static bool refuse(struct ptt *p, const struct incoming *incoming, unsigned status)
{
	ptt_reply(p, NULL, incoming->message, incoming->from, status);
	return false;
}

static bool is_known_option(struct pv_span option)
{
	static const struct pv_span known[] = {PV_SPAN_INIT("timer"), PV_SPAN_INIT("answermode")};
	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		if (pv_span_equal_nocase(known[i], option))
			return true;
	return false;
}

/* §8.2.2.3. */
bool ptt_check_required(struct ptt *p, const struct incoming *incoming)
{
	char text[256];
	struct pv_values walk;
	struct pv_span value;
	struct pv_writer w;
	unsigned unknown = 0;
	pv_writer_init(&w, text, sizeof(text) - 2);
	pv_put_text(&w, "Unsupported: ");
	pv_values_begin(&walk, incoming->message, PV_HEADER_REQUIRE);
	while (pv_values_next(&walk, &value)) {
		if (is_known_option(value) || value.length + 2 > (size_t)(w.end - w.at))
			continue;
		if (unknown++)
			pv_put_text(&w, ", ");
		pv_put(&w, value);
	}
	if (!unknown)
		return true;
	w.end += 2;
	pv_put_text(&w, "\r\n");
	proxy_reply(p->at.proxy, NULL, incoming->message, incoming->from, 420, PV_SPAN(""),
		pv_writer_span(&w));
	return false;
}

static struct session_wish own_wish(const struct ptt *p)
{
	return (struct session_wish){p->config.session_expires_s, SESSION_LEAST_S};
}

bool join_admit(struct ptt *p, struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	const struct session_wish wish = own_wish(p);
	struct session_terms terms;
	/* §8.2.2.2: a user agent is called once, whatever way its INVITE took */
	if (transaction_is_merged(p->at.transactions, m))
		return refuse(p, incoming, 482);
	if (!ptt_check_required(p, incoming))
		return false;
	if (!dialog_may_begin(p->at.worker, m)) {
		proxy_reply(p->at.proxy, NULL, m, incoming->from, 400,
			PV_SPAN("Missing or Bad Contact"), PV_SPAN(""));
		return false;
	}
	if (!p->at.media) {
		ptt_reply_busy(p, NULL, m, incoming->from);
		return false;
	}
	uint32_t least_s = session_terms_of_request(&wish, m, &terms);
	if (least_s)
		proxy_reply_interval(p->at.proxy, NULL, m, incoming->from, least_s);
	return !least_s;
}

/* ---- what the roster is told ---- */

static void reported(struct ptt *p, struct errand *errand);

static void report(struct ptt *p, struct ptt_leg *leg, enum ptt_word word)
{
	leg->report.word = (uint8_t)word;
	if (word == PTT_WORD_NOTE) {
		leg->has_note = false;
		leg->report.media = leg->lease.member;
		leg->report.is_held = leg->is_described && !leg->speech.agreed.receives;
		leg->report.has_floor_channel =
			leg->speech.floor_line != PTT_NO_LINE && !leg->is_open;
	}
	errand_send(p, &leg->report.errand, ptt_home(p, leg->report.group), roster_take, reported);
}

void ptt_leg_tell_roster(struct ptt *p, struct ptt_leg *leg)
{
	if (leg->report.errand.is_away)
		return;
	if (leg->is_in && leg->has_let_go)
		report(p, leg, PTT_WORD_LEAVE);
	else if (leg->is_in && leg->has_note)
		report(p, leg, PTT_WORD_NOTE);
}

void ptt_leg_is_in(const struct ptt_leg *leg)
{
	char group[160], name[160], call_id[160];
	metrics_add(METRIC_ptt_joins, 1);
	log_event(LOG_LEVEL_INFO, "group_joined", "group=%s member=%s called_out=%s call_id=%s",
		log_quote(group, sizeof(group), leg->group->config.name),
		log_quote(name, sizeof(name), buffer_text(leg->who, leg->report.name)),
		leg->is_called_out ? "yes" : "no",
		log_quote(call_id, sizeof(call_id), dialog_texts(&leg->dialog).call_id));
}

/* ---- the roster has answered ---- */

static void refuse_join(struct ptt *p, struct ptt_leg *leg, unsigned status, int sdp_verdict)
{
	struct transaction *server = transaction_get(p->at.transactions, leg->server);
	struct pv_message *m = &p->scratch;
	leg->server = 0; /* it may end while it is answered */
	if (server && pv_message_parse(m, leg->invite->bytes, leg->invite->length, true) > 0) {
		if (sdp_verdict < 0)
			ptt_refuse_sdp(p, server, m, &leg->source, sdp_verdict);
		else if (status == 503)
			ptt_reply_busy(p, server, m, &leg->source);
		else
			ptt_reply(p, server, m, &leg->source, status);
	}
	leg->why = CALL_FAILED;
	ptt_leg_step(p, leg, PTT_LEG_WE_REFUSE);
}

/* Our 200, kept for its retransmissions. False: no room. */
static bool write_ok(struct ptt *p, struct ptt_leg *leg, const struct pv_message *invite,
	const struct path *from, struct transaction *server, const struct session_terms *terms)
{
	const struct buffer *sdp = leg->speech.bytes;
	const struct ptt_answer answer = {.request = invite,
		.from = from,
		.status = 200,
		.to_tag = dialog_texts(&leg->dialog).local_tag,
		.contact = leg->group ? leg->group->config.name : PV_SPAN("group"),
		.session = terms,
		.type = PV_SPAN("application/sdp"),
		.body = {sdp->bytes, sdp->length}};
	struct buffer *bytes = ptt_write_response(p, &answer);
	if (!bytes)
		return false;
	accepted_keep(&leg->accepted, ptt_buffers(p), bytes, invite->cseq,
		transaction_handle(p->at.transactions, server));
	return true;
}

/* The description of an INVITE of theirs is answered, or ours offered. 0, a verdict or
 * PTT_SDP_NO_ROOM. */
static int describe(struct ptt *p, struct ptt_leg *leg, const struct pv_message *invite,
	const struct path *source)
{
	int error = 0;
	switch (speech_find(p, invite, &error)) {
	case PTT_SDP_THERE:
		return speech_answer(p, leg, invite, source);
	case PTT_SDP_NONE:
		error = speech_offer(p, leg);
		if (!error)
			leg->speech.offering = PTT_OFFER_IN_2XX;
		return error;
	case PTT_SDP_BAD:
		break;
	}
	return error;
}

int ptt_leg_answer_invite(struct ptt *p, struct ptt_leg *leg, const struct pv_message *invite,
	const struct path *source, struct transaction *server, const struct session_terms *terms)
{
	int error = describe(p, leg, invite, source);
	if (error)
		return error;
	if (!write_ok(p, leg, invite, source, server, terms))
		return PTT_SDP_NO_ROOM;
	ptt_leg_agree(p, leg, terms);
	ptt_leg_step(p, leg, PTT_LEG_WE_ACCEPT);
	transaction_respond(p->at.transactions, server, leg->accepted.ok, 200);
	return 0;
}

static bool wants_floor(struct ptt *p, struct ptt_leg *leg, const struct pv_message *invite)
{
	int error;
	return speech_find(p, invite, &error) == PTT_SDP_THERE && speech_wants_floor(p, leg);
}

/* Its INVITE, in p->scratch. NULL: it does not wait any more, and has left. */
static struct transaction *find_invite(struct ptt *p, struct ptt_leg *leg)
{
	struct transaction *server = transaction_get(p->at.transactions, leg->server);
	if (server &&
		pv_message_parse(&p->scratch, leg->invite->bytes, leg->invite->length, true) > 0)
		return server;
	ptt_leg_leave(p, leg, CALL_CANCELLED);
	return NULL;
}

static void welcome(struct ptt *p, struct ptt_leg *leg, struct transaction *server)
{
	int error = ptt_leg_answer_invite(p, leg, &p->scratch, &leg->source, server, &leg->terms);
	if (error) {
		refuse_join(p, leg, 503, error == PTT_SDP_NO_ROOM ? 0 : error);
		return;
	}
	ptt_drop(p, &leg->invite);
	ptt_leg_is_in(leg);
	call_up(p->at.calls, call_get(p->at.calls, leg->call), 200);
	leg->has_note = true;
	ptt_leg_tell_roster(p, leg);
}

void join_decided(struct ptt *p, struct ptt_leg *leg, bool is_granted)
{
	if (leg->state != PTT_LEG_JOINING || !leg->speech.is_asking)
		return;
	struct transaction *server = find_invite(p, leg);
	if (!server)
		return;
	alarm_cancel(&leg->asked);
	leg->speech.is_granted = is_granted;
	welcome(p, leg, server);
}

static void let_in(struct ptt *p, struct ptt_leg *leg)
{
	struct transaction *server = find_invite(p, leg);
	if (!server)
		return;
	bool has_floor = wants_floor(p, leg, &p->scratch);
	if (ptt_leg_take_ports(p, leg, &leg->report.lease, &leg->source, has_floor) < 0) {
		refuse_join(p, leg, 503, 0);
		return;
	}
	int asked = has_floor ? speech_ask(p, leg, &p->scratch, &leg->source) : 0;
	if (asked < 0)
		refuse_join(p, leg, 503, asked);
	else if (asked)
		alarm_set(&p->alarms, &leg->asked, PTT_TIMER_ASKED,
			p->at.worker->now_ms + PTT_ASKED_MS);
	else
		welcome(p, leg, server);
}

/* The errand is home, from JOIN, NOTE or LEAVE. */
static void reported(struct ptt *p, struct errand *errand)
{
	struct ptt_report *report = container_of(errand, struct ptt_report, errand);
	struct ptt_leg *leg = container_of(report, struct ptt_leg, report);
	uint64_t handle = report->leg;
	if (report->word == PTT_WORD_JOIN) {
		leg->is_in = report->status == 200;
		if (leg->state == PTT_LEG_JOINING && leg->is_in)
			let_in(p, leg);
		else if (leg->state == PTT_LEG_JOINING)
			refuse_join(p, leg, report->status, 0);
		else if (!leg->has_let_go && leg->is_called_out)
			ringing_joined(p, leg);
	} else if (report->word == PTT_WORD_LEAVE) {
		leg->is_in = false;
	}
	leg = ptt_leg_get(p, handle);
	if (!leg)
		return;
	ptt_leg_tell_roster(p, leg);
	ptt_leg_settle(p, leg);
}

void ptt_leg_join(struct ptt *p, struct ptt_leg *leg)
{
	report(p, leg, PTT_WORD_JOIN);
}

/* ---- a new INVITE ---- */

static uint8_t priority_of(
	const struct ptt *p, const struct ptt_membership *membership, struct pv_span name)
{
	if (membership->priority != PTT_PRIORITY_OF_USER)
		return (uint8_t)membership->priority;
	const struct user *user = p->at.auth ? user_table_find(auth_users(p->at.auth), name) : NULL;
	return user ? user_priority(user) : 0;
}

bool ptt_leg_is_member(struct ptt *p, struct ptt_leg *leg, struct pv_span name)
{
	if (!leg->group || !ptt_group_has(leg->group, name, &leg->membership))
		return false;
	leg->priority = priority_of(p, &leg->membership, name);
	return true;
}

static bool keep_invite(struct ptt *p, struct ptt_leg *leg, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	leg->invite = buffer_take(ptt_buffers(p), m->length);
	if (!leg->invite)
		return false;
	memcpy(leg->invite->bytes, m->bytes, m->length);
	leg->invite->length = m->length;
	leg->source = *incoming->from;
	return true;
}

/* RFC 3323 §4.2, RFC 3325 §7: values are parted by semicolons. */
bool ptt_wants_privacy(const struct pv_message *m)
{
	struct pv_span rest = pv_message_value(m, PV_HEADER_PRIVACY);
	while (rest.length) {
		const char *end = pv_span_find(rest, ';');
		struct pv_span value = pv_span_trim(end ? pv_span_from(rest.at, end) : rest);
		rest = end ? pv_span_from(end + 1, pv_span_end(rest)) : (struct pv_span){NULL, 0};
		if (pv_span_equal_nocase(value, PV_SPAN("id")) ||
			pv_span_equal_nocase(value, PV_SPAN("user")))
			return true;
	}
	return false;
}

static bool ptt_leg_of_caller(struct ptt *p, struct ptt_leg *leg, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	const struct session_wish wish = own_wish(p);
	session_terms_of_request(&wish, m, &leg->terms);
	ptt_leg_note(leg, m);
	leg->is_anonymous = leg->report.is_anonymous = ptt_wants_privacy(m);
	return keep_invite(p, leg, incoming) &&
	       dialog_of_request(p, &leg->dialog, slab_handle(&p->legs, leg), incoming) == 0 &&
	       ptt_leg_name(p, leg, incoming->identity, m->from.display,
		       dialog_texts(&leg->dialog).target);
}

static void refuse_call(
	struct ptt *p, const struct incoming *incoming, struct transaction *server, int error)
{
	if (error == -ENOBUFS)
		metrics_add(METRIC_ptt_refused_busy, 1);
	proxy_reply_no_call(p->at.proxy, server, incoming->message, incoming->from, error);
}

static void abandon(struct ptt *p, struct ptt_leg *leg)
{
	leg->why = CALL_FAILED;
	ptt_leg_step(p, leg, PTT_LEG_WE_REFUSE);
}

/* An offer that cannot be answered is refused before anybody hears of it. */
static int judge(struct ptt *p, struct ptt_leg *leg, const struct pv_message *m)
{
	int error = 0;
	enum ptt_sdp_verdict verdict = speech_find(p, m, &error);
	return verdict == PTT_SDP_THERE ? speech_judge(p, leg) : error;
}

void join_request(struct ptt *p, struct incoming *incoming, struct transaction *server)
{
	const struct pv_message *m = incoming->message;
	const struct ptt_group *group = ptt_group_named(p, incoming);
	struct ptt_leg *leg = group ? ptt_leg_new(p, group) : NULL;
	if (!leg || !ptt_leg_of_caller(p, leg, incoming)) {
		refuse_call(p, incoming, server, -ENOBUFS);
		if (leg)
			abandon(p, leg);
		return;
	}
	int verdict = ptt_leg_is_member(p, leg, ptt_identity(incoming)) ? judge(p, leg, m) : 0;
	int error = verdict ? 0
			    : ptt_leg_begin_call(p, leg, m->from.uri, incoming->request_uri,
				      incoming->identity);
	if (verdict || error) {
		if (verdict)
			ptt_refuse_sdp(p, server, m, incoming->from, verdict);
		else
			refuse_call(p, incoming, server, error);
		abandon(p, leg);
		return;
	}
	leg->server = transaction_handle(p->at.transactions, server);
	transaction_set_user_word(server, slab_handle(&p->legs, leg), PTT_INDEX);
	ptt_leg_join(p, leg);
}

void ptt_cancel(struct ptt *p, struct transaction *invite_server, const struct pv_message *cancel)
{
	struct ptt_leg *leg = ptt_leg_get(p, transaction_user_word(invite_server));
	if (leg && leg->state == PTT_LEG_JOINING)
		ptt_leg_leave(p, leg, CALL_CANCELLED);
}
