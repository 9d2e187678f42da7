/* SPDX-License-Identifier: Apache-2.0 */
/* replay_bytes.c — what the proxy forwards, to the byte; and the best response of every pair. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/fake_server.h"
#include "lib/testing.h"

static struct fake_server server;
static const struct fake_sent *sent[16];
static unsigned sent_count;

static void on_sent(void *context, const struct fake_sent *one)
{
	ck_assert_uint_lt(sent_count, ARRAY_LENGTH(sent));
	sent[sent_count++] = one;
}

static void begin(const char *set_up)
{
	fake_server_init(&server, 0);
	scenario_run(&server.scenario, "set-up", set_up);
	sent_count = 0;
	fake_net_on_sent(server.scenario.net, on_sent, NULL);
}

static void end(void)
{
	fake_net_on_sent(server.scenario.net, on_sent, NULL);
	sent_count = 0;
	fake_server_done(&server);
}

static void deliver(const char *from, const char *bytes)
{
	struct path path = fake_path(from);
	fake_net_deliver(server.scenario.net, bytes, strlen(bytes), &path);
}

#define DIGITS  "0123456789abcdef"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* The letters behind `mark`, which are secrets, become one word. */
static void veil(char *text, const char *mark, const char *of, const char *word)
{
	for (char *at = text; (at = strstr(at, mark)); at += strlen(word)) {
		size_t length = strlen(mark) + strspn(at + strlen(mark), of);
		memmove(at + strlen(word), at + length, strlen(at + length) + 1);
		memcpy(at, word, strlen(word));
	}
}

static void must_be(const struct fake_sent *one, const char *expected)
{
	char text[8192];
	snprintf(text, sizeof(text), "%s", one->bytes);
	veil(text, "z9hG4bKpv", DIGITS, "BRANCH");
	veil(text, "sip:pv", LETTERS, "sip:TOKEN");
	ck_assert_str_eq(text, expected);
}

#define HEAD                                                     \
	"m: \"A, \\\"B\\\"\" <sip:alice@10.0.0.2>;x=\"a,b\"\r\n" \
	"From:   \"Alice\" <sip:alice@example.test> ;tag=a\r\n"  \
	"t: <sip:bob@example.test>\r\n"                          \
	"i: call@10.0.0.2\r\n"                                   \
	"CSeq:\t7\r\n INVITE\r\n"                                \
	"X-Unknown:   kept  as  it, is\r\n"
#define BODY "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\n\r\n\x01\xff\xfe"

START_TEST(an_invite_is_changed_where_it_must_be_and_nowhere_else)
{
	begin("! register bob sip:bob@10.0.0.3:5062\n");
	deliver("10.0.0.2:5060",
		"INVITE sip:bob@example.test SIP/2.0\r\n"
		"v: SIP / 2.0 / UDP 10.0.0.2:5060 ;branch=z9hG4bK-1;rport\r\n"
		"Route: <sip:example.test;lr> , <sip:192.0.2.1:5060;lr>\r\n"
		"Max-Forwards:  70 \r\n" HEAD "c: application/sdp\r\nl: 35\r\n\r\n" BODY);
	must_be(sent[0], "INVITE sip:bob@10.0.0.3:5062 SIP/2.0\r\n"
			 "Record-Route: <sip:TOKEN@192.0.2.1:5060;lr>\r\n"
			 "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=BRANCH\r\n"
			 "v: SIP / 2.0 / UDP 10.0.0.2:5060 "
			 ";branch=z9hG4bK-1;rport=5060;received=10.0.0.2\r\n"
			 "Max-Forwards:  69 \r\n" HEAD "c: application/sdp\r\nl: 35\r\n\r\n" BODY);
	end();
}
END_TEST

START_TEST(a_request_inside_its_dialog_gets_no_record_route)
{
	begin("! register bob sip:bob@10.0.0.3:5062\n"
	      "> INVITE header=\"Contact: <sip:alice@10.0.0.2:5060>\"\n"
	      "< INVITE @b\n< 100\n> 200 @b\n< 200 @ok\n");
	char bytes[1024];
	const struct fake_sent *answer = scenario_label(&server.scenario, "ok");
	snprintf(bytes, sizeof(bytes),
		"BYE sip:bob@10.0.0.3:5062 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-2\r\n"
		"From: <sip:alice@example.test>;tag=a\r\n"
		"To: <sip:bob@example.test>;tag=t\r\n"
		"Call-ID: c1\r\n"
		"Route: %.*s\r\n"
		"CSeq: 2 BYE\r\n\r\n",
		PV_SPAN_PRINT(scenario_header(answer->bytes, answer->length, "Record-Route")));
	deliver("10.0.0.2:5060", bytes);
	must_be(sent[0], "BYE sip:bob@10.0.0.3:5062 SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=BRANCH\r\n"
			 "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-2\r\n"
			 "From: <sip:alice@example.test>;tag=a\r\n"
			 "To: <sip:bob@example.test>;tag=t\r\n"
			 "Call-ID: c1\r\n"
			 "CSeq: 2 BYE\r\n"
			 "Max-Forwards: 70\r\n\r\n");
	end();
}
END_TEST

START_TEST(a_response_loses_our_via_and_nothing_else)
{
	begin("! register bob sip:bob@10.0.0.3:5062\n> INVITE\n< INVITE @b\n< 100\n");
	char bytes[1024];
	const struct fake_sent *invite = scenario_label(&server.scenario, "b");
	snprintf(bytes, sizeof(bytes),
		"SIP/2.0 183 Any Words\r\n"
		"v: %.*s , SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1\r\n" HEAD
		"l: 4\r\n\r\nbodymore",
		PV_SPAN_PRINT(scenario_header(invite->bytes, invite->length, "Via")));
	deliver("10.0.0.3:5062", bytes);
	must_be(sent[0],
		"SIP/2.0 183 Any Words\r\n"
		"v: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1\r\n" HEAD "l: 4\r\n\r\nbody");
	end();
}
END_TEST

START_TEST(a_response_that_makes_a_dialog_gets_the_callers_token)
{
	begin("! register bob sip:bob@10.0.0.3:5062\n> INVITE\n< INVITE @b\n< 100\n");
	char bytes[1024], rest[256];
	const struct fake_sent *invite = scenario_label(&server.scenario, "b");
	struct pv_span route = scenario_header(invite->bytes, invite->length, "Record-Route");
	snprintf(rest, sizeof(rest), "%.*s", PV_SPAN_PRINT(route));
	snprintf(bytes, sizeof(bytes),
		"SIP/2.0 200 OK\r\n"
		"v: %.*s , SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1\r\n"
		"Record-Route:  <sip:pvAA@10.0.0.7;lr> ,\"x,y\" %s;p=1 , <sip:192.0.2.1;lr>\r\n"
		"f: <sip:alice@example.test>;tag=a\r\n"
		"t: <sip:bob@example.test>;tag=b\r\n"
		"i: c1\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n",
		PV_SPAN_PRINT(scenario_header(invite->bytes, invite->length, "Via")), rest);
	deliver("10.0.0.3:5062", bytes);
	ck_assert_ptr_null(strstr(sent[0]->bytes, rest));
	must_be(sent[0], "SIP/2.0 200 OK\r\n"
			 "v: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1\r\n"
			 "Record-Route:  <sip:TOKEN@10.0.0.7;lr> ,\"x,y\" "
			 "<sip:TOKEN@192.0.2.1:5060;lr>;p=1 , <sip:192.0.2.1;lr>\r\n"
			 "f: <sip:alice@example.test>;tag=a\r\n"
			 "t: <sip:bob@example.test>;tag=b\r\n"
			 "i: c1\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n");
	end();
}
END_TEST

START_TEST(a_refusal_copies_what_it_must)
{
	begin("");
	deliver("10.0.0.2:5060",
		"MESSAGE sip:nobody@example.test SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1;rport\r\n"
		"Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bK-0\r\n"
		"From: <sip:alice@example.test>;tag=a\r\nTo: sip:nobody@example.test\r\n"
		"Call-ID: c\r\nCSeq: 1 MESSAGE\r\nSubject: x\r\nContent-Length: 2\r\n\r\nhi");
	char text[1024];
	snprintf(text, sizeof(text), "%s", sent[0]->bytes);
	veil(text, "To: sip:nobody@example.test;tag=", DIGITS, "TO;tag=");
	ck_assert_str_eq(text, "SIP/2.0 404 Not Found\r\n"
			       "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1;rport=5060;"
			       "received=10.0.0.2\r\n"
			       "Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bK-0\r\n"
			       "From: <sip:alice@example.test>;tag=a\r\nTO;tag=\r\n"
			       "Call-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
	end();
}
END_TEST

/* What goes up when one phone answers `a` and the other `b` (§16.7 item 6). */
static const struct {
	unsigned a, b, best;
} pairs[] = {
	{404, 486, 404},
	{486, 404, 486}, /* of one class the first */
	{302, 486, 302},
	{302, 503, 302},
	{486, 500, 486},
	{486, 503, 486},
	{500, 503, 500},
	{503, 503, 500},
	{600, 302, 600},
	{603, 486, 603},
	{604, 606, 604},
	{401, 486, 401},
	{407, 404, 407},
	{401, 407, 401},
	{407, 401, 407}, /* what can be mended */
	{415, 486, 415},
	{420, 404, 420},
	{484, 404, 484},
	{401, 415, 401},
	{480, 486, 486},
	{480, 404, 404},
	{408, 486, 486},
	{408, 480, 480},
	{487, 486, 486},
	{430, 486, 486},
	{430, 430, 480},
	{430, 500, 480},
	{408, 500, 408},
	{430, 408, 408},
	{501, 404, 404},
	{504, 503, 504},
	{488, 606, 606},
	{302, 603, 603},
};

static void try_pair(unsigned a, unsigned b, unsigned best)
{
	char script[1024], name[40];
	snprintf(name, sizeof(name), "%u and %u", a, b);
	snprintf(script, sizeof(script),
		"! register bob sip:bob@10.0.0.3:5061\n"
		"! register bob sip:bob@10.0.0.4:5061\n"
		"> INVITE\n"
		"< INVITE @b to=10.0.0.4:5061\n"
		"< INVITE @a to=10.0.0.3:5061\n"
		"< 100\n"
		"> %u @a\n"
		"< ACK\n"
		"> %u @b\n"
		"< ACK\n"
		"< %u @r\n"
		"> ACK totag={r.totag}\n"
		"! forks 0\n",
		a, b, best);
	fake_server_init(&server, 0);
	scenario_run(&server.scenario, name, script);
	fake_server_finish(&server);
	fake_server_done(&server);
}

START_TEST(the_best_of_every_pair)
{
	for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
		try_pair(pairs[i].a, pairs[i].b, pairs[i].best);
		bool same_class = pairs[i].a / 100 == pairs[i].b / 100;
		if (!same_class)
			try_pair(pairs[i].b, pairs[i].a, pairs[i].best);
	}
}
END_TEST

TEST_MAIN("bytes", an_invite_is_changed_where_it_must_be_and_nowhere_else,
	a_request_inside_its_dialog_gets_no_record_route, a_response_loses_our_via_and_nothing_else,
	a_response_that_makes_a_dialog_gets_the_callers_token, a_refusal_copies_what_it_must,
	the_best_of_every_pair)
