/* SPDX-License-Identifier: Apache-2.0 */
/* test_speech.c — what the m-lines of an offer to a group say. */
#include "app/ptt/speech.h"

#include <stdio.h>

#include "base/macros.h"
#include "lib/testing.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"

static struct pv_sdp sdp;

static const struct pv_sdp_media *parse(const char *lines)
{
	static char text[2048];
	int length = snprintf(text, sizeof(text), "%s%s", HEAD, lines);
	ck_assert_int_gt(pv_sdp_parse(&sdp, text, (size_t)length), 0);
	return &sdp.media[0];
}

static struct ptt_group group_of(enum codec_id first, enum codec_id second)
{
	struct ptt_group group = {.config = {.codec_count = second == CODEC_NONE ? 1 : 2}};
	group.config.codecs[0] = (uint8_t)first;
	group.config.codecs[1] = (uint8_t)second;
	return group;
}

START_TEST(the_groups_order_decides)
{
	static const struct {
		enum codec_id first, second, chosen;
		uint8_t voice;
	} rows[] = {
		{CODEC_PCMU, CODEC_PCMA, CODEC_PCMU, 0},
		{CODEC_PCMA, CODEC_PCMU, CODEC_PCMA, 8},
		{CODEC_PCMA, CODEC_NONE, CODEC_PCMA, 8},
	};
	const struct pv_sdp_media *media = parse("m=audio 4000 RTP/AVP 0 8 18\r\n");
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct ptt_group group = group_of(rows[i].first, rows[i].second);
		struct media_coding coding;
		ck_assert(speech_codec_read(&group, media, &coding));
		ck_assert_int_eq(coding.codec, rows[i].chosen);
		ck_assert_int_eq(coding.gets.voice, rows[i].voice);
		ck_assert_int_eq(coding.gets.events, 0);
		ck_assert_int_eq(coding.packet_ms, 20);
		ck_assert_mem_eq(&coding.gets, &coding.sends, sizeof(coding.gets));
	}
}
END_TEST

START_TEST(nothing_in_common)
{
	struct ptt_group group = group_of(CODEC_PCMU, CODEC_NONE);
	struct media_coding coding;
	ck_assert(!speech_codec_read(&group, parse("m=audio 4000 RTP/AVP 8 18\r\n"), &coding));
	/* a dynamic number that says it is something else */
	ck_assert(!speech_codec_read(
		&group, parse("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n"), &coding));
}
END_TEST

START_TEST(dynamic_numbers_events_and_packet_time)
{
	struct ptt_group group = group_of(CODEC_PCMU, CODEC_NONE);
	struct media_coding coding;
	ck_assert(speech_codec_read(&group,
		parse("m=audio 4000 RTP/AVP 97 13 98 99\r\na=rtpmap:97 pcmu/8000\r\n"
		      "a=rtpmap:98 telephone-event/16000\r\na=rtpmap:99 telephone-event/8000\r\n"
		      "a=ptime:30\r\na=maxptime:40\r\n"),
		&coding));
	ck_assert_int_eq(coding.gets.voice, 97);
	ck_assert_int_eq(coding.gets.events, 99); /* of the codec's clock */
	ck_assert_uint_eq(coding.event_rate, 8000);
	ck_assert_int_eq(coding.gets.noise, 13);
	ck_assert_int_eq(coding.packet_ms, 30);
	ck_assert_int_eq(coding.packet_ms_most, 40);
}
END_TEST

START_TEST(events_of_another_clock_are_better_than_none)
{
	struct ptt_group group = group_of(CODEC_PCMU, CODEC_NONE);
	struct media_coding coding;
	ck_assert(speech_codec_read(&group,
		parse("m=audio 4000 RTP/AVP 0 110\r\na=rtpmap:110 telephone-event/48000\r\n"),
		&coding));
	ck_assert_int_eq(coding.gets.events, 110);
	ck_assert_uint_eq(coding.event_rate, 48000);
}
END_TEST

static struct media_floor_terms terms_of(const char *fmtp, uint8_t cap)
{
	char lines[256];
	struct media_floor_terms terms;
	snprintf(lines, sizeof(lines), "m=application 4010 udp MCPTT\r\n%s", fmtp);
	speech_terms_read(parse(lines), cap, &terms);
	return terms;
}

START_TEST(terms_of_a_floor_channel)
{
	struct media_floor_terms t = terms_of("a=fmtp:MCPTT "
					      "mc_queueing;mc_priority=5;mc_granted;"
					      "mc_implicit_request\r\n",
		7);
	ck_assert(t.may_queue && t.wants_granted && t.is_request);
	ck_assert_int_eq(t.priority, 5);
	t = terms_of("a=fmtp:MCPTT mc_priority=200\r\n", 7);
	ck_assert(!t.may_queue && !t.wants_granted && !t.is_request);
	ck_assert_int_eq(t.priority, 7); /* never more than the user's */
	t = terms_of("a=fmtp:MCPTT mc_priority=5\r\n", 0);
	ck_assert_int_eq(t.priority, 0);
	t = terms_of("", 7);
	ck_assert(!t.may_queue && !t.priority);
	t = terms_of("a=fmtp:MCPTT MC_Queueing ; mc_priority = x;;=\r\n", 7);
	ck_assert(t.may_queue && !t.priority);
}
END_TEST

TEST_MAIN("ptt_speech", the_groups_order_decides, nothing_in_common,
	dynamic_numbers_events_and_packet_time, events_of_another_clock_are_better_than_none,
	terms_of_a_floor_channel)
