/* SPDX-License-Identifier: Apache-2.0 */
/* test_voice.c: one way of a transcoded stream: sound, packet times, loss, order, silence. */
#include <errno.h>

#include "voice_harness.h"

static int16_t heard[32 * 20 * 16 * 10];

static void for_each_pair(void (*run)(enum codec_id from, enum codec_id to))
{
	for (unsigned from = CODEC_NONE + 1; from < CODEC_COUNT; from++)
		for (unsigned to = CODEC_NONE + 1; to < CODEC_COUNT; to++)
			if (from != to)
				run((enum codec_id)from, (enum codec_id)to);
}

static void a_packet_gives_a_packet(enum codec_id from, enum codec_id to)
{
	if (!voice_open(from, to, 20))
		return;
	for (unsigned i = 0; i < 50; i++) {
		speak_ms(20, 1);
		ck_assert_uint_eq(made_count, i + 1);
	}
	ck_assert(made[0].packet.marker);
	check_unbroken(1, 20);
	uint32_t rate = codec_rate_beside(to, from);
	size_t count = hear_all(to, rate, heard, ARRAY_LENGTH(heard));
	ck_assert_uint_eq(count, rate);
	double found = tone_amplitude(heard + count / 2, count / 2, 400, rate);
	ck_assert_msg(found > 7000 && found < 9000, "%s to %s: %f", codec_row(from)->name.at,
		codec_row(to)->name.at, found);
	ck_assert_double_le(tone_level(heard + count / 2, count / 2), found * 1.06);
	voice_close();
}

START_TEST(sound_passes_between_all_codecs)
{
	for_each_pair(a_packet_gives_a_packet);
}
END_TEST

static void times_differ(enum codec_id from, enum codec_id to)
{
	static const uint8_t times[] = {10, 20, 30, 40, 60};
	for (unsigned i = 0; i < ARRAY_LENGTH(times); i++)
		for (unsigned j = 0; j < ARRAY_LENGTH(times); j++) {
			unsigned in = codec_packet_ms(from, times[i]), said = 0;
			unsigned out = codec_packet_ms(to, times[j]);
			if (!voice_open(from, to, times[j]))
				return;
			while (said < 600) {
				speak_ms(in, 1);
				said += in;
				/* whatever is whole has gone, and nothing else waits */
				ck_assert_uint_eq(made_count, said / out);
			}
			check_unbroken(1, out);
			voice_close();
		}
}

START_TEST(packet_times_may_differ_by_less_than_a_packet)
{
	for_each_pair(times_differ);
}
END_TEST

static void one_is_lost(enum codec_id from, enum codec_id to)
{
	if (!voice_open(from, to, 20))
		return;
	speak_ms(20, 20);
	next_packet(20);
	speak_ms(20, 20);
	/* the lost one was made up: nobody behind us sees a gap */
	ck_assert_uint_eq(made_count, 41);
	ck_assert_uint_eq(voice.concealed_ms, 20);
	check_unbroken(1, 20);
	uint32_t rate = codec_rate_beside(to, from);
	size_t count = hear_all(to, rate, heard, ARRAY_LENGTH(heard));
	/* and a tone goes on through it */
	size_t place = count * 20 / 41, length = count / 41;
	ck_assert_double_ge(tone_level(heard + place, length), 4000);
	voice_close();
}

START_TEST(a_lost_packet_is_made_up)
{
	for_each_pair(one_is_lost);
}
END_TEST

START_TEST(a_long_loss_is_silence_in_the_end)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 10);
	for (unsigned i = 0; i < 25; i++)
		next_packet(20);
	speak_ms(20, 10);
	ck_assert_uint_eq(voice.concealed_ms, 80);
	ck_assert_uint_eq(made_count, 10 + 4 + 10);
	/* what was not made up is missing in the time stamps alone */
	const struct rtp_packet *again = &made[14].packet;
	ck_assert(again->marker);
	ck_assert_uint_eq(again->timestamp, made[13].packet.timestamp + 160 * 22);
	ck_assert_uint_eq(again->sequence, (uint16_t)(made[13].packet.sequence + 1));
	check_unbroken(15, 20);
	voice_close();
}
END_TEST

/* Of packets that were lost some may have been keys: no more is made up than there is room for. */
START_TEST(no_more_is_made_up_than_was_said)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 5);
	speaker.sequence += 3;
	speaker.timestamp += 160;
	speak_ms(20, 5);
	ck_assert_uint_eq(voice.concealed_ms, 20);
	ck_assert_uint_eq(made_count, 11);
	check_unbroken(1, 20);
	speaker.sequence += 3;
	speak_ms(20, 5);
	ck_assert_uint_eq(voice.concealed_ms, 20);
	check_unbroken(1, 20);
	voice_close();
}
END_TEST

START_TEST(late_packets_and_duplicates_are_dropped)
{
	uint8_t kept[CODEC_FRAME_BYTES_MAX];
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 5);
	struct rtp_packet late = next_packet(20);
	memcpy(kept, speaker.payload, sizeof(kept));
	late.payload = kept;
	struct rtp_packet next = next_packet(20);
	voice_hear(&voice, &next, now_ns);
	ck_assert_uint_eq(made_count, 7); /* with the one that was made up */
	voice_hear(&voice, &late, now_ns);
	voice_hear(&voice, &next, now_ns);
	ck_assert_uint_eq(made_count, 7);
	ck_assert_uint_eq(voice.late, 2);
	ck_assert_uint_eq(metrics_sum(METRIC_media_dropped_late), 2);
	speak_ms(20, 5);
	check_unbroken(1, 20);
	voice_close();
}
END_TEST

static void silence(enum codec_id from, enum codec_id to)
{
	if (!voice_open(from, to, 20))
		return;
	speak_ms(20, 10);
	speaker.timestamp += 1000 * speaker.clock;
	now_ns += UINT64_C(1000000000);
	speak_ms(20, 10);
	ck_assert_uint_eq(made_count, 20);
	ck_assert_uint_eq(voice.concealed_ms, 0);
	ck_assert(made[10].packet.marker);
	ck_assert_uint_eq(
		made[10].packet.timestamp, made[9].packet.timestamp + 1020 * voice.to_clock);
	check_unbroken(11, 20);
	voice_close();
}

START_TEST(silence_stays_silence)
{
	for_each_pair(silence);
}
END_TEST

/* What waited goes out with the silence behind it, not when somebody speaks again. */
START_TEST(what_waits_before_silence_keeps_its_place)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 30);
	speak_ms(20, 1);
	ck_assert_uint_eq(made_count, 0);
	speaker.timestamp += 100 * 8;
	speak_ms(20, 1);
	speak_ms(20, 2);
	ck_assert_uint_eq(made_count, 3);
	ck_assert_uint_eq(made[1].packet.timestamp, made[0].packet.timestamp + 120 * 8);
	ck_assert(made[1].packet.marker);
	for (unsigned i = 160; i < 240; i++) /* 20 ms of sound, 10 ms of silence */
		ck_assert_uint_eq(made[0].packet.payload[i], 0xd5);
	check_unbroken(2, 30);
	voice_close();
}
END_TEST

/* A pause that ends within the packet that is being filled is heard as silence in it. */
START_TEST(a_short_gap_is_silence_within_a_packet)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 30);
	speak_ms(20, 1);
	speaker.timestamp += 5 * 8;
	speak_ms(20, 1);
	ck_assert_uint_eq(made_count, 1);
	ck_assert_uint_eq(voice.fill, 15 * 8);
	for (unsigned i = 160; i < 200; i++)
		ck_assert_uint_eq(made[0].packet.payload[i], 0xd5);
	speak_ms(20, 2);
	check_unbroken(1, 30);
	voice_close();
}
END_TEST

START_TEST(a_new_source_goes_on_in_the_same_stream)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 5);
	speaker.ssrc++;
	speaker.sequence = 77;
	speaker.timestamp += 1000000;
	now_ns += UINT64_C(500000000);
	speak_ms(20, 5);
	ck_assert_uint_eq(made_count, 10);
	ck_assert_uint_eq(made[5].packet.ssrc, made[4].packet.ssrc);
	ck_assert_uint_eq(made[5].packet.sequence, (uint16_t)(made[4].packet.sequence + 1));
	/* by the clock on the wall half a second went by */
	ck_assert_uint_eq(made[5].packet.timestamp, made[4].packet.timestamp + 520 * 8);
	ck_assert(made[5].packet.marker);
	check_unbroken(6, 20);
	voice_close();
}
END_TEST

START_TEST(a_clock_that_is_set_back_is_borne)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 5);
	speaker.timestamp -= 100000;
	speak_ms(20, 5);
	ck_assert_uint_eq(made_count, 10);
	ck_assert_uint_eq(made[5].packet.timestamp, made[4].packet.timestamp + 160);
	ck_assert(made[5].packet.marker);
	check_unbroken(6, 20);
	voice_close();
}
END_TEST

START_TEST(what_is_not_agreed_or_garbage_is_dropped)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 1);
	struct rtp_packet packet = next_packet(20);
	packet.payload_type = 9;
	voice_hear(&voice, &packet, now_ns);
	ck_assert_uint_eq(made_count, 1);
	ck_assert_uint_eq(metrics_sum(METRIC_media_dropped_codec), 1);
	packet = next_packet(20);
	packet.payload_length = 0;
	voice_hear(&voice, &packet, now_ns);
	ck_assert_uint_eq(metrics_sum(METRIC_media_dropped_codec), 2);
	speak_ms(20, 1);
	ck_assert(made[made_count - 1].packet.timestamp == made[0].packet.timestamp + 3 * 160);
	voice_close();
}
END_TEST

/* Coding is dear: ten times as much sound as there is time for is not coded. */
START_TEST(nobody_speaks_faster_than_time)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	for (unsigned i = 0; i < 500; i++) {
		struct rtp_packet packet = next_packet(20);
		now_ns -= UINT64_C(18000000);
		voice_hear(&voice, &packet, now_ns);
	}
	/* a second on credit, and one and a quarter of the second that went by */
	ck_assert_uint_ge(made_count, 100);
	ck_assert_uint_le(made_count, 115);
	ck_assert_uint_ge(metrics_sum(METRIC_media_dropped_rate), 380);
	now_ns += UINT64_C(2000000000);
	unsigned before = made_count;
	speak_ms(20, 20);
	ck_assert_uint_ge(made_count, before + 20);
	voice_close();
}
END_TEST

START_TEST(a_stream_outlives_a_change_but_of_its_codec)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 5);
	uint16_t sequence = voice.out.sequence;
	uint32_t ssrc = voice.out.ssrc, timestamp = voice.out.timestamp;
	struct media_coding from = voice.from, to = voice.to;
	to.packet_ms = 40;
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	speak_ms(20, 2);
	ck_assert_uint_eq(made_count, 6);
	ck_assert_uint_eq(made[5].packet.ssrc, ssrc);
	ck_assert_uint_eq(made[5].packet.sequence, sequence);
	ck_assert_uint_eq(made[5].packet.timestamp, timestamp);
	ck_assert_uint_eq(made[5].packet.payload_length, 320);
	from.codec = CODEC_PCMA;
	to.codec = CODEC_PCMU;
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	ck_assert_uint_ne(voice.out.ssrc, ssrc);
	to.codec = CODEC_NONE;
	ck_assert_int_eq(voice_set(&voice, &from, &to), -ENOTSUP);
	voice_close();
}
END_TEST

TEST_MAIN("voice", sound_passes_between_all_codecs, packet_times_may_differ_by_less_than_a_packet,
	a_lost_packet_is_made_up, a_long_loss_is_silence_in_the_end,
	no_more_is_made_up_than_was_said, late_packets_and_duplicates_are_dropped,
	silence_stays_silence, what_waits_before_silence_keeps_its_place,
	a_short_gap_is_silence_within_a_packet, a_new_source_goes_on_in_the_same_stream,
	a_clock_that_is_set_back_is_borne, what_is_not_agreed_or_garbage_is_dropped,
	nobody_speaks_faster_than_time, a_stream_outlives_a_change_but_of_its_codec)
