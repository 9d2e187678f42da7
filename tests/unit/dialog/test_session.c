/* SPDX-License-Identifier: Apache-2.0 */
/* test_session.c — what two ends agree on about a session timer (RFC 4028 table 2, §7, §9). */
#include "dialog/session.h"

#include "harness.h"

static const struct session_wish wish = {1800, 90}, none = {0, 90};

/* clang-format off */
static const struct {
	const struct session_wish *wish;
	const char *lines;
	uint32_t too_small, interval;
	bool we;
} requests[] = {
	{&wish, "",                                                                    0, 1800, true},
	{&none, "",                                                                    0, 0,    true},
	{&wish, "Supported: timer\r\n",                                                0, 1800, true},
	{&wish, "k: a, TIMER\r\nx: 1200;refresher=uac\r\n",                            0, 1200, false},
	{&wish, "Supported: timer\r\nSession-Expires: 1200 ; refresher=uas\r\n",       0, 1200, true},
	{&wish, "Supported: timer\r\nSession-Expires: 7200\r\nMin-SE: 3600\r\n",       0, 3600, true},
	{&none, "Supported: timer\r\nSession-Expires: 7200;refresher=uac\r\n",         0, 7200, false},
	{&none, "Supported: timer\r\nSession-Expires: 90000\r\n",                      0, 86400, true},
	/* an answer is never below Min-SE (§9), however long that is */
	{&wish, "Supported: timer\r\nSession-Expires: 90001\r\nMin-SE: 90000\r\n",     0, 90000, true},
	{&wish, "Min-SE: 4294967295\r\n",                                             0, 4294967295, true},
	{&wish, "Supported: timer\r\nSession-Expires: 60\r\n",                         90, 0,   false},
	/* a proxy put it in: the caller would not understand a 422, and cannot be asked to refresh */
	{&wish, "Session-Expires: 60;refresher=uac\r\n",                               0, 90,   true},
	{&wish, "Supported: timer\r\nSession-Expires: soon\r\n",                       0, 1800, true},
};

static const struct {
	const char *lines;
	uint32_t interval;
	bool we;
} responses[] = {
	{"", 1800, true},
	{"Session-Expires: 1200;refresher=uac\r\n", 1200, true},
	{"Session-Expires: 1200;refresher=uas\r\n", 1200, false},
	{"x: 1200\r\n", 1200, true},
	{"x: 90000;refresher=uas\r\n", 90000, false},
	{"x: 1;refresher=uas\r\n", 90, false}, /* nobody asked for that: it would be a storm */
};
/* clang-format on */

START_TEST(of_requests)
{
	char lines[300];
	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct session_terms terms = {0};
		snprintf(lines, sizeof(lines), "CSeq: 1 INVITE\r\n%s", requests[i].lines);
		parsed("INVITE sip:b SIP/2.0", lines);
		uint32_t least = session_terms_of_request(requests[i].wish, &message, &terms);
		ck_assert_msg(least == requests[i].too_small, "case %u: %u", i, least);
		ck_assert_msg(terms.interval_s == requests[i].interval, "case %u: %u", i,
			terms.interval_s);
		ck_assert_msg(least || terms.we_refresh == requests[i].we, "case %u", i);
	}
}
END_TEST

START_TEST(of_responses)
{
	char lines[300];
	for (unsigned i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		snprintf(lines, sizeof(lines), "CSeq: 1 INVITE\r\n%s", responses[i].lines);
		parsed("SIP/2.0 200 OK", lines);
		struct session_terms terms = session_terms_of_response(&wish, &message);
		ck_assert_uint_eq(terms.interval_s, responses[i].interval);
		ck_assert(terms.we_refresh == responses[i].we);
	}
}
END_TEST

START_TEST(what_is_written)
{
	char room[200];
	struct pv_writer w;
	struct session_terms they = {1200, false, true}, we = {1200, true, true}, off = {0};
	pv_writer_init(&w, room, sizeof(room));
	session_put_request(&w, &wish, NULL);
	assert_span(pv_writer_span(&w), "Session-Expires: 1800\r\nMin-SE: 90\r\n");
	pv_writer_init(&w, room, sizeof(room));
	session_put_request(&w, &wish, &we);
	assert_span(pv_writer_span(&w), "Session-Expires: 1200;refresher=uac\r\nMin-SE: 90\r\n");
	pv_writer_init(&w, room, sizeof(room));
	session_put_request(&w, &none, &off);
	assert_span(pv_writer_span(&w), "");
	pv_writer_init(&w, room, sizeof(room));
	session_put_response(&w, &they);
	assert_span(
		pv_writer_span(&w), "Require: timer\r\nSession-Expires: 1200;refresher=uac\r\n");
	pv_writer_init(&w, room, sizeof(room));
	session_put_response(&w, &we);
	assert_span(pv_writer_span(&w), "Session-Expires: 1200;refresher=uas\r\n");
	pv_writer_init(&w, room, sizeof(room));
	session_put_response(&w, &off);
	assert_span(pv_writer_span(&w), "");
}
END_TEST

START_TEST(min_se)
{
	ck_assert_uint_eq(
		session_min_se(parsed("SIP/2.0 422 X", "CSeq: 1 INVITE\r\nMin-SE: 240;x=y\r\n")),
		240);
	ck_assert_uint_eq(session_min_se(parsed("SIP/2.0 422 X", "CSeq: 1 INVITE\r\n")), 0);
}
END_TEST

START_TEST(a_422_is_heard_once)
{
	struct session_timer timer = {.terms.interval_s = 100};
	const char *const longer = "CSeq: 1 INVITE\r\nMin-SE: 240\r\n";
	ck_assert(!session_lengthen(&timer, parsed("SIP/2.0 500 X", longer)));
	ck_assert(!session_lengthen(&timer, parsed("SIP/2.0 422 X", "CSeq: 1 INVITE\r\n")));
	ck_assert(!session_lengthen(
		&timer, parsed("SIP/2.0 422 X", "CSeq: 1 INVITE\r\nMin-SE: 90\r\n")));
	ck_assert_uint_eq(session_wish_of(&timer, 100).least_s, SESSION_LEAST_S);
	ck_assert(session_lengthen(&timer, parsed("SIP/2.0 422 X", longer)));
	ck_assert_uint_eq(timer.terms.interval_s, 240);
	ck_assert_uint_eq(session_wish_of(&timer, 100).interval_s, 240);
	ck_assert_uint_eq(session_wish_of(&timer, 0).interval_s, 0);
	ck_assert(!session_lengthen(&timer, parsed("SIP/2.0 422 X", longer)));
}
END_TEST

TEST_MAIN("session", of_requests, of_responses, what_is_written, min_se, a_422_is_heard_once)
