/* SPDX-License-Identifier: Apache-2.0 */
/* leg.c — a member's dialog with the focus: made, moved through its machine, given back. */
#include "app/ptt/private.h"

#include "base/log.h"

struct ptt_leg *ptt_leg_new(struct ptt *p, const struct ptt_group *group)
{
	struct ptt_leg *leg = slab_take(&p->legs);
	if (!leg)
		return NULL;
	memset(leg, 0, sizeof(*leg));
	leg->group = group;
	leg->state = PTT_LEG_JOINING;
	list_init(&leg->pressed);
	leg->speech.audio_line = leg->speech.floor_line = PTT_NO_LINE;
	leg->report.leg = slab_handle(&p->legs, leg);
	leg->report.group = group->id;
	list_push_tail(&p->all_legs, &leg->link);
	return leg;
}

void ptt_leg_settle(struct ptt *p, struct ptt_leg *leg)
{
	if (!leg->is_over || leg->report.errand.is_away || leg->is_in)
		return;
	alarm_cancel(&leg->alarm);
	alarm_cancel(&leg->probe);
	alarm_cancel(&leg->ring);
	alarm_cancel(&leg->asked);
	accepted_done(&leg->accepted, ptt_buffers(p));
	list_remove(&leg->link);
	ptt_drop(p, &leg->invite);
	ptt_drop(p, &leg->ack);
	ptt_drop(p, &leg->who);
	ptt_drop(p, &leg->speech.bytes);
	dialog_done(ptt_buffers(p), &leg->dialog);
	slab_give(&p->legs, leg);
}

/* ---- its texts ---- */

int dialog_of_request(
	struct ptt *p, struct dialog *dialog, uint64_t handle, const struct incoming *incoming)
{
	dialog->has_path = proxy_must_pin_caller(incoming);
	return dialog_begin(
		p->at.worker, dialog, p->at.tag_key, handle, incoming->message, incoming->from);
}

int ptt_leg_learn(struct ptt *p, struct ptt_leg *leg, const struct pv_message *response)
{
	ptt_leg_note(leg, response);
	return dialog_learn(p->at.worker, &leg->dialog, response);
}

void ptt_leg_note(struct ptt_leg *leg, const struct pv_message *message)
{
	if (!pv_message_has(message, PV_HEADER_ALLOW))
		return;
	leg->has_update = session_lists(message, PV_HEADER_ALLOW, PV_SPAN("UPDATE"));
	leg->refuses_text = !session_lists(message, PV_HEADER_ALLOW, PV_SPAN("MESSAGE"));
}

static struct pv_ref keep(struct pv_writer *w, struct pv_span text)
{
	struct pv_ref ref = {(uint16_t)pv_writer_length(w), (uint16_t)text.length};
	pv_put(w, text);
	return ref;
}

/* RFC 3261 §25.1: what of a user part may stand as it is. */
static bool is_plain(char c)
{
	return pv_is_digit(c) ||
	       (pv_lower((unsigned char)c) >= 'a' && pv_lower((unsigned char)c) <= 'z') ||
	       (c && strchr("-_.!~*'()&=+$,;?/", c));
}

void ptt_put_uri(struct pv_writer *w, struct pv_span user, struct pv_span domain)
{
	pv_put_text(w, "sip:");
	for (size_t i = 0; i < user.length; i++) {
		if (is_plain(user.at[i])) {
			pv_put_char(w, user.at[i]);
			continue;
		}
		pv_put_char(w, '%');
		pv_put_hex(w, (unsigned char)user.at[i], 2);
	}
	pv_put_char(w, '@');
	pv_put(w, domain);
}

/* What of a display name or Contact is shown; longer ones are cut. */
#define SHOWN_MAX 200

bool ptt_leg_name(struct ptt *p, struct ptt_leg *leg, struct pv_span aor, struct pv_span display,
	struct pv_span target)
{
	struct ptt_report *report = &leg->report;
	const char *at = memrchr(aor.at, '@', aor.length);
	struct pv_span name = pv_span_from(aor.at, at);
	size_t room = 4 * aor.length + 2 * SHOWN_MAX + 64;
	struct buffer *who = buffer_take(ptt_buffers(p), room);
	struct pv_writer w;
	if (!who)
		return false;
	display.length = MIN(display.length, SHOWN_MAX);
	target.length = MIN(target.length, SHOWN_MAX);
	pv_writer_init(&w, who->bytes, buffer_capacity(who));
	report->name = keep(&w, name);
	report->display = keep(&w, leg->is_anonymous ? PV_SPAN("Anonymous") : display);
	report->target = keep(&w, leg->is_anonymous ? PV_SPAN("sip:anonymous.invalid") : target);
	report->uri.at = (uint16_t)pv_writer_length(&w);
	if (leg->is_anonymous)
		pv_put_text(&w, "sip:anonymous@anonymous.invalid");
	else
		ptt_put_uri(&w, name, pv_span_from(at + 1, pv_span_end(aor)));
	report->uri.length = (uint16_t)(pv_writer_length(&w) - report->uri.at);
	who->length = (uint32_t)pv_writer_length(&w);
	report->who = leg->who = who;
	return !w.overflow;
}

struct ptt_leg *ptt_leg_of(struct ptt *p, const struct pv_message *request)
{
	uint64_t handle;
	if (!dialog_tag_read(p->at.tag_key, request->to_tag, request->call_id, &handle) ||
		(handle & PTT_TAG_WATCHES))
		return NULL;
	struct ptt_leg *leg = ptt_leg_get(p, handle);
	/* the tag proves itself: we made it for that leg and that Call-ID */
	return leg && !leg->is_over && dialog_has(&leg->dialog, request) ? leg : NULL;
}

/* ---- its machine ---- */

/* Beside `group_joined`. A reload may have taken the group: its address is in the dialog. */
static void log_left(const struct ptt_leg *leg)
{
	char group[160], name[160], call_id[160];
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	log_event(LOG_LEVEL_INFO, "group_left", "group=%s member=%s why=%.*s call_id=%s",
		log_quote(group, sizeof(group), leg->group ? leg->group->config.name : texts.local),
		log_quote(name, sizeof(name), buffer_text(leg->who, leg->report.name)),
		PV_SPAN_PRINT(call_why_name((enum call_why)leg->why)),
		log_quote(call_id, sizeof(call_id), texts.call_id));
}

/* It hears nothing any more, and is not seen: whatever its dialog still waits for. */
static void let_go(struct ptt *p, struct ptt_leg *leg)
{
	if (leg->has_let_go)
		return;
	leg->has_let_go = true;
	if (leg->is_described)
		log_left(leg);
	list_remove(&leg->ringing);
	alarm_cancel(&leg->alarm);
	alarm_cancel(&leg->probe);
	alarm_cancel(&leg->ring);
	alarm_cancel(&leg->asked);
	ptt_leg_drop_media(p, leg);
	ptt_leg_end_call(p, leg);
	ptt_leg_tell_roster(p, leg);
}

static void cancel(struct ptt *p, struct ptt_leg *leg)
{
	struct transaction *client = transaction_get(p->at.transactions, leg->client);
	if (client)
		transaction_cancel(
			p->at.transactions, client, call_why_reason((enum call_why)leg->why));
}

/* A reload may have taken the group, or his place in it, while the roster was asked. */
static bool may_join(const struct ptt_leg *leg)
{
	struct ptt_membership membership;
	return leg->group &&
	       ptt_group_has(leg->group, buffer_text(leg->who, leg->report.name), &membership);
}

static void refuse_waiting(struct ptt *p, struct ptt_leg *leg)
{
	struct transaction *server = transaction_get(p->at.transactions, leg->server);
	struct pv_message *m = &p->scratch;
	if (server && leg->invite &&
		pv_message_parse(m, leg->invite->bytes, leg->invite->length, true) > 0) {
		if (leg->why == CALL_STOPPED)
			ptt_reply_busy(p, server, m, &leg->source);
		else
			ptt_reply(p, server, m, &leg->source, may_join(leg) ? 487 : 404);
	}
}

unsigned ptt_leg_step(struct ptt *p, struct ptt_leg *leg, enum ptt_leg_event event)
{
	const struct ptt_cell *cell = &ptt_leg_cells[leg->state][event];
	if (!cell->live) {
		metrics_add(METRIC_ptt_ignored, 1);
		return 0;
	}
	uint64_t handle = slab_handle(&p->legs, leg);
	unsigned actions = cell->actions;
	leg->state = cell->next;
	if (actions & PTT_STOP_RESEND)
		accepted_done(&leg->accepted, ptt_buffers(p));
	if (actions & PTT_START_RESEND)
		accepted_start(&leg->accepted, &p->alarms, PTT_TIMER_RESEND, p->config.t1);
	if (actions & PTT_SEND_ACK)
		ptt_leg_send_ack(p, leg);
	if (actions & PTT_SEND_CANCEL)
		cancel(p, leg);
	if (actions & PTT_REFUSE_WAITING)
		refuse_waiting(p, leg);
	if (actions & PTT_LET_GO)
		let_go(p, leg);
	if ((actions & PTT_SEND_BYE) && !ptt_leg_send_bye(p, leg) && ptt_leg_get(p, handle))
		ptt_leg_step(p, leg, PTT_LEG_LEFT);
	if ((actions & PTT_OVER) && (leg = ptt_leg_get(p, handle))) {
		leg->is_over = true;
		ptt_leg_settle(p, leg);
	}
	return actions;
}

void ptt_leg_leave(struct ptt *p, struct ptt_leg *leg, unsigned why)
{
	if (leg->has_let_go)
		return;
	leg->why = (uint8_t)why;
	ptt_leg_step(p, leg, PTT_LEG_WE_LEAVE);
}
