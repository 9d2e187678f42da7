/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_b2bua.c — calls of two dialogs as nobody makes them: requests of either side inside and
 * outside of dialogs, responses, time, want of memory, in any order; what is sent parses, and
 * nothing leaks. */
#include "fuzz_dialogs.h"

static const char *const methods[] = {"INVITE", "INVITE", "INVITE", "ACK", "CANCEL", "BYE",
	"UPDATE", "PRACK", "INFO", "MESSAGE", "REFER", "NOTIFY", "x-NEW"};
static const char *const bodies[] = {"",
	"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\n"
	"t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
	"v=0\r\no=- 1 2 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
	"m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\n",
	"nonsense"};
static const char *const extras[] = {"", "",
	"Supported: timer\r\nSession-Expires: 100;refresher=uac\r\n",
	"Session-Expires: 100;refresher=uas\r\nAllow: UPDATE\r\n", "Min-SE: 500\r\n",
	"RSeq: 3\r\nRequire: 100rel\r\n", "RAck: 1 1 INVITE\r\n",
	"Record-Route: <sip:10.0.0.9;lr>\r\n", "Record-Route: <sip:10.0.0.9>\r\n",
	"Refer-To: <sip:carol@example.test?Replaces=a%3Bto-tag%3Db>\r\n",
	"Replaces: c1;to-tag=a;from-tag=b\r\n", "Event: refer;id=1\r\n", "Contact: *\r\n",
	"Event: refer\r\nSubscription-State: terminated\r\n", "Supported: from-change\r\n",
	"X-Hello: world\r\nP-Asserted-Identity: <sip:boss@example.test>\r\n"};
static const char *const bindings[] = {"register bob sip:bob@10.0.0.3:5061",
	"register bob sip:bob@10.0.0.4:5061", "register bob sip:bob@10.0.0.5:5061 q=500",
	"register bob sip:bob@names.test q=500", "unregister bob"};
static const char *const commands[] = {"resolve", "resolve", "fail 5061", "mend 5061", "lose 3",
	"hangup", "silent 0", "relay always", "relay never", "ports 1", "b2bua sessions=100",
	"b2bua duration=20", "farewell"};

/* Instead of `extra`: a dialog that there is, or was, to be replaced by who is called, or referred.
 */
static const char *replacing(
	struct choices *c, const char *method, const char *extra, char text[TEXT_MAX])
{
	bool refers = !strcmp(method, "REFER"), calls = !strcmp(method, "INVITE");
	if ((!refers && !calls) || choose(c, 4) != 1)
		return extra;
	const struct fake_sent *in = one_of(c, responses, response_count);
	struct pv_span to = header_of(in, "To"), id = header_of(in, "Call-ID");
	const char *equals = pv_span_find(to, '=');
	struct pv_span tag = equals ? pv_span_from(equals + 1, pv_span_end(to)) : PV_SPAN("x");
	snprintf(text, TEXT_MAX,
		refers ? "Refer-To: <sip:bob@example.test?Replaces=%.*s%%3Bto-tag%%3D%.*s%%3B"
			 "from-tag%%3Da>\r\n"
		       : "Replaces: %.*s;to-tag=%.*s;from-tag=a\r\n",
		PV_SPAN_PRINT(id), PV_SPAN_PRINT(tag));
	return text;
}

/* A request that begins a call, or goes on in the caller's dialog. */
static void step_caller(struct choices *c)
{
	char text[TEXT_MAX], replaces[TEXT_MAX], call[8];
	const char *method = CHOOSE(c, methods), *extra = CHOOSE(c, extras),
		   *body = CHOOSE(c, bodies);
	extra = replacing(c, method, extra, replaces);
	const struct fake_sent *in = choose(c, 3) ? one_of(c, responses, response_count) : NULL;
	const struct path from = fake_path(CHOOSE(c, paths));
	snprintf(call, sizeof(call), "c%u", choose(c, 3));
	struct pv_span id = in ? header_of(in, "Call-ID") : pv_span_of(call);
	struct pv_span to = in ? header_of(in, "To") : PV_SPAN("<sip:bob@example.test>");
	unsigned cseq = 1 + choose(c, 4);
	int length = snprintf(text, sizeof(text),
		"%s %.*s SIP/2.0\r\nVia: SIP/2.0/%s 10.0.0.2:5060;branch=z9hG4bK-%u\r\n"
		"From: <sip:alice@example.test>;tag=a\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %u "
		"%s\r\n"
		"Contact: <sip:alice@10.0.0.2>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		method, PV_SPAN_PRINT(uri_of(in, PV_SPAN("sip:bob@example.test"))),
		from.transport == PV_TRANSPORT_UDP ? "UDP" : "TCP", cseq + 10 * choose(c, 3),
		PV_SPAN_PRINT(to), PV_SPAN_PRINT(id), cseq, method, extra,
		*body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	deliver(text, length, &from);
}

/* A request of a phone that was called. */
static void step_callee(struct choices *c)
{
	char text[TEXT_MAX], replaces[TEXT_MAX];
	const char *method = CHOOSE(c, methods), *extra = CHOOSE(c, extras),
		   *body = CHOOSE(c, bodies);
	extra = replacing(c, method, extra, replaces);
	const struct fake_sent *in = one_of(c, requests, request_count);
	const struct path from = fake_path("10.0.0.3:5061");
	unsigned cseq = 1 + choose(c, 4), tag = choose(c, 2);
	if (!in)
		return;
	int length = snprintf(text, sizeof(text),
		"%s %.*s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.3:5061;branch=z9hG4bK-b%u\r\n"
		"From: <sip:%s@example.test>;tag=%u\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %u "
		"%s\r\n"
		"Contact: <sip:bob@10.0.0.3:5061>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		method, PV_SPAN_PRINT(uri_of(in, PV_SPAN("sip:bob@example.test"))),
		cseq + 10 * choose(c, 3), choose(c, 8) == 1 ? "carol" : "bob", tag,
		PV_SPAN_PRINT(header_of(in, "From")), PV_SPAN_PRINT(header_of(in, "Call-ID")), cseq,
		method, extra, *body ? "Content-Type: application/sdp\r\n" : "", strlen(body),
		body);
	deliver(text, length, &from);
}

static void step_response(struct choices *c)
{
	respond(c, extras, ARRAY_LENGTH(extras), bodies, ARRAY_LENGTH(bodies));
}

static void step_command(struct choices *c)
{
	command(CHOOSE(c, commands));
}

static void step_binding(struct choices *c)
{
	command(CHOOSE(c, bindings));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(struct choices *) = {step_caller, step_response, step_response,
		step_callee, step_caller, step_response, step_time, step_command, step_binding,
		step_starve};
	struct choices c = {data, data + size};
	begin_dialogs();
	command("b2bua");
	command(bindings[0]);
	run_steps(&c, steps, ARRAY_LENGTH(steps));
	end();
	return 0;
}
