/* SPDX-License-Identifier: Apache-2.0 */
/* test_info_key.c: keys in the bodies of INFO. */
#include "sound/info_key.h"

#include <errno.h>

#include "base/macros.h"
#include "lib/guard_page.h"
#include "lib/testing.h"

#define RELAY "application/dtmf-relay"
#define PLAIN "application/dtmf"

static int parse(const char *type, const char *body, struct info_key *ret)
{
	size_t length = strlen(body);
	return info_key_parse(
		pv_span_of(type), (struct pv_span){guard_page_put(body, length), length}, ret);
}

START_TEST(bodies_have_keys)
{
	static const struct {
		const char *type, *body;
		char key;
		unsigned duration_ms;
	} rows[] = {
		{RELAY, "Signal=5\r\nDuration=160\r\n", '5', 160},
		{RELAY, "Signal=*\r\nDuration=250", '*', 250},
		{RELAY, "Signal= #\nDuration= 100\n", '#', 100},
		{RELAY, "Duration=100\r\nSignal=1", '1', 100},
		{RELAY, "signal : 0\r\n\r\n", '0', 0},
		{RELAY, "Signal=10\r\nDuration=160\r\n", '*', 160},
		{RELAY, "Signal=11", '#', 0},
		{RELAY, "Signal=15", 'D', 0},
		{RELAY, "Signal=b\r\nDuration=x", 'B', 0},
		{RELAY, "\r\nSignal=7\r\nSignal=8", '7', 0},
		{"Application/DTMF-Relay ; charset=utf-8", "Signal=5", '5', 0},
		{PLAIN, "*", '*', 0},
		{PLAIN, "5\r\n", '5', 0},
		{PLAIN, " 11 ", '#', 0},
		{PLAIN, "d", 'D', 0},
		{PLAIN, "Signal=3\r\nDuration=90", '3', 90},
	};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct info_key found = {0};
		ck_assert_msg(parse(rows[i].type, rows[i].body, &found) == 0, "%s", rows[i].body);
		ck_assert_msg(found.key == rows[i].key, "%s: %c", rows[i].body, found.key);
		ck_assert_uint_eq(found.duration_ms, rows[i].duration_ms);
	}
}
END_TEST

START_TEST(others_have_none)
{
	static const struct {
		const char *type, *body;
		int error;
	} rows[] = {
		{RELAY, "", -EBADMSG},
		{RELAY, "5", -EBADMSG},
		{RELAY, "Signal", -EBADMSG},
		{RELAY, "Signal=", -EBADMSG},
		{RELAY, "Signal=16", -EBADMSG},
		{RELAY, "Signal=123", -EBADMSG},
		{RELAY, "Signal=x", -EBADMSG},
		{RELAY, "Signals=5", -EBADMSG},
		{RELAY, "Duration=5", -EBADMSG},
		{PLAIN, "", -EBADMSG},
		{PLAIN, "**", -EBADMSG},
		{PLAIN, "e", -EBADMSG},
		{"application/dtmf-relays", "Signal=5", -ENOTSUP},
		{"application/media_control+xml", "Signal=5", -ENOTSUP},
		{"", "5", -ENOTSUP},
	};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct info_key found = {.key = '!'};
		ck_assert_msg(parse(rows[i].type, rows[i].body, &found) == rows[i].error, "%s: %s",
			rows[i].type, rows[i].body);
		ck_assert_int_eq(found.key, '!');
	}
}
END_TEST

START_TEST(every_prefix_is_safe)
{
	static const char body[] = "Signal = 12\r\nDuration = 4294967296\r\n";
	struct info_key found;
	for (size_t length = 0; length < sizeof(body); length++) {
		int error = info_key_parse(PV_SPAN(RELAY),
			(struct pv_span){guard_page_put(body, length), length}, &found);
		ck_assert_int_eq(error, length < 10 ? -EBADMSG : 0);
	}
	ck_assert_int_eq(found.key, 'A');
	ck_assert_uint_eq(found.duration_ms, 0);
}
END_TEST

TEST_MAIN("info_key", bodies_have_keys, others_have_none, every_prefix_is_safe)
