/* SPDX-License-Identifier: Apache-2.0 */
/* test_request.c — the head of a request inside a dialog, with loose and strict routers. */
#include "harness.h"

static const struct {
	const char *routes, *line, *headers, *hop;
} cases[] = {
	{"", "BYE sip:t@10.0.0.2 SIP/2.0\r\n", "", "10.0.0.2"},
	{"<sip:p1;lr>, <sip:p2>", "BYE sip:t@10.0.0.2 SIP/2.0\r\n",
		"Route: <sip:p1;lr>, <sip:p2>\r\n", "p1"},
	{"<sip:p1>, <sip:p2;lr>", "BYE sip:p1 SIP/2.0\r\n",
		"Route: <sip:p2;lr>, <sip:t@10.0.0.2>\r\n", "p1"},
	{"<sip:p1>", "BYE sip:p1 SIP/2.0\r\n", "Route: <sip:t@10.0.0.2>\r\n", "p1"},
};

START_TEST(routes)
{
	for (unsigned i = 0; i < 4; i++) {
		struct dialog dialog = {0};
		struct dialog_texts texts = {.call_id = PV_SPAN("c"),
			.local = PV_SPAN("<sip:l>;tag=l"),
			.remote = PV_SPAN("<sip:r>;tag=r"),
			.target = PV_SPAN("sip:t@10.0.0.2"),
			.routes = pv_span_of(cases[i].routes)};
		struct pv_uri hop;
		struct pv_writer w;
		char room[500], expected[500];
		ck_assert_int_eq(buffer_pool_init(&pool, 1 << 20), 0);
		ck_assert_int_eq(dialog_store(&pool, &dialog, &texts), 0);
		ck_assert_int_eq(dialog_next_hop(&dialog, &hop), 0);
		assert_span(hop.host, cases[i].hop);
		pv_writer_init(&w, room, sizeof(room));
		dialog_put_request_line(&dialog, PV_SPAN("BYE"), &w);
		dialog_put_headers(&dialog, 7, PV_SPAN("BYE"), &w);
		snprintf(expected, sizeof(expected),
			"%s%sFrom: <sip:l>;tag=l\r\nTo: <sip:r>;tag=r\r\nCall-ID: c\r\nCSeq: 7 "
			"BYE\r\n",
			cases[i].line, cases[i].headers);
		assert_span(pv_writer_span(&w), expected);
		dialog_done(&pool, &dialog);
		buffer_pool_done(&pool);
	}
}
END_TEST

START_TEST(no_hop)
{
	struct dialog dialog = {0};
	struct dialog_texts texts = {.target = PV_SPAN("sip:t"), .routes = PV_SPAN("<sip:%zz>")};
	struct pv_uri hop;
	ck_assert_int_eq(buffer_pool_init(&pool, 1 << 20), 0);
	ck_assert_int_eq(dialog_store(&pool, &dialog, &texts), 0);
	ck_assert_int_eq(dialog_next_hop(&dialog, &hop), -1);
	dialog_done(&pool, &dialog);
	buffer_pool_done(&pool);
}
END_TEST

TEST_MAIN("dialog request", routes, no_hop)
