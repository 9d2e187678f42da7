/* SPDX-License-Identifier: Apache-2.0 */
/* steering_vectors.h: datagrams and their homes, for sip_peek, for the glance and for the kernel's
 * program. */
#ifndef TESTS_UNIT_NET_STEERING_VECTORS_H
#define TESTS_UNIT_NET_STEERING_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/steering_step.h"

/* The home is that of the Call-ID, else the worker, else there is none. Whoever is not sure may
 * leave it to others; whoever is must say this. */
struct steering_vector {
	const char *what;
	const char *call_id; /* NULL: not by it */
	int worker;          /* of the branch; -1: not by it */
	bool is_sure;        /* the program sees it */
	const char *text;
};

#define REQUEST "OPTIONS sip:bob@example.test SIP/2.0\r\n"
#define RINGING "SIP/2.0 180 Ringing\r\n"
#define PHONE   "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK-phone;rport\r\n"
#define PEOPLE  "From: <sip:a@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\n"
#define ID      "Call-ID: a84b4c76e66710@192.0.2.1\r\n"
#define REST    "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
#define BRANCH  "z9hG4bKpv02000000110000002233445566abcdef"
#define OURS    "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=" BRANCH
#define TAIL    "\r\n" PHONE PEOPLE ID REST
#define USUAL   "a84b4c76e66710@192.0.2.1"

#define BY_ID(what, id, sure, text)      \
	{                                \
		what, id, -1, sure, text \
	}
#define BY_BRANCH(what, worker, sure, text)    \
	{                                      \
		what, NULL, worker, sure, text \
	}
#define BY_NOBODY(what, text)               \
	{                                   \
		what, NULL, -1, false, text \
	}

static const struct steering_vector steering_vectors[] = {
	BY_ID("usual", USUAL, true, REQUEST PHONE PEOPLE ID REST),
	BY_ID("first line", USUAL, true, REQUEST ID PHONE PEOPLE REST),
	BY_ID("last line", USUAL, true, REQUEST PHONE PEOPLE "Max-Forwards: 70\r\n" ID "\r\n"),
	BY_ID("without space", "q@x", true, REQUEST PHONE "Call-ID:q@x\r\n" PEOPLE REST),
	BY_ID("compact", "q@x", true, REQUEST PHONE PEOPLE "i: q@x\r\n" REST),
	BY_ID("compact, large", "q@x", true, REQUEST PHONE PEOPLE "I:q@x\r\n" REST),
	BY_ID("any case", "q@x", true, REQUEST PHONE PEOPLE "cALL-iD: q@x\r\n" REST),
	BY_ID("case of the value counts", "Q@x", true,
		REQUEST PHONE PEOPLE "Call-ID: Q@x\r\n" REST),
	BY_ID("odd marks", "<(\"/[]?{}%!;=,:\\>)~", true,
		REQUEST PHONE "Call-ID: <(\"/[]?{}%!;=,:\\>)~\r\n" PEOPLE REST),
	BY_ID("1 long", "a", true, REQUEST PHONE PEOPLE "Call-ID: a\r\n" REST),
	BY_ID("7 long", "1234567", true, REQUEST PHONE PEOPLE "Call-ID: 1234567\r\n" REST),
	BY_ID("8 long", "12345678", true, REQUEST PHONE PEOPLE "Call-ID: 12345678\r\n" REST),
	BY_ID("9 long", "123456789", true, REQUEST PHONE PEOPLE "Call-ID: 123456789\r\n" REST),
	BY_ID("two", "first", true, REQUEST PHONE "Call-ID: first\r\ni: second\r\n" PEOPLE REST),
	BY_ID("names that only look like it", "q", true,
		REQUEST PHONE
		"Call-Info: <x>\r\nIn-Reply-To: y\r\nIdentity: z\r\nCall-ID: q\r\n" REST),
	BY_ID("within another's value", "q", true,
		REQUEST PHONE "Subject: Call-ID: no\r\nX: i: no\r\nCall-ID: q\r\n" REST),
	BY_ID("behind a fold", "q", true,
		REQUEST PHONE "Subject: a\r\n Call-ID: no\r\n\ti: no\r\nCall-ID: q\r\n" REST),
	BY_ID("behind a lone LF", "q", true,
		REQUEST PHONE "Subject: a\nCall-ID: no\r\ni: q\r\n" REST),
	BY_ID("behind a lone CR", "q", true,
		REQUEST PHONE "Subject: a\rCall-ID: no\r\ni: q\r\n" REST),
	BY_ID("behind CR CR LF", "q", true, REQUEST PHONE "Subject: a\r\r\ni: q\r\n" REST),
	BY_ID("behind quotes with a CRLF", "q", true,
		REQUEST PHONE "X: \"a\\\r\ni: q\r\n\"\r\n" REST),
	BY_ID("behind UTF-8", "q", true,
		REQUEST PHONE "Subject: \xc3\xa4\xff\x8a\r\ni: q\r\n" REST),
	BY_ID("behind a NUL", "q", true, REQUEST PHONE "Subject: a\\\r\nCall-ID: q\r\n" REST),
	BY_ID("many Vias", "q", true, REQUEST PHONE PHONE PHONE PHONE PHONE "i: q\r\n" REST),
	BY_ID("another method", "q", true, "FOO sip:a SIP/2.0\r\n" PHONE "i: q\r\n" PEOPLE REST),
	BY_ID("another version", "q", true, "FOO sip:a SIP/3.0\r\n" PHONE "i: q\r\n" PEOPLE REST),
	BY_ID("a method that begins like it", "q", true,
		"SIPX sip:a SIP/2.0\r\n" PHONE "i: q\r\n" PEOPLE REST),
	BY_ID("line in front of it with no name", "q", true,
		REQUEST ": x\r\n:\r\nCall-ID: q\r\n" REST),
	BY_ID("a fold where the head begins", "q", true, REQUEST " x: y\r\nCall-ID: q\r\n" REST),

	BY_ID("space before the colon", "q", false, REQUEST PHONE "Call-ID : q\r\n" PEOPLE REST),
	BY_ID("tab before the colon", "q", false, REQUEST PHONE "i\t: q\r\n" PEOPLE REST),
	BY_ID("two spaces", "q", false, REQUEST PHONE "Call-ID:  q\r\n" PEOPLE REST),
	BY_ID("tab", "q", false, REQUEST PHONE "Call-ID:\tq\r\n" PEOPLE REST),
	BY_ID("space behind", "q", false, REQUEST PHONE "Call-ID: q \r\n" PEOPLE REST),
	BY_ID("space within", "q q", false, REQUEST PHONE "Call-ID: q q\r\n" PEOPLE REST),
	BY_ID("folded", "q", false, REQUEST PHONE "Call-ID:\r\n q\r\n" PEOPLE REST),
	BY_ID("folded behind", "q", false, REQUEST PHONE "Call-ID: q\r\n \r\n" PEOPLE REST),
	BY_ID("folded within", "q\r\n q", false, REQUEST PHONE "Call-ID: q\r\n q\r\n" PEOPLE REST),
	BY_ID("UTF-8 within", "q\xc3\xa4", false,
		REQUEST PHONE "Call-ID: q\xc3\xa4\r\n" PEOPLE REST),
	BY_ID("the first is spoiled", "r", false,
		REQUEST PHONE "Call-ID: q\x01\r\ni: r\r\n" PEOPLE REST),
	BY_ID("the first has a lone CR", "r", false,
		REQUEST PHONE "Call-ID: q\rq\r\ni: r\r\n" PEOPLE REST),
	BY_NOBODY("empty", REQUEST PHONE "Call-ID:\r\n" PEOPLE REST),
	BY_NOBODY("a space alone", REQUEST PHONE "Call-ID: \r\n" PEOPLE REST),
	BY_NOBODY("empty, then another", REQUEST PHONE "Call-ID:\r\ni: q\r\n" PEOPLE REST),
	BY_NOBODY("none", REQUEST PHONE PEOPLE REST),
	BY_NOBODY("in the body", REQUEST PHONE PEOPLE REST "Call-ID: q\r\n\r\n"),
	BY_NOBODY("its end is not there", REQUEST PHONE PEOPLE "Call-ID: q"),
	BY_NOBODY("its line feed is not there", REQUEST PHONE PEOPLE "Call-ID: q\r"),
	BY_NOBODY("no byte behind its end", REQUEST PHONE PEOPLE "Call-ID: q\r\n"),
	BY_NOBODY(
		"control characters for - and :", REQUEST PHONE "Call\rID: q\r\ni\x1a q\r\n" REST),
	BY_ID("empty lines in front", USUAL, false, "\r\n\r\n" REQUEST PHONE PEOPLE ID REST),
	BY_BRANCH("a line feed in front", 2, false, "\n" RINGING OURS TAIL),
	BY_NOBODY("short", "A a SIP/2.0\r\ni:q\r"),

	BY_BRANCH("usual response", 2, true, RINGING OURS TAIL),
	BY_BRANCH("received behind", 2, true, RINGING OURS ";received=192.0.2.9;rport=5060" TAIL),
	BY_BRANCH("two in one line", 2, true, RINGING OURS ", SIP/2.0/UDP a;branch=z" TAIL),
	BY_BRANCH(
		"compact Via", 2, true, RINGING "v:SIP/2.0/UDP 192.0.2.9:5060;branch=" BRANCH TAIL),
	BY_BRANCH("any case of Via", 2, true,
		RINGING "vIA: SIP/2.0/UDP 192.0.2.9;branch=" BRANCH TAIL),
	BY_BRANCH("IPv6", 2, true,
		RINGING
		"Via: SIP/2.0/UDP [2001:db8:1234:5678:9abc:def0:1234:5678]:65535;branch=" BRANCH
			TAIL),
	BY_BRANCH("a name", 2, true,
		RINGING "Via: SIP/2.0/UDP proxy-1.example.test:5060;branch=" BRANCH TAIL),
	BY_BRANCH("Call-ID first", 2, true, RINGING ID OURS TAIL),
	BY_BRANCH("another case of SIP", 2, true, "sip/2.0 180 Ringing\r\n" OURS TAIL),
	BY_BRANCH("folded behind the branch", 2, true, RINGING OURS "\r\n ;received=a" TAIL),
	BY_BRANCH("fold before the Via", 2, true, RINGING "X: y\r\n Via: no\r\n" OURS TAIL),

	BY_BRANCH("branch not first", 2, false,
		RINGING "Via: SIP/2.0/UDP 192.0.2.9:5060;rport=5060;branch=" BRANCH TAIL),
	BY_BRANCH("BRANCH", 2, false, RINGING "Via: SIP/2.0/UDP 192.0.2.9;BRANCH=" BRANCH TAIL),
	BY_BRANCH("spaces around", 2, false,
		RINGING "Via : SIP / 2.0 / UDP  192.0.2.9 ; branch = " BRANCH TAIL),
	BY_BRANCH("another header that begins with v", 2, false, RINGING "Vary: x\r\n" OURS TAIL),
	BY_BRANCH("over TCP once", 2, false,
		RINGING "Via: SIP/2.0/TCP 192.0.2.9:5060;branch=" BRANCH TAIL),
	BY_BRANCH("folded before the branch", 2, false,
		RINGING "Via: SIP/2.0/UDP 192.0.2.9:5060\r\n ;branch=" BRANCH TAIL),
	BY_BRANCH("long sent-by", 2, false,
		RINGING "Via: SIP/2.0/UDP a234567890.b234567890.c234567890.d234567890.example.test"
			";branch=" BRANCH TAIL),
	BY_BRANCH("space behind the branch", 2, false, RINGING OURS " ;x" TAIL),
	BY_BRANCH("the end is near", 2, false, RINGING OURS "\r\n\r\n"),
	BY_NOBODY("no worker of that number",
		RINGING "Via: SIP/2.0/UDP 192.0.2.9;branch="
			"z9hG4bKpv40000000110000002233445566abcdef" TAIL),
	BY_NOBODY("somebody else's", RINGING PHONE PEOPLE ID REST PHONE PHONE),
	BY_NOBODY("ours is the second", RINGING PHONE OURS TAIL),
	BY_ID("ours is the second of the line", USUAL, false,
		RINGING "Via: SIP/2.0/UDP a, SIP/2.0/UDP b;branch=" BRANCH TAIL),
	BY_NOBODY("a digit too many", RINGING OURS "0" TAIL),
	BY_NOBODY("a digit is missing",
		RINGING "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKpv020000001100000022334455" TAIL),
	BY_NOBODY("large digits", RINGING "Via: SIP/2.0/UDP 192.0.2.9;branch="
					  "z9hG4bKpv0A000000110000002233445566ABCDEF" TAIL),
	BY_ID("Call-ID first, somebody else's branch", USUAL, false,
		RINGING ID PHONE PEOPLE REST PHONE),
	BY_ID("no branch at all", USUAL, false,
		RINGING "Via: SIP/2.0/UDP a\r\n" PEOPLE ID REST PHONE),
};

#endif
