/* SPDX-License-Identifier: Apache-2.0 */
/* test_thirdband.c: tones keep their height and strength between 16 and 48 kHz, aliases do not
 * come; and on all ways between 8, 16 and 48. */
#include "codec/thirdband.h"

#include <string.h>

#include "base/macros.h"
#include "codec/ladder.h"
#include "lib/testing.h"
#include "lib/tone.h"

#define PIECES 10
#define COUNT  320

static const double tones[] = {300, 1000, 3000, 5000, 6800};

START_TEST(up_keeps_a_tone_and_adds_none)
{
	static int16_t in[PIECES * COUNT], out[3 * PIECES * COUNT];
	for (size_t t = 0; t < ARRAY_LENGTH(tones); t++) {
		struct thirdband thirdband = {0};
		tone_make(in, PIECES * COUNT, 0, tones[t], 16000, 10000);
		for (size_t i = 0; i < PIECES; i++)
			thirdband_up(&thirdband, in + i * COUNT, COUNT, out + 3 * i * COUNT);
		const int16_t *behind = out + 3 * COUNT;
		size_t count = 3 * (PIECES - 1) * COUNT;
		double found = tone_amplitude(behind, count, tones[t], 48000);
		ck_assert_double_gt(found, 9800);
		ck_assert_double_lt(found, 10200);
		ck_assert_double_lt(tone_amplitude(behind, count, 16000 - tones[t], 48000), 100);
		ck_assert_double_lt(tone_amplitude(behind, count, 16000 + tones[t], 48000), 100);
	}
}
END_TEST

START_TEST(down_keeps_a_tone_and_folds_none)
{
	static int16_t in[3 * PIECES * COUNT], out[PIECES * COUNT];
	for (size_t t = 0; t < ARRAY_LENGTH(tones); t++) {
		const double said[] = {tones[t], 16000 - tones[t], 16000 + tones[t]};
		for (size_t k = 0; k < 3; k++) {
			struct thirdband thirdband = {0};
			tone_make(in, 3 * PIECES * COUNT, 0, said[k], 48000, 10000);
			for (size_t i = 0; i < PIECES; i++)
				thirdband_down(
					&thirdband, in + 3 * i * COUNT, 3 * COUNT, out + i * COUNT);
			double found =
				tone_amplitude(out + COUNT, (PIECES - 1) * COUNT, tones[t], 16000);
			if (k > 0)
				ck_assert_double_lt(found, 100);
			else
				ck_assert(found > 9800 && found < 10200);
		}
	}
}
END_TEST

/* In any pieces the same comes out, and the loudest there is does not wrap around. */
START_TEST(pieces_make_no_difference)
{
	static int16_t in[3 * COUNT], whole[3 * COUNT], pieces[3 * COUNT];
	struct thirdband a = {0}, b = {0};
	for (size_t i = 0; i < 3 * COUNT; i++)
		in[i] = i / 5 % 2 ? INT16_MAX : INT16_MIN;
	thirdband_up(&a, in, COUNT, whole);
	for (size_t i = 0; i < COUNT; i += 10)
		thirdband_up(&b, in + i, 10, pieces + 3 * i);
	ck_assert_mem_eq(whole, pieces, sizeof(whole));
	for (size_t i = 3 * THIRDBAND_TAPS; i < 3 * COUNT; i += 3)
		ck_assert_int_eq(whole[i], in[i / 3 - THIRDBAND_TAPS]);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	thirdband_down(&a, in, 3 * COUNT, whole);
	for (size_t i = 0; i < COUNT; i += 10)
		thirdband_down(&b, in + 3 * i, 30, pieces + i);
	ck_assert_mem_eq(whole, pieces, COUNT * sizeof(whole[0]));
}
END_TEST

/* Each rate to each: 20 ms stay 20 ms, and a tone stays what it was. */
START_TEST(a_ladder_goes_up_and_down)
{
	static const uint32_t rates[] = {8000, 16000, 48000};
	for (size_t from = 0; from < 3; from++)
		for (size_t to = 0; to < 3; to++) {
			static int16_t in[LADDER_SAMPLES_MAX], out[PIECES * LADDER_SAMPLES_MAX];
			struct ladder ladder = {0};
			size_t count = rates[from] / 50, made = rates[to] / 50;
			for (size_t i = 0; i < PIECES; i++) {
				tone_make(in, count, i * count, 1000, rates[from], 10000);
				ck_assert_uint_eq(ladder_climb(&ladder, rates[from], rates[to], in,
							  count, out + i * made),
					made);
			}
			double found =
				tone_amplitude(out + made, (PIECES - 1) * made, 1000, rates[to]);
			ck_assert_msg(found > 9800 && found < 10200, "%u to %u: %f", rates[from],
				rates[to], found);
		}
}
END_TEST

TEST_MAIN("thirdband", up_keeps_a_tone_and_adds_none, down_keeps_a_tone_and_folds_none,
	pieces_make_no_difference, a_ladder_goes_up_and_down)
