/* SPDX-License-Identifier: Apache-2.0 */
/* test_csv.c — RFC 4180 rows, line ends, quotes, and the lines of mistakes. */
#include "auth/csv.h"

#include <stdio.h>

#include "lib/testing.h"

static char text[512];
static struct csv csv;

static void begin(const char *source)
{
	strcpy(text, source);
	csv_init(&csv, text, strlen(source));
}

/* The row as one string, fields between bars. */
static const char *joined(void)
{
	static char row[512];
	size_t used = 0;

	for (uint32_t i = 0; i < csv.count; i++)
		used += (size_t)snprintf(row + used, sizeof(row) - used, "%s%.*s", i ? "|" : "",
			PV_SPAN_PRINT(csv.fields[i]));
	return row;
}

static void expect(const char *row, uint32_t line)
{
	ck_assert_int_eq(csv_next(&csv), CSV_ROW);
	ck_assert_str_eq(joined(), row);
	ck_assert_uint_eq(csv.row_line, line);
}

START_TEST(rows_end_with_any_line_end)
{
	begin("a,b\r\nc,d\n\n\r\ne,f");
	expect("a|b", 1);
	expect("c|d", 2);
	expect("e|f", 5);
	ck_assert_int_eq(csv_next(&csv), CSV_END);
	ck_assert_int_eq(csv_next(&csv), CSV_END);
	begin("a\r");
	expect("a", 1);
	begin("");
	ck_assert_int_eq(csv_next(&csv), CSV_END);
}
END_TEST

START_TEST(a_byte_order_mark_is_skipped)
{
	begin("\xef\xbb\xbfname,x\n");
	expect("name|x", 1);
}
END_TEST

START_TEST(fields_may_be_empty)
{
	begin(",\na,,\n\"\",b\n");
	expect("|", 1);
	ck_assert_uint_eq(csv.count, 2);
	expect("a||", 2);
	expect("|b", 3);
}
END_TEST

START_TEST(quotes_hold_commas_quotes_and_line_ends)
{
	begin("\"a,b\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",x\nlast,\"\"\"\"\n");
	expect("a,b|say \"hi\"", 1);
	expect("two\r\nlines|x", 2);
	expect("last|\"", 4);
	begin("a\"b,c\n"); /* not at the start: an ordinary character */
	expect("a\"b|c", 1);
}
END_TEST

START_TEST(mistakes_cost_one_row)
{
	begin("a,\"b\"c,d\nnext,row\n");
	ck_assert_int_eq(csv_next(&csv), CSV_STRAY_QUOTE);
	ck_assert_uint_eq(csv.row_line, 1);
	expect("next|row", 2);
	begin("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\nnext\n");
	ck_assert_int_eq(csv_next(&csv), CSV_TOO_MANY);
	expect("next", 2);
	begin("a\n\"open,\nb\n");
	expect("a", 1);
	ck_assert_int_eq(csv_next(&csv), CSV_UNTERMINATED);
	ck_assert_uint_eq(csv.row_line, 2);
	ck_assert_int_eq(csv_next(&csv), CSV_END);
}
END_TEST

TEST_MAIN("csv", rows_end_with_any_line_end, a_byte_order_mark_is_skipped, fields_may_be_empty,
	quotes_hold_commas_quotes_and_line_ends, mistakes_cost_one_row)
