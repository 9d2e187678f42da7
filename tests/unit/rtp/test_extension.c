/* SPDX-License-Identifier: Apache-2.0 */
/* test_extension.c: elements of a header extension, in both forms. */
#include "rtp/extension.h"

#include "lib/guard_page.h"
#include "lib/testing.h"

/* Looks for `id` in an extension that ends before a guard page; -1: not found. */
static int find(uint16_t profile, const char *bytes, size_t length, uint8_t id, uint8_t *ret_first)
{
	struct rtp_packet packet = {.has_extension = true,
		.extension_profile = profile,
		.extension = (const uint8_t *)guard_page_put(bytes, length),
		.extension_length = length};
	const uint8_t *data;
	size_t found;
	if (!rtp_extension_find(&packet, id, &data, &found))
		return -1;
	ck_assert(data >= packet.extension && data + found <= packet.extension + length);
	*ret_first = found ? *data : 0;
	return (int)found;
}

START_TEST(one_byte_elements)
{
	/* padding; id 1, one byte; id 3, two bytes; padding */
	static const char bytes[] = "\0\x10\x85\x31\xaa\xbb\0\0";
	uint8_t first;
	ck_assert_int_eq(find(0xbede, bytes, 8, 1, &first), 1);
	ck_assert_uint_eq(first, 0x85);
	ck_assert_int_eq(find(0xbede, bytes, 8, 3, &first), 2);
	ck_assert_uint_eq(first, 0xaa);
	ck_assert_int_eq(find(0xbede, bytes, 8, 2, &first), -1);
	ck_assert_int_eq(find(0xbede, bytes, 8, 0, &first), -1);
	/* nothing behind 15 counts, and 15 is none either */
	ck_assert_int_eq(find(0xbede, "\xf0\x01\x10\x85", 4, 1, &first), -1);
	ck_assert_int_eq(find(0xbede, "\xf0\x01\x10\x85", 4, 15, &first), -1);
}
END_TEST

START_TEST(two_byte_elements)
{
	static const char bytes[] = "\x01\x01\x85\0\xc8\x00\xc9\x02\xaa\xbb\0\0";
	uint8_t first;
	for (uint16_t profile = 0x1000; profile <= 0x100f; profile++) {
		ck_assert_int_eq(find(profile, bytes, 12, 1, &first), 1);
		ck_assert_uint_eq(first, 0x85);
		ck_assert_int_eq(find(profile, bytes, 12, 200, &first), 0);
		ck_assert_int_eq(find(profile, bytes, 12, 201, &first), 2);
		ck_assert_uint_eq(first, 0xaa);
		ck_assert_int_eq(find(profile, bytes, 12, 202, &first), -1);
	}
	ck_assert_int_eq(find(0x1010, bytes, 12, 1, &first), -1);
}
END_TEST

START_TEST(what_does_not_fit_is_not_there)
{
	uint8_t first;
	ck_assert_int_eq(find(0xbede, "\x13\x85\0\0", 4, 1, &first), -1);
	ck_assert_int_eq(find(0x1000, "\x01\x03\x85\0", 4, 1, &first), -1);
	ck_assert_int_eq(find(0x1000, "\0\0\0\x01", 4, 1, &first), -1);
	ck_assert_int_eq(find(0x0167, "\x10\x85\0\0", 4, 1, &first), -1);
	ck_assert_int_eq(find(0xbede, "", 0, 1, &first), -1);
	struct rtp_packet none = {.extension_profile = 0xbede};
	const uint8_t *data;
	size_t length;
	ck_assert(!rtp_extension_find(&none, 1, &data, &length));
}
END_TEST

TEST_MAIN("extension", one_byte_elements, two_byte_elements, what_does_not_fit_is_not_there)
