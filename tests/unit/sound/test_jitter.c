/* SPDX-License-Identifier: Apache-2.0 */
/* test_jitter.c: a talker's packets, however they come, as even sound. */
#include "sound/jitter.h"

#include "base/macros.h"
#include "lib/testing.h"
#include "lib/tone.h"

#define MS  UINT64_C(1000000)
#define NOW (UINT64_C(100000) * MS)

/* A talker that says a tone, and a mix that pulls it. */
struct stage {
	enum codec_id codec;
	uint32_t rate;
	unsigned packet_ms;
	struct codec_encoder *encoder;
	struct codec_decoder *decoder;
	struct jitter jitter;
	size_t said; /* samples */
	struct rtp_packet packet;
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	int16_t heard[CODEC_RATE_MAX / 50];
	unsigned pulls, sounds, conceals;
};

static struct stage stage;

static void begin(enum codec_id codec, uint32_t rate, unsigned packet_ms)
{
	static const struct codec_settings plain;
	free(stage.encoder);
	free(stage.decoder);
	stage = (struct stage){.codec = codec, .rate = rate, .packet_ms = packet_ms};
	stage.encoder = malloc(codec_encoder_size());
	stage.decoder = malloc(codec_decoder_size());
	ck_assert_int_eq(codec_encoder_init(stage.encoder, codec, rate, &plain), 0);
	ck_assert_int_eq(codec_decoder_init(stage.decoder, codec, rate), 0);
	jitter_begin(&stage.jitter, stage.decoder, codec, rate);
	stage.packet =
		(struct rtp_packet){.ssrc = 1, .sequence = 65500, .timestamp = UINT32_MAX - 30000};
}

/* The next packet, which may be put in later. */
static const struct rtp_packet *say(void)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	size_t frame = stage.rate / 1000 * stage.packet_ms;
	tone_make(samples, frame, stage.said, 400, stage.rate, 8000);
	stage.said += frame;
	int length = codec_encode(stage.encoder, samples, frame, stage.payload);
	ck_assert_int_gt(length, 0);
	stage.packet.payload = stage.payload;
	stage.packet.payload_length = (size_t)length;
	stage.packet.sequence++;
	stage.packet.timestamp += stage.packet_ms * (codec_row(stage.codec)->clock / 1000);
	return &stage.packet;
}

static enum jitter_heard pull(uint64_t now_ns)
{
	enum jitter_heard heard = jitter_pull(&stage.jitter, now_ns, stage.heard);
	stage.pulls++;
	stage.sounds += heard == JITTER_SOUND;
	stage.conceals += heard == JITTER_CONCEALED;
	return heard;
}

static double level(void)
{
	return tone_level(stage.heard, stage.rate / 50);
}

/* `ms` of talk from `from_ms` on; a packet comes up to `late_ms` late, by a seed, and none before
 * the one ahead of it. The mix pulls 7 ms after the even moments. */
static void talk(unsigned from_ms, unsigned ms, unsigned late_ms)
{
	static struct {
		struct rtp_packet packet;
		uint8_t payload[CODEC_FRAME_BYTES_MAX];
		unsigned at_ms;
	} road[1024];
	static uint32_t seed = 1;
	unsigned sent = 0, came = 0, at = 0;
	for (unsigned now = 0; now < ms || came < sent; now++) {
		if (now < ms && now % stage.packet_ms == 0) {
			ck_assert_uint_lt(sent, ARRAY_LENGTH(road));
			road[sent].packet = *say();
			memcpy(road[sent].payload, stage.payload, sizeof(stage.payload));
			seed = seed * 1664525 + 1013904223;
			at = MAX(at, now + (late_ms ? (seed >> 16) % late_ms : 0));
			road[sent++].at_ms = at;
		}
		for (; came < sent && road[came].at_ms <= now; came++) {
			road[came].packet.payload = road[came].payload;
			jitter_put(&stage.jitter, &road[came].packet, NOW + (from_ms + now) * MS);
		}
		if (now < ms && now % 20 == 7)
			pull(NOW + (from_ms + now) * MS);
	}
}

static void comes_through(enum codec_id codec, uint32_t rate, unsigned packet_ms)
{
	begin(codec, rate, packet_ms);
	talk(0, 1200, 0);
	/* half a frame waits for the other half */
	ck_assert_msg(stage.sounds + (packet_ms < 20) == stage.pulls, "%s: %u of %u",
		codec_row(codec)->name.at, stage.sounds, stage.pulls);
	ck_assert_uint_eq(stage.jitter.concealed_ms, 0);
	ck_assert_double_eq_tol(tone_amplitude(stage.heard, rate / 50, 400, rate), 8000, 1000);
	/* what came is played with the next pull */
	ck_assert_uint_le(jitter_waiting_ms(&stage.jitter), MAX(packet_ms, 20));
}

START_TEST(what_comes_evenly_goes_at_once)
{
	static const unsigned times[] = {10, 20, 40, 60};
	for (unsigned i = 0; i < ARRAY_LENGTH(times); i++) {
		comes_through(CODEC_PCMU, 8000, times[i]);
		comes_through(CODEC_PCMA, 8000, times[i]);
		if (codec_is_built(CODEC_G722))
			comes_through(CODEC_G722, 16000, times[i]);
		if (codec_is_built(CODEC_OPUS)) {
			comes_through(CODEC_OPUS, 8000, times[i]);
			comes_through(CODEC_OPUS, 16000, times[i]);
		}
	}
	begin(CODEC_PCMU, 8000, 30);
	talk(0, 1200, 0);
	ck_assert_uint_le(stage.conceals, 1);
}
END_TEST

START_TEST(the_delay_follows_the_network)
{
	begin(CODEC_PCMU, 8000, 20);
	talk(0, 4000, 0);
	ck_assert_uint_eq(stage.conceals, 0);
	/* packets up to 60 ms late: at first sound runs out, then the delay has grown */
	talk(4000, 4000, 60);
	ck_assert_uint_ge(stage.conceals, 1);
	stage.conceals = 0;
	talk(8000, 8000, 60);
	ck_assert_msg(stage.conceals <= 16, "%u", stage.conceals);
	ck_assert_uint_eq(stage.jitter.late, 0);
	ck_assert_uint_eq(stage.jitter.overrun, 0);
	/* and shrinks again */
	talk(16000, 8000, 0);
	stage.conceals = 0;
	talk(24000, 2000, 0);
	ck_assert_uint_eq(stage.conceals, 0);
	ck_assert_uint_eq(jitter_waiting_ms(&stage.jitter), 0);
	ck_assert_uint_ge(stage.jitter.blended, 1);
	ck_assert_uint_eq(stage.jitter.blended * 20,
		stage.jitter.concealed_ms); /* nothing was lost: what was added is taken away */
}
END_TEST

START_TEST(losses_are_guessed_and_time_stays)
{
	begin(CODEC_PCMA, 8000, 20);
	unsigned lost = 0;
	double least = 8000;
	for (unsigned i = 0; i < 500; i++) {
		const struct rtp_packet *packet = say();
		bool is_lost = i % 10 == 5;
		lost += is_lost;
		if (!is_lost)
			jitter_put(&stage.jitter, packet, NOW + i * 20 * MS);
		enum jitter_heard heard = pull(NOW + (i * 20 + 5) * MS);
		ck_assert_int_ne(heard, JITTER_NOTHING);
		least = MIN(least, level());
	}
	/* each is guessed once, and what was guessed is not said in addition */
	ck_assert_uint_eq(stage.jitter.concealed_ms, lost * 20);
	ck_assert_uint_eq(stage.jitter.blended, 0);
	ck_assert_uint_eq(jitter_waiting_ms(&stage.jitter), 0);
	ck_assert_double_ge(least, 4000);
}
END_TEST

START_TEST(several_in_a_row_are_guessed_once_each)
{
	for (unsigned row = 2; row <= 4; row++) {
		begin(CODEC_PCMU, 8000, 20);
		for (unsigned i = 0; i < 40; i++) {
			const struct rtp_packet *packet = say();
			if (i < 20 || i >= 20 + row)
				jitter_put(&stage.jitter, packet, NOW + i * 20 * MS);
			pull(NOW + (i * 20 + 5) * MS);
		}
		ck_assert_uint_eq(stage.jitter.concealed_ms, row * 20);
		ck_assert_uint_eq(jitter_waiting_ms(&stage.jitter), 0);
		/* the same where the delay has them known before they are played */
		begin(CODEC_PCMU, 8000, 20);
		for (unsigned i = 0; i < 40; i++) {
			const struct rtp_packet *packet = say();
			if (i < 20 || i >= 20 + row)
				jitter_put(&stage.jitter, packet, NOW + i * 20 * MS);
			if (i > 1)
				pull(NOW + (i * 20 + 5) * MS);
		}
		ck_assert_uint_eq(stage.jitter.concealed_ms, row * 20);
		ck_assert_uint_eq(jitter_waiting_ms(&stage.jitter), 40);
	}
}
END_TEST

/* A way that got longer for good is no unrest. */
START_TEST(a_longer_way_is_got_used_to)
{
	begin(CODEC_PCMU, 8000, 20);
	talk(0, 2000, 0);
	talk(2080, 2000, 0);
	ck_assert_uint_ge(stage.jitter.peak_us, 30000);
	talk(4080, 10000, 0);
	talk(14080, 10000, 0);
	ck_assert_uint_le(stage.jitter.peak_us, 5000);
}
END_TEST

/* A late packet costs a frame of delay; one that is lost after that is guessed like any other. */
START_TEST(a_late_packet_is_no_lost_one)
{
	struct rtp_packet late;
	uint8_t kept[CODEC_FRAME_BYTES_MAX];
	begin(CODEC_PCMU, 8000, 20);
	for (unsigned i = 0; i < 30; i++) {
		const struct rtp_packet *packet = say();
		if (i == 10) {
			late = *packet;
			memcpy(kept, stage.payload, sizeof(kept));
			late.payload = kept;
		} else if (i != 20) {
			jitter_put(&stage.jitter, i == 11 ? &late : packet, NOW + i * 20 * MS);
		}
		if (i == 11)
			jitter_put(&stage.jitter, packet, NOW + i * 20 * MS);
		pull(NOW + (i * 20 + 5) * MS);
	}
	ck_assert_uint_eq(stage.jitter.concealed_ms, 40);
	ck_assert_uint_eq(stage.jitter.late, 0);
	ck_assert_uint_eq(jitter_waiting_ms(&stage.jitter), 20);
}
END_TEST

/* Where packets are known to come late, talk begins that much later. */
START_TEST(a_restless_network_is_remembered)
{
	begin(CODEC_PCMU, 8000, 20);
	talk(0, 2000, 60);
	for (unsigned i = 0; i < 15; i++)
		pull(NOW + (2007 + i * 20) * MS);
	stage.packet.timestamp += 400 * 8;
	jitter_put(&stage.jitter, say(), NOW + 2400 * MS);
	ck_assert_int_eq(pull(NOW + 2405 * MS), JITTER_NOTHING);
	ck_assert_int_eq(pull(NOW + 2425 * MS), JITTER_NOTHING);
	pull(NOW + 2445 * MS);
	pull(NOW + 2465 * MS);
	ck_assert_int_eq(pull(NOW + 2485 * MS), JITTER_CONCEALED);
}
END_TEST

/* Redundancy in a packet is of the one before it, not of those before that. */
START_TEST(opus_finds_what_was_lost_in_the_next_packet)
{
	static const struct codec_settings settings = {.has_fec = true};
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	double first = 0, second = 0;
	int16_t in[160];
	if (!codec_is_built(CODEC_OPUS))
		return;
	begin(CODEC_OPUS, 8000, 20);
	codec_encoder_init(stage.encoder, CODEC_OPUS, 8000, &settings);
	for (unsigned i = 0; i < 40; i++) {
		/* of the packets 30 and 31, which are lost, 31 has a tone that is nowhere else */
		tone_make(in, 160, 160 * i, i < 31 ? 400 : i == 31 ? 1000 : 2500, 8000, 8000);
		int length = codec_encode(stage.encoder, in, 160, payload);
		struct rtp_packet packet = {.ssrc = 1,
			.sequence = (uint16_t)i,
			.timestamp = i * 960,
			.payload = payload,
			.payload_length = (size_t)length};
		if (i != 30 && i != 31)
			jitter_put(&stage.jitter, &packet, NOW + i * 20 * MS);
		/* with 40 ms of delay, so that the packet behind is there */
		if (i < 2)
			continue;
		pull(NOW + (i * 20 + 1) * MS);
		first = i == 32 ? tone_amplitude(stage.heard + 80, 80, 1000, 8000) : first;
		second = i == 33 ? tone_amplitude(stage.heard + 80, 80, 1000, 8000) : second;
	}
	ck_assert_uint_eq(stage.conceals, 2);
	ck_assert_double_le(first, 500);
	ck_assert_double_ge(second, 1000); /* it swells, behind a guess */
}
END_TEST

START_TEST(order_is_restored_and_duplicates_go)
{
	struct rtp_packet first, second;
	uint8_t kept[CODEC_FRAME_BYTES_MAX];
	begin(CODEC_PCMU, 8000, 20);
	for (unsigned i = 0; i < 50; i += 2) {
		first = *say();
		memcpy(kept, stage.payload, sizeof(kept));
		first.payload = kept;
		second = *say();
		ck_assert(jitter_put(&stage.jitter, &second, NOW + i * 20 * MS));
		ck_assert(jitter_put(&stage.jitter, &first, NOW + i * 20 * MS + 1));
		ck_assert(!jitter_put(&stage.jitter, &first, NOW + i * 20 * MS + 2));
		for (unsigned j = 0; j < 2; j++)
			ck_assert_int_eq(pull(NOW + (i * 20 + 5 + j * 20) * MS), JITTER_SOUND);
		if (i)
			ck_assert_double_eq_tol(
				tone_amplitude(stage.heard, 160, 400, 8000), 8000, 300);
		ck_assert(!jitter_put(&stage.jitter, &first, NOW + (i * 20 + 30) * MS));
	}
	ck_assert_uint_eq(stage.jitter.duplicates, 25);
	ck_assert_uint_eq(stage.jitter.late, 25);
	ck_assert_uint_eq(stage.jitter.concealed_ms, 0);
}
END_TEST

START_TEST(silence_that_is_not_sent_is_silence)
{
	begin(CODEC_PCMU, 8000, 20);
	talk(0, 400, 0);
	unsigned sounds = stage.sounds;
	/* 600 ms without a packet: a little is guessed, then it is silent */
	for (unsigned i = 0; i < 30; i++)
		pull(NOW + (407 + i * 20) * MS);
	ck_assert_uint_eq(stage.sounds, sounds);
	ck_assert_uint_le(stage.conceals, 4);
	ck_assert_double_eq(level(), 0);
	/* and begins again with the next packet */
	stage.packet.timestamp += 600 * 8;
	stage.conceals = 0;
	talk(1000, 400, 0);
	ck_assert_uint_eq(stage.sounds, sounds + 20);
	ck_assert_uint_eq(stage.conceals, 0);
	/* a short hole that is known before it is played is as long as it says */
	jitter_put(&stage.jitter, say(), NOW + 1400 * MS);
	stage.packet.timestamp += 160 * 2;
	jitter_put(&stage.jitter, say(), NOW + 1400 * MS);
	ck_assert_int_eq(pull(NOW + 1407 * MS), JITTER_SOUND);
	ck_assert_int_eq(pull(NOW + 1427 * MS), JITTER_NOTHING);
	ck_assert_int_eq(pull(NOW + 1447 * MS), JITTER_NOTHING);
	ck_assert_int_eq(pull(NOW + 1467 * MS), JITTER_SOUND);
}
END_TEST

/* Comfort noise, or keys, have numbers of their own. */
START_TEST(what_is_no_sound_is_a_pause_and_no_loss)
{
	begin(CODEC_PCMU, 8000, 20);
	uint64_t now = NOW;
	for (unsigned i = 0; i < 100; i++, now += 20 * MS) {
		struct rtp_packet packet = *say();
		if (i % 10 == 4 || i % 10 == 5)
			jitter_skip(&stage.jitter, &packet);
		else
			jitter_put(&stage.jitter, &packet, now);
		pull(now + 7 * MS);
	}
	ck_assert_uint_eq(stage.jitter.concealed_ms, 0);
	ck_assert_uint_eq(stage.conceals, 0);
	ck_assert_uint_ge(stage.sounds, 75);
	/* of another source, or long ago, it says nothing of what is lost now */
	struct rtp_packet lost = *say();
	lost.ssrc++;
	jitter_skip(&stage.jitter, &lost);
	pull(now + 7 * MS);
	ck_assert_uint_gt(stage.jitter.concealed_ms, 0);
}
END_TEST

START_TEST(a_burst_is_said_and_made_up_for)
{
	begin(CODEC_PCMU, 8000, 20);
	for (unsigned i = 0; i < 14; i++)
		ck_assert(jitter_put(&stage.jitter, say(), NOW));
	talk(0, 4000, 0);
	ck_assert_uint_eq(stage.jitter.overrun, 0);
	ck_assert_uint_eq(stage.conceals, 0);
	ck_assert_uint_eq(stage.sounds, stage.pulls);
	/* 280 ms more than time went by: down to what may wait, quickly */
	ck_assert_uint_ge(stage.jitter.blended, 9);
	ck_assert_uint_le(jitter_waiting_ms(&stage.jitter), JITTER_MS_MOST);
	talk(4000, 10000, 0);
	ck_assert_uint_eq(jitter_waiting_ms(&stage.jitter), 0);
}
END_TEST

START_TEST(too_much_at_once_drops_the_oldest)
{
	begin(CODEC_PCMU, 8000, 20);
	for (unsigned i = 0; i < 100; i++)
		ck_assert(jitter_put(&stage.jitter, say(), NOW));
	ck_assert_uint_eq(stage.jitter.overrun, 100 - JITTER_PACKETS);
	ck_assert_int_eq(pull(NOW), JITTER_SOUND);
	ck_assert_uint_le(jitter_waiting_ms(&stage.jitter), JITTER_PACKETS * 20);
}
END_TEST

/* While sound is being said: what had to go is neither waited for nor guessed. */
START_TEST(what_had_to_go_is_not_guessed)
{
	begin(CODEC_PCMU, 8000, 20);
	talk(0, 1000, 0);
	for (unsigned i = 0; i < JITTER_PACKETS + 8; i++)
		jitter_put(&stage.jitter, say(), NOW + 1000 * MS);
	ck_assert_uint_eq(stage.jitter.overrun, 8);
	stage.pulls = stage.sounds = 0;
	talk(1000, 4000, 0);
	ck_assert_uint_eq(stage.sounds, stage.pulls);
	ck_assert_uint_le(jitter_waiting_ms(&stage.jitter), JITTER_MS_MOST);
	ck_assert_double_gt(level(), 1000);
}
END_TEST

START_TEST(a_source_may_number_anew)
{
	begin(CODEC_PCMU, 8000, 20);
	talk(0, 400, 0);
	stage.packet.ssrc = 2;
	stage.packet.timestamp = 5;
	talk(400, 400, 0);
	stage.packet.timestamp += 8000 * 60;
	talk(800, 400, 0);
	stage.packet.sequence += 10000;
	talk(1200, 400, 0);
	ck_assert_uint_eq(stage.sounds, stage.pulls);
	ck_assert_uint_eq(stage.conceals, 0);
}
END_TEST

START_TEST(what_cannot_be_decoded_does_no_harm)
{
	struct rtp_packet packet = {.ssrc = 1, .payload = stage.payload};
	begin(CODEC_PCMU, 8000, 20);
	ck_assert(!jitter_put(&stage.jitter, &packet, NOW));
	packet.payload_length = JITTER_PAYLOAD_MAX + 1;
	ck_assert(!jitter_put(&stage.jitter, &packet, NOW));
	ck_assert_uint_eq(stage.jitter.refused, 2);
	ck_assert_int_eq(pull(NOW), JITTER_NOTHING);
	/* 120 ms in one packet */
	packet.payload = (const uint8_t[JITTER_PAYLOAD_MAX]){0};
	packet.payload_length = JITTER_PAYLOAD_MAX;
	ck_assert(jitter_put(&stage.jitter, &packet, NOW));
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(pull(NOW + i * 20 * MS), JITTER_SOUND);
	ck_assert_int_eq(pull(NOW + 120 * MS), JITTER_CONCEALED);
	if (!codec_is_built(CODEC_OPUS))
		return;
	begin(CODEC_OPUS, 16000, 20);
	packet.payload = (const uint8_t *)"\xff\xff\xff\xff";
	packet.payload_length = 4;
	for (unsigned i = 0; i < 50; i++) {
		packet.sequence++;
		packet.timestamp += 960;
		jitter_put(&stage.jitter, &packet, NOW + i * 20 * MS);
		pull(NOW + i * 20 * MS);
	}
	ck_assert_uint_eq(stage.sounds, 0);
	ck_assert_uint_ge(stage.jitter.refused, 40);
}
END_TEST

/* Any order of anything: it comes to an end, and never more waits than there is room for. */
START_TEST(nothing_runs_over)
{
	uint32_t seed = 7;
	begin(CODEC_PCMU, 8000, 20);
	struct rtp_packet packet = {.payload = stage.payload};
	uint64_t now = NOW;
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		now += (seed >> 30) * 7 * MS;
		packet.ssrc = seed >> 29 == 7 && i % 64 == 0;
		packet.sequence = (uint16_t)(i / 3 + (seed >> 8 & 7));
		packet.timestamp = packet.sequence * 160u + (seed >> 12 & 1) * (seed >> 13 & 0x1ff);
		packet.payload_length = seed >> 4 & 0x3ff;
		jitter_put(&stage.jitter, &packet, now);
		if (seed >> 20 & 1)
			pull(now);
		ck_assert_uint_le(stage.jitter.fill, CODEC_SAMPLES_MAX);
	}
	ck_assert_uint_gt(stage.sounds, 500);
}
END_TEST

TEST_MAIN("jitter", what_comes_evenly_goes_at_once, the_delay_follows_the_network,
	losses_are_guessed_and_time_stays, several_in_a_row_are_guessed_once_each,
	a_longer_way_is_got_used_to, a_late_packet_is_no_lost_one, a_restless_network_is_remembered,
	opus_finds_what_was_lost_in_the_next_packet, order_is_restored_and_duplicates_go,
	silence_that_is_not_sent_is_silence, what_is_no_sound_is_a_pause_and_no_loss,
	a_burst_is_said_and_made_up_for, too_much_at_once_drops_the_oldest,
	what_had_to_go_is_not_guessed, a_source_may_number_anew,
	what_cannot_be_decoded_does_no_harm, nothing_runs_over)
