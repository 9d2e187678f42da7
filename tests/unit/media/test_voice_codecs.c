/* SPDX-License-Identifier: Apache-2.0 */
/* test_voice_codecs.c: a speaker who uses several codecs, some of which the listener has. */
#include "voice_harness.h"

static int16_t heard[32 * 20 * 16 * 10];

static void add_foreign(struct media_coding *coding, enum codec_id codec, uint8_t type)
{
	coding->foreign[coding->foreign_count++] = (struct media_foreign){
		.rate = codec == CODEC_NONE ? 48000 : codec_row(codec)->clock,
		.payload_type = type,
		.codec = (uint8_t)codec};
}

/* From now on the speaker speaks that, by that number. */
static void speak_in(enum codec_id codec, uint8_t type, unsigned count)
{
	static const struct codec_settings plain;
	uint32_t rate = codec_rate_beside(codec, (enum codec_id)voice.to.codec);
	speaker.rate = rate / 1000;
	speaker.said = 0;
	speaker.clock = codec_row(codec)->clock / 1000;
	ck_assert_int_eq(codec_encoder_init(speaker.encoder, codec, rate, &plain), 0);
	for (unsigned i = 0; i < count; i++) {
		struct rtp_packet packet = next_packet(20);
		packet.payload_type = type;
		voice_hear(&voice, &packet, now_ns);
	}
}

static void check_heard(enum codec_id codec)
{
	uint32_t rate = codec_rate_beside(codec, codec);
	size_t count = hear_all(codec, rate, heard, ARRAY_LENGTH(heard));
	double found = tone_amplitude(heard + count / 2, count / 2, 400, rate);
	ck_assert_msg(found > 7000 && found < 9000, "%f", found);
}

/* RFC 3264 §6.1: of an answer with several formats any may come, with any packet. */
START_TEST(a_speaker_may_change_codecs)
{
	voice_open(CODEC_PCMA, CODEC_PCMU, 20);
	struct media_coding from = voice.from, to = voice.to;
	add_foreign(&from, CODEC_PCMU, 96);
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	speak_in(CODEC_PCMA, 8, 10);
	speak_in(CODEC_PCMU, 96, 10);
	speak_in(CODEC_PCMA, 8, 20);
	ck_assert_uint_eq(made_count, 40);
	check_unbroken(1, 20);
	check_heard(CODEC_PCMU);
	voice_close();
}
END_TEST

START_TEST(a_speaker_may_change_clocks)
{
	if (!voice_open(CODEC_PCMA, CODEC_PCMU, 20) || !codec_is_built(CODEC_OPUS) ||
		!codec_is_built(CODEC_G722))
		return;
	struct media_coding from = voice.from, to = voice.to;
	add_foreign(&from, CODEC_OPUS, 96);
	add_foreign(&from, CODEC_G722, 9);
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	speak_in(CODEC_PCMA, 8, 10);
	speak_in(CODEC_OPUS, 96, 10);
	speak_in(CODEC_G722, 9, 20);
	ck_assert_uint_eq(made_count, 40);
	for (unsigned i = 1; i < made_count; i++) {
		ck_assert_uint_eq(made[i].packet.ssrc, made[0].packet.ssrc);
		ck_assert_uint_eq(
			made[i].packet.sequence, (uint16_t)(made[i - 1].packet.sequence + 1));
		ck_assert_uint_eq(made[i].packet.timestamp, made[i - 1].packet.timestamp + 160);
		ck_assert_uint_eq(made[i].packet.payload_type, 0);
	}
	check_heard(CODEC_PCMU);
	voice_close();
}
END_TEST

/* What both have is not touched, in one stream with what is made for the one who has less. */
START_TEST(what_is_agreed_on_is_passed_as_it_is)
{
	voice_open(CODEC_PCMU, CODEC_PCMU, 20);
	struct media_coding from = voice.from, to = voice.to;
	from.is_agreed = to.is_agreed = true;
	add_foreign(&from, CODEC_PCMA, 8);
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	speak_in(CODEC_PCMA, 8, 10);
	/* G.711 hides nothing: what was decoded and coded again would be the same but for this */
	struct rtp_packet packet = next_packet(20);
	static const uint8_t nought[160] = {[0 ... 159] = 0x7f};
	packet.payload = nought;
	packet.payload_length = sizeof(nought);
	voice_hear(&voice, &packet, now_ns);
	ck_assert_uint_eq(made_count, 11);
	ck_assert_mem_eq(made[10].packet.payload, nought, sizeof(nought));
	speak_in(CODEC_PCMA, 8, 19);
	check_unbroken(1, 20);
	check_heard(CODEC_PCMU);
	/* another one that both have keeps its number */
	packet = next_packet(20);
	packet.payload_type = 18;
	voice_hear(&voice, &packet, now_ns);
	const struct rtp_packet *last = &made[made_count - 1].packet;
	ck_assert_uint_eq(last->payload_type, 18);
	ck_assert_uint_eq(last->ssrc, made[0].packet.ssrc);
	ck_assert_uint_eq(last->timestamp, made[0].packet.timestamp + 30 * 160);
	voice_close();
}
END_TEST

START_TEST(passed_packets_of_any_length_keep_their_times)
{
	voice_open(CODEC_PCMU, CODEC_PCMU, 20);
	struct media_coding from = voice.from, to = voice.to;
	from.is_agreed = to.is_agreed = true;
	add_foreign(&from, CODEC_PCMA, 8);
	ck_assert_int_eq(voice_set(&voice, &from, &to), 0);
	uint32_t first = speaker.timestamp;
	for (unsigned i = 0; i < 6; i++)
		speak_ms(i % 2 ? 10 : 40, 1);
	for (unsigned i = 0; i < made_count; i++)
		ck_assert_uint_eq(made[i].packet.timestamp - made[0].packet.timestamp,
			(i + 1) / 2 * 320 + i / 2 * 80);
	ck_assert_uint_eq(speaker.timestamp - first, 3 * 400);
	/* more than any packet of sound */
	static const uint8_t long_one[2000];
	struct rtp_packet packet = next_packet(20);
	packet.payload = long_one;
	packet.payload_length = sizeof(long_one);
	unsigned before = made_count;
	uint64_t dropped = metrics_sum(METRIC_media_dropped_codec);
	voice_hear(&voice, &packet, now_ns);
	ck_assert_uint_eq(made_count, before);
	ck_assert_uint_eq(metrics_sum(METRIC_media_dropped_codec), dropped + 1);
	voice_close();
}
END_TEST

TEST_MAIN("voice_codecs", a_speaker_may_change_codecs, a_speaker_may_change_clocks,
	what_is_agreed_on_is_passed_as_it_is, passed_packets_of_any_length_keep_their_times)
