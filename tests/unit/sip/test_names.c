/* SPDX-License-Identifier: Apache-2.0 */
/* test_names.c — the tables of names find every row, in its forms, and nothing else. */
#include <portavoz/message.h>

#include <ctype.h>

#include "lib/testing.h"

START_TEST(every_header_is_found_in_any_case_and_by_its_letter)
{
#define ROW(id, name, compact)                                                                   \
	ck_assert_int_eq(pv_header_of(PV_SPAN(name)), PV_HEADER_##id);                           \
	ck_assert(pv_span_equal(pv_header_name(PV_HEADER_##id), PV_SPAN(name)));                 \
	if (compact) {                                                                           \
		char letter[] = {compact, (char)toupper(compact)};                               \
		ck_assert_int_eq(pv_header_of((struct pv_span){letter, 1}), PV_HEADER_##id);     \
		ck_assert_int_eq(pv_header_of((struct pv_span){letter + 1, 1}), PV_HEADER_##id); \
	}
	PV_HEADERS(ROW)
#undef ROW
	for (unsigned i = 1; i < PV_HEADER_COUNT; i++) {
		char other[64];
		struct pv_span name = pv_header_name((enum pv_header)i);
		for (size_t j = 0; j < name.length; j++)
			other[j] = (char)(islower(name.at[j]) ? toupper(name.at[j])
							      : tolower(name.at[j]));
		ck_assert_uint_eq(pv_header_of((struct pv_span){other, name.length}), i);
		other[name.length - 1] = '_';
		ck_assert_uint_eq(
			pv_header_of((struct pv_span){other, name.length}), PV_HEADER_OTHER);
	}
	ck_assert_int_eq(pv_header_of(PV_SPAN("")), PV_HEADER_OTHER);
	ck_assert_int_eq(pv_header_of(PV_SPAN("z")), PV_HEADER_OTHER);
	ck_assert_int_eq(pv_header_of(PV_SPAN("!")), PV_HEADER_OTHER);
	ck_assert_int_eq(pv_header_of(PV_SPAN("Vib")), PV_HEADER_OTHER);
}
END_TEST

START_TEST(methods_mind_case)
{
#define ROW(id, text) ck_assert_int_eq(pv_method_of(PV_SPAN(text)), PV_METHOD_##id);
	PV_METHODS(ROW)
#undef ROW
	ck_assert_int_eq(pv_method_of(PV_SPAN("invite")), PV_METHOD_OTHER);
	ck_assert_int_eq(pv_method_of(PV_SPAN("")), PV_METHOD_OTHER);
	ck_assert(pv_span_equal(pv_method_text(PV_METHOD_PRACK), PV_SPAN("PRACK")));
	ck_assert_uint_eq(pv_method_text(PV_METHOD_OTHER).length, 0);
}
END_TEST

START_TEST(transports_do_not)
{
	ck_assert_int_eq(pv_transport_of(PV_SPAN("udp")), PV_TRANSPORT_UDP);
	ck_assert_int_eq(pv_transport_of(PV_SPAN("WsS")), PV_TRANSPORT_WSS);
	ck_assert_int_eq(pv_transport_of(PV_SPAN("sctp")), PV_TRANSPORT_OTHER);
	ck_assert(pv_span_equal(pv_transport_text(PV_TRANSPORT_TLS), PV_SPAN("TLS")));
	ck_assert(
		pv_span_equal(pv_transport_parameter(PV_TRANSPORT_WSS), PV_SPAN(";transport=ws")));
	ck_assert_uint_eq(pv_transport_parameter(PV_TRANSPORT_UDP).length, 0);
	ck_assert_uint_eq(pv_transport_parameter(PV_TRANSPORT_OTHER).length, 0);
}
END_TEST

START_TEST(statuses_have_phrases)
{
	ck_assert_str_eq(pv_reason_phrase(100), "Trying");
	ck_assert_str_eq(pv_reason_phrase(423), "Interval Too Brief");
	ck_assert_str_eq(pv_reason_phrase(608), "Rejected");
	ck_assert_str_eq(pv_reason_phrase(499), "Bad Request");
	ck_assert_str_eq(pv_reason_phrase(99), "Unknown");
	ck_assert_str_eq(pv_reason_phrase(700), "Unknown");
}
END_TEST

START_TEST(verdicts_have_rows)
{
	for (int verdict = -1; verdict > -PV_VERDICT_COUNT; verdict--) {
		const struct pv_verdict_row *row = pv_verdict_row(verdict);
		ck_assert(row->name[0] && row->phrase[0] && strncmp(row->section, "RFC ", 4) == 0);
		ck_assert(row->status == 0 || (row->status >= 400 && row->status < 600));
	}
	ck_assert_uint_eq(pv_verdict_row(-PV_BAD_VERSION)->status, 505);
	ck_assert_str_eq(pv_verdict_row(5)->name, "NONE");
	ck_assert_str_eq(pv_verdict_row(-1000)->name, "NONE");
}
END_TEST

TEST_MAIN("names", every_header_is_found_in_any_case_and_by_its_letter, methods_mind_case,
	transports_do_not, statuses_have_phrases, verdicts_have_rows)
