/* SPDX-License-Identifier: Apache-2.0 */
/* request.c — requests of our own: the way is found, they are sent; in dialogs and alone. */
#include "app/ptt/private.h"

struct ptt_request *request_new(
	struct ptt *p, enum ptt_request_kind kind, uint64_t owner, enum pv_method method)
{
	struct ptt_request *request = slab_take(&p->requests);
	if (!request)
		return NULL;
	memset(request, 0, sizeof(*request));
	request->ptt = p;
	request->kind = (uint8_t)kind;
	request->owner = owner;
	request->method = (uint8_t)method;
	return request;
}

void request_free(struct ptt *p, struct ptt_request *request)
{
	if (!request)
		return;
	way_done(&request->way);
	ptt_drop(p, &request->body);
	dialog_done(ptt_buffers(p), &request->dialog);
	slab_give(&p->requests, request);
}

struct ptt_leg *request_leg(struct ptt *p, const struct ptt_request *request)
{
	return request->kind == PTT_REQUEST_OF_LEG ? ptt_leg_get(p, request->owner) : NULL;
}

struct ptt_subscription *request_subscription(struct ptt *p, const struct ptt_request *request)
{
	return request->kind == PTT_REQUEST_OF_SUBSCRIPTION
		       ? slab_get(&p->subscriptions, request->owner)
		       : NULL;
}

/* NULL: what it is of is over. */
static struct dialog *dialog_of(struct ptt *p, struct ptt_request *request)
{
	struct ptt_leg *leg = request_leg(p, request);
	struct ptt_subscription *subscription = request_subscription(p, request);
	if (request->kind == PTT_REQUEST_ALONE)
		return &request->dialog;
	return leg ? &leg->dialog : subscription ? &subscription->dialog : NULL;
}

/* ---- what it carries ---- */

/* RFC 5373, and what phones did before it. */
static struct pv_span answer_at_once(
	struct ptt *p, const struct ptt_leg *leg, char *text, size_t size)
{
	struct pv_writer w;
	struct pv_span group = leg->group ? leg->group->config.name : PV_SPAN("group");
	pv_writer_init(&w, text, size);
	pv_put_text(&w, "Answer-Mode: Auto\r\nCall-Info: <");
	ptt_put_uri(&w, group, domains_realm(p->at.domains));
	pv_put_text(&w, ">;answer-after=0\r\n"
			"Alert-Info: <http://localhost>;info=alert-autoanswer;delay=0\r\n");
	return w.overflow ? PV_SPAN("") : pv_writer_span(&w);
}

static struct pv_span reason_line(const struct ptt_leg *leg, char *text, size_t size)
{
	struct pv_span reason = call_why_reason((enum call_why)leg->why);
	struct pv_writer w;
	pv_writer_init(&w, text, size);
	if (!reason.length)
		return PV_SPAN("");
	pv_put_text(&w, "Reason: ");
	pv_put(&w, reason);
	pv_put_text(&w, "\r\n");
	return w.overflow ? PV_SPAN("") : pv_writer_span(&w);
}

/* NOTIFY: what the subscription says of itself (RFC 6665 §4.1.3). */
static struct pv_span state_lines(
	struct ptt *p, const struct ptt_subscription *s, char *text, size_t size)
{
	struct pv_writer w;
	uint64_t now = p->at.worker->now_ms;
	pv_writer_init(&w, text, size);
	pv_put_text(&w, "Event: conference");
	if (s->id_length) {
		pv_put_text(&w, ";id=");
		pv_put(&w, (struct pv_span){s->id, s->id_length});
	}
	pv_put_text(&w, "\r\nSubscription-State: ");
	if (s->notice ? s->notice->is_last : s->is_ending) {
		pv_put_text(&w, "terminated;reason=");
		pv_put_text(&w, s->reason ? s->reason : "timeout");
	} else {
		pv_put_text(&w, "active;expires=");
		pv_put_u64(&w, s->ends_ms > now ? (s->ends_ms - now) / 1000 : 0);
	}
	pv_put_text(&w, "\r\n");
	return pv_writer_span(&w);
}

#define EXTRA_ROOM 640

static void fill_of_leg(struct ptt *p, const struct ptt_request *request, struct ptt_leg *leg,
	struct ptt_outgoing *o, char extra[EXTRA_ROOM])
{
	bool is_invite = o->method == PV_METHOD_INVITE;
	if (is_invite || o->method == PV_METHOD_UPDATE)
		o->contact = leg->group ? leg->group->config.name : PV_SPAN("group");
	if (o->method == PV_METHOD_BYE)
		o->extra = reason_line(leg, extra, EXTRA_ROOM);
	if (!is_invite)
		return;
	o->type = PV_SPAN("application/sdp");
	o->body = (struct pv_span){leg->speech.bytes->bytes, leg->speech.bytes->length};
	if (leg->state == PTT_LEG_CALLING)
		o->extra = answer_at_once(p, leg, extra, EXTRA_ROOM);
	leg->invite_cseq = o->cseq;
	leg->client = transaction_handle(p->at.transactions, o->client);
	leg->speech.offering = PTT_OFFER_IN_INVITE;
	ptt_drop(p, &leg->ack);
}

static struct buffer *write_out(struct ptt *p, struct ptt_request *request, struct dialog *dialog,
	struct transaction *client)
{
	char extra[EXTRA_ROOM];
	struct ptt_leg *leg = request_leg(p, request);
	struct ptt_subscription *subscription = request_subscription(p, request);
	struct session_wish wish = {0};
	struct ptt_outgoing o = {.dialog = dialog,
		.method = (enum pv_method)request->method,
		.cseq = ++dialog->local_cseq,
		.client = client,
		.to = &request->way.path,
		.type = request->type};
	if (request->body)
		o.body = (struct pv_span){request->body->bytes, request->body->length};
	if (leg) {
		fill_of_leg(p, request, leg, &o, extra);
		if (o.contact.length) {
			wish = ptt_leg_wish(p, leg);
			o.wish = &wish;
			o.session = &leg->session.terms;
		}
	}
	const struct ptt_group *group =
		ptt_group_of(p, subscription ? subscription->group : request->group);
	/* a text goes on in the writer's name: this says by which group */
	if (request->group && group)
		o.contact = group->config.name;
	if (subscription) {
		o.contact = group ? group->config.name : PV_SPAN("group");
		o.extra = state_lines(p, subscription, extra, sizeof(extra));
	}
	return ptt_write_request(p, &o);
}

/* ---- the way ---- */

/* Who is called out is not wanted any more, and the way to it was looked for until now. */
static bool is_unwanted(struct ptt *p, const struct ptt_request *request)
{
	const struct ptt_leg *leg = request_leg(p, request);
	return leg && leg->state == PTT_LEG_DROPPING && request->method == PV_METHOD_INVITE;
}

static void send_out(struct ptt *p, struct ptt_request *request)
{
	struct dialog *dialog = dialog_of(p, request);
	if (!dialog || !dialog->text) {
		request_ended(p, request, 481, NULL);
		return;
	}
	if (is_unwanted(p, request)) {
		request_ended(p, request, 487, NULL);
		return;
	}
	struct transaction *client =
		transaction_client_take(p->at.transactions, (enum pv_method)request->method);
	struct buffer *bytes = client ? write_out(p, request, dialog, client) : NULL;
	if (!bytes) {
		if (client)
			transaction_client_drop(p->at.transactions, client);
		request_ended(p, request, 500, NULL);
		return;
	}
	request->client = transaction_handle(p->at.transactions, client);
	transaction_set_user_word(client, slab_handle(&p->requests, request), PTT_INDEX);
	transaction_set_peer(client, request->kind == PTT_REQUEST_OF_LEG ? request->owner : 0);
	transaction_client_send(p->at.transactions, client, bytes, &request->way.path);
	buffer_unref(ptt_buffers(p), bytes);
	metrics_add(METRIC_ptt_requests, 1);
}

static void resolved(struct resolve *resolve)
{
	struct ptt_request *request = container_of(resolve, struct ptt_request, way.resolve);
	if (way_found(&request->way))
		send_out(request->ptt, request);
	else
		request_ended(request->ptt, request, 503, NULL);
}

void request_start(struct ptt *p, struct ptt_request *request)
{
	const struct dialog *dialog = dialog_of(p, request);
	int found = dialog ? way_find(&request->way, p->at.net, dialog, resolved) : -1;
	if (found > 0)
		send_out(p, request);
	else if (found < 0)
		request_ended(p, request, dialog ? 503 : 481, NULL);
}

bool request_failover(struct ptt *p, struct ptt_request *request)
{
	if (!way_next(&request->way))
		return false;
	send_out(p, request);
	return true;
}

/* ---- of a leg ---- */

static struct ptt_request *to_leg(struct ptt *p, const struct ptt_leg *leg, enum pv_method method)
{
	return request_new(p, PTT_REQUEST_OF_LEG, slab_handle(&p->legs, leg), method);
}

bool ptt_leg_send_bye(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_request *request = to_leg(p, leg, PV_METHOD_BYE);
	if (!request)
		return false; /* no room: it finds out by the media */
	metrics_add(METRIC_ptt_byes, 1);
	request_start(p, request);
	return true;
}

bool ptt_leg_send_invite(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_request *request = to_leg(p, leg, PV_METHOD_INVITE);
	if (!request)
		return false;
	request_start(p, request);
	return true;
}

/* Our INVITE had the offer: its 2xx is acknowledged at once, and again when it comes again. The way
 * is that of the INVITE, unless the Contact leads elsewhere; a name is not waited for. */
void ptt_leg_send_ack(struct ptt *p, struct ptt_leg *leg)
{
	struct way way = {.path = leg->dialog.path};
	way_find(&way, p->at.net, &leg->dialog, NULL);
	way_done(&way);
	const struct ptt_outgoing o = {.dialog = &leg->dialog,
		.method = PV_METHOD_ACK,
		.cseq = leg->invite_cseq,
		.to = &way.path};
	struct buffer *bytes = ptt_write_request(p, &o);
	if (!bytes)
		return; /* their 2xx comes again, and so does this */
	ptt_drop(p, &leg->ack);
	leg->ack = bytes;
	leg->ack_path = way.path;
	net_send(p->at.net, &way.path, bytes, 0);
}

/* RFC 4028 §7.4: UPDATE needs no description, but must be allowed (RFC 3311 §4); a re-INVITE
 * repeats the one that they have. */
void ptt_leg_refresh(struct ptt *p, struct ptt_leg *leg)
{
	enum pv_method method = leg->has_update ? PV_METHOD_UPDATE : PV_METHOD_INVITE;
	bool by_invite = method == PV_METHOD_INVITE;
	bool is_free = leg->state == PTT_LEG_CALM && leg->speech.offering == PTT_NO_OFFER;
	struct ptt_request *request = is_free ? to_leg(p, leg, method) : NULL;
	if (!request) {
		ptt_leg_session(p, leg, SESSION_EVENT_REFUSED);
		return;
	}
	request->is_refresh = true;
	if (by_invite)
		ptt_leg_step(p, leg, PTT_LEG_WE_ASK);
	metrics_add(METRIC_ptt_refreshes, 1);
	request_start(p, request);
}

void ptt_leg_ask_alive(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_request *request =
		leg->state == PTT_LEG_CALM ? to_leg(p, leg, PV_METHOD_OPTIONS) : NULL;
	if (!request)
		return; /* once more in a while */
	request->is_probe = true;
	leg->is_probing = true;
	metrics_add(METRIC_ptt_probes, 1);
	request_start(p, request);
}
