/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c — SUBSCRIBE to a group's roster (RFC 4575, RFC 6665): the dialog's half, on the worker of
 * its Call-ID. */
#include "app/ptt/private.h"

#define EXPIRES_S       3600 /* at most, and where nothing is asked for */
#define EXPIRES_LEAST_S 60   /* a roster that is asked for each second is a document each second */

static const struct pv_span document_type = PV_SPAN_INIT("application/conference-info+xml");

static struct ptt_subscription *subscription_get(struct ptt *p, uint64_t handle)
{
	return slab_get(&p->subscriptions, handle);
}

struct ptt_subscription *subscription_of(struct ptt *p, const struct pv_message *request)
{
	uint64_t handle;
	if (!dialog_tag_read(p->at.tag_key, request->to_tag, request->call_id, &handle) ||
		!(handle & PTT_TAG_WATCHES))
		return NULL;
	struct ptt_subscription *s = subscription_get(p, handle & ~PTT_TAG_WATCHES);
	return s && !s->is_over && dialog_has(&s->dialog, request) ? s : NULL;
}

static void settle(struct ptt *p, struct ptt_subscription *s)
{
	if (!s->is_over || s->report.errand.is_away || s->notice)
		return;
	alarm_cancel(&s->expiry);
	list_remove(&s->link);
	dialog_done(ptt_buffers(p), &s->dialog);
	slab_give(&p->subscriptions, s);
}

static bool send_notify(struct ptt *p, struct ptt_subscription *s, const struct buffer *document)
{
	struct ptt_request *request = request_new(p, PTT_REQUEST_OF_SUBSCRIPTION,
		slab_handle(&p->subscriptions, s), PV_METHOD_NOTIFY);
	if (!request)
		return false;
	if (document) {
		request->body = buffer_take(ptt_buffers(p), document->length);
		if (!request->body) {
			request_free(p, request);
			return false;
		}
		memcpy(request->body->bytes, document->bytes, document->length);
		request->body->length = document->length;
		request->type = document_type;
	}
	metrics_add(METRIC_ptt_notifies, 1);
	request_start(p, request);
	return true;
}

/* The roster would not have it: it is told so, and that is all. */
static void refused(struct ptt *p, struct ptt_subscription *s)
{
	s->is_ending = true;
	s->reason = "probation";
	if (!send_notify(p, s, NULL))
		s->is_over = true;
}

static void ask(struct ptt *p, struct ptt_subscription *s);

static void asked(struct ptt *p, struct errand *errand)
{
	struct ptt_watch_report *report = container_of(errand, struct ptt_watch_report, errand);
	struct ptt_subscription *s = container_of(report, struct ptt_subscription, report);
	if (report->status != 200 && !s->is_over && !s->is_known)
		refused(p, s);
	else if (report->status == 200)
		s->is_known = true;
	if (s->wants_full && !s->is_over)
		ask(p, s);
	settle(p, s);
}

/* All of the roster, now; for the last time when it is ending. */
static void ask(struct ptt *p, struct ptt_subscription *s)
{
	s->wants_full = true;
	if (s->report.errand.is_away)
		return;
	s->wants_full = false;
	s->report.is_last = s->is_ending;
	errand_send(p, &s->report.errand, ptt_home(p, s->group), watcher_take, asked);
}

static void end(struct ptt *p, struct ptt_subscription *s, const char *reason)
{
	if (s->is_ending)
		return;
	s->is_ending = true;
	s->reason = reason;
	alarm_cancel(&s->expiry);
	ask(p, s);
}

void subscription_expired(struct ptt *p, struct ptt_subscription *s)
{
	end(p, s, "timeout");
}

void subscription_told(struct ptt *p, struct ptt_subscription *s, unsigned status)
{
	struct ptt_notice *notice = s->notice;
	bool is_gone = status >= 300;
	s->notice = NULL;
	s->is_over |= is_gone || !notice || notice->is_last;
	if (notice) {
		notice->is_gone = is_gone;
		errand_return(&notice->errand);
	}
	settle(p, s);
}

/* It stays until the NOTIFY has its answer. */
void subscription_take(struct ptt *p, struct errand *errand)
{
	struct ptt_notice *notice = container_of(errand, struct ptt_notice, errand);
	struct ptt_subscription *s = subscription_get(p, notice->subscription);
	if (!s || s->is_over || s->notice) {
		notice->is_gone = true;
		errand_return(errand);
		return;
	}
	if (notice->is_last && !s->is_ending) {
		s->is_ending = true;
		s->reason = "noresource";
	}
	s->notice = notice;
	if (!send_notify(p, s, notice->body))
		subscription_told(p, s, 500);
}

/* ---- SUBSCRIBE ---- */

static bool is_conference(const struct pv_message *m, struct pv_span *ret_id)
{
	struct pv_span event = pv_message_value(m, PV_HEADER_EVENT), params = {NULL, 0};
	const char *semicolon = pv_span_find(event, ';');
	if (semicolon) {
		params = pv_span_from(semicolon, pv_span_end(event));
		event = pv_span_trim(pv_span_from(event.at, semicolon));
	}
	*ret_id = (struct pv_span){NULL, 0};
	pv_params_find(params, PV_SPAN("id"), ret_id);
	return pv_span_equal_nocase(event, PV_SPAN("conference"));
}

/* RFC 6665 §3.1.3: where nothing is said, the event's own type is taken. */
static bool accepts_document(const struct pv_message *m)
{
	struct pv_values walk;
	struct pv_span value;
	if (!pv_message_has(m, PV_HEADER_ACCEPT))
		return true;
	pv_values_begin(&walk, m, PV_HEADER_ACCEPT);
	while (pv_values_next(&walk, &value)) {
		const char *semicolon = pv_span_find(value, ';');
		if (semicolon)
			value = pv_span_trim(pv_span_from(value.at, semicolon));
		if (pv_span_equal_nocase(value, document_type) ||
			pv_span_equal(value, PV_SPAN("*/*")) ||
			pv_span_equal_nocase(value, PV_SPAN("application/*")))
			return true;
	}
	return false;
}

/* False: it was refused, statelessly where `server` is NULL. */
static bool check_accept(struct ptt *p, const struct incoming *incoming, struct transaction *server)
{
	if (accepts_document(incoming->message))
		return true;
	proxy_reply(p->at.proxy, server, incoming->message, incoming->from, 406, PV_SPAN(""),
		PV_SPAN("Accept: application/conference-info+xml\r\n"));
	return false;
}

static uint32_t expires_of(const struct pv_message *m)
{
	uint32_t seconds;
	if (!pv_message_has(m, PV_HEADER_EXPIRES) ||
		!pv_number_parse(pv_message_value(m, PV_HEADER_EXPIRES), &seconds))
		return EXPIRES_S;
	return MIN(seconds, (uint32_t)EXPIRES_S);
}

/* RFC 6665 §4.2.1.1: too short is 423 with what we would take; 0 ends or asks once, always. False:
 * it was refused, statelessly where `server` is NULL. */
static bool check_expires(
	struct ptt *p, const struct incoming *incoming, struct transaction *server)
{
	char text[40];
	struct pv_writer w;
	uint32_t seconds = expires_of(incoming->message);
	if (seconds == 0 || seconds >= EXPIRES_LEAST_S)
		return true;
	pv_writer_init(&w, text, sizeof(text));
	pv_put_text(&w, "Min-Expires: ");
	pv_put_u64(&w, EXPIRES_LEAST_S);
	pv_put_text(&w, "\r\n");
	proxy_reply(p->at.proxy, server, incoming->message, incoming->from, 423, PV_SPAN(""),
		pv_writer_span(&w));
	return false;
}

bool watch_admit(struct ptt *p, struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	struct pv_span id;
	if (!ptt_check_required(p, incoming))
		return false;
	if (!is_conference(m, &id)) {
		proxy_reply(p->at.proxy, NULL, m, incoming->from, 489, PV_SPAN("Bad Event"),
			PV_SPAN("Allow-Events: conference\r\n"));
		return false;
	}
	if (id.length > PTT_EVENT_ID) {
		proxy_reply(p->at.proxy, NULL, m, incoming->from, 400, PV_SPAN("Event Too Long"),
			PV_SPAN(""));
		return false;
	}
	if (!check_accept(p, incoming, NULL) || !check_expires(p, incoming, NULL))
		return false;
	if (dialog_may_begin(p->at.worker, m))
		return true;
	proxy_reply(p->at.proxy, NULL, m, incoming->from, 400, PV_SPAN("Missing or Bad Contact"),
		PV_SPAN(""));
	return false;
}

/* 200 with what is left of it. False: no room, and it was answered. */
static bool accept_watch(struct ptt *p, struct ptt_subscription *s, const struct incoming *incoming,
	struct transaction *server, uint32_t expires_s)
{
	const struct ptt_group *group = ptt_group_of(p, s->group);
	char text[40];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	pv_put_text(&w, "Expires: ");
	pv_put_u64(&w, expires_s);
	pv_put_text(&w, "\r\n");
	const struct ptt_answer answer = {.request = incoming->message,
		.from = incoming->from,
		.status = 200,
		.to_tag = dialog_texts(&s->dialog).local_tag,
		.contact = group ? group->config.name : PV_SPAN("group"),
		.extra = pv_writer_span(&w)};
	struct buffer *bytes = ptt_write_response(p, &answer);
	if (!bytes) {
		ptt_reply_busy(p, server, incoming->message, incoming->from);
		return false;
	}
	transaction_respond(p->at.transactions, server, bytes, 200);
	buffer_unref(ptt_buffers(p), bytes);
	return true;
}

static void last_until(struct ptt *p, struct ptt_subscription *s, uint32_t expires_s)
{
	s->ends_ms = p->at.worker->now_ms + (uint64_t)expires_s * 1000;
	if (expires_s) {
		alarm_set(&p->alarms, &s->expiry, PTT_TIMER_EXPIRY, s->ends_ms);
		ask(p, s);
	} else {
		end(p, s, "timeout");
	}
}

void watch_request(struct ptt *p, struct incoming *incoming, struct transaction *server,
	const struct ptt_group *group)
{
	struct ptt_subscription *s = slab_take(&p->subscriptions);
	uint32_t expires_s = expires_of(incoming->message);
	struct pv_span id;
	if (!s) {
		ptt_reply_busy(p, server, incoming->message, incoming->from);
		return;
	}
	memset(s, 0, sizeof(*s));
	uint64_t handle = slab_handle(&p->subscriptions, s);
	s->group = s->report.group = group->id;
	s->report.subscription = handle;
	is_conference(incoming->message, &id);
	s->id_length = (uint8_t)MIN(id.length, (size_t)PTT_EVENT_ID);
	if (s->id_length)
		memcpy(s->id, id.at, s->id_length);
	list_push_tail(&p->all_subscriptions, &s->link);
	if (dialog_of_request(p, &s->dialog, handle | PTT_TAG_WATCHES, incoming) < 0) {
		ptt_reply_busy(p, server, incoming->message, incoming->from);
		s->is_over = true;
		settle(p, s);
		return;
	}
	if (!accept_watch(p, s, incoming, server, expires_s)) {
		s->is_over = true;
		settle(p, s);
		return;
	}
	last_until(p, s, expires_s);
}

void watch_again(struct ptt *p, struct ptt_subscription *s, const struct incoming *incoming,
	struct transaction *server)
{
	uint32_t expires_s = expires_of(incoming->message);
	if (s->is_ending) {
		ptt_reply(p, server, incoming->message, incoming->from, 481);
		return;
	}
	if (!check_accept(p, incoming, server) || !check_expires(p, incoming, server))
		return;
	(void)dialog_refresh_target(ptt_buffers(p), &s->dialog, incoming->message);
	if (accept_watch(p, s, incoming, server, expires_s))
		last_until(p, s, expires_s);
}

void watches_farewell(struct ptt *p)
{
	for (uint32_t i = 0; i < p->subscriptions.touched; i++) {
		struct ptt_subscription *s = slab_at(&p->subscriptions, i);
		if (slab_is_taken(s) && !s->is_over)
			end(p, s, "deactivated");
	}
}
