/* SPDX-License-Identifier: Apache-2.0 */
/* test_resampler.c: tones through a resampler keep frequency and level, what is above half the rate
 * goes. */
#include <errno.h>

#include "codec/resampler.h"
#include "lib/testing.h"
#include "lib/tone.h"

#define FRAMES 10

/* The last half of what 200 ms of a tone become. */
static double through(uint32_t from, uint32_t to, double hertz, double look_for)
{
	int16_t in[320], out[FRAMES * 320];
	struct resampler *resampler;
	size_t count = 0;
	ck_assert_int_eq(resampler_new(&resampler, from, to), 0);
	for (unsigned i = 0; i < FRAMES; i++) {
		tone_make(in, from / 50, i * from / 50, hertz, from, 10000);
		size_t made = resampler_run(resampler, in, from / 50, out + count);
		ck_assert_uint_eq(made, to / 50);
		count += made;
	}
	resampler_free(resampler);
	return tone_amplitude(out + count / 2, count / 2, look_for, to);
}

START_TEST(a_tone_keeps_its_level)
{
	if (!resampler_is_built())
		return;
	for (double hertz = 300; hertz <= 3000; hertz += 300) {
		ck_assert_double_eq_tol(through(8000, 16000, hertz, hertz), 10000, 300);
		ck_assert_double_eq_tol(through(16000, 8000, hertz, hertz), 10000, 300);
	}
}
END_TEST

START_TEST(nothing_is_mirrored)
{
	if (!resampler_is_built())
		return;
	/* 7 kHz would come back as 1 kHz, 1 kHz would bring one of 7 */
	ck_assert_double_lt(through(16000, 8000, 7000, 1000), 100);
	ck_assert_double_lt(through(8000, 16000, 1000, 7000), 100);
}
END_TEST

START_TEST(reset_forgets)
{
	int16_t in[160], out[320];
	struct resampler *resampler = NULL;
	if (!resampler_is_built()) {
		ck_assert_int_eq(resampler_new(&resampler, 8000, 16000), -ENOTSUP);
		return;
	}
	ck_assert_int_eq(resampler_new(&resampler, 8000, 16000), 0);
	tone_make(in, 160, 0, 1000, 8000, 10000);
	resampler_run(resampler, in, 160, out);
	resampler_reset(resampler);
	memset(in, 0, sizeof(in));
	resampler_run(resampler, in, 160, out);
	for (unsigned i = 0; i < 320; i++)
		ck_assert_int_eq(out[i], 0);
	resampler_free(resampler);
	resampler_free(NULL);
}
END_TEST

TEST_MAIN("resampler", a_tone_keeps_its_level, nothing_is_mirrored, reset_forgets)
