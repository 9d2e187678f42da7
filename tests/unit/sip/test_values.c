/* SPDX-License-Identifier: Apache-2.0 */
/* test_values.c — values over commas and lines, and parameters of one value. */
#include <portavoz/message.h>

#include "lib/testing.h"
#include "messages.h"

/* Whether the list is exactly `expected`, which parts its values by '|'. */
static bool list_is(const char *list, const char *expected)
{
	struct pv_span rest = pv_span_of(list), want = pv_span_of(expected), value;
	while (pv_list_next(&rest, &value)) {
		if (!pv_span_starts_with(want, value))
			return false;
		want = pv_span_skip(want, value.length);
		if (want.length && *want.at != '|')
			return false;
		want = pv_span_skip(want, 1);
	}
	return want.length == 0;
}

START_TEST(a_list_is_cut_at_its_commas_only)
{
	ck_assert(list_is("a", "a"));
	ck_assert(list_is(" a ,\r\n b,c", "a|b|c"));
	ck_assert(list_is("", ""));
	ck_assert(list_is(" , ,", ""));
	ck_assert(list_is(",a,,b,", "a|b"));
	ck_assert(list_is("\"a,b\" <sip:c,d>;x=\"\\\",\", e", "\"a,b\" <sip:c,d>;x=\"\\\",\"|e"));
	ck_assert(list_is("a (b, (c, \\) d)), e", "a (b, (c, \\) d))|e"));
	ck_assert(list_is("sip:a(b@c, sip:d@e", "sip:a(b@c|sip:d@e"));
	ck_assert(list_is("\"a, b", "\"a, b"));
	ck_assert(list_is("<a, b", "<a, b"));
}
END_TEST

START_TEST(values_go_on_over_lines)
{
	static struct pv_message m;
	struct pv_values walk;
	struct pv_span value;
	ck_assert_int_gt(parse_text(&m, INVITE), 0);
	pv_values_begin(&walk, &m, PV_HEADER_VIA);
	ck_assert(pv_values_next(&walk, &value) && walk.field == 0);
	ck_assert(pv_span_equal(value, m.via.whole));
	ck_assert(pv_values_next(&walk, &value) && walk.field == 0);
	ck_assert(pv_span_equal(value, PV_SPAN("SIP/2.0/TCP gw;branch=x")));
	ck_assert(pv_values_next(&walk, &value) && walk.field == 1);
	ck_assert(!pv_values_next(&walk, &value));
	pv_values_begin(&walk, &m, PV_HEADER_PATH);
	ck_assert(!pv_values_next(&walk, &value));
}
END_TEST

START_TEST(parameters_are_found_by_name)
{
	struct pv_span params = PV_SPAN("; a = 1;B;c=\"x;y\" ; d=4"), value, name;
	ck_assert(
		pv_params_find(params, PV_SPAN("A"), &value) && pv_span_equal(value, PV_SPAN("1")));
	ck_assert(pv_params_find(params, PV_SPAN("b"), &value) && value.length == 0);
	ck_assert(pv_params_find(params, PV_SPAN("c"), &value));
	ck_assert(pv_span_equal(value, PV_SPAN("\"x;y\"")));
	ck_assert(pv_params_find(params, PV_SPAN("d"), NULL));
	ck_assert(!pv_params_find(params, PV_SPAN("y"), &value));
	ck_assert(!pv_params_find(PV_SPAN(""), PV_SPAN("a"), &value));
	params = PV_SPAN(";a;=b;c");
	ck_assert(pv_params_next(&params, &name, &value));
	ck_assert(!pv_params_next(&params, &name, &value));
	ck_assert(!pv_params_next(&params, &name, &value));
}
END_TEST

START_TEST(numbers_clamp_and_nothing_else_is_a_number)
{
	uint32_t number = 7;
	ck_assert(pv_number_parse(PV_SPAN("4294967296"), &number) && number == UINT32_MAX);
	ck_assert(pv_number_parse(PV_SPAN("99999999999999999999999999"), &number) &&
		  number == UINT32_MAX);
	ck_assert(pv_number_parse(PV_SPAN(" 0068\r\n "), &number) && number == 68);
	static const char *const bad[] = {"", " ", "-1", "+1", "1 2", "1.0", "0x1", "1,1", "a"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!pv_number_parse(pv_span_of(bad[i]), &number), "%s", bad[i]);
	ck_assert_uint_eq(number, 68);
}
END_TEST

START_TEST(q_values_are_thousandths)
{
	uint16_t q = 7;
	static const struct {
		const char *text;
		int q;
	} rows[] = {{"0", 0}, {"1", 1000}, {"0.5", 500}, {"0.333", 333}, {"1.000", 1000}, {"0.", 0},
		{"1.001", -1}, {"2", -1}, {".5", -1}, {"0.1234", -1}, {"0,5", -1}, {"", -1},
		{"-0", -1}, {"0.x", -1}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = pv_qvalue_parse(pv_span_of(rows[i].text), &q);
		ck_assert_msg(
			good == (rows[i].q >= 0) && (!good || q == rows[i].q), "%s", rows[i].text);
	}
}
END_TEST

TEST_MAIN("values", a_list_is_cut_at_its_commas_only, values_go_on_over_lines,
	parameters_are_found_by_name, numbers_clamp_and_nothing_else_is_a_number,
	q_values_are_thousandths)
