/* SPDX-License-Identifier: Apache-2.0 */
/* test_mix_turns.c: a second one begins to speak and ends: of the first each sample is heard once.
 */
#include "unit/media/mix_harness.h"

/* alice talks, bob has the floor now and then and says silence; carol and dave listen, in the
 * codec of alice and in another. */
enum { ALICE, BOB, CAROL, DAVE, LEGS };

#define PACKET_MOST     480
#define GUESSED_MS_MOST 80
#define PAUSE_MS        7
#define STEP_MS         10
#define SAMPLES_MOST    (400 * PACKET_MOST)

/* What came to a listener, sample by sample; silence is left out. */
static struct ear {
	int16_t samples[SAMPLES_MOST];
	size_t count;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	unsigned packets;
} ears[LEGS];

/* Loud steps that both laws of G.711 keep apart. */
static uint8_t code_of(unsigned packet)
{
	return (uint8_t)(0x80 + 4 * (packet % 16));
}

static int16_t linear(enum codec_id codec, uint8_t code)
{
	static int16_t tables[CODEC_COUNT][256];
	static _Alignas(16) char decoder[1 << 16];
	uint8_t codes[256];
	if (tables[codec][0] == 0) {
		for (unsigned i = 0; i < 256; i++)
			codes[i] = (uint8_t)i;
		ck_assert_int_eq(
			codec_decoder_init((struct codec_decoder *)decoder, codec, 8000), 0);
		ck_assert_int_eq(
			codec_decode((struct codec_decoder *)decoder, codes, 256, tables[codec]),
			256);
	}
	return tables[codec][code];
}

static void keep(struct ear *ear, enum codec_id codec, const uint8_t *payload, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int16_t sample = linear(codec, payload[i]);
		if (sample > 8 || sample < -8) {
			ck_assert_uint_lt(ear->count, SAMPLES_MOST);
			ear->samples[ear->count++] = sample;
		}
	}
}

/* One stream whose numbers go on, and whose time goes on by what was said, or by a pause. */
static void follow(struct ear *ear, const uint8_t *bytes, size_t before)
{
	uint16_t sequence = bytes_u16(bytes + 2);
	uint32_t timestamp = bytes_u32(bytes + 4), ssrc = bytes_u32(bytes + 8);
	if (ear->packets++ > 0) {
		ck_assert_uint_eq(ssrc, ear->ssrc);
		ck_assert_uint_eq(sequence, (uint16_t)(ear->sequence + 1));
		ck_assert_uint_ge(timestamp - ear->timestamp, before);
		ck_assert_uint_lt(timestamp - ear->timestamp, 8000);
	}
	ear->ssrc = ssrc;
	ear->sequence = sequence;
	ear->timestamp = timestamp;
}

static void listen_all(void)
{
	static size_t before[LEGS];
	uint8_t bytes[1500];
	for (unsigned i = 0; i < LEGS; i++)
		for (;;) {
			ssize_t length =
				recv(legs[i].phone.fds[0], bytes, sizeof(bytes), MSG_DONTWAIT);
			if (length < 12)
				break;
			follow(&ears[i], bytes, before[i]);
			before[i] = (size_t)length - 12;
			keep(&ears[i], voices[i].codec, bytes + 12, (size_t)length - 12);
		}
}

/* What alice says: packets of so many ms, so many at once, from a moment on. In front of one there
 * is a pause that is no whole frame. */
struct talk {
	unsigned packet_ms, at_once, from_ms, paused;
	unsigned said; /* packets */
};

static void say_packet(struct talk *talk)
{
	uint8_t bytes[12 + PACKET_MOST];
	size_t length = talk->packet_ms * 8;
	if (talk->paused > 0 && talk->said == talk->paused)
		legs[ALICE].phone.timestamp += PAUSE_MS * 8;
	write_rtp(&legs[ALICE].phone, bytes, "");
	memset(bytes + 12, code_of(talk->said++), length);
	legs[ALICE].phone.timestamp += (uint32_t)length - 160;
	send_bytes(&legs[ALICE].phone, 0, legs[ALICE].lease.port, bytes, 12 + length);
}

static void say_silence(unsigned who)
{
	uint8_t bytes[12 + 160];
	write_rtp(&legs[who].phone, bytes, "");
	memset(bytes + 12, 0xff, 160);
	send_bytes(&legs[who].phone, 0, legs[who].lease.port, bytes, sizeof(bytes));
}

static void step(void)
{
	fake_clock_advance(&clock_here, STEP_MS);
	for (unsigned n = 0; n < 3; n++)
		turn();
	listen_all();
}

static void gather(unsigned members, enum codec_id dave)
{
	default_settings();
	settings.talkers = 2;
	start_group();
	memset(ears, 0, sizeof(ears));
	for (unsigned i = 0; i < members; i++)
		join_with(i, 400, i == DAVE ? dave : CODEC_PCMU);
	leg_button(&legs[ALICE], MEDIA_BUTTON_REQUEST, 1);
}

static void must_have_heard_all(unsigned who, const struct talk *talk)
{
	const struct ear *ear = &ears[who];
	size_t length = talk->packet_ms * 8;
	for (unsigned n = 0; n < talk->said; n++) {
		int16_t wanted = linear(CODEC_PCMU, code_of(n));
		int near = wanted / 32; /* the other law's step */
		for (size_t i = n * length; i < (n + 1) * length; i++)
			ck_assert_msg(i < ear->count && abs(ear->samples[i] - wanted) <= near,
				"%u: sample %zu of packet %u of %u is %d, not %d; %zu of %zu came",
				who, i - n * length, n, talk->said,
				i < ear->count ? ear->samples[i] : 0, wanted, ear->count,
				talk->said * length);
	}
	/* behind the last one a mix guesses for a while that there is more */
	size_t guessed = who == DAVE ? GUESSED_MS_MOST * 8 : 0;
	ck_assert_msg(ear->count <= talk->said * length + guessed, "%u: %zu of %zu came", who,
		ear->count, talk->said * length);
}

#define BOB_FROM_MS 240
#define BOB_TO_MS   360
#define END_MS      1600

static void talk_through(struct talk talk, unsigned members)
{
	unsigned period = talk.packet_ms * talk.at_once;
	for (unsigned ms = 0; ms < END_MS + 240; ms += STEP_MS) {
		if (ms == BOB_FROM_MS)
			leg_button(&legs[BOB], MEDIA_BUTTON_REQUEST, 2);
		if (ms >= BOB_FROM_MS && ms < BOB_TO_MS && ms % 20 == 0)
			say_silence(BOB);
		if (ms == BOB_TO_MS)
			leg_button(&legs[BOB], MEDIA_BUTTON_RELEASE, 3);
		if (ms >= talk.from_ms && ms < END_MS && (ms - talk.from_ms) % period == 0)
			for (unsigned n = 0; n < talk.at_once; n++)
				say_packet(&talk);
		step();
	}
	/* where packets are longer than its frames a mix guesses between the first two */
	unsigned exact = talk.packet_ms > 20 ? MIN(members, DAVE) : members;
	for (unsigned i = BOB; i < exact; i++)
		must_have_heard_all(i, &talk);
	ck_assert_uint_eq(ears[ALICE].count, 0);
}

static void close_all(unsigned members)
{
	for (unsigned i = 0; i < members; i++)
		leg_close(&legs[i]);
	finish();
}

/* So many wait at each transition, at each moment of the mix. */
static void with_all_phases(unsigned members, unsigned packet_ms, unsigned at_once, unsigned paused)
{
	for (unsigned from_ms = 0; from_ms < packet_ms * at_once; from_ms += STEP_MS) {
		gather(members, CODEC_PCMA);
		talk_through((struct talk){packet_ms, at_once, from_ms, paused, 0}, members);
		close_all(members);
	}
}

START_TEST(one_codec_hears_each_packet_once)
{
	with_all_phases(DAVE, 20, 1, 0);
	with_all_phases(DAVE, 20, 3, 0);
}
END_TEST

START_TEST(two_codecs_hear_each_packet_once)
{
	with_all_phases(LEGS, 20, 1, 0);
	with_all_phases(LEGS, 20, 3, 0);
}
END_TEST

/* No frame of the mix is cut in the middle of a packet. */
START_TEST(packets_that_are_no_whole_frames)
{
	with_all_phases(LEGS, 30, 1, 0);
	with_all_phases(DAVE, 30, 2, 0);
	with_all_phases(LEGS, 10, 2, 0);
}
END_TEST

/* Then each frame does begin and end within a packet: before bob speaks, and while he does. */
START_TEST(frames_that_end_with_no_packet)
{
	with_all_phases(LEGS, 20, 1, 5);
	with_all_phases(LEGS, 20, 2, 15);
	with_all_phases(DAVE, 20, 1, 15);
}
END_TEST

TEST_MAIN("mix turns", one_codec_hears_each_packet_once, two_codecs_hear_each_packet_once,
	packets_that_are_no_whole_frames, frames_that_end_with_no_packet)
