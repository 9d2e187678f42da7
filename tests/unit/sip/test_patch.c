/* SPDX-License-Identifier: Apache-2.0 */
/* test_patch.c — a message written with edits: in order, without gaps, and removals that leave no
 * comma behind. */
#include "sip/patch.h"

#include <errno.h>
#include <stdio.h>

#include "lib/testing.h"
#include "messages.h"

static struct pv_message m;
static struct patch patch;
static char out[8192], text[2048];

static struct pv_span written(void)
{
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	ck_assert_int_eq(patch_write(&patch, &w), 0);
	ck_assert_uint_eq(patch_length(&patch), pv_writer_length(&w));
	return pv_writer_span(&w);
}

static void begin(const char *bytes)
{
	ck_assert_int_gt(parse_text(&m, bytes), 0);
	patch_init(&patch, &m);
}

START_TEST(no_edits_change_nothing)
{
	begin(INVITE);
	ck_assert(pv_span_equal(written(), PV_SPAN(INVITE)));
	begin(WITH("l: 1\r\n\r\nabc"));
	ck_assert(pv_span_equal(written(), PV_SPAN(WITH("l: 1\r\n\r\na"))));
}
END_TEST

START_TEST(edits_apply_in_place_whatever_their_order)
{
	begin(WITH("Max-Forwards: 70\r\n\r\nold"));
	patch_replace(&patch, m.body, PV_SPAN("new body"));
	patch_replace(&patch, m.fields[m.first[PV_HEADER_MAX_FORWARDS]].value, PV_SPAN("69"));
	patch_insert(&patch, patch_place(&m, PV_HEADER_VIA), PV_SPAN("Via: a\r\n"));
	patch_insert(
		&patch, patch_place(&m, PV_HEADER_RECORD_ROUTE), PV_SPAN("Record-Route: <b>\r\n"));
	patch_replace(&patch, m.request_uri, PV_SPAN("sip:x"));
	ck_assert(pv_span_equal(
		written(), PV_SPAN("OPTIONS sip:x SIP/2.0\r\nVia: a\r\nRecord-Route: <b>\r\n"
				   "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-w\r\nFrom: "
				   "<sip:a@example.test>;tag=1\r\n"
				   "To: <sip:b@example.test>\r\nCall-ID: w\r\nCSeq: 1 "
				   "OPTIONS\r\nMax-Forwards: 69\r\n\r\nnew body")));
}
END_TEST

/* Removes the values at the places in `victims` ("02" = first and third), in that order, from a
 * Route line, and compares what is left of the head's end. */
static void removes(const char *line, const char *victims, const char *left)
{
	char expected[2048];
	snprintf(text, sizeof(text), WITH("%s\r\n"), line);
	snprintf(expected, sizeof(expected), WITH("%s\r\n"), left);
	begin(text);
	for (const char *v = victims; *v; v++) {
		struct pv_values walk;
		struct pv_span value;
		pv_values_begin(&walk, &m, PV_HEADER_ROUTE);
		for (int i = 0; i <= *v - '0'; i++)
			ck_assert(pv_values_next(&walk, &value));
		patch_remove_value(&patch, walk.field, value);
	}
	struct pv_span found = written();
	ck_assert_msg(pv_span_equal(found, pv_span_of(expected)), "%s less %s: %.*s", line, victims,
		PV_SPAN_PRINT(found));
}

START_TEST(a_removed_value_takes_its_comma_along)
{
	removes("Route: <a>\r\n", "0", "");
	removes("Route: <a>, <b>, <c>\r\n", "0", "Route: <b>, <c>\r\n");
	removes("Route: <a>, <b>, <c>\r\n", "1", "Route: <a>, <c>\r\n");
	removes("Route: <a>, <b>, <c>\r\n", "2", "Route: <a>, <b>\r\n");
	removes("Route: <a>, <b>, <c>\r\n", "", "Route: <a>, <b>, <c>\r\n");
	removes("Route: <a>\r\nRoute: <b>,<c>\r\n", "0", "Route: <b>,<c>\r\n");
	removes("Route: <a>\r\nRoute: <b>,<c>\r\n", "12", "Route: <a>\r\n");
	removes("Route: <a>\r\nRoute: <b>,<c>\r\n", "012", "");
}
END_TEST

START_TEST(neighbours_may_both_go_in_any_order)
{
	static const char *const orders[][2] = {{"01", "10"}, {"12", "21"}, {"02", "20"}};
	static const char *const left[] = {"Route: <c>\r\n", "Route: <a>\r\n", "Route: <b>\r\n"};
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 2; j++)
			removes("Route: <a>, <b>, <c>\r\n", orders[i][j], left[i]);
	removes("Route: <a>, <b>, <c>, <d>\r\n", "321", "Route: <a>\r\n");
	removes("Route: <a>, <b>, <c>, <d>\r\n", "132", "Route: <a>\r\n");
	removes("Route: <a>, <b>, <c>, <d>, <e>\r\n", "1302", "Route: <e>\r\n");
	removes("Route: <a>, <b>, <c>, <d>, <e>\r\n", "413", "Route: <a>, <c>\r\n");
	removes("Route: <a>, <b>, <c>\r\n", "012", "");
	removes("Route: <a>, <b>, <c>\r\n", "210", "");
	removes("Route: <a>, <b>, <c>\r\n", "120", "");
	removes("Route: <a>, <b>, <c>\r\n", "00", "Route: <b>, <c>\r\n");
}
END_TEST

/* What closes a '(' is looked for over commas, and quotes do not count inside a comment. */
START_TEST(what_stays_reads_as_before)
{
	removes("Route: a(b, \"(\", c)\r\n", "1", "Route: a(b\r\nRoute: c)\r\n");
	removes("Route: a(b, <(>, c)\r\n", "1", "Route: a(b\r\nRoute: c)\r\n");
	removes("Route: a(b, \"(\", c)\r\n", "0", "Route: \"(\", c)\r\n");
	removes("Route: a(b, \"(\", c)\r\n", "2", "Route: a(b, \"(\"\r\n");
	removes("Route: a(b, \"(\", c, d)\r\n", "12", "Route: a(b\r\nRoute: d)\r\n");
	removes("Route: a(b, \"(\", c, d)\r\n", "21", "Route: a(b\r\nRoute: d)\r\n");
	removes("Route: a(b, \"(\", c)\r\n", "12", "Route: a(b\r\n");
	removes("Route: a(b, \"(\", c)\r\n", "10", "Route: c)\r\n");
	removes("Route: a(b, \"(\", c)\r\n", "102", "");
	removes("Route: a, b \"c, d\r\n", "0", "Route: b \"c, d\r\n");
	removes("Route:\r\n a(b,\r\n \"(\",\r\n c)\r\n", "1",
		"Route:\r\n a(b\r\nRoute:\r\n c)\r\n");
}
END_TEST

#define RESPONSE(vias)                                                   \
	"SIP/2.0 200 OK\r\n" vias "From: <sip:a@example.test>;tag=1\r\n" \
	"To: <sip:b@example.test>;tag=2\r\nCall-ID: w\r\nCSeq: 1 OPTIONS\r\n\r\n"
#define VIA_ONE "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1"
#define VIA_TWO "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK-2"

START_TEST(the_topmost_via_goes_however_it_is_written)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{RESPONSE("Via: " VIA_ONE "\r\nVia: " VIA_TWO "\r\n"),
			RESPONSE("Via: " VIA_TWO "\r\n")},
		{RESPONSE("Via: " VIA_ONE ", " VIA_TWO "\r\n"), RESPONSE("Via: " VIA_TWO "\r\n")},
		{RESPONSE("v:" VIA_ONE "," VIA_TWO "\r\n"), RESPONSE("v:" VIA_TWO "\r\n")},
		{RESPONSE("Via: " VIA_ONE ",\r\n " VIA_TWO "\r\n"),
			RESPONSE("Via: " VIA_TWO "\r\n")},
		{RESPONSE("Via: " VIA_ONE "\r\n"), RESPONSE("")},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].before);
		patch_remove_top_via(&patch);
		ck_assert_msg(pv_span_equal(written(), pv_span_of(rows[i].after)), "row %zu", i);
	}
}
END_TEST

START_TEST(headers_and_lines_go_whole)
{
	begin(INVITE);
	patch_remove_header(&patch, PV_HEADER_VIA);
	patch_remove_header(&patch, PV_HEADER_PATH);
	patch_remove_line(&patch, m.first[PV_HEADER_ROUTE]);
	patch_insert(&patch, patch_place(&m, PV_HEADER_VIA), PV_SPAN("Via: SIP/2.0/UDP new\r\n"));
	struct pv_span found = written();
	static struct pv_message again;
	ck_assert_int_gt(pv_message_parse(&again, found.at, found.length, true), 0);
	ck_assert(pv_span_equal(again.via.whole, PV_SPAN("SIP/2.0/UDP new")));
	ck_assert(!pv_message_has(&again, PV_HEADER_ROUTE));
	ck_assert_uint_eq(again.field_count, m.field_count - 2);
}
END_TEST

START_TEST(too_many_edits_and_too_little_room_are_told)
{
	struct pv_writer w;
	begin(INVITE);
	pv_writer_init(&w, out, sizeof(INVITE) - 2);
	ck_assert_int_eq(patch_write(&patch, &w), -ENOBUFS);
	for (int i = 0; i <= PATCH_EDITS; i++)
		patch_insert(&patch, m.fields_at, PV_SPAN("X: y\r\n"));
	pv_writer_init(&w, out, sizeof(out));
	ck_assert_int_eq(patch_write(&patch, &w), -ENOBUFS);
}
END_TEST

TEST_MAIN("patch", no_edits_change_nothing, edits_apply_in_place_whatever_their_order,
	a_removed_value_takes_its_comma_along, neighbours_may_both_go_in_any_order,
	what_stays_reads_as_before, headers_and_lines_go_whole,
	the_topmost_via_goes_however_it_is_written, too_many_edits_and_too_little_room_are_told)
