/* SPDX-License-Identifier: Apache-2.0 */
/* test_overlay.c: a tone to one leg while others talk: it hears both, in one stream. */
#include "media/overlay.h"

#include "media/relay.h"
#include "unit/media/mix_harness.h"

/* Places of `tones`: what talkers say, the two of "you wait", the beep before the end. */
enum { FIRST = 3, SECOND = 2, LOW = 5, HIGH = 6, NEARLY_OVER = 8 };

/* 260 ms of tone, and what coders need to get ready before. */
#define FRAMES_OF_TONE 13
#define FRAMES         (FRAMES_OF_TONE + 4)

static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS};

static void start_with(enum codec_id codec, unsigned members, unsigned talkers)
{
	default_settings();
	settings.has_tones = true;
	settings.talkers = (uint8_t)talkers;
	start_group();
	for (unsigned i = 0; i < members; i++)
		join_with(i, tones[i == 1 && talkers > 1 ? SECOND : FIRST], codec);
	for (unsigned i = 0; i < talkers; i++)
		leg_button(&legs[i], MEDIA_BUTTON_REQUEST, 1);
}

static void talk(unsigned frames, unsigned talkers, unsigned members)
{
	for (unsigned n = 0; n < frames; n++) {
		for (unsigned i = 0; i < talkers; i++)
			says(i, 0.1);
		frame(members);
	}
}

/* What a phone has heard of a tone, one packet like another. */
static double share(unsigned i, unsigned tone)
{
	return voices[i].heard ? voices[i].loud[tone] / voices[i].heard : 0;
}

static void must_get(unsigned i, unsigned tone, double least, double most)
{
	double found = share(i, tone);
	ck_assert_msg(found >= least && found <= most, "%u gets %g of tone %u in codec %u", i,
		found, tone, voices[i].codec);
}

static void forget_streams(void)
{
	forget_heard();
	for (unsigned i = 0; i < ARRAY_LENGTH(voices); i++)
		voices[i].packets = voices[i].breaks = voices[i].leaps = 0;
}

/* Of all threads. */
static unsigned encoders_used(void)
{
	unsigned used = 0;
	for (unsigned i = 0; i < media_threads(media); i++)
		used += media->relays[i].overlays.legs.used;
	return used;
}

static unsigned sources_used(void)
{
	unsigned used = 0;
	for (unsigned i = 0; i < media_threads(media); i++)
		used += media->relays[i].overlays.sources.used;
	return used;
}

static bool has_memory(enum codec_id codec)
{
	return codec == CODEC_G722 || codec == CODEC_OPUS;
}

static void must_be_one_stream(unsigned i, unsigned packets)
{
	ck_assert_uint_eq(voices[i].packets, packets);
	ck_assert_uint_eq(voices[i].breaks, 0);
	ck_assert_uint_eq(voices[i].leaps, 0);
}

static void must_be_forwarded(unsigned i)
{
	ck_assert_uint_eq(voices[i].last_length, said_length);
	ck_assert_mem_eq(voices[i].last, said_last, said_length);
}

static void hears_both(enum codec_id codec)
{
	start_with(codec, 3, 1);
	talk(20, 1, 3);
	forget_streams();
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 1);
	talk(6, 1, 3);
	ck_assert_uint_eq(encoders_used(), has_memory(codec));
	ck_assert_uint_eq(sources_used(), has_memory(codec));
	talk(FRAMES - 6, 1, 3);
	/* of 340 ms each of the two beeps has 100, swelling and fading */
	must_get(1, FIRST, 0.09, 0.11);
	must_get(1, LOW, 0.06, 0.08);
	must_get(1, HIGH, 0.06, 0.08);
	must_get(2, FIRST, 0.09, 0.11);
	must_get(2, LOW, 0, 0.005);
	must_be_one_stream(1, FRAMES);
	must_be_one_stream(2, FRAMES);
	/* and then as it came */
	forget_heard();
	talk(30, 1, 3);
	must_be_forwarded(1);
	must_get(1, FIRST, 0.09, 0.11);
	must_get(1, LOW, 0, 0.005);
	must_be_one_stream(1, FRAMES + 30);
	ck_assert_uint_eq(encoders_used() + sources_used(), 0);
	ck_assert_uint_eq(count(METRIC_group_tones_alone), 0);
	finish_group(legs, 3);
}

START_TEST(the_tone_is_heard_and_the_talk)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++)
		if (codec_is_built(codecs[i]))
			hears_both(codecs[i]);
}
END_TEST

/* Two talk, and their mix has the tone in it for who wanted to be a third. */
static void hears_both_in_a_mix(enum codec_id codec)
{
	start_with(codec, 4, 2);
	talk(30, 2, 4);
	forget_streams();
	leg_button(&legs[2], MEDIA_BUTTON_REQUEST, 1);
	talk(FRAMES, 2, 4);
	must_get(2, FIRST, 0.09, 0.11);
	must_get(2, SECOND, 0.09, 0.11);
	must_get(2, LOW, 0.06, 0.08);
	must_get(2, HIGH, 0.06, 0.08);
	must_get(3, LOW, 0, 0.005);
	must_be_one_stream(2, FRAMES);
	must_be_one_stream(3, FRAMES);
	finish_group(legs, 4);
}

START_TEST(the_tone_is_heard_and_the_mix)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++)
		if (codec_is_built(codecs[i]))
			hears_both_in_a_mix(codecs[i]);
}
END_TEST

/* A talker hears the other one, and that his time is nearly over. */
static void talker_hears_both(enum codec_id codec)
{
	default_settings();
	settings.has_tones = true;
	settings.talkers = 2;
	settings.max_talk_ms = 6000;
	start_group();
	join_with(0, tones[FIRST], codec);
	join_with(1, tones[SECOND], codec);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	talk(30, 1, 2);
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 1);
	talk(10, 2, 2);
	forget_streams();
	talk(30, 2, 2);
	must_get(0, SECOND, 0.09, 0.11);
	/* 40 ms of 600 */
	must_get(0, NEARLY_OVER, 0.7 * 0.25 * 40 / 600, 0.02);
	must_get(1, NEARLY_OVER, 0, 0.005);
	must_be_one_stream(0, 30);
	must_be_one_stream(1, 30);
	ck_assert_uint_eq(encoders_used() + sources_used(), 0);
	ck_assert_uint_eq(count(METRIC_group_tones_alone), 0);
	finish_group(legs, 2);
}

START_TEST(a_talker_hears_a_tone_and_the_others)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++)
		if (codec_is_built(codecs[i]))
			talker_hears_both(codecs[i]);
}
END_TEST

static void take_all(struct slab *slab)
{
	while (slab_take(slab))
		continue;
}

/* No coder is left: the tone alone, which is counted; talk again behind it. */
static void has_no_coder(enum codec_id codec, bool takes_sources)
{
	start_with(codec, 3, 1);
	for (unsigned i = 0; i < media_threads(media); i++)
		take_all(takes_sources ? &media->relays[i].overlays.sources
				       : &media->relays[i].overlays.legs);
	talk(20, 1, 3);
	forget_streams();
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 1);
	talk(FRAMES_OF_TONE + 1, 1, 3);
	must_get(1, LOW, 0.07, 0.1);
	must_get(1, HIGH, 0.07, 0.1);
	must_get(1, FIRST, 0, 0.02);
	must_get(2, FIRST, 0.09, 0.11);
	ck_assert_uint_ge(count(METRIC_group_tones_alone), FRAMES_OF_TONE - 1);
	forget_heard();
	talk(30, 1, 3);
	must_be_forwarded(1);
	must_get(1, FIRST, 0.09, 0.11);
	ck_assert_uint_eq(voices[1].breaks, 0);
	finish_group(legs, 3);
}

START_TEST(without_a_coder_the_tone_is_heard)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++)
		if (codec_is_built(codecs[i]) && has_memory(codecs[i])) {
			has_no_coder(codecs[i], false);
			has_no_coder(codecs[i], true);
		}
}
END_TEST

/* Who hears a tone together with others shares the decoder. Who leaves gives back what he had. */
static void shares_a_decoder(enum codec_id codec)
{
	start_with(codec, 4, 1);
	talk(10, 1, 4);
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 1);
	leg_button(&legs[2], MEDIA_BUTTON_REQUEST, 1);
	talk(6, 1, 4);
	ck_assert_uint_eq(encoders_used(), 2);
	/* one on each thread that has such a leg */
	ck_assert_uint_eq(sources_used(), spread() == 2 ? 2 : 1);
	/* described anew it goes on, and who is on hold hears nothing */
	leg_set(&legs[1]);
	legs[2].said.receives = false;
	leg_set(&legs[2]);
	talk(1, 1, 4);
	ck_assert_uint_eq(encoders_used(), 1);
	leg_close(&legs[1]);
	ck_assert_uint_eq(encoders_used(), 0);
	talk(12, 1, 1);
	ck_assert_uint_eq(sources_used(), 0);
	leg_close(&legs[0]);
	leg_close(&legs[2]);
	leg_close(&legs[3]);
	finish();
}

START_TEST(what_is_decoded_is_shared)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++)
		if (codec_is_built(codecs[i]) && has_memory(codecs[i]))
			shares_a_decoder(codecs[i]);
}
END_TEST

/* A group that is closed while tones are heard keeps nothing. */
START_TEST(a_group_that_closes_gives_all_back)
{
	if (!codec_is_built(CODEC_OPUS))
		return;
	start_with(CODEC_OPUS, 3, 1);
	talk(10, 1, 3);
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 1);
	talk(3, 1, 3);
	ck_assert_uint_eq(encoders_used() + sources_used(), 2);
	media_group_close(media, 0, here.group);
	settle();
	for (unsigned i = 0; i < 3; i++)
		leg_close(&legs[i]);
	ck_assert_uint_eq(encoders_used() + sources_used(), 0);
	finish();
}
END_TEST

TEST_MAIN("overlay", the_tone_is_heard_and_the_talk, the_tone_is_heard_and_the_mix,
	a_talker_hears_a_tone_and_the_others, without_a_coder_the_tone_is_heard,
	what_is_decoded_is_shared, a_group_that_closes_gives_all_back)
