/* SPDX-License-Identifier: Apache-2.0 */
/* test_g711.c: µ-law and A-law against the values of the Recommendation's tables. */
#include <stdlib.h>

#include "base/macros.h"
#include "codec/g711.h"
#include "lib/testing.h"

/* ITU-T G.711 tables 1a and 2a: character signals and their values, scaled to 16 bits. */
START_TEST(codes_have_their_values)
{
	static const struct {
		uint8_t code;
		int16_t value;
	} ulaw[] = {{0x80, 32124}, {0x00, -32124}, {0xff, 0}, {0x7f, 0}, {0xfe, 8}, {0x8f, 16764},
		{0x90, 15996}},
	  alaw[] = {{0xaa, 32256}, {0x2a, -32256}, {0xd5, 8}, {0x55, -8}, {0xd4, 24}, {0xa5, 16896},
		  {0xba, 16128}};
	for (unsigned i = 0; i < ARRAY_LENGTH(ulaw); i++)
		ck_assert_int_eq(g711_from_ulaw[ulaw[i].code], ulaw[i].value);
	for (unsigned i = 0; i < ARRAY_LENGTH(alaw); i++)
		ck_assert_int_eq(g711_from_alaw[alaw[i].code], alaw[i].value);
}
END_TEST

/* What a code says is said again by that code; 0 of µ-law has two, and -0 becomes 0. */
START_TEST(codes_are_their_own_images)
{
	for (unsigned code = 0; code < 256; code++) {
		uint8_t ulaw = g711_to_ulaw(g711_from_ulaw[code]);
		ck_assert_uint_eq(ulaw, code == 0x7f ? 0xff : code);
		ck_assert_uint_eq(g711_to_alaw(g711_from_alaw[code]), code);
	}
}
END_TEST

/* A step is a sixteenth of its segment: half of one is the most that coding may be off. */
START_TEST(every_sample_comes_back_within_half_a_step)
{
	for (int sample = -32768; sample < 32768; sample++) {
		int magnitude = abs(sample);
		int ulaw = g711_from_ulaw[g711_to_ulaw((int16_t)sample)];
		int alaw = g711_from_alaw[g711_to_alaw((int16_t)sample)];
		if (magnitude < 32124)
			ck_assert_int_le(abs(ulaw - sample), MAX(4, (magnitude + 132) / 32));
		if (magnitude < 32256)
			ck_assert_int_le(abs(alaw - sample), MAX(8, magnitude / 32));
		ck_assert(sample == 0 || ulaw == 0 || (ulaw < 0) == (sample < 0));
		ck_assert((alaw < 0) == (sample < 0));
	}
	ck_assert_int_eq(g711_from_ulaw[g711_to_ulaw(32767)], 32124);
	ck_assert_int_eq(g711_from_ulaw[g711_to_ulaw(-32768)], -32124);
	ck_assert_int_eq(g711_from_alaw[g711_to_alaw(32767)], 32256);
	ck_assert_int_eq(g711_from_alaw[g711_to_alaw(-32768)], -32256);
}
END_TEST

TEST_MAIN("g711", codes_have_their_values, codes_are_their_own_images,
	every_sample_comes_back_within_half_a_step)
