/* SPDX-License-Identifier: Apache-2.0 */
/* test_mix.c: sums, sums without one, and who is loudest. */
#include "sound/mix.h"

#include "base/macros.h"
#include "lib/guard_page.h"
#include "lib/testing.h"

#define VOICES 5

static int16_t voices[VOICES][MIX_SAMPLES_MAX];
static struct mix mix;

static void make_voices(int range)
{
	uint32_t seed = 1;
	for (unsigned i = 0; i < VOICES; i++)
		for (unsigned j = 0; j < MIX_SAMPLES_MAX; j++) {
			seed = seed * 1664525 + 1013904223;
			voices[i][j] = (int16_t)((int)(seed >> 12) % range - range / 2);
		}
	voices[0][0] = voices[1][0] = INT16_MAX;
	voices[0][1] = voices[1][1] = INT16_MIN;
	voices[3][0] = voices[3][1] = voices[2][0] = voices[2][1] = 0;
}

static int16_t sum_of(unsigned at, int without)
{
	int32_t sum = 0;
	for (int i = 0; i < VOICES; i++)
		sum += i == without ? 0 : voices[i][at];
	return (int16_t)MAX(MIN(sum, INT16_MAX), INT16_MIN);
}

START_TEST(each_hears_the_others)
{
	static const size_t counts[] = {80, 160, 320, 960};
	/* a page that must not be touched lies behind the last sample */
	for (unsigned c = 0; c < ARRAY_LENGTH(counts); c++)
		for (int range = 100; range <= 65535; range += 65435) {
			size_t size = counts[c] * sizeof(int16_t);
			make_voices(range);
			mix_clear(&mix, counts[c]);
			for (unsigned i = 0; i < VOICES; i++)
				mix_add(&mix, (const int16_t *)(const void *)guard_page_put(
						      voices[i], size));
			int16_t *out = (int16_t *)(uintptr_t)guard_page_put(voices[0], size);
			mix_all(&mix, out);
			for (unsigned j = 0; j < counts[c]; j++)
				ck_assert_int_eq(out[j], sum_of(j, -1));
			for (int i = 0; i < VOICES; i++) {
				mix_without(&mix, voices[i], out);
				for (unsigned j = 0; j < counts[c]; j++)
					ck_assert_int_eq(out[j], sum_of(j, i));
			}
		}
}
END_TEST

START_TEST(a_mix_begins_with_silence)
{
	int16_t out[MIX_SAMPLES_MAX];
	make_voices(1000);
	mix_clear(&mix, 160);
	mix_add(&mix, voices[0]);
	mix_clear(&mix, 160);
	mix_all(&mix, out);
	for (unsigned j = 0; j < 160; j++)
		ck_assert_int_eq(out[j], 0);
	/* more than there is room for is as much as there is room for */
	mix_clear(&mix, 100000);
	ck_assert_uint_eq(mix.count, MIX_SAMPLES_MAX);
}
END_TEST

START_TEST(many_loud_ones_do_not_overflow)
{
	int16_t loud[160], out[160];
	for (unsigned j = 0; j < 160; j++)
		loud[j] = j & 1 ? INT16_MIN : INT16_MAX;
	mix_clear(&mix, 160);
	for (unsigned i = 0; i < 65535; i++)
		mix_add(&mix, loud);
	mix_without(&mix, loud, out);
	for (unsigned j = 0; j < 160; j++)
		ck_assert_int_eq(out[j], loud[j]);
}
END_TEST

START_TEST(power_is_the_mean_of_squares)
{
	int16_t samples[MIX_SAMPLES_MAX];
	for (unsigned count = 1; count <= MIX_SAMPLES_MAX; count += 53) {
		for (unsigned i = 0; i < count; i++)
			samples[i] = INT16_MIN;
		ck_assert_uint_eq(mix_power(samples, count), 1u << 30);
		memset(samples, 0, sizeof(samples));
		ck_assert_uint_eq(mix_power(samples, count), 0);
	}
	for (unsigned i = 0; i < 160; i++)
		samples[i] = i & 1 ? 1000 : -2000;
	ck_assert_uint_eq(mix_power(samples, 160), 2500000);
}
END_TEST

static unsigned place_of(const struct mix_choice *choice, const void *who)
{
	for (unsigned i = 0; i < choice->count; i++)
		if (choice->chosen[i].who == who)
			return i;
	return UINT32_MAX;
}

START_TEST(the_loudest_are_chosen)
{
	static const uint32_t powers[] = {5, 900, 0, 70, 1000000, 70, 3};
	struct mix_choice choice;
	mix_choice_begin(&choice, 3);
	for (unsigned i = 0; i < ARRAY_LENGTH(powers); i++)
		mix_choice_offer(&choice, (void *)&powers[i], powers[i], false);
	ck_assert_uint_eq(choice.count, 3);
	ck_assert_uint_eq(place_of(&choice, &powers[4]), 0);
	ck_assert_uint_eq(place_of(&choice, &powers[1]), 1);
	/* of two that are as loud the first one */
	ck_assert_uint_eq(place_of(&choice, &powers[3]), 2);
	/* the silent one does not fill a free place */
	mix_choice_begin(&choice, 10);
	for (unsigned i = 0; i < ARRAY_LENGTH(powers); i++)
		mix_choice_offer(&choice, (void *)&powers[i], powers[i], false);
	ck_assert_uint_eq(choice.count, 6);
	for (unsigned i = 1; i < choice.count; i++)
		ck_assert_uint_ge(choice.chosen[i - 1].power, choice.chosen[i].power);
}
END_TEST

START_TEST(who_was_chosen_stays_unless_another_is_much_louder)
{
	struct mix_choice choice;
	int a, b;
	mix_choice_begin(&choice, 1);
	mix_choice_offer(&choice, &a, 1000, true);
	mix_choice_offer(&choice, &b, 3999, false);
	ck_assert_ptr_eq(choice.chosen[0].who, &a);
	mix_choice_offer(&choice, &b, 4001, false);
	ck_assert_ptr_eq(choice.chosen[0].who, &b);
	/* the bonus does not run over */
	mix_choice_begin(&choice, 0);
	mix_choice_offer(&choice, &a, UINT32_MAX, true);
	mix_choice_offer(&choice, &b, UINT32_MAX - 1, false);
	ck_assert_uint_eq(choice.count, 1);
	ck_assert_ptr_eq(choice.chosen[0].who, &a);
}
END_TEST

START_TEST(power_rises_at_once_and_fades)
{
	ck_assert_uint_eq(mix_smooth(10, 1000), 1000);
	uint32_t power = 1000000;
	for (unsigned i = 0; i < 5; i++)
		power = mix_smooth(power, 0);
	ck_assert_uint_ge(power, 450000);
	ck_assert_uint_le(power, 550000);
	for (unsigned i = 0; i < 200; i++)
		power = mix_smooth(power, 0);
	ck_assert_uint_eq(power, 0);
}
END_TEST

TEST_MAIN("mix", each_hears_the_others, a_mix_begins_with_silence, many_loud_ones_do_not_overflow,
	power_is_the_mean_of_squares, the_loudest_are_chosen,
	who_was_chosen_stays_unless_another_is_much_louder, power_rises_at_once_and_fades)
