/* SPDX-License-Identifier: Apache-2.0 */
/* test_event.c: telephone events of RFC 4733. */
#include "rtp/event.h"

#include <errno.h>

#include "lib/guard_page.h"
#include "lib/testing.h"

START_TEST(fields_are_where_rfc_4733_says)
{
	struct rtp_event event;
	/* the last packet of "1" in RFC 4733 §5: event 1, E set, volume 20, duration 1760 */
	const char *at = guard_page_put("\x01\x94\x06\xe0", 4);
	ck_assert_int_eq(rtp_event_parse(at, 4, &event), RTP_EVENT_SIZE);
	ck_assert_uint_eq(event.number, 1);
	ck_assert(event.end);
	ck_assert_uint_eq(event.volume, 20);
	ck_assert_uint_eq(event.duration, 1760);
	/* the reserved bit is ignored (§2.3.4) */
	ck_assert_int_eq(rtp_event_parse("\x0b\x4a\x00\xa0", 4, &event), RTP_EVENT_SIZE);
	ck_assert_uint_eq(event.number, RTP_EVENT_HASH);
	ck_assert(!event.end);
	ck_assert_uint_eq(event.volume, 10);
	ck_assert_uint_eq(event.duration, 160);
}
END_TEST

START_TEST(short_ones_are_refused)
{
	struct rtp_event event = {.number = 99};
	for (size_t length = 0; length < RTP_EVENT_SIZE; length++)
		ck_assert_int_eq(
			rtp_event_parse(guard_page_put("\1\2\3\4", length), length, &event),
			-EBADMSG);
	ck_assert_uint_eq(event.number, 99);
}
END_TEST

START_TEST(keys_have_their_names)
{
	ck_assert_int_eq(rtp_event_key(0), '0');
	ck_assert_int_eq(rtp_event_key(9), '9');
	ck_assert_int_eq(rtp_event_key(RTP_EVENT_STAR), '*');
	ck_assert_int_eq(rtp_event_key(RTP_EVENT_HASH), '#');
	ck_assert_int_eq(rtp_event_key(15), 'D');
	ck_assert_int_eq(rtp_event_key(RTP_EVENT_FLASH), '\0');
	ck_assert_int_eq(rtp_event_key(255), '\0');
}
END_TEST

TEST_MAIN("event", fields_are_where_rfc_4733_says, short_ones_are_refused, keys_have_their_names)
