/* SPDX-License-Identifier: Apache-2.0 */
/* test_coding.c: what an offer gets in addition, and what its answer becomes. PCMU and PCMA are
 * built always. */
#include <stdio.h>

#include "call/private.h"
#include "lib/testing.h"

static struct calls calls;
static struct pv_sdp_change all;
static struct pv_sdp_media_change change; /* of the first m-line */
static struct media_coding codings[MEDIA_ENDS];
static char offered[1024], answered[1024], written[2048];

#define EVENTS "a=rtpmap:101 telephone-event/8000\r\n"

static void read_sdp(struct pv_sdp *sdp, char text[1024], const char *media)
{
	snprintf(text, 1024, "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n%s",
		media);
	ck_assert_int_gt(pv_sdp_parse(sdp, text, strlen(text)), 0);
}

static void set_codecs(const char *first, const char *second)
{
	calls.settings.codec_count = 0;
	if (first)
		calls.settings.codecs[calls.settings.codec_count++] = pv_span_of(first);
	if (second)
		calls.settings.codecs[calls.settings.codec_count++] = pv_span_of(second);
}

static bool extends(const char *media)
{
	read_sdp(&calls.sdp, answered, media);
	memset(&all, 0, sizeof(all));
	coding_extend(&calls, 0, &all);
	change = all.media[0];
	return change.added_count > 0;
}

/* The callee answers; `added` of the last formats that it was offered are ours. */
static int answer(const char *offer, unsigned added, const char *media)
{
	const struct coding_order order = {.index = 0, .added = added, .from = CALL_CALLEE};
	read_sdp(&calls.written, offered, offer);
	read_sdp(&calls.sdp, answered, media);
	change = (struct pv_sdp_media_change){0};
	memset(codings, 0, sizeof(codings));
	return coding_answer(&calls, &order, &change, codings);
}

static bool caller_sees(const char *lines)
{
	struct pv_sdp_change one = {.media[0] = change};
	struct pv_writer w;
	pv_writer_init(&w, written, sizeof(written) - 1);
	ck_assert_int_eq(pv_sdp_rewrite(&calls.sdp, &one, &w), 0);
	written[pv_writer_length(&w)] = 0;
	const char *media = strstr(written, "m=");
	ck_assert_msg(strcmp(media, lines) == 0, "%s", media);
	return true;
}

static bool is_coded(void)
{
	bool is_first = media_coding_is_transcoded(&codings[0]);
	ck_assert_int_eq(is_first, media_coding_is_transcoded(&codings[1]));
	return is_first;
}

START_TEST(plain_audio_alone_is_extended)
{
	set_codecs("PCMU", "PCMA");
	ck_assert(extends("m=audio 4000 RTP/AVP 0\r\n"));
	ck_assert_int_eq(change.added[0].payload_type, 8);
	ck_assert(extends("m=audio 4000 RTP/AVPF 0\r\n"));
	ck_assert(!extends("m=audio 0 RTP/AVP 0\r\n"));
	ck_assert(!extends("m=audio 4000 RTP/SAVP 0\r\n"));
	ck_assert(!extends("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"));
	ck_assert(!extends("m=video 4000 RTP/AVP 0\r\n"));
	ck_assert(!extends("m=audio 4000 TCP 0\r\n"));
	/* keys beside the plain profile: it may be SRTP in the end */
	ck_assert(!extends("m=audio 4000 RTP/AVP 0\r\n"
			   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcd\r\n"));
	ck_assert(!extends("m=audio 4000 RTP/AVP 0\r\na=fingerprint:sha-256 00:11\r\n"));
}
END_TEST

START_TEST(a_policy_says_what_is_added_and_to_what)
{
	set_codecs("pcma", "PCMU");
	ck_assert(extends("m=audio 4000 RTP/AVP 0\r\n"));
	ck_assert_uint_eq(change.added_count, 1);
	/* what the filter takes away is nothing to transcode from */
	set_codecs("PCMA", "G729");
	ck_assert(!extends("m=audio 4000 RTP/AVP 0\r\n"));
	ck_assert(!extends("m=audio 4000 RTP/AVP 0 18\r\n"));
	set_codecs("G729", NULL);
	ck_assert(!extends("m=audio 4000 RTP/AVP 18\r\n"));
	set_codecs(NULL, NULL);
	ck_assert(extends("m=audio 4000 RTP/AVP 0\r\n"));
	memset(&all, 0, sizeof(all));
	all.media[0].reject = true;
	coding_extend(&calls, 0, &all);
	ck_assert_uint_eq(all.media[0].added_count, 0);
}
END_TEST

/* RFC 9143 §10.1: in a bundle a number means one thing. */
START_TEST(numbers_of_other_m_lines_are_not_used)
{
	set_codecs("PCMU", "PCMA");
	ck_assert(extends("m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 8 96\r\n"
			  "a=rtpmap:8 H263/90000\r\na=rtpmap:96 VP8/90000\r\n"));
	ck_assert_uint_eq(change.added_count, 1);
	ck_assert_int_eq(change.added[0].payload_type, 97);
	/* nor what another one got from us */
	ck_assert(extends("m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0 96\r\n"
			  "a=rtpmap:96 X/8000\r\n"));
	ck_assert_int_eq(change.added[0].payload_type, 8);
	coding_extend(&calls, 1, &all);
	ck_assert_uint_eq(all.media[1].added_count, 1);
	ck_assert_int_eq(all.media[1].added[0].payload_type, 97);
	/* what is no RTP has no such numbers */
	ck_assert(extends("m=audio 4000 RTP/AVP 0\r\nm=image 4002 udptl 8\r\n"));
	ck_assert_int_eq(change.added[0].payload_type, 8);
}
END_TEST

START_TEST(a_long_offer_stays_one_that_can_be_read)
{
	char media[512] = "m=audio 4000 RTP/AVP 0";
	for (unsigned type = 34; type < 34 + PV_SDP_FORMATS_MAX - 1; type++)
		snprintf(media + strlen(media), sizeof(media) - strlen(media), " %u", type);
	snprintf(media + strlen(media), sizeof(media) - strlen(media), "\r\n");
	set_codecs("PCMU", "PCMA");
	ck_assert(!extends(media));
}
END_TEST

#define OFFER                                                      \
	"m=audio 4000 RTP/AVP 0 101 8\r\n" EVENTS "a=ptime:30\r\n" \
	"a=rtpmap:8 PCMA/8000\r\n"

START_TEST(what_both_have_loses_what_was_added)
{
	ck_assert_int_eq(answer(OFFER, 1, "m=audio 5000 RTP/AVP 8 0 101\r\n" EVENTS), 0);
	ck_assert(!is_coded());
	ck_assert(caller_sees("m=audio 5000 RTP/AVP 0 101\r\n" EVENTS));
	ck_assert_int_eq(answer(OFFER, 1, "m=audio 5000 RTP/AVP 0\r\nb=AS:80\r\n"), 0);
	ck_assert(caller_sees("m=audio 5000 RTP/AVP 0\r\nb=AS:80\r\n"));
	ck_assert_int_eq(answer(OFFER, 1, "m=audio 0 RTP/AVP 8\r\n"), 0);
	ck_assert(!is_coded());
	ck_assert(caller_sees("m=audio 0 RTP/AVP 8\r\n"));
}
END_TEST

static bool is_foreign(enum call_side side, uint8_t type, enum codec_id codec)
{
	const struct media_foreign *foreign = media_coding_foreign(&codings[side], type);
	return foreign && foreign->codec == codec;
}

/* The callee may use what was added beside what both have: the relay makes it what the caller has.
 */
START_TEST(what_was_added_is_foreign_to_the_caller)
{
	ck_assert_int_eq(answer(OFFER, 1, "m=audio 5000 RTP/AVP 8 0 101\r\n" EVENTS), 0);
	ck_assert(codings[0].is_agreed && codings[1].is_agreed);
	ck_assert_uint_eq(codings[0].codec, CODEC_PCMU);
	ck_assert_uint_eq(codings[1].codec, CODEC_PCMU);
	ck_assert_uint_eq(codings[0].gets.events, 101);
	ck_assert_uint_eq(codings[1].sends.events, 101);
	ck_assert_uint_eq(codings[0].foreign_count, 0);
	ck_assert_uint_eq(codings[1].foreign_count, 1);
	ck_assert(is_foreign(CALL_CALLEE, 8, CODEC_PCMA));
	/* nothing of what both have can be made of it: it is dropped */
	ck_assert_int_eq(
		answer("m=audio 4000 RTP/AVP 18 8\r\n", 1, "m=audio 5000 RTP/AVP 8 18\r\n"), 0);
	ck_assert(codings[1].is_agreed);
	ck_assert_uint_eq(codings[1].codec, CODEC_NONE);
	ck_assert(is_foreign(CALL_CALLEE, 8, CODEC_PCMA));
	/* the callee's own number for what both have */
	ck_assert_int_eq(answer("m=audio 4000 RTP/AVP 0 97 96\r\na=rtpmap:97 iLBC/8000\r\n"
				"a=rtpmap:96 PCMA/8000\r\n",
				 1, "m=audio 5000 RTP/AVP 96 0\r\na=rtpmap:96 iLBC/8000\r\n"),
		0);
	ck_assert_uint_eq(codings[1].foreign_count, 0);
	/* events of a clock that was added */
	ck_assert_int_eq(answer("m=audio 4000 RTP/AVP 0 101 8 100\r\n" EVENTS
				"a=rtpmap:100 telephone-event/48000\r\n",
				 2,
				 "m=audio 5000 RTP/AVP 0 101 100\r\n" EVENTS
				 "a=rtpmap:100 telephone-event/48000\r\n"),
		0);
	ck_assert(is_foreign(CALL_CALLEE, 100, CODEC_NONE));
}
END_TEST

START_TEST(of_several_added_ones_all_are_heard)
{
	ck_assert_int_eq(
		answer("m=audio 4000 RTP/AVP 0 8 9\r\n", 2, "m=audio 5000 RTP/AVP 8 9\r\n"), 0);
	ck_assert(is_coded());
	ck_assert_uint_eq(codings[1].codec, CODEC_PCMA);
	ck_assert_uint_eq(codings[1].foreign_count, 1);
	ck_assert(is_foreign(CALL_CALLEE, 9, CODEC_G722));
	ck_assert_uint_eq(codings[0].foreign_count, 0);
}
END_TEST

/* Any codec of the caller's will do, not the first one alone, and wherever it stands. */
START_TEST(a_second_choice_is_agreed_on)
{
	static const char *const offers[] = {
		"m=audio 4000 RTP/AVP 0 8 18 101 9\r\n" EVENTS,
		"m=audio 4000 RTP/AVP 18 0 8 101 9\r\n" EVENTS,
		"m=audio 4000 RTP/AVP 101 18 8 0 9\r\n" EVENTS,
	};
	static const char *const answers[] = {
		"0", "8", "18", "8 101", "101 8", "9 8", "9 18 101", "8 0", "101 9 0", "120"};
	for (size_t i = 0; i < ARRAY_LENGTH(offers); i++)
		for (size_t k = 0; k < ARRAY_LENGTH(answers); k++) {
			char text[200];
			snprintf(text, sizeof(text),
				"m=audio 5000 RTP/AVP %s\r\n" EVENTS "a=rtpmap:120 pcma/8000/1\r\n",
				answers[k]);
			ck_assert_int_eq(answer(offers[i], 1, text), 0);
			ck_assert_msg(!is_coded(), "%s answered by %s", offers[i], answers[k]);
		}
}
END_TEST

START_TEST(what_was_added_becomes_what_the_caller_has)
{
	ck_assert_int_eq(
		answer(OFFER, 1,
			"m=audio 5000 RTP/AVP 8 99\r\nb=AS:80\r\n"
			"a=rtpmap:99 telephone-event/8000\r\na=ptime:40\r\na=maxptime:20\r\n"),
		0);
	ck_assert(is_coded());
	ck_assert(caller_sees("m=audio 5000 RTP/AVP 0 101\r\na=ptime:40\r\na=maxptime:20\r\n"
			      "a=rtpmap:0 PCMU/8000\r\n" EVENTS));
	const struct media_coding *caller = &codings[CALL_CALLER], *callee = &codings[CALL_CALLEE];
	ck_assert_int_eq(caller->codec, CODEC_PCMU);
	ck_assert_uint_eq(caller->packet_ms, 30);
	ck_assert_uint_eq(caller->gets.events, 101);
	ck_assert_uint_eq(caller->sends.events, 101);
	ck_assert_uint_eq(caller->event_rate, 8000);
	ck_assert_int_eq(callee->codec, CODEC_PCMA);
	ck_assert_uint_eq(callee->packet_ms, 20); /* no more than it can take */
	ck_assert_uint_eq(callee->gets.voice, 8);
	ck_assert_uint_eq(callee->gets.events, 99);
	ck_assert_uint_eq(callee->sends.events, 101); /* as it was told */
}
END_TEST

START_TEST(comfort_noise_passes_where_both_have_it)
{
	const char *offer = "m=audio 4000 RTP/AVP 0 13 8\r\n";
	ck_assert_int_eq(answer(offer, 1, "m=audio 5000 RTP/AVP 8 13\r\n"), 0);
	ck_assert(is_coded());
	ck_assert(caller_sees(
		"m=audio 5000 RTP/AVP 0 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:13 CN/8000\r\n"));
	ck_assert_uint_eq(codings[CALL_CALLER].gets.noise, 13);
	ck_assert_uint_eq(codings[CALL_CALLEE].sends.noise, 13);
	ck_assert_int_eq(answer(offer, 1, "m=audio 5000 RTP/AVP 8\r\n"), 0);
	ck_assert(caller_sees("m=audio 5000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"));
	ck_assert_uint_eq(codings[CALL_CALLER].sends.noise, 0);
}
END_TEST

START_TEST(careless_answers_mean_what_was_offered)
{
	const char *offer = "m=audio 4000 RTP/AVP 97 9 0\r\na=rtpmap:97 PCMA/8000\r\n"
			    "a=rtpmap:0 PCMU/8000\r\n";
	/* without an rtpmap */
	ck_assert_int_eq(answer(offer, 1, "m=audio 5000 RTP/AVP 97\r\n"), 0);
	ck_assert(!is_coded());
	/* the rate that it has in truth (RFC 3551 §4.5.2) */
	ck_assert_int_eq(
		answer(offer, 1, "m=audio 5000 RTP/AVP 9 0\r\na=rtpmap:9 G722/16000\r\n"), 0);
	ck_assert(!is_coded());
	/* a number that nobody gave a name */
	ck_assert_int_eq(
		answer("m=audio 4000 RTP/AVP 0 120 8\r\n", 1, "m=audio 5000 RTP/AVP 120\r\n"), 0);
	ck_assert(!is_coded());
}
END_TEST

START_TEST(an_answer_without_a_codec_cannot_be)
{
	ck_assert_int_eq(
		answer(OFFER, 1, "m=audio 5000 RTP/AVP 101\r\n" EVENTS), -PV_SDP_ANSWER_FORMAT);
	ck_assert_int_eq(answer(OFFER, 1, "m=audio 5000 RTP/AVP 18\r\n"), -PV_SDP_ANSWER_FORMAT);
	ck_assert(!is_coded());
	ck_assert(!change.pick && !change.added_count);
}
END_TEST

TEST_MAIN("coding", plain_audio_alone_is_extended, numbers_of_other_m_lines_are_not_used,
	what_was_added_is_foreign_to_the_caller, of_several_added_ones_all_are_heard,
	a_policy_says_what_is_added_and_to_what, a_long_offer_stays_one_that_can_be_read,
	what_both_have_loses_what_was_added, a_second_choice_is_agreed_on,
	what_was_added_becomes_what_the_caller_has, comfort_noise_passes_where_both_have_it,
	careless_answers_mean_what_was_offered, an_answer_without_a_codec_cannot_be)
