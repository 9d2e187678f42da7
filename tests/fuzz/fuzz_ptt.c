/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ptt.c — push-to-talk groups as nobody uses them: requests of members inside and outside of
 * dialogs, responses, reloads, what media say, time, want of memory, in any order; what is sent
 * parses, and nothing leaks. */
#include "fuzz_dialogs.h"

static const char *const methods[] = {"INVITE", "INVITE", "INVITE", "ACK", "ACK", "CANCEL", "BYE",
	"UPDATE", "INFO", "MESSAGE", "SUBSCRIBE", "OPTIONS", "REFER", "x-NEW"};
static const char *const bodies[] = {"",
	"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\n"
	"t=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
	"v=0\r\no=- 1 2 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
	"m=video 4002 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n"
	"m=application 4010 udp MCPTT\r\na=fmtp:MCPTT mc_queueing;mc_priority=900;;=\r\n",
	"v=0\r\no=- 1 3 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
	"m=audio 4000 RTP/AVP 18\r\n",
	"nonsense"};
static const char *const plain[] = {
	"ptt", "over", "q", "who", "help", "hello", "Signal=*\r\nDuration=100", "#", ""};
static const char *const types[] = {
	"text/plain", "application/dtmf-relay", "application/dtmf", "message/cpim", "image/png"};
static const char *const extras[] = {"", "",
	"Supported: timer\r\nSession-Expires: 100;refresher=uac\r\n",
	"Session-Expires: 100;refresher=uas\r\nAllow: UPDATE\r\n", "Min-SE: 500\r\n",
	"Require: foo\r\n", "Event: conference\r\n", "Event: conference\r\nExpires: 0\r\n",
	"Event: conference\r\nExpires: 70\r\n", "Record-Route: <sip:10.0.0.9;lr>\r\n",
	"Record-Route: <sip:10.0.0.9>\r\n", "Contact: *\r\n"};
static const char *const users[] = {"alice", "bob", "carol", "eve"};
static const char *const commands[] = {"group ops", "group ops members=alice call_out=bob",
	"group ops max=1", "group ops legs=2 broadcast=yes", "group ops floor=open",
	"group ops call_out=bob,carol", "ungroup ops", "register bob sip:bob@10.0.0.3:5061",
	"register carol sip:carol@names.test", "unregister bob", "resolve", "resolve", "fail 5061",
	"mend 5061", "lose 3", "hangup", "ptt sessions=100", "tell 0 silent", "tell 1 silent",
	"tell 0 again", "tell 1 closed", "idle", "talk alice wait=bob", "talk none",
	"answer 0 granted", "answer 1 queued position=3", "act kick ops alice", "act mute ops bob",
	"act grant ops alice", "memberports 1", "memberports 64", "limits 0 2", "farewell"};

/* A description, or what a MESSAGE or INFO carries. */
static const char *body_of(struct choices *c, const char *method, const char **ret_type)
{
	bool is_plain = strcmp(method, "MESSAGE") == 0 || strcmp(method, "INFO") == 0;
	*ret_type = is_plain ? CHOOSE(c, types) : "application/sdp";
	return is_plain ? CHOOSE(c, plain) : CHOOSE(c, bodies);
}

/* A request that begins something, or goes on in a dialog that we answered. */
static void step_member(struct choices *c)
{
	char text[TEXT_MAX], call[8], uri[32];
	const char *method = CHOOSE(c, methods), *extra = CHOOSE(c, extras), *type,
		   *body = body_of(c, method, &type), *user = CHOOSE(c, users);
	const struct fake_sent *in = choose(c, 3) ? one_of(c, responses, response_count) : NULL;
	const struct path from = fake_path(CHOOSE(c, paths));
	snprintf(call, sizeof(call), "c%u", choose(c, 4));
	snprintf(uri, sizeof(uri), "<sip:%s@example.test>;tag=a", user);
	struct pv_span id = in ? header_of(in, "Call-ID") : pv_span_of(call);
	struct pv_span to = in ? header_of(in, "To") : PV_SPAN("<sip:ops@example.test>");
	struct pv_span who = in ? header_of(in, "From") : pv_span_of(uri);
	unsigned cseq = 1 + choose(c, 4);
	int length = snprintf(text, sizeof(text),
		"%s %.*s SIP/2.0\r\nVia: SIP/2.0/%s 10.0.0.2:5060;branch=z9hG4bK-%u\r\n"
		"From: %.*s\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %u %s\r\n"
		"Contact: <sip:%s@10.0.0.2>\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
		method, PV_SPAN_PRINT(uri_of(in, PV_SPAN("sip:ops@example.test"))),
		from.transport == PV_TRANSPORT_UDP ? "UDP" : "TCP", cseq + 10 * choose(c, 3),
		PV_SPAN_PRINT(who), PV_SPAN_PRINT(to), PV_SPAN_PRINT(id), cseq, method, user, extra,
		*body ? "Content-Type: " : "", *body ? type : "", *body ? "\r\n" : "", strlen(body),
		body);
	deliver(text, length, &from);
}

/* A request of a phone that was called out. */
static void step_callee(struct choices *c)
{
	char text[TEXT_MAX];
	const char *method = CHOOSE(c, methods), *extra = CHOOSE(c, extras), *type,
		   *body = body_of(c, method, &type);
	const struct fake_sent *in = one_of(c, requests, request_count);
	const struct path from = fake_path("10.0.0.3:5061");
	unsigned cseq = 1 + choose(c, 4), tag = choose(c, 2);
	if (!in)
		return;
	int length = snprintf(text, sizeof(text),
		"%s %.*s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.3:5061;branch=z9hG4bK-b%u\r\n"
		"From: <sip:bob@example.test>;tag=%u\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %u "
		"%s\r\n"
		"Contact: <sip:bob@10.0.0.3:5061>\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
		method, PV_SPAN_PRINT(uri_of(in, PV_SPAN("sip:ops@example.test"))),
		cseq + 10 * choose(c, 3), tag, PV_SPAN_PRINT(header_of(in, "From")),
		PV_SPAN_PRINT(header_of(in, "Call-ID")), cseq, method, extra,
		*body ? "Content-Type: " : "", *body ? type : "", *body ? "\r\n" : "", strlen(body),
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(struct choices *) = {step_member, step_response, step_member,
		step_callee, step_member, step_response, step_time, step_command, step_command,
		step_starve};
	struct choices c = {data, data + size};
	begin_dialogs();
	command(commands[5]);
	command(commands[7]);
	run_steps(&c, steps, ARRAY_LENGTH(steps));
	/* a subscription may last for an hour */
	fake_worker_advance(&server.scenario.worker, 3700 * 1000);
	end();
	return 0;
}
