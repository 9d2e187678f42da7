/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c — a key of the phone in an INFO request: it is one more button of the same floor. */
#include "app/ptt/private.h"

#include <errno.h>

#include "sound/info_key.h"

static void refuse(struct ptt *p, const struct incoming *incoming, struct transaction *server,
	unsigned status, struct pv_span extra)
{
	proxy_reply(
		p->at.proxy, server, incoming->message, incoming->from, status, PV_SPAN(""), extra);
}

/* A package says what else its body would be; we take none, but a key is a key. */
static void refuse_body(
	struct ptt *p, const struct incoming *incoming, struct transaction *server, int error)
{
	if (pv_message_value_named(incoming->message, PV_SPAN("Info-Package")).length)
		refuse(p, incoming, server, 469, PV_SPAN("Recv-Info: nil\r\n"));
	else if (error == -ENOTSUP)
		refuse(p, incoming, server, 415,
			PV_SPAN("Accept: application/dtmf-relay, application/dtmf\r\n"));
	else
		refuse(p, incoming, server, 400, PV_SPAN(""));
}

void keys_info(struct ptt *p, struct ptt_leg *leg, const struct incoming *incoming,
	struct transaction *server)
{
	const struct pv_message *m = incoming->message;
	struct info_key key;
	int error = info_key_parse(
		pv_message_value(m, PV_HEADER_CONTENT_TYPE), pv_message_span(m, m->body), &key);
	/* without a body it asks whether we are there (RFC 6086 §4.2.2, as of before) */
	if (error && m->body.length) {
		refuse_body(p, incoming, server, error);
		return;
	}
	ptt_reply(p, server, m, incoming->from, 200);
	if (error || !ptt_leg_presses(leg, PTT_TRIGGER_INFO))
		return;
	const struct media_press press = {.button = MEDIA_BUTTON_KEY,
		.trigger = MEDIA_TRIGGER_INFO,
		.key = key.key,
		.number = m->cseq,
		.received_ns = p->at.worker->now_ns};
	metrics_add(METRIC_ptt_info_keys, 1);
	ptt_leg_press(p, leg, &press);
}
