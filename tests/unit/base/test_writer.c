/* SPDX-License-Identifier: Apache-2.0 */
/* test_writer.c: the bounded writer: exact fits, and overflows that stick. */
#include <portavoz/writer.h>

#include <stdio.h>

#include "lib/testing.h"

static struct pv_writer writer;
static char buffer[64];

static void start(size_t size)
{
	memset(buffer, '#', sizeof(buffer));
	pv_writer_init(&writer, buffer, size);
}

static void expect(const char *text)
{
	ck_assert_uint_eq(pv_writer_length(&writer), strlen(text));
	ck_assert(pv_span_equal(pv_writer_span(&writer), pv_span_of(text)));
	ck_assert_int_eq(buffer[strlen(text)], '#');
}

START_TEST(writes_pieces_in_a_row)
{
	start(sizeof(buffer));
	pv_put_text(&writer, "SIP/2.0 ");
	pv_put_u64(&writer, 200);
	pv_put_char(&writer, ' ');
	pv_put(&writer, PV_SPAN("OK"));
	pv_put(&writer, (struct pv_span){0});
	pv_put_bytes(&writer, "\r\n", 2);
	ck_assert(!writer.overflow);
	expect("SIP/2.0 200 OK\r\n");
}
END_TEST

START_TEST(an_exact_fit_is_no_overflow)
{
	start(4);
	pv_put_text(&writer, "abcd");
	ck_assert(!writer.overflow);
	expect("abcd");
	pv_put_text(&writer, "");
	ck_assert(!writer.overflow);
}
END_TEST

START_TEST(an_overflow_sticks_and_writes_nothing_of_the_piece)
{
	start(4);
	pv_put_text(&writer, "ab");
	pv_put_text(&writer, "cde");
	ck_assert(writer.overflow);
	pv_put_char(&writer, 'x');
	pv_put_u64(&writer, 1);
	pv_put_hex(&writer, 1, 1);
	pv_put_hex_bytes(&writer, "a", 1);
	ck_assert_ptr_null(pv_writer_take(&writer, 0));
	ck_assert(writer.overflow);
	expect("ab");
}
END_TEST

START_TEST(every_size_too_small_overflows_without_touching_what_is_behind)
{
	for (size_t size = 0; size < 20; size++) {
		start(size);
		pv_put_u64(&writer, UINT64_MAX);
		ck_assert(writer.overflow);
		expect("");
	}
	start(20);
	pv_put_u64(&writer, UINT64_MAX);
	ck_assert(!writer.overflow);
	expect("18446744073709551615");
}
END_TEST

START_TEST(numbers)
{
	start(sizeof(buffer));
	pv_put_u64(&writer, 0);
	pv_put_char(&writer, ' ');
	pv_put_u64(&writer, 1234567890123ull);
	pv_put_char(&writer, ' ');
	pv_put_hex(&writer, 0xabcdef, 4);
	pv_put_char(&writer, ' ');
	pv_put_hex(&writer, 0x1f, 16);
	pv_put_char(&writer, ' ');
	pv_put_hex_bytes(&writer, "\x00\xff\x7a", 3);
	expect("0 1234567890123 cdef 000000000000001f 00ff7a");
}
END_TEST

START_TEST(numbers_have_all_their_digits)
{
	for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10) {
		for (int delta = -1; delta <= 1; delta++) {
			char expected[32], out[32];
			uint64_t value = power * 10 + (uint64_t)delta;
			struct pv_writer w;
			int length = snprintf(
				expected, sizeof(expected), "%llu", (unsigned long long)value);
			pv_writer_init(&w, out, sizeof(out));
			pv_put_u64(&w, value);
			ck_assert_uint_eq(pv_writer_length(&w), length);
			ck_assert_mem_eq(out, expected, (size_t)length);
		}
	}
}
END_TEST

TEST_MAIN("writer", writes_pieces_in_a_row, an_exact_fit_is_no_overflow,
	an_overflow_sticks_and_writes_nothing_of_the_piece,
	every_size_too_small_overflows_without_touching_what_is_behind, numbers,
	numbers_have_all_their_digits)
