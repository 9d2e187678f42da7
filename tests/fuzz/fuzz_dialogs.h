/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dialogs.h — what the targets share that speak in the dialogs of a user agent. */
#ifndef TESTS_FUZZ_DIALOGS_H
#define TESTS_FUZZ_DIALOGS_H

#include "fuzz_server.h"

#define STEPS_MAX 100
#define SENT_MAX  256
#define TEXT_MAX  4096

static const struct fake_sent *requests[SENT_MAX], *responses[SENT_MAX];
static unsigned request_count, response_count;

static const char *const paths[] = {"10.0.0.2:5060", "10.0.0.3:5061", "tcp:10.0.0.2:40000/3"};
static const unsigned statuses[] = {
	100, 180, 183, 200, 200, 200, 302, 401, 408, 422, 480, 481, 486, 487, 491, 500, 503, 603};
static const unsigned waits[] = {0, 1, 500, 2000, 32000, 100000, 180000};

/* One of the last few. */
static const struct fake_sent *one_of(
	struct choices *c, const struct fake_sent *const *list, unsigned count)
{
	return count ? list[count - 1 - choose(c, count < 8 ? count : 8)] : NULL;
}

/* Where its Contact leads; `other` where it has none. */
static struct pv_span uri_of(const struct fake_sent *sent, struct pv_span other)
{
	struct pv_address address;
	struct pv_span contact = header_of(sent, "Contact");
	return contact.length && pv_address_parse(contact, &address) == 0 ? address.uri : other;
}

static void deliver(char *text, int length, const struct path *from)
{
	if (length > 0 && length < TEXT_MAX)
		fake_net_deliver(server.scenario.net, text, (size_t)length, from);
}

static void respond(struct choices *c, const char *const *extras, unsigned extra_count,
	const char *const *bodies, unsigned body_count)
{
	char text[2 * TEXT_MAX], status[8], tag[16], header[160], body[480];
	const struct fake_sent *to = one_of(c, requests, request_count);
	const char *extra = extras[choose(c, extra_count)];
	if (!to || to->length > TEXT_MAX)
		return;
	struct path from = to->to;
	from.listener = 0;
	snprintf(status, sizeof(status), "%u", CHOOSE(c, statuses));
	snprintf(tag, sizeof(tag), "totag=%u", choose(c, 2));
	snprintf(header, sizeof(header), "header=Contact: <sip:bob@10.0.0.3:5061>%s%.*s",
		*extra ? "\r\n" : "", *extra ? (int)strlen(extra) - 2 : 0, extra);
	snprintf(body, sizeof(body), "body=%s", bodies[choose(c, body_count)]);
	char *words[] = {status, tag, header, body};
	size_t length = scenario_response(4, words, to, text, sizeof(text));
	deliver(text, (int)length, &from);
}

static void step_time(struct choices *c)
{
	fake_worker_advance(&server.scenario.worker, CHOOSE(c, waits));
}

static void step_starve(struct choices *c)
{
	slab_starve(1 + choose(c, 12));
}

/* What we send is well-formed. */
static void on_sent(void *context, const struct fake_sent *sent)
{
	bool whole = sent->to.transport == PV_TRANSPORT_UDP;
	MUST(pv_message_parse(&message, sent->bytes, sent->length, whole) > 0);
	if (message.is_request && request_count < SENT_MAX)
		requests[request_count++] = sent;
	if (!message.is_request && message.to_tag.length && response_count < SENT_MAX)
		responses[response_count++] = sent;
}

static void begin_dialogs(void)
{
	request_count = response_count = 0;
	begin(60, on_sent);
}

static void run_steps(struct choices *c, void (*const *steps)(struct choices *), unsigned count)
{
	for (unsigned i = 0; i < STEPS_MAX && c->at < c->end; i++) {
		steps[choose(c, count)](c);
		if (i % 3 == 2)
			fake_net_resolve_now(server.scenario.net);
	}
	slab_starve(0);
}

#endif
