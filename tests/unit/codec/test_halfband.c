/* SPDX-License-Identifier: Apache-2.0 */
/* test_halfband.c: tones keep their height and strength between 8 and 16 kHz, aliases do not come.
 */
#include "codec/halfband.h"

#include <math.h>
#include <string.h>

#include "lib/testing.h"

#define COUNT 320

static void make(int16_t *samples, size_t count, double hertz, double rate, double peak)
{
	for (size_t i = 0; i < count; i++)
		samples[i] = (int16_t)lrint(peak * sin(2 * M_PI * hertz * (double)i / rate));
}

static double strength(const int16_t *samples, size_t count, double hertz, double rate)
{
	double s = 0, c = 0;
	for (size_t i = 0; i < count; i++) {
		s += samples[i] * sin(2 * M_PI * hertz * (double)i / rate);
		c += samples[i] * cos(2 * M_PI * hertz * (double)i / rate);
	}
	return 2 * hypot(s, c) / (double)count;
}

START_TEST(up_keeps_a_tone_and_adds_none)
{
	static const double tones[] = {300, 1000, 2000, 3000, 3400};
	for (size_t t = 0; t < 5; t++) {
		struct halfband halfband = {0};
		int16_t in[10 * COUNT], out[20 * COUNT];
		make(in, 10 * COUNT, tones[t], 8000, 10000);
		for (size_t i = 0; i < 10; i++)
			halfband_up(&halfband, in + i * COUNT, COUNT, out + 2 * i * COUNT);
		const int16_t *behind = out + 4 * COUNT;
		ck_assert_double_gt(strength(behind, 16 * COUNT, tones[t], 16000), 9800);
		ck_assert_double_lt(strength(behind, 16 * COUNT, tones[t], 16000), 10200);
		ck_assert_double_lt(strength(behind, 16 * COUNT, 8000 - tones[t], 16000), 100);
	}
}
END_TEST

START_TEST(down_keeps_a_tone_and_folds_none)
{
	static const double tones[] = {300, 1000, 2000, 3000, 3400};
	for (size_t t = 0; t < 5; t++) {
		struct halfband halfband = {0}, other = {0};
		int16_t in[10 * COUNT], out[5 * COUNT];
		make(in, 10 * COUNT, tones[t], 16000, 10000);
		for (size_t i = 0; i < 10; i++)
			halfband_down(&halfband, in + i * COUNT, COUNT, out + i * COUNT / 2);
		ck_assert_double_gt(strength(out + COUNT, 4 * COUNT, tones[t], 8000), 9800);
		ck_assert_double_lt(strength(out + COUNT, 4 * COUNT, tones[t], 8000), 10200);
		make(in, 10 * COUNT, 8000 - tones[t], 16000, 10000);
		for (size_t i = 0; i < 10; i++)
			halfband_down(&other, in + i * COUNT, COUNT, out + i * COUNT / 2);
		ck_assert_double_lt(strength(out + COUNT, 4 * COUNT, tones[t], 8000), 100);
	}
}
END_TEST

/* In any pieces the same comes out, and the loudest there is does not wrap around. */
START_TEST(pieces_make_no_difference)
{
	int16_t in[COUNT], whole[2 * COUNT], pieces[2 * COUNT];
	struct halfband a = {0}, b = {0};
	for (size_t i = 0; i < COUNT; i++)
		in[i] = i / 3 % 2 ? INT16_MAX : INT16_MIN;
	halfband_up(&a, in, COUNT, whole);
	for (size_t i = 0; i < COUNT; i += 10)
		halfband_up(&b, in + i, 10, pieces + 2 * i);
	ck_assert_mem_eq(whole, pieces, sizeof(whole));
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	halfband_down(&a, in, COUNT, whole);
	for (size_t i = 0; i < COUNT; i += 10)
		halfband_down(&b, in + i, 10, pieces + i / 2);
	ck_assert_mem_eq(whole, pieces, COUNT);
}
END_TEST

TEST_MAIN("halfband", up_keeps_a_tone_and_adds_none, down_keeps_a_tone_and_folds_none,
	pieces_make_no_difference)
