/* SPDX-License-Identifier: Apache-2.0 */
/* test_file_wav.c: the bytes of WAV files. */
#include "sound/file_wav.h"

#include <string.h>

#include "lib/testing.h"

START_TEST(a_header_says_what_follows)
{
	static const uint8_t want[WAV_HEADER_SIZE] = "RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0"
						     "\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0"
						     "data\2\0\0\0";
	uint8_t bytes[WAV_HEADER_SIZE];
	wav_header(8000, 1, bytes);
	ck_assert_mem_eq(bytes, want, sizeof(want));
	wav_header(16000, 0x12345678, bytes);
	ck_assert_mem_eq(bytes + 4, "\x14\xad\x68\x24", 4);
	ck_assert_mem_eq(bytes + 24, "\x80\x3e\0\0\0\x7d\0\0", 8);
	ck_assert_mem_eq(bytes + 40, "\xf0\xac\x68\x24", 4);
}
END_TEST

START_TEST(what_has_no_end_yet_goes_to_the_end_of_the_file)
{
	static const uint32_t samples[] = {WAV_UNKNOWN, 0x80000000, 0x7fffffee};
	uint8_t bytes[WAV_HEADER_SIZE];
	for (unsigned i = 0; i < 3; i++) {
		wav_header(8000, samples[i], bytes);
		ck_assert_mem_eq(bytes + 4, "\xff\xff\xff\xff", 4);
		ck_assert_mem_eq(bytes + 40, "\xff\xff\xff\xff", 4);
	}
	wav_header(8000, 0x7fffffed, bytes);
	ck_assert_mem_eq(bytes + 40, "\xda\xff\xff\xff", 4);
}
END_TEST

START_TEST(samples_have_their_low_byte_first)
{
	static const int16_t samples[] = {0, 1, -1, INT16_MAX, INT16_MIN, 0x1234};
	uint8_t bytes[12];
	ck_assert_uint_eq(wav_samples(samples, 6, bytes), 12);
	ck_assert_mem_eq(bytes, "\0\0\1\0\xff\xff\xff\x7f\0\x80\x34\x12", 12);
	ck_assert_uint_eq(wav_samples(samples, 0, bytes), 0);
}
END_TEST

TEST_MAIN("file_wav", a_header_says_what_follows, what_has_no_end_yet_goes_to_the_end_of_the_file,
	samples_have_their_low_byte_first)
