/* SPDX-License-Identifier: Apache-2.0 */
/* test_conceal.c: what is made up in place of lost samples sounds like those before, and fades. */
#include "base/macros.h"
#include "codec/conceal.h"
#include "lib/testing.h"
#include "lib/tone.h"

#define MS_MOST 120

static struct conceal conceal;
static int16_t samples[16 * MS_MOST];

/* A tone of 200 Hz for 60 ms. */
static void hear_tone(uint32_t rate)
{
	conceal_init(&conceal, rate);
	for (unsigned at = 0; at < 3; at++) {
		tone_make(samples, rate / 50, at * rate / 50, 200, rate, 8000);
		conceal_heard(&conceal, samples, rate / 50);
	}
}

START_TEST(the_period_goes_on)
{
	static const uint32_t rates[] = {8000, 16000};
	for (unsigned i = 0; i < ARRAY_LENGTH(rates); i++) {
		uint32_t rate = rates[i];
		hear_tone(rate);
		conceal_lost(&conceal, samples, rate / 100);
		ck_assert_double_ge(tone_amplitude(samples, rate / 100, 200, rate), 7600);
		/* and begins where the last one ended */
		ck_assert_int_le(abs(samples[0]), 1600);
	}
}
END_TEST

START_TEST(it_fades_to_silence)
{
	double before = 1e9;
	hear_tone(8000);
	conceal_lost(&conceal, samples, 8 * MS_MOST);
	for (unsigned ms = 0; ms + 20 <= 60; ms += 20) {
		double level = tone_level(samples + 8 * ms, 160);
		ck_assert_double_lt(level, before);
		before = level;
	}
	for (unsigned i = 8 * 60; i < 8 * MS_MOST; i++)
		ck_assert_int_eq(samples[i], 0);
}
END_TEST

START_TEST(silence_stays_silent)
{
	conceal_init(&conceal, 8000);
	conceal_lost(&conceal, samples, 160);
	for (unsigned i = 0; i < 160; i++)
		ck_assert_int_eq(samples[i], 0);
}
END_TEST

/* No step much greater than the tone's own where the stream goes on, a quarter of a period off. */
START_TEST(nothing_clicks_where_it_goes_on)
{
	hear_tone(8000);
	conceal_lost(&conceal, samples, 160);
	int16_t last = samples[159], after[160];
	tone_make(after, 160, 10, 200, 8000, 8000);
	conceal_heard(&conceal, after, 160);
	for (unsigned i = 0; i < 160; i++) {
		ck_assert_int_le(abs(after[i] - last), 2500);
		last = after[i];
	}
	/* and behind the blend it is what came */
	int16_t clean[160];
	tone_make(clean, 160, 10, 200, 8000, 8000);
	ck_assert_mem_eq(after + 32, clean + 32, sizeof(int16_t) * 128);
}
END_TEST

START_TEST(long_packets_are_remembered)
{
	conceal_init(&conceal, 8000);
	tone_make(samples, 960, 0, 200, 8000, 8000);
	conceal_heard(&conceal, samples, 960);
	conceal_lost(&conceal, samples, 80);
	ck_assert_double_ge(tone_amplitude(samples, 80, 200, 8000), 7600);
}
END_TEST

TEST_MAIN("conceal", the_period_goes_on, it_fades_to_silence, silence_stays_silent,
	nothing_clicks_where_it_goes_on, long_packets_are_remembered)
