/* SPDX-License-Identifier: Apache-2.0 */
/* test_answer.c — which answers an offer allows, known by its outline alone. */
#include <portavoz/sdp.h>

#include <stdio.h>

#include "descriptions.h"
#include "lib/testing.h"

static struct pv_sdp sdp;
static struct pv_sdp_outline outline;

static int check(const char *offer, const char *answer)
{
	char copy[8192];
	snprintf(copy, sizeof(copy), "%s", offer);
	ck_assert_int_gt(parse_text(&sdp, copy), 0);
	pv_sdp_outline_of(&sdp, &outline);
	memset(copy, 'x', sizeof(copy)); /* nothing of the offer is needed any more */
	ck_assert_int_gt(parse_text(&sdp, answer), 0);
	return pv_sdp_answer_check(&outline, &sdp);
}

#define MEDIA(lines) HEAD lines "\r\n"

static const struct {
	const char *what, *offer, *answer;
	int verdict;
} rows[] = {
	{"the same", HEAD AUDIO, HEAD AUDIO, 0},
	{"one of three codecs", HEAD AUDIO, MEDIA("m=audio 1 RTP/AVP 8"), 0},
	{"refused", HEAD AUDIO, MEDIA("m=audio 0 RTP/AVP 34"), 0},
	{"feedback left out", LINPHONE, MEDIA("m=audio 1 RTP/AVP 0\r\nm=video 0 RTP/AVP 31"), 0},
	{"another number for the same codec", LINPHONE,
		MEDIA("m=audio 1 RTP/AVP 120\r\na=rtpmap:120 OPUS/48000/2\r\nm=video 0 x"), 0},
	{"the number without its rtpmap", HEAD AUDIO, MEDIA("m=audio 1 RTP/AVP 101"), 0},
	{"another channel count", LINPHONE,
		MEDIA("m=audio 1 RTP/AVP 120\r\na=rtpmap:120 opus/48000\r\nm=video 0 x"),
		-PV_SDP_ANSWER_FORMAT},
	{"another rate", LINPHONE,
		MEDIA("m=audio 1 RTP/AVP 97\r\na=rtpmap:97 speex/32000\r\nm=video 0 x"),
		-PV_SDP_ANSWER_FORMAT},
	{"no codec of the offer", HEAD AUDIO, MEDIA("m=audio 1 RTP/AVP 18 9"),
		-PV_SDP_ANSWER_FORMAT},
	{"the codec of another m-line", MEDIA("m=audio 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 8"),
		MEDIA("m=audio 1 RTP/AVP 8\r\nm=audio 2 RTP/AVP 0"), -PV_SDP_ANSWER_FORMAT},
	{"each m-line its own", MEDIA("m=audio 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 8"),
		MEDIA("m=audio 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 8"), 0},
	{"fewer m-lines", LINPHONE, HEAD AUDIO, -PV_SDP_ANSWER_COUNT},
	{"more m-lines", HEAD AUDIO, MEDIA("m=audio 1 RTP/AVP 0\r\nm=video 0 RTP/AVP 31"),
		-PV_SDP_ANSWER_COUNT},
	{"another kind", HEAD AUDIO, MEDIA("m=video 1 RTP/AVP 0"), -PV_SDP_ANSWER_KIND},
	{"another order", LINPHONE, MEDIA("m=video 0 RTP/AVP 0\r\nm=audio 1 RTP/AVP 0"),
		-PV_SDP_ANSWER_KIND},
	{"secret for plain", HEAD AUDIO, MEDIA("m=audio 1 RTP/SAVP 0"), -PV_SDP_ANSWER_PROTO},
	{"plain for secret", CHROMIUM, MEDIA("m=audio 1 RTP/AVP 0\r\nm=video 0 RTP/AVP 0"),
		-PV_SDP_ANSWER_PROTO},
	{"an old name of the profile", CHROMIUM,
		MEDIA("m=audio 1 RTP/SAVPF 0\r\nm=video 0 RTP/SAVPF 96"), 0},
	{"a bundled stream taken", CHROMIUM,
		MEDIA("m=audio 1 RTP/SAVPF 0\r\nm=video 1 RTP/SAVPF 96\r\na=rtpmap:96 "
		      "VP8/90000\r\na=sendonly"),
		0},
	{"a removed stream taken", IPV6,
		MEDIA("m=audio 1 RTP/AVP 0\r\na=recvonly\r\nm=application 0 udp MCPTT\r\n"
		      "m=video 1 RTP/AVP 31"),
		-PV_SDP_ANSWER_REVIVED},
	{"formats that are words", IPV6,
		MEDIA("m=audio 0 RTP/AVP 0\r\nm=application 1 udp mcptt\r\na=recvonly\r\n"
		      "m=video 0 RTP/AVP 31"),
		0},
	{"other words", IPV6,
		MEDIA("m=audio 0 RTP/AVP 0\r\nm=application 1 udp BFCP\r\na=recvonly\r\n"
		      "m=video 0 RTP/AVP 31"),
		-PV_SDP_ANSWER_FORMAT},
	{"ports as formats", MEDIA("m=application 9 DTLS/SCTP 5000"),
		MEDIA("m=application 9 DTLS/SCTP 5001"), 0},
	{"nothing for nothing", HEAD, HEAD, 0},
};

START_TEST(each_rule_has_its_verdict)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int found = check(rows[i].offer, rows[i].answer);
		ck_assert_msg(found == rows[i].verdict, "%s: %s", rows[i].what,
			pv_sdp_verdict_row(found)->name);
	}
}
END_TEST

/* RFC 3264 §6.1, all sixteen pairs. */
START_TEST(an_answer_may_do_what_is_left_to_it)
{
	static const bool allowed[4][4] = {
		[PV_SDP_INACTIVE] = {[PV_SDP_INACTIVE] = true},
		[PV_SDP_SENDONLY] = {[PV_SDP_INACTIVE] = true, [PV_SDP_RECVONLY] = true},
		[PV_SDP_RECVONLY] = {[PV_SDP_INACTIVE] = true, [PV_SDP_SENDONLY] = true},
		[PV_SDP_SENDRECV] = {true, true, true, true},
	};
	for (int offer = 0; offer < 4; offer++)
		for (int answer = 0; answer < 4; answer++) {
			char texts[2][512];
			for (int i = 0; i < 2; i++)
				snprintf(texts[i], sizeof(texts[i]), "%sa=%.*s\r\n", HEAD AUDIO,
					PV_SPAN_PRINT(pv_sdp_direction_text(i ? answer : offer)));
			ck_assert_int_eq(check(texts[0], texts[1]),
				allowed[offer][answer] ? 0 : -PV_SDP_ANSWER_DIRECTION);
		}
}
END_TEST

/* The old hold: the offer says sendrecv, and an answer may say it too. */
START_TEST(a_hold_by_address_may_be_answered_with_sendrecv)
{
	ck_assert_int_eq(check(HEAD AUDIO "c=IN IP4 0.0.0.0\r\n", HEAD AUDIO), 0);
	ck_assert_int_eq(check(HEAD AUDIO "c=IN IP4 0.0.0.0\r\n",
				 HEAD AUDIO "c=IN IP4 0.0.0.0\r\na=recvonly\r\n"),
		0);
}
END_TEST

/* More codecs than there is room for: the m-line counts as having them all, the next has its own.
 */
START_TEST(an_outline_that_is_full_forgives)
{
	char text[8192];
	int at = snprintf(text, sizeof(text), "%sm=audio 1 RTP/AVP", HEAD);
	for (int i = 64; i < 100; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " %d", i);
	for (int i = 64; i < 100; i++)
		at += snprintf(
			text + at, sizeof(text) - (size_t)at, "\r\na=rtpmap:%d c%d/8000", i, i);
	snprintf(text + at, sizeof(text) - (size_t)at, "\r\nm=audio 2 RTP/AVP 0\r\n");
	ck_assert_int_eq(check(text, MEDIA("m=audio 1 RTP/AVP 18\r\nm=audio 2 RTP/AVP 0")), 0);
	ck_assert(outline.media[0].any_format && !outline.media[1].any_format);
	ck_assert_int_eq(check(text, MEDIA("m=audio 1 RTP/AVP 18\r\nm=audio 2 RTP/AVP 8")),
		-PV_SDP_ANSWER_FORMAT);
}
END_TEST

/* Browsers offer one codec under many numbers. */
START_TEST(one_codec_of_many_numbers_takes_little_room)
{
	char text[8192];
	int at = snprintf(text, sizeof(text), "%sm=video 1 RTP/AVP", HEAD);
	for (int i = 64; i < 104; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " %d", i);
	for (int i = 64; i < 104; i++)
		at += snprintf(
			text + at, sizeof(text) - (size_t)at, "\r\na=rtpmap:%d H264/90000", i);
	ck_assert_int_eq(check(text, MEDIA("m=video 1 RTP/AVP 31")), -PV_SDP_ANSWER_FORMAT);
	ck_assert_uint_eq(outline.media[0].format_count, 41);
}
END_TEST

START_TEST(m_lines_are_never_taken_away)
{
	check(LINPHONE, LINPHONE);
	ck_assert_int_eq(pv_sdp_offer_check(&outline, &sdp), 0);
	ck_assert_int_gt(parse_text(&sdp, IPV6), 0);
	ck_assert_int_eq(pv_sdp_offer_check(&outline, &sdp), 0);
	ck_assert_int_gt(parse_text(&sdp, HEAD AUDIO), 0);
	ck_assert_int_eq(pv_sdp_offer_check(&outline, &sdp), -PV_SDP_OFFER_SHRUNK);
}
END_TEST

TEST_MAIN("answer", each_rule_has_its_verdict, an_answer_may_do_what_is_left_to_it,
	a_hold_by_address_may_be_answered_with_sendrecv, an_outline_that_is_full_forgives,
	one_codec_of_many_numbers_takes_little_room, m_lines_are_never_taken_away)
