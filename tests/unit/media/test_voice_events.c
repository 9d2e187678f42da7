/* SPDX-License-Identifier: Apache-2.0 */
/* test_voice_events.c: telephone events and comfort noise through a transcoded stream. */
#include "rtp/event.h"
#include "voice_harness.h"

/* One packet of a key that was pressed at `timestamp`. */
static void press(uint8_t number, uint32_t timestamp, uint16_t duration, bool end, bool marker)
{
	uint8_t payload[4] = {number, (uint8_t)(end ? 0x80 | 10 : 10)};
	bytes_put_u16(payload + 2, duration);
	struct rtp_packet packet = {.ssrc = speaker.ssrc,
		.timestamp = timestamp,
		.sequence = speaker.sequence++,
		.payload_type = voice.from.sends.events,
		.marker = marker,
		.payload = payload,
		.payload_length = 4};
	now_ns += UINT64_C(20000000);
	voice_hear(&voice, &packet, now_ns);
}

static void check_event(unsigned index, uint8_t number, uint32_t timestamp, unsigned duration,
	bool end, bool marker)
{
	struct rtp_event event;
	const struct rtp_packet *packet = &made[index].packet;
	ck_assert_uint_lt(index, made_count);
	ck_assert_uint_eq(packet->payload_type, voice.to.gets.events);
	ck_assert_uint_eq(packet->payload_length, 4);
	ck_assert_int_eq(rtp_event_parse(packet->payload, 4, &event), 4);
	ck_assert_uint_eq(event.number, number);
	ck_assert_uint_eq(event.volume, 10);
	ck_assert_uint_eq(event.duration, duration);
	ck_assert_uint_eq(event.end, end);
	ck_assert_uint_eq(packet->timestamp, timestamp);
	ck_assert_uint_eq(packet->marker, marker);
	ck_assert_uint_eq(packet->sequence, (uint16_t)(made[index - 1].packet.sequence + 1));
}

/* A key of 100 ms between two stretches of sound. */
static void a_key(enum codec_id from, enum codec_id to)
{
	if (!voice_open(from, to, 20))
		return;
	uint32_t in = speaker.clock;
	speak_ms(20, 10);
	uint32_t began = speaker.timestamp,
		 goes_on = made[9].packet.timestamp + 20 * voice.to_clock;
	for (unsigned i = 1; i <= 5; i++)
		press(11, began, (uint16_t)(i * 20 * in), false, i == 1);
	for (unsigned i = 0; i < 3; i++)
		press(11, began, (uint16_t)(100 * in), true, false);
	for (unsigned i = 1; i <= 5; i++)
		check_event(9 + i, 11, goes_on, i * 20 * voice.to_clock, false, i == 1);
	for (unsigned i = 0; i < 3; i++)
		check_event(15 + i, 11, goes_on, 100 * voice.to_clock, true, false);
	speaker.timestamp += 160 * in;
	speak_ms(20, 5);
	/* the sound behind it is where it was */
	ck_assert_uint_eq(made[18].packet.timestamp, goes_on + 160 * voice.to_clock);
	ck_assert(made[18].packet.marker);
	check_unbroken(19, 20);
	ck_assert_uint_eq(voice.concealed_ms, 0);
	voice_close();
}

START_TEST(keys_pass_in_the_other_sides_terms)
{
	a_key(CODEC_PCMU, CODEC_PCMA);
	a_key(CODEC_PCMU, CODEC_G722);
	a_key(CODEC_PCMU, CODEC_OPUS);
	a_key(CODEC_OPUS, CODEC_PCMA);
	a_key(CODEC_G722, CODEC_OPUS);
}
END_TEST

START_TEST(keys_may_come_beside_sound)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	speak_ms(20, 5);
	uint32_t began = speaker.timestamp, there = voice.out.timestamp;
	press(1, began, 160, false, true);
	speak_ms(20, 1);
	press(1, began, 320, false, false);
	speak_ms(20, 1);
	press(1, began, 320, true, false);
	check_event(5, 1, there, 160, false, true);
	check_event(7, 1, there, 320, false, false);
	check_event(9, 1, there, 320, true, false);
	ck_assert_uint_eq(made[8].packet.timestamp, made[6].packet.timestamp + 160);
	ck_assert_uint_eq(voice.concealed_ms, 0);
	voice_close();
}
END_TEST

/* Sound that waits is before the key. */
START_TEST(a_key_begins_behind_what_waits)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 30);
	speak_ms(20, 2);
	uint32_t there = made[0].packet.timestamp;
	press(1, speaker.timestamp, 160, false, true);
	check_event(1, 1, there + 320, 160, false, true);
	voice_close();
}
END_TEST

START_TEST(the_first_packet_may_be_a_key)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	uint32_t there = voice.out.timestamp;
	speaker.timestamp = 4711;
	press(5, 4711, 160, false, true);
	ck_assert_uint_eq(made_count, 1);
	ck_assert_uint_eq(made[0].packet.timestamp, there);
	speaker.timestamp += 800;
	speak_ms(20, 1);
	ck_assert_uint_eq(made[1].packet.timestamp, there + 800);
	voice_close();
}
END_TEST

/* 8 s at 8000 Hz are 384,000 at 48,000: more than 16 bits hold. */
START_TEST(long_keys_go_on_in_segments)
{
	if (!voice_open(CODEC_PCMU, CODEC_OPUS, 20))
		return;
	speak_ms(20, 1);
	uint32_t began = speaker.timestamp;
	press(0, began, 8000, false, true);   /* 48,000 */
	press(0, began, 12000, false, false); /* 72,000 */
	press(0, began, 64000, true, false);  /* 384,000 */
	uint32_t there = made[1].packet.timestamp;
	check_event(1, 0, there, 48000, false, true);
	check_event(2, 0, there + 65535, 72000 - 65535, false, false);
	check_event(3, 0, there + 5 * 65535, 384000 - 5 * 65535, true, false);
	voice_close();
}
END_TEST

/* Linphone and others: Opus beside telephone-event/8000. */
START_TEST(events_may_have_a_clock_of_their_own)
{
	if (!voice_open(CODEC_OPUS, CODEC_PCMU, 20))
		return;
	struct media_coding from = voice.from, to = voice.to;
	from.event_rate = 8000;
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	speak_ms(20, 5);
	uint32_t there = voice.out.timestamp;
	press(7, 99, 160, false, true);
	press(7, 99, 320, true, false);
	check_event(5, 7, there, 160, false, true);
	check_event(6, 7, there, 320, true, false);
	voice_close();
}
END_TEST

START_TEST(events_that_nobody_wants_are_dropped)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	struct media_coding from = voice.from, to = voice.to;
	to.gets.events = 0;
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	speak_ms(20, 1);
	press(7, speaker.timestamp, 160, false, true);
	ck_assert_uint_eq(made_count, 1);
	ck_assert_uint_eq(metrics_sum(METRIC_media_dropped_codec), 1);
	voice_close();
}
END_TEST

static void hiss(const char *payload, size_t length)
{
	struct rtp_packet packet = {.ssrc = speaker.ssrc,
		.timestamp = speaker.timestamp,
		.sequence = speaker.sequence++,
		.payload_type = 13,
		.payload = (const uint8_t *)payload,
		.payload_length = length};
	voice_hear(&voice, &packet, now_ns);
}

START_TEST(comfort_noise_passes)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 30);
	speak_ms(20, 2);
	ck_assert_uint_eq(made_count, 1);
	hiss("\x40\x01\x02", 3);
	/* what waited went first */
	ck_assert_uint_eq(made_count, 3);
	ck_assert_uint_eq(made[1].packet.payload_type, 8);
	ck_assert_uint_eq(made[2].packet.payload_type, 13);
	ck_assert_uint_eq(made[2].packet.payload_length, 3);
	ck_assert_mem_eq(made[2].packet.payload, "\x40\x01\x02", 3);
	speaker.timestamp += 8000;
	speak_ms(20, 3);
	ck_assert(made[3].packet.marker);
	voice_close();
}
END_TEST

START_TEST(comfort_noise_is_silence_where_there_is_none)
{
	voice_open(CODEC_PCMU, CODEC_PCMA, 20);
	struct media_coding from = voice.from, to = voice.to;
	to.gets.noise = 0;
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	speak_ms(20, 1);
	hiss("\x40", 1);
	speaker.timestamp += 8000;
	speak_ms(20, 1);
	ck_assert_uint_eq(made_count, 2);
	ck_assert_uint_eq(made[1].packet.timestamp, made[0].packet.timestamp + 8160);
	ck_assert_uint_eq(made[1].packet.sequence, (uint16_t)(made[0].packet.sequence + 1));
	voice_close();
}
END_TEST

/* Its spectrum is that of another sample rate. */
START_TEST(only_the_level_passes_between_rates)
{
	if (!voice_open(CODEC_PCMU, CODEC_G722, 20))
		return;
	speak_ms(20, 1);
	hiss("\x40\x01\x02", 3);
	ck_assert_uint_eq(made[1].packet.payload_length, 1);
	ck_assert_uint_eq(made[1].packet.payload[0], 0x40);
	voice_close();
}
END_TEST

TEST_MAIN("voice_events", keys_pass_in_the_other_sides_terms, keys_may_come_beside_sound,
	a_key_begins_behind_what_waits, the_first_packet_may_be_a_key, long_keys_go_on_in_segments,
	events_may_have_a_clock_of_their_own, events_that_nobody_wants_are_dropped,
	comfort_noise_passes, comfort_noise_is_silence_where_there_is_none,
	only_the_level_passes_between_rates)
