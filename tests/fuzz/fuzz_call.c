/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_call.c — calls whose ends offer, answer, refuse and hang up in any order: what we forward
 * never names an end's own address while it is relayed, ports come back, nothing leaks. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/private.h"
#include "call/private.h"
#include "fuzz_server.h"

#define STEPS_MAX 60
#define LINE_MAX_ 900

static const struct fake_sent *first; /* the INVITE that was forwarded first */
static const struct fake_sent *last_request;
static bool is_relayed_always;

static const char *const methods[] = {
	"INVITE", "INVITE", "UPDATE", "PRACK", "ACK", "BYE", "CANCEL", "INFO"};
static const char *const bodies[] = {"", "body=\"{sdp 10.9.9.2:4000}\"",
	"body=\"{sdp 10.9.9.2:4010 v:2}\"", "body=\"{sdp 10.9.9.3:5000}\"",
	"body=\"{sdp 10.9.9.3:5000 sendonly}\"", "body=\"{sdp 10.9.9.3:5000 video:5002}\"",
	"body=\"{sdp 10.9.9.3:5000 video:0}\"", "body=\"{sdp 0.0.0.0:5000}\"",
	"body=\"{sdp 10.9.9.3:0}\"", "body=\"{sdp 10.9.9.3:5000 pt:8}\"",
	"body=\"{sdp 10.9.9.3:5000 mux}\"", "body=\"v=0\"", "body=\"{sdp 10.9.9.2:0 video:5}\"",
	"body=\"{sdp [2001:db8::7]:5000}\""};
static const char *const statuses[] = {
	"100", "180", "183", "183", "200", "200", "200", "302", "488", "491", "500", "503", "487"};
static const char *const commands[] = {"ports 0", "ports 1", "ports 3", "ports 60", "silent 0",
	"silent 1", "silent 2", "heard 0", "heard 1", "hangup", "codecs PCMA", "codecs",
	"codecs opus", "limits 2 1", "limits 0 0", "overload on", "overload off", "fail 5062",
	"mend 5062", "unregister bob", "register bob sip:bob@10.0.0.3:5062"};
static const unsigned waits[] = {0, 1, 500, 4000, 32000, 61000};

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char line[LINE_MAX_];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	scenario_run(&server.scenario, "fuzz", line);
}

static struct pv_span route_of_first(void)
{
	return first ? scenario_header(first->bytes, first->length, "Record-Route")
		     : (struct pv_span){"", 0};
}

static void step_invite(struct choices *c)
{
	run("> INVITE call=c%u branch=z9hG4bK-%u header=\"Contact: <sip:alice@10.0.0.2:5060>\" "
	    "%s\n",
		choose(c, 2), choose(c, 4), CHOOSE(c, bodies));
}

/* Within the first call, of either side. */
static void step_request(struct choices *c)
{
	struct pv_span route = route_of_first();
	const char *method = CHOOSE(c, methods), *body = CHOOSE(c, bodies);
	unsigned cseq = 1 + choose(c, 4), branch = choose(c, 6), tag = choose(c, 2);
	const char *name = tag ? "t" : "u";
	if (choose(c, 2))
		run("> %s call=c0 cseq=%u branch=z9hG4bK-a%u uri=sip:bob@10.0.0.3:5062 totag=%s "
		    "header=\"Route: %.*s\" %s\n",
			method, cseq, branch, name, PV_SPAN_PRINT(route), body);
	else
		run("> %s call=c0 by=10.0.0.3:5062 tag=%s totag=a cseq=%u branch=z9hG4bK-b%u "
		    "uri=sip:alice@10.0.0.2:5060 header=\"Route: %.*s\" %s\n",
			method, name, cseq, branch, PV_SPAN_PRINT(route), body);
}

/* To the request that was forwarded last. */
static void step_response(struct choices *c)
{
	char text[4096], expanded[LINE_MAX_], tag[8];
	const char *body = CHOOSE(c, bodies);
	bool reliable = choose(c, 3) == 0;
	if (!last_request || !scenario_expand(&server.scenario, body, expanded, sizeof(expanded)))
		return;
	char *quote = strchr(expanded, '"');
	char plain[LINE_MAX_] = "body=";
	if (quote)
		snprintf(plain, sizeof(plain), "body=%.*s", (int)strcspn(quote + 1, "\""),
			quote + 1);
	char status[8], contact[] = "header=Contact: <sip:bob@10.0.0.3:5062>",
			require[] = "header=Require: 100rel", sequence[] = "header=RSeq: 1";
	snprintf(status, sizeof(status), "%s", CHOOSE(c, statuses));
	snprintf(tag, sizeof(tag), "totag=%s", choose(c, 2) ? "t" : "u");
	char *words[] = {status, tag, contact, plain, require, sequence};
	struct path from = last_request->to;
	from.listener = 0;
	size_t length =
		scenario_response(reliable ? 6 : 4, words, last_request, text, sizeof(text));
	fake_net_deliver(server.scenario.net, text, length, &from);
}

static void step_command(struct choices *c)
{
	command(CHOOSE(c, commands));
}

static void step_time(struct choices *c)
{
	fake_worker_advance(&server.scenario.worker, CHOOSE(c, waits));
}

static void step_starve(struct choices *c)
{
	slab_starve(1 + choose(c, 16));
}

static bool has(struct pv_span text, const char *what)
{
	return memmem(text.at, text.length, what, strlen(what)) != NULL;
}

/*
 * A description that belongs to a call never leads past the relay: no connection line with an end's
 * own address. Requests outside of any call, and the ACK with an answer that nobody can refuse, are
 * let through as they are.
 */
static void on_sent(void *context, const struct fake_sent *sent)
{
	bool whole = sent->to.transport == PV_TRANSPORT_UDP;
	MUST(pv_message_parse(&message, sent->bytes, sent->length, whole) > 0);
	MUST(message.body.at + message.body.length == sent->length);
	if (message.is_request)
		last_request = sent;
	if (message.is_request && message.method == PV_METHOD_INVITE && !first)
		first = sent;
	bool begins =
		message.is_request && message.method == PV_METHOD_INVITE && !message.to_tag.length;
	struct pv_span body = pv_message_span(&message, message.body);
	MUST(!begins || !is_relayed_always || !has(body, "c=IN IP4 10.9.9.") ||
		has(body, "m=audio 0 "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(struct choices *) = {step_request, step_response, step_request,
		step_response, step_time, step_command, step_invite, step_response, step_starve};
	struct choices c = {data, data + size};
	begin(60, on_sent);
	first = last_request = NULL;
	is_relayed_always = choose(&c, 4) != 0;
	command(is_relayed_always ? "relay always" : "relay auto");
	command("register bob sip:bob@10.0.0.3:5062");
	if (choose(&c, 2))
		command("register bob sip:bob@10.0.0.4:5062");
	step_invite(&c);
	for (unsigned i = 0; i < STEPS_MAX && c.at < c.end; i++)
		CHOOSE(&c, steps)(&c);
	slab_starve(0);
	end();
	return 0;
}
