/* SPDX-License-Identifier: Apache-2.0 */
/* test_rewrite.c — descriptions written anew: what changes, what must go, and that all else stays
 * byte for byte. */
#include <portavoz/sdp.h>

#include "descriptions.h"
#include "lib/guard_page.h"
#include "lib/testing.h"

static struct pv_sdp sdp, again;
static struct pv_sdp_change change;
static char out[8192];

static struct pv_span written(void)
{
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	ck_assert_int_eq(pv_sdp_rewrite(&sdp, &change, &w), 0);
	ck_assert(!w.overflow);
	return pv_writer_span(&w);
}

static void begin(const char *text)
{
	int length = parse_text(&sdp, text);
	ck_assert_msg(length > 0, "%s", pv_sdp_verdict_row(length)->name);
	memset(&change, 0, sizeof(change));
}

static void relay(unsigned i, const char *address, uint16_t port)
{
	change.media[i].address =
		pv_sdp_address_of(pv_span_of(address), strchr(address, ':') != NULL);
	change.media[i].port = port;
}

#define GIVES(literal)                                                                             \
	do {                                                                                       \
		struct pv_span text = written();                                                   \
		ck_assert_msg(pv_span_equal(text, PV_SPAN(literal)), "%.*s", PV_SPAN_PRINT(text)); \
	} while (0)

START_TEST(without_changes_all_stays)
{
	for (size_t i = 0; i < EVERYBODY; i++) {
		begin(everybody[i]);
		ck_assert(pv_span_equal(written(), pv_span_of(everybody[i])));
	}
	begin(HEAD AUDIO "\r\n\n");
	GIVES(HEAD AUDIO "\r\n\n");
}
END_TEST

START_TEST(sipps_call_is_relayed)
{
	begin(SIPP);
	relay(0, "203.0.113.5", 16384);
	GIVES("v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\n"
	      "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 16384 RTP/AVP 0\r\n"
	      "a=rtpmap:0 PCMU/8000\r\n");
	change.origin = pv_sdp_address_of(PV_SPAN("203.0.113.6"), false);
	change.media[0].rtcp_port = 16385; /* needs no line */
	GIVES("v=0\r\no=user1 53655765 2353687637 IN IP4 203.0.113.6\r\ns=-\r\n"
	      "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 16384 RTP/AVP 0\r\n"
	      "a=rtpmap:0 PCMU/8000\r\n");
}
END_TEST

/* c= at media level, a=rtcp with an address. */
START_TEST(microsips_is_relayed_over_ipv6)
{
	begin(MICROSIP);
	relay(0, "2001:db8::5", 16384);
	change.media[0].rtcp_port = 16390;
	GIVES("v=0\r\no=- 3907412912 3907412912 IN IP4 192.168.1.30\r\ns=pjmedia\r\nb=AS:84\r\n"
	      "t=0 0\r\na=X-nat:0\r\nm=audio 16384 RTP/AVP 8 0 101\r\nc=IN IP6 2001:db8::5\r\n"
	      "b=TIAS:64000\r\na=rtcp:16390\r\na=sendrecv\r\na=rtpmap:8 PCMA/8000\r\n"
	      "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
	      "a=ssrc:1543210987 cname:4f2a1b3c5d6e7f80\r\n");
	change.media[0].rtcp_port = 0;
	ck_assert_ptr_null(memmem(out, written().length, "rtcp", 4));
}
END_TEST

/* Nothing of ICE is left, in the session or the m-lines. */
START_TEST(linphones_candidates_go)
{
	begin(LINPHONE);
	relay(0, "203.0.113.5", 16384);
	relay(1, "203.0.113.5", 16386);
	change.origin = change.media[0].address;
	struct pv_span text = written();
	ck_assert_ptr_null(memmem(text.at, text.length, "candidate", 9));
	ck_assert_ptr_null(memmem(text.at, text.length, "a=ice", 5));
	ck_assert_ptr_null(memmem(text.at, text.length, "192.168.1.20", 12));
	ck_assert_ptr_nonnull(memmem(text.at, text.length, "a=rtcp-fb:* trr-int 5000\r\n", 26));
	ck_assert_ptr_nonnull(memmem(text.at, text.length, "a=record:off\r\n", 14));
	ck_assert_int_gt(pv_sdp_parse(&again, text.at, text.length), 0);
	ck_assert(!again.has_ice && !again.media[0].has_ice);
	ck_assert_uint_eq(again.media[1].port, 16386);
}
END_TEST

/* As long as no address changes they stay: what is not relayed may use them. */
START_TEST(candidates_stay_without_a_relay)
{
	begin(LINPHONE);
	change.origin = pv_sdp_address_of(PV_SPAN("203.0.113.6"), false);
	change.media[1].reject = true;
	struct pv_span text = written();
	ck_assert_ptr_nonnull(memmem(text.at, text.length, "a=ice-ufrag:1b2c3d4e\r\n", 22));
	ck_assert_ptr_nonnull(memmem(text.at, text.length, "raddr 192.168.1.20", 18));
	ck_assert_int_gt(pv_sdp_parse(&again, text.at, text.length), 0);
	ck_assert_uint_eq(again.media[1].port, 0);
	ck_assert_uint_eq(again.media[0].port, 7078);
}
END_TEST

/* Where nothing is to be reached nobody needs the sender's address. */
START_TEST(what_is_refused_shows_no_way_to_its_sender)
{
	begin("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
	      "m=audio 0 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\na=rtcp:4001 IN IP4 10.0.0.3\r\n"
	      "a=candidate:1 1 UDP 1 10.0.0.4 4000 typ host\r\na=ptime:20\r\n");
	change.origin = change.unused = pv_sdp_address_of(PV_SPAN("203.0.113.6"), false);
	GIVES("v=0\r\no=- 1 1 IN IP4 203.0.113.6\r\ns=-\r\nc=IN IP4 203.0.113.6\r\nt=0 0\r\n"
	      "m=audio 0 RTP/AVP 0\r\nc=IN IP4 203.0.113.6\r\na=ptime:20\r\n");
}
END_TEST

/* Layers (RFC 8866 §5.7): the relay is one address, and what is not relayed keeps all. */
START_TEST(of_several_addresses_of_an_m_line_the_first_counts)
{
	begin("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n"
	      "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\nc=IN IP4 10.0.0.3\r\na=ptime:20\r\n"
	      "m=video 4002 RTP/AVP 31\r\nc=IN IP4 224.2.1.1/127\r\nc=IN IP4 224.2.1.2/127\r\n");
	ck_assert(pv_span_equal(sdp.media[0].address.text, PV_SPAN("10.0.0.2")));
	change.media[0].address = pv_sdp_address_of(PV_SPAN("203.0.113.5"), false);
	change.media[0].port = 16384;
	GIVES("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n"
	      "m=audio 16384 RTP/AVP 0\r\nc=IN IP4 203.0.113.5\r\na=ptime:20\r\n"
	      "m=video 4002 RTP/AVP 31\r\nc=IN IP4 224.2.1.1/127\r\nc=IN IP4 224.2.1.2/127\r\n");
	change.unused = pv_sdp_address_of(PV_SPAN("203.0.113.6"), false);
	change.media[1].reject = true;
	GIVES("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n"
	      "m=audio 16384 RTP/AVP 0\r\nc=IN IP4 203.0.113.5\r\na=ptime:20\r\n"
	      "m=video 0 RTP/AVP 31\r\nc=IN IP4 203.0.113.6\r\n");
}
END_TEST

START_TEST(what_goes_past_us_keeps_its_address_beside_what_is_refused)
{
	begin("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
	      "a=ice-ufrag:abcd\r\nm=audio 0 RTP/AVP 0\r\nm=image 4000 udptl t38\r\n"
	      "c=IN IP4 10.0.0.2\r\n");
	change.unused = pv_sdp_address_of(PV_SPAN("203.0.113.6"), false);
	GIVES("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 203.0.113.6\r\nt=0 0\r\n"
	      "a=ice-ufrag:abcd\r\nm=audio 0 RTP/AVP 0\r\nm=image 4000 udptl t38\r\n"
	      "c=IN IP4 10.0.0.2\r\n");
	begin("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
	      "m=image 4000 udptl t38\r\nm=audio 4002 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\n");
	change.unused = pv_sdp_address_of(PV_SPAN("203.0.113.6"), false);
	change.media[1].reject = true;
	GIVES("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
	      "m=image 4000 udptl t38\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP4 203.0.113.6\r\n");
}
END_TEST

START_TEST(chromiums_keys_stay)
{
	begin(CHROMIUM);
	relay(0, "203.0.113.5", 16384);
	relay(1, "203.0.113.5", 16386); /* a bundle-only m-line has no port to be relayed at */
	change.media[0].rtcp_port = 16384;
	struct pv_span text = written();
	ck_assert_int_gt(pv_sdp_parse(&again, text.at, text.length), 0);
	ck_assert(!again.media[0].has_ice && again.media[0].has_fingerprint &&
		  again.media[0].rtcp_mux);
	ck_assert_ptr_nonnull(memmem(text.at, text.length, "a=setup:actpass\r\n", 17));
	ck_assert_ptr_nonnull(memmem(text.at, text.length, "a=rtcp:16384\r\n", 14));
	ck_assert_ptr_nonnull(
		memmem(text.at, text.length, "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n", 35));
	ck_assert_int_eq(again.media[0].direction, PV_SDP_SENDRECV);
	ck_assert_ptr_eq(strstr(text.at, "c=IN IP4 203.0.113.5"), strstr(text.at, "c="));
}
END_TEST

/* Two addresses of ours, one m-line that is not relayed, one that is refused. */
START_TEST(each_m_line_has_the_address_that_is_its_own)
{
	begin(HEAD "m=audio 1000 RTP/AVP 0\r\ni=first\r\na=x\r\nm=video 2000 RTP/AVP "
		   "31\r\ni=second\r\n"
		   "m=application 3000 udp MCPTT\r\na=y\r\nm=text 0 RTP/AVP 98\r\n"
		   "c=IN IP4 192.0.2.9\r\na=candidate:1\r\n");
	relay(0, "203.0.113.5", 16384);
	relay(1, "2001:db8::5", 16386);
	change.media[1].rtcp_port = 20000;
	relay(3, "203.0.113.5", 16388);
	GIVES("v=0\r\no=alice 2890844526 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 203.0.113.5\r\n"
	      "t=0 0\r\nm=audio 16384 RTP/AVP 0\r\ni=first\r\na=x\r\n"
	      "m=video 16386 RTP/AVP 31\r\ni=second\r\nc=IN IP6 2001:db8::5\r\na=rtcp:20000\r\n"
	      "m=application 3000 udp MCPTT\r\nc=IN IP4 192.0.2.1\r\na=y\r\n"
	      "m=text 0 RTP/AVP 98\r\nc=IN IP4 192.0.2.9\r\na=candidate:1\r\n");
	/* The relayed one is not the first, and the first is refused by us. */
	memset(&change, 0, sizeof(change));
	change.media[0].reject = true;
	relay(1, "203.0.113.5", 16386);
	GIVES("v=0\r\no=alice 2890844526 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 203.0.113.5\r\n"
	      "t=0 0\r\nm=audio 0 RTP/AVP 0\r\ni=first\r\na=x\r\n"
	      "m=video 16386 RTP/AVP 31\r\ni=second\r\n"
	      "m=application 3000 udp MCPTT\r\nc=IN IP4 192.0.2.1\r\na=y\r\n"
	      "m=text 0 RTP/AVP 98\r\nc=IN IP4 192.0.2.9\r\na=candidate:1\r\n");
}
END_TEST

/* Attributes of the session that lead past us go too; of two a=rtcp one is left. */
START_TEST(what_leads_past_a_relay_goes_wherever_it_stands)
{
	begin(HEAD "a=rtcp:9\r\na=altc:1 IP4 192.0.2.1 5000\r\na=keep\r\n"
		   "m=audio 5000/2 RTP/AVP 0\r\na=rtcp:5001\r\na=rtcp:6001\r\na=ICE-options:x\r\n"
		   "a=source-filter: incl IN IP4 * 192.0.2.1\r\na=alt:1\r\na=keep\r\n");
	relay(0, "203.0.113.5", 16384);
	change.media[0].rtcp_port = 16385;
	GIVES("v=0\r\no=alice 2890844526 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 203.0.113.5\r\n"
	      "t=0 0\r\na=keep\r\nm=audio 16384 RTP/AVP 0\r\na=rtcp:16385\r\na=keep\r\n");
}
END_TEST

START_TEST(directions_are_replaced_or_added)
{
	begin(HEAD AUDIO "a=sendrecv\r\na=x\r\na=recvonly\r\nm=audio 1 RTP/AVP 0");
	change.media[0].set_direction = change.media[1].set_direction = true;
	change.media[0].direction = PV_SDP_SENDONLY;
	change.media[1].direction = PV_SDP_INACTIVE;
	GIVES(HEAD AUDIO "a=sendonly\r\na=x\r\nm=audio 1 RTP/AVP 0\r\na=inactive\r\n");
}
END_TEST

/* The address that held is gone, so the direction says it. */
START_TEST(a_hold_by_address_becomes_a_direction)
{
	begin("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 0.0.0.0\nm=audio 5000 RTP/AVP 0\na=x");
	relay(0, "203.0.113.5", 16384);
	GIVES("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 203.0.113.5\nm=audio 16384 RTP/AVP 0\na=x\n"
	      "a=sendonly\n");
	change.media[0].set_direction = true;
	change.media[0].direction = PV_SDP_INACTIVE;
	GIVES("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 203.0.113.5\nm=audio 16384 RTP/AVP 0\na=x\n"
	      "a=inactive\n");
}
END_TEST

/* All that can be missing, behind a last line without an end. */
START_TEST(lines_are_added_behind_an_unfinished_one)
{
	begin("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 0.0.0.0\nm=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31");
	relay(0, "203.0.113.5", 16384);
	relay(1, "203.0.113.6", 16386);
	change.media[1].rtcp_port = 16400;
	GIVES("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 203.0.113.5\nm=audio 16384 RTP/AVP 0\na=sendonly\n"
	      "m=video 16386 RTP/AVP 31\nc=IN IP4 203.0.113.6\na=rtcp:16400\na=sendonly\n");
}
END_TEST

START_TEST(codecs_are_filtered_and_ordered)
{
	static const struct pv_span codecs[] = {PV_SPAN_INIT("pcma"), PV_SPAN_INIT("opus")};
	begin(CHROMIUM);
	change.media[0].codecs = codecs;
	change.media[0].codec_count = 2;
	struct pv_span text = written();
	ck_assert_ptr_nonnull(
		memmem(text.at, text.length, "m=audio 9 UDP/TLS/RTP/SAVPF 8 111 110 126\r\n", 43));
	ck_assert_ptr_null(memmem(text.at, text.length, ":63 ", 4));
	ck_assert_ptr_null(memmem(text.at, text.length, "a=rtpmap:0 ", 11));
	ck_assert_ptr_null(memmem(text.at, text.length, "a=rtpmap:13 ", 12));
	ck_assert_ptr_nonnull(memmem(text.at, text.length, "a=rtcp-fb:111 transport-cc\r\n", 28));
	ck_assert_int_gt(pv_sdp_parse(&again, text.at, text.length), 0);
	ck_assert_uint_eq(again.media[0].format_count, 4);
	ck_assert(pv_span_equal(
		again.media[1].section, (struct pv_span){pv_span_end(again.media[0].section),
						sdp.media[1].section.length}));
}
END_TEST

START_TEST(a_filter_that_leaves_nothing_writes_nothing)
{
	static const struct pv_span codecs[] = {
		PV_SPAN_INIT("opus"), PV_SPAN_INIT("telephone-event")};
	struct pv_writer w;
	begin(HEAD AUDIO "m=audio 0 RTP/AVP 0\r\nm=image 3000 udptl t38\r\n");
	for (int i = 0; i < 3; i++) {
		change.media[i].codecs = codecs;
		change.media[i].codec_count = 2;
	}
	pv_writer_init(&w, out, sizeof(out));
	pv_put_text(&w, "before");
	ck_assert_int_eq(pv_sdp_rewrite(&sdp, &change, &w), -PV_SDP_NO_CODEC);
	ck_assert_uint_eq(pv_writer_length(&w), 6);
	/* What is refused, and what is not RTP, has none to lose. */
	change.media[0].reject = true;
	GIVES(HEAD "m=audio 0 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
		   "m=audio 0 RTP/AVP 0\r\nm=image 3000 udptl t38\r\n");
	change.media[0].reject = false;
	change.media[0].codec_count = 0;
	ck_assert(pv_span_equal(written(), sdp.whole));
}
END_TEST

static const struct pv_sdp_format opus = {.payload_type = 96,
	.encoding = PV_SPAN_INIT("opus"),
	.clock_rate = 48000,
	.channels = 2,
	.fmtp = PV_SPAN_INIT("useinbandfec=1")};
static const struct pv_sdp_format pcma = {
	.payload_type = 8, .encoding = PV_SPAN_INIT("PCMA"), .clock_rate = 8000, .channels = 1};

START_TEST(formats_are_added_behind_the_others)
{
	const struct pv_sdp_format both[] = {opus, pcma};
	begin(HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:20\r\nm=video 4002 RTP/AVP 31\r\n"
		   "m=audio 0 RTP/AVP 0\r\nm=audio 5 udptl t38");
	for (int i = 0; i < 4; i++) {
		change.media[i].added = both;
		change.media[i].added_count = i == 1 ? 0 : 2;
	}
	GIVES(HEAD "m=audio 4000 RTP/AVP 0 96 8\r\na=ptime:20\r\na=rtpmap:96 opus/48000/2\r\n"
		   "a=fmtp:96 useinbandfec=1\r\na=rtpmap:8 PCMA/8000\r\nm=video 4002 RTP/AVP 31\r\n"
		   "m=audio 0 RTP/AVP 0\r\nm=audio 5 udptl t38");
	/* what was said of a number that nobody used is not said of ours */
	begin(HEAD "m=audio 4000 RTP/AVP 0\r\na=rtpmap:96 iLBC/8000\r\na=fmtp:96 mode=20\r\n");
	change.media[0].added = &opus;
	change.media[0].added_count = 1;
	GIVES(HEAD "m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\n"
		   "a=fmtp:96 useinbandfec=1\r\n");
	/* line ends are theirs; the last line may have none */
	begin("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 192.0.2.1\nm=audio 1 RTP/AVP 0");
	change.media[0].added = &pcma;
	change.media[0].added_count = 1;
	GIVES("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 192.0.2.1\nm=audio 1 RTP/AVP 0 8\n"
	      "a=rtpmap:8 PCMA/8000\n");
}
END_TEST

START_TEST(formats_are_added_behind_what_a_filter_leaves)
{
	static const struct pv_span only[] = {PV_SPAN_INIT("PCMU")};
	begin(HEAD AUDIO);
	change.media[0].codecs = only;
	change.media[0].codec_count = 1;
	change.media[0].added = &opus;
	change.media[0].added_count = 1;
	GIVES(HEAD "m=audio 49170 RTP/AVP 0 101 96\r\na=rtpmap:101 telephone-event/8000\r\n"
		   "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n");
}
END_TEST

START_TEST(formats_are_picked_by_number)
{
	begin(HEAD AUDIO);
	change.media[0].pick = true;
	change.media[0].picked[0] = 1u << 8;
	GIVES(HEAD "m=audio 49170 RTP/AVP 8\r\n");
	change.media[0].picked[101 / 64] |= UINT64_C(1) << 101 % 64;
	GIVES(HEAD "m=audio 49170 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n");
	change.media[0].picked[0] = 0;
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	ck_assert_int_eq(pv_sdp_rewrite(&sdp, &change, &w), -PV_SDP_NO_CODEC);
}
END_TEST

/* An answer in place of another one: nothing of the peer's formats is left, nor what it said of
 * their bandwidth. */
START_TEST(formats_are_replaced)
{
	begin(HEAD "m=audio 4000 RTP/AVP 0 101\r\nb=AS:80\r\na=rtpmap:101 telephone-event/8000\r\n"
		   "a=fmtp:101 0-15\r\na=rtcp-fb:0 nack\r\na=ptime:20\r\n");
	change.media[0].pick = true;
	change.media[0].added = &opus;
	change.media[0].added_count = 1;
	GIVES(HEAD "m=audio 4000 RTP/AVP 96\r\na=ptime:20\r\na=rtpmap:96 opus/48000/2\r\n"
		   "a=fmtp:96 useinbandfec=1\r\n");
}
END_TEST

/* Whatever is done, it can be read again and says what was asked for. */
START_TEST(what_was_written_is_read_again)
{
	for (size_t i = 0; i < EVERYBODY; i++) {
		begin(everybody[i]);
		for (unsigned m = 0; m < sdp.media_count; m++) {
			relay(m, m & 1 ? "203.0.113.5" : "2001:db8::5", (uint16_t)(20000 + 2 * m));
			change.media[m].rtcp_port = (uint16_t)(30000 + m);
			change.media[m].set_direction = true;
			change.media[m].direction = PV_SDP_RECVONLY;
		}
		struct pv_span text = written();
		ck_assert_int_eq(pv_sdp_parse(&again, text.at, text.length), (int)text.length);
		ck_assert_uint_eq(again.media_count, sdp.media_count);
		for (unsigned m = 0; m < sdp.media_count; m++) {
			const struct pv_sdp_media *media = &again.media[m];
			if (!sdp.media[m].port)
				continue;
			ck_assert(pv_span_equal(media->address.text, change.media[m].address.text));
			ck_assert_uint_eq(media->port, 20000 + 2 * m);
			ck_assert_uint_eq(media->rtcp_port, 30000 + m);
			ck_assert_int_eq(media->direction, PV_SDP_RECVONLY);
			ck_assert(pv_span_equal(media->formats, sdp.media[m].formats));
			ck_assert(!media->has_ice);
		}
	}
}
END_TEST

/* Room for less than all of it: the writer says so, and nothing is written behind its end. */
START_TEST(a_short_buffer_is_told_by_the_writer)
{
	char *room = (char *)guard_page_put(out, 4096) + 4096;
	begin(MICROSIP);
	relay(0, "2001:db8::5", 16384);
	size_t length = written().length;
	for (size_t size = 0; size <= length; size++) {
		struct pv_writer w;
		pv_writer_init(&w, room - size, size);
		ck_assert_int_eq(pv_sdp_rewrite(&sdp, &change, &w), 0);
		ck_assert_int_eq(w.overflow, size < length);
	}
}
END_TEST

TEST_MAIN("rewrite", what_is_refused_shows_no_way_to_its_sender,
	of_several_addresses_of_an_m_line_the_first_counts,
	what_goes_past_us_keeps_its_address_beside_what_is_refused, without_changes_all_stays,
	sipps_call_is_relayed, microsips_is_relayed_over_ipv6, linphones_candidates_go,
	candidates_stay_without_a_relay, chromiums_keys_stay,
	each_m_line_has_the_address_that_is_its_own,
	what_leads_past_a_relay_goes_wherever_it_stands, directions_are_replaced_or_added,
	a_hold_by_address_becomes_a_direction, lines_are_added_behind_an_unfinished_one,
	codecs_are_filtered_and_ordered, a_filter_that_leaves_nothing_writes_nothing,
	formats_are_added_behind_the_others, formats_are_added_behind_what_a_filter_leaves,
	formats_are_picked_by_number, formats_are_replaced, what_was_written_is_read_again,
	a_short_buffer_is_told_by_the_writer)
