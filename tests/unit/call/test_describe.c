/* SPDX-License-Identifier: Apache-2.0 */
/* test_describe.c: what a description says of an end: targets, belief, formats, direction. */
#include <stdio.h>

#include "call/private.h"
#include "lib/testing.h"

static struct pv_sdp sdp;
static struct stream_end end;
static char text[1024];

static struct net_address address(const char *host)
{
	struct net_address result;
	ck_assert(net_address_parse(pv_span_of(host), 5060, &result));
	return result;
}

static void read_sdp(const char *connection, const char *media)
{
	snprintf(text, sizeof(text), "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n%s",
		connection, media);
	ck_assert_int_gt(pv_sdp_parse(&sdp, text, strlen(text)), 0);
}

static void read_end(const char *source, bool is_ipv6)
{
	struct net_address from = address(source);
	stream_end_read(&sdp.media[0], &(struct description_from){&from, false}, is_ipv6, &end);
}

static const char *target(const struct media_address *of)
{
	static char shown[64];
	struct pv_writer w;
	pv_writer_init(&w, shown, sizeof(shown) - 1);
	media_address_write(of, &w);
	shown[pv_writer_length(&w)] = 0;
	return shown;
}

#define AUDIO "m=audio 4000 RTP/AVP 0\r\n"

START_TEST(where_it_may_be_sent_to)
{
	static const struct {
		const char *connection, *media, *target;
		bool is_ipv6, is_blind;
	} rows[] = {
		{"IP4 10.0.0.2", AUDIO, "10.0.0.2:4000", false},
		{"IP4 0.0.0.0", AUDIO, "none", false},
		{"IP4 10.0.0.2", "m=audio 0 RTP/AVP 0\r\n", "none", false},
		{"IP4 224.2.1.1/127", AUDIO, "none", false},
		{"IP4 phone.test", AUDIO, "none", false, true},
		{"IP4 phone.test", "m=audio 0 RTP/AVP 0\r\n", "none", false},
		{"IP6 2001:db8::2", AUDIO, "none", false, true},
		{"IP6 ::", AUDIO, "none", false},
		{"IP6 ff02::1", AUDIO, "none", false},
		{"IP6 2001:db8::2", AUDIO, "[2001:db8::2]:4000", true},
		{"IP4 10.0.0.2", AUDIO, "none", true, true},
		{"IP4 10.0.0.2", AUDIO "c=IN IP4 10.0.0.9\r\n", "10.0.0.9:4000", false},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		read_sdp(rows[i].connection, rows[i].media);
		read_end(rows[i].is_ipv6 ? "2001:db8::2" : "10.0.0.2", rows[i].is_ipv6);
		ck_assert_str_eq(target(&end.described.rtp), rows[i].target);
		ck_assert_msg(end.described.is_blind == rows[i].is_blind, "row %zu", i);
	}
}
END_TEST

START_TEST(what_is_beyond_belief)
{
	read_sdp("IP4 10.0.0.2", AUDIO);
	read_end("203.0.113.5", false);
	ck_assert(end.described.is_blind);
	read_end("192.168.1.1", false);
	ck_assert(!end.described.is_blind);
	read_sdp("IP4 127.0.0.1", AUDIO);
	read_end("10.0.0.2", false);
	ck_assert(end.described.is_blind);
	read_sdp("IP4 203.0.113.5", AUDIO "a=rtcp:4001 IN IP4 10.0.0.2\r\n");
	read_end("203.0.113.5", false);
	ck_assert_msg(end.described.is_blind, "its RTCP would go there");
	read_sdp("IP4 0.0.0.0", AUDIO);
	read_end("203.0.113.5", false);
	ck_assert(!end.described.is_blind);
}
END_TEST

START_TEST(rtcp_and_formats)
{
	read_sdp("IP4 10.0.0.2", "m=audio 4000 RTP/SAVP 0 96 101\r\na=rtpmap:96 opus/48000/2\r\n"
				 "a=rtpmap:101 telephone-event/8000\r\na=rtcp:4011\r\n"
				 "a=rtcp-mux\r\na=sendonly\r\n");
	read_end("10.0.0.2", false);
	ck_assert_str_eq(target(&end.described.rtcp), "10.0.0.2:4011");
	ck_assert(end.rtcp_mux && end.described.is_secure && !end.is_rejected);
	ck_assert_uint_eq(end.direction, PV_SDP_SENDONLY);
	ck_assert_uint_eq(end.payload_types[0], 1);
	ck_assert_uint_eq(end.payload_types[1], UINT64_C(1) << 32 | UINT64_C(1) << 37);
	ck_assert_uint_eq(end.format_count, 2);
	ck_assert_uint_eq(end.formats[0].codec, QUALITY_OPUS);
	ck_assert_uint_eq(end.formats[0].rate, 48000);
	ck_assert_uint_eq(end.formats[1].rate, 0);
}
END_TEST

START_TEST(behind_nat)
{
	struct net_address here = address("203.0.113.5"), other = address("203.0.113.6");
	read_sdp("IP4 203.0.113.5", AUDIO);
	ck_assert(!description_is_behind_nat(&sdp, &(struct description_from){&here, false}));
	ck_assert(description_is_behind_nat(&sdp, &(struct description_from){&other, false}));
	/* through a proxy the addresses differ, and that is no NAT */
	ck_assert(!description_is_behind_nat(&sdp, &(struct description_from){&other, true}));
	read_sdp("IP4 192.168.1.5", AUDIO);
	ck_assert(description_is_behind_nat(&sdp, &(struct description_from){&other, true}));
	read_sdp("IP4 0.0.0.0", AUDIO);
	ck_assert(!description_is_behind_nat(&sdp, &(struct description_from){&here, false}));
}
END_TEST

START_TEST(where_the_signalling_was)
{
	struct net_address world = address("203.0.113.5"), site = address("10.0.0.2");
	read_sdp("IP4 10.0.0.2", AUDIO);
	stream_end_read(&sdp.media[0], &(struct description_from){&world, false}, false, &end);
	ck_assert_str_eq(target(&end.described.signalling), "203.0.113.5:5060");
	ck_assert(end.described.is_public);
	stream_end_read(&sdp.media[0], &(struct description_from){&site, false}, false, &end);
	ck_assert_str_eq(target(&end.described.signalling), "10.0.0.2:5060");
	ck_assert(!end.described.is_public);
	/* of another proxy: says nothing */
	stream_end_read(&sdp.media[0], &(struct description_from){&world, true}, false, &end);
	ck_assert_str_eq(target(&end.described.signalling), "none");
	ck_assert(!end.described.is_public);
}
END_TEST

START_TEST(what_came_through_a_proxy)
{
#define VIA "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa\r\n"
#define REST                                                                               \
	"From: <sip:a@x>;tag=a\r\nTo: <sip:b@x>;tag=b\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n" \
	"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
	static const struct {
		const char *message;
		bool is_forwarded;
	} rows[] = {
		{"INVITE sip:b@x SIP/2.0\r\n" VIA REST, false},
		{"INVITE sip:b@x SIP/2.0\r\n" VIA VIA REST, true},
		{"SIP/2.0 200 OK\r\n" VIA VIA REST, false},
		{"SIP/2.0 200 OK\r\n" VIA "Record-Route: <sip:10.0.0.9;lr>\r\n" REST, true},
	};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct pv_message m;
		ck_assert_int_gt(
			pv_message_parse(&m, rows[i].message, strlen(rows[i].message), true), 0);
		ck_assert_int_eq(description_is_forwarded(&m), rows[i].is_forwarded);
	}
}
END_TEST

TEST_MAIN("call/describe", where_it_may_be_sent_to, what_is_beyond_belief, rtcp_and_formats,
	behind_nat, where_the_signalling_was, what_came_through_a_proxy)
