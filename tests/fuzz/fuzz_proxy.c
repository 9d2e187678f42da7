/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_proxy.c — calls as nobody makes them: requests, responses, lost flows, time, want of memory,
 * in any order and with any byte changed; what the server sends parses, and nothing leaks. */
#include "proxy/private.h"
#include "fuzz_server.h"

#define STEPS_MAX 80
#define SENT_MAX  256
#define TEXT_MAX  2048

static const struct fake_sent *requests[SENT_MAX]; /* that the server sent */
static const struct fake_sent *answers[SENT_MAX];  /* the same of responses to who called */
static unsigned request_count, answer_count, since_resolved;

static const char *const methods[] = {"INVITE", "INVITE", "ACK", "CANCEL", "BYE", "MESSAGE",
	"OPTIONS", "REGISTER", "PRACK", "SUBSCRIBE", "x-NEW"};
static const char *const uris[] = {"sip:bob@example.test", "sip:bob@example.test",
	"sip:carol@example.test", "sip:example.test", "sip:dan@10.0.0.9", "sip:dan@names.test",
	"sip:dan@nowhere.test;transport=tcp", "tel:+34911", "sips:bob@example.test",
	"sip:dan@10.0.0.9;maddr=192.0.2.1", "sip:bob@192.0.2.1:5060", "sip:%zz@example.test"};
static const char *const froms[] = {
	"sip:alice@example.test", "sip:eve@elsewhere.test", "tel:1", "sip:bob@example.test"};
static const char *const paths[] = {"10.0.0.2:5060", "10.0.0.3:5061", "tcp:10.0.0.2:40000/3",
	"198.51.100.7:40000", "[2001:db8::9]:5060", "192.0.2.1:5060"};
static const char *const extras[] = {"", "", "Proxy-Require: x\r\n", "Route: <sip:10.0.0.7>\r\n",
	"Route: <sip:example.test;lr>, <sip:10.0.0.7;lr>\r\n", "Contact: <sip:alice@10.0.0.2>\r\n",
	"Contact: <sip:alice@192.168.0.9>\r\nExpires: 300\r\n", "Reason: SIP;cause=200\r\n",
	"Route: <sip:pv0000000000000000000000@192.0.2.1;lr>\r\n"};
static const char *const bindings[] = {"register bob sip:bob@10.0.0.3:5061",
	"register bob sip:bob@10.0.0.4:5061 q=500", "register bob sip:bob@names.test q=500",
	"register bob sip:bob@nowhere.test q=300",
	"register bob sip:b@10.0.0.5;transport=tcp flow=tcp:10.0.0.5:40005/5 instance=i reg=1",
	"register bob sip:b@10.0.0.5 nat=198.51.100.5:5005 instance=i reg=2",
	"register bob sip:b@10.0.0.6 path=<sip:10.0.0.7>,<sip:10.0.0.8;lr>",
	"register carol sip:bob@192.0.2.1", "unregister bob"};
static const char *const commands[] = {"resolve", "resolve", "fail 5061", "mend 5061", "lose 3",
	"lose 5", "overload on", "overload off", "strangers users", "challenge all",
	"challenge register", "challenge none", "farewell"};
static const char *const targets[] = {"sip:bob@10.0.0.3:5061", "sip:alice@10.0.0.2",
	"sip:bob@10.0.0.4:5061", "sip:alice@192.168.0.9", "sip:dan@10.0.0.9",
	"sip:bob@example.test"};
static const unsigned statuses[] = {100, 180, 183, 200, 200, 202, 302, 401, 404, 407, 408, 430, 480,
	486, 487, 500, 503, 600, 603, 699};
static const unsigned waits[] = {0, 1, 500, 3500, 4000, 32000, 180000};

static const struct fake_sent *sent_request(struct choices *c)
{
	return request_count ? requests[request_count - 1 - choose(c, request_count)] : NULL;
}

static void deliver(struct choices *c, char *text, int length, const struct path *from)
{
	unsigned changes = choose(c, 4);
	for (unsigned i = 1; i < changes; i++) {
		unsigned at = choose(c, 256) << 8;
		at |= choose(c, 256);
		text[at % (unsigned)length] = (char)choose(c, 256);
	}
	fake_net_deliver(server.scenario.net, text, (size_t)length, from);
}

/* A new request, or one that follows what the server sent: its token, its tags. */
static void step_request(struct choices *c)
{
	char text[TEXT_MAX];
	const char *method = CHOOSE(c, methods);
	const struct path from = fake_path(CHOOSE(c, paths));
	unsigned branch = choose(c, 4), call = choose(c, 3);
	const char *uri = CHOOSE(c, uris), *sender = CHOOSE(c, froms), *extra = CHOOSE(c, extras);
	const struct fake_sent *dialog = choose(c, 3) ? NULL : sent_request(c);
	struct pv_span route = header_of(dialog, "Record-Route");
	int length = snprintf(text, sizeof(text),
		"%s %s SIP/2.0\r\nVia: SIP/2.0/%s 10.0.0.2:5060;branch=z9hG4bK-%u;rport\r\n"
		"From: <%s>;tag=%s\r\nTo: <sip:bob@example.test>%s\r\nCall-ID: c%u\r\n"
		"CSeq: 1 %s\r\nMax-Forwards: %u\r\n%s%s%.*s%sContent-Length: 0\r\n\r\n",
		method, uri, from.transport == PV_TRANSPORT_UDP ? "UDP" : "TCP", branch, sender,
		choose(c, 2) ? "t" : "a", dialog ? ";tag=t" : "", call, method,
		70 - choose(c, 2) * 70, extra, route.length ? "Route: " : "", PV_SPAN_PRINT(route),
		route.length ? "\r\n" : "");
	if (++since_resolved == 3)
		since_resolved = fake_net_resolve_now(server.scenario.net) * 0;
	deliver(c, text, length, &from);
}

/* A request inside the dialog of what was sent: from its caller, who saw an answer, or from its
 * callee, who saw the request. Some of the time it goes where it may. */
static void step_inside(struct choices *c)
{
	char text[2 * TEXT_MAX];
	bool calls = choose(c, 2);
	const struct fake_sent *seen = !calls         ? sent_request(c)
				       : answer_count ? answers[choose(c, answer_count)]
						      : NULL;
	const struct path from = fake_path(CHOOSE(c, paths));
	const char *method = CHOOSE(c, methods);
	if (!seen || seen->length > TEXT_MAX)
		return;
	struct pv_span callee = header_of(seen, "To"), caller = header_of(seen, "From");
	int length = snprintf(text, sizeof(text),
		"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-i%u;rport\r\n"
		"From: %.*s%s\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %u %s\r\n"
		"Route: %.*s\r\n%sContent-Length: 0\r\n\r\n",
		method, CHOOSE(c, targets), choose(c, 8), PV_SPAN_PRINT(calls ? caller : callee),
		calls ? "" : ";tag=0", PV_SPAN_PRINT(calls ? callee : caller),
		PV_SPAN_PRINT(header_of(seen, "Call-ID")), choose(c, 4), method,
		PV_SPAN_PRINT(header_of(seen, "Record-Route")), CHOOSE(c, extras));
	deliver(c, text, length, &from);
}

static void step_response(struct choices *c)
{
	char text[2 * TEXT_MAX], status[8], tag[16];
	const struct fake_sent *to = sent_request(c);
	if (!to || to->length > TEXT_MAX)
		return;
	struct path from = to->to;
	from.listener = 0;
	snprintf(status, sizeof(status), "%u", CHOOSE(c, statuses));
	snprintf(tag, sizeof(tag), "totag=%u", choose(c, 2));
	char *words[] = {status, tag};
	size_t length = scenario_response(2, words, to, text, sizeof(text));
	deliver(c, text, (int)length, &from);
}

/* What was sent comes back to us. */
static void step_again(struct choices *c)
{
	char text[TEXT_MAX];
	const struct fake_sent *sent = sent_request(c);
	const struct path from = fake_path("192.0.2.1:5060");
	if (!sent || sent->length > sizeof(text))
		return;
	memcpy(text, sent->bytes, sent->length);
	deliver(c, text, (int)sent->length, &from);
}

static void step_command(struct choices *c)
{
	command(CHOOSE(c, commands));
}

static void step_binding(struct choices *c)
{
	command(CHOOSE(c, bindings));
}

static void step_time(struct choices *c)
{
	fake_worker_advance(&server.scenario.worker, CHOOSE(c, waits));
}

static void step_starve(struct choices *c)
{
	slab_starve(1 + choose(c, 12));
}

/* What we forward is well-formed, ends, and comes back to us alone. */
static void on_sent(void *context, const struct fake_sent *sent)
{
	/* a phone may write "sip/2.0", and its response is passed on as it is */
	if (strncasecmp(sent->bytes, "SIP/2.0 ", 8) == 0) {
		if (answer_count < SENT_MAX && header_of(sent, "Record-Route").length)
			answers[answer_count++] = sent;
		return;
	}
	struct branch branch;
	bool whole = sent->to.transport == PV_TRANSPORT_UDP;
	MUST(pv_message_parse(&message, sent->bytes, sent->length, whole) > 0);
	MUST(branch_read(server.proxy->at.branch_key, message.via.branch, &branch));
	MUST(message.max_forwards >= 0);
	if (request_count < SENT_MAX)
		requests[request_count++] = sent;
}

static void start(void)
{
	request_count = answer_count = since_resolved = 0;
	begin(40, on_sent);
	command(bindings[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(struct choices *) = {step_request, step_response, step_request,
		step_response, step_time, step_command, step_binding, step_again, step_inside,
		step_starve};
	struct choices c = {data, data + size};
	start();
	for (unsigned i = 0; i < STEPS_MAX && c.at < c.end; i++)
		CHOOSE(&c, steps)(&c);
	slab_starve(0);
	end();
	return 0;
}
