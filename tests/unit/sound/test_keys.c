/* SPDX-License-Identifier: Apache-2.0 */
/* test_keys.c: presses as telephone events tell of them, with all that gets lost on the way. */
#include "sound/keys.h"

#include <stdio.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "rtp/event.h"

#define MS  UINT64_C(1000000)
#define NOW (UINT64_C(777) * MS)

static struct keys keys;
static char told[256]; /* facts as text: "+*" press, "=*" held, "-*" let go, "-!*" when held */

static void note(const struct key_fact *facts, unsigned count)
{
	static const char *const signs[] = {"+", "=", "-"};
	for (unsigned i = 0; i < count; i++) {
		size_t at = strlen(told);
		snprintf(told + at, sizeof(told) - at, "%s%s%c", signs[facts[i].what],
			facts[i].was_held ? "!" : "", facts[i].key);
	}
}

/* A packet `ms` after NOW. */
static void event(
	unsigned ms, uint8_t number, uint32_t timestamp, unsigned duration, bool end, bool marker)
{
	uint8_t payload[] = {number, end ? 0x8a : 10, (uint8_t)(duration >> 8), (uint8_t)duration};
	struct rtp_packet packet = {.ssrc = 5,
		.timestamp = timestamp,
		.marker = marker,
		.payload = payload,
		.payload_length = sizeof(payload)};
	struct key_fact facts[KEYS_FACTS_MAX];
	note(facts, keys_event(&keys, &packet, NOW + ms * MS, facts));
}

static void tick(unsigned ms)
{
	struct key_fact fact;
	note(&fact, keys_tick(&keys, NOW + ms * MS, &fact));
}

static void begin(void)
{
	keys_begin(&keys, 8000);
	told[0] = '\0';
}

#define TOLD(text) ck_assert_str_eq(told, text)

/* The star from `from` ms on for `length` ms, a packet each 20 ms but those that `lost` has a bit
 * for; packet 0 is the first. Three ends behind. */
static void star(unsigned from, unsigned length, uint64_t lost)
{
	unsigned n = 0;
	uint32_t timestamp = 1000 + from * 8;
	for (unsigned ms = 0; ms <= length; ms += 20, n++)
		if (!(lost >> n & 1))
			event(from + ms, RTP_EVENT_STAR, timestamp, ms * 8 + 160, ms + 20 > length,
				n == 0);
	for (unsigned i = 0; i < 2; i++, n++)
		if (!(lost >> n & 1))
			event(from + length + i, RTP_EVENT_STAR, timestamp, length * 8 + 160, true,
				false);
}

START_TEST(a_press_counts_with_its_first_packet)
{
	begin();
	event(0, RTP_EVENT_STAR, 1000, 160, false, true);
	TOLD("+*");
	event(20, RTP_EVENT_STAR, 1000, 320, false, false);
	event(40, RTP_EVENT_STAR, 1000, 480, false, false);
	TOLD("+*");
	event(60, RTP_EVENT_STAR, 1000, 640, true, false);
	TOLD("+*-*");
	/* the end comes three times */
	event(61, RTP_EVENT_STAR, 1000, 640, true, false);
	event(62, RTP_EVENT_STAR, 1000, 640, true, false);
	tick(1000);
	TOLD("+*-*");
	ck_assert_uint_eq(keys_deadline_ns(&keys), UINT64_MAX);
}
END_TEST

START_TEST(presses_are_told_apart)
{
	begin();
	star(0, 100, 0);
	star(150, 100, 0);
	TOLD("+*-*+*-*");
	event(300, RTP_EVENT_HASH, 9000, 160, false, true);
	TOLD("+*-*+*-*+#");
	/* two keys at once: the second one ends the first */
	event(310, 1, 9100, 160, false, true);
	TOLD("+*-*+*-*+#-#+1");
	/* what still comes of the first is old */
	event(320, RTP_EVENT_HASH, 9000, 320, false, false);
	event(330, RTP_EVENT_HASH, 9000, 400, true, false);
	TOLD("+*-*+*-*+#-#+1");
}
END_TEST

START_TEST(held_is_longer_than_700_ms)
{
	begin();
	star(0, 660, 0); /* 680 ms by the last packet */
	TOLD("+*-*");
	begin();
	star(0, 1000, 0);
	TOLD("+*=*-!*");
}
END_TEST

/* Whatever one or two packets of a short and of a long press are lost: the same facts. */
START_TEST(any_packets_may_be_lost)
{
	unsigned count = 1000 / 20 + 3;
	for (unsigned a = 0; a < count; a++)
		for (unsigned b = 0; b < count; b++) {
			begin();
			star(0, 1000, UINT64_C(1) << a | UINT64_C(1) << b);
			tick(2000);
			ck_assert_msg(strcmp(told, "+*=*-!*") == 0, "%u, %u: %s", a, b, told);
		}
	for (unsigned lost = 0; lost < 127; lost++) {
		begin();
		star(0, 80, lost); /* seven packets, at least one of which comes */
		tick(2000);
		ck_assert_msg(strcmp(told, "+*-*") == 0, "%x: %s", lost, told);
	}
}
END_TEST

START_TEST(a_lost_end_is_noticed_after_300_ms)
{
	begin();
	for (unsigned ms = 0; ms <= 1000; ms += 20)
		event(ms, RTP_EVENT_STAR, 1000, ms * 8 + 160, false, ms == 0);
	TOLD("+*=*");
	ck_assert_uint_eq(keys_deadline_ns(&keys), NOW + 1300 * MS);
	tick(1299);
	TOLD("+*=*");
	tick(1300);
	TOLD("+*=*-!*");
	/* and if it comes nevertheless, it says nothing new */
	event(1310, RTP_EVENT_STAR, 1000, 8160, true, false);
	tick(3000);
	TOLD("+*=*-!*");
}
END_TEST

/* The network or the machine holds packets up for longer than that, and then there are more of the
 * press. */
START_TEST(a_press_that_is_found_again_is_held)
{
	begin();
	for (unsigned ms = 0; ms <= 200; ms += 20)
		event(ms, RTP_EVENT_STAR, 1000, ms * 8 + 160, false, ms == 0);
	tick(500);
	TOLD("+*-*");
	for (unsigned ms = 220; ms < 1000; ms += 20)
		event(MAX(ms, 600), RTP_EVENT_STAR, 1000, ms * 8 + 160, false, false);
	TOLD("+*-*=*");
	event(1000, RTP_EVENT_STAR, 1000, 8160, true, false);
	event(1001, RTP_EVENT_STAR, 1000, 8160, true, false);
	tick(3000);
	TOLD("+*-*=*-!*");
	/* of a short one only the ends came late: that it lasted is not said */
	begin();
	event(0, RTP_EVENT_STAR, 1000, 160, false, true);
	tick(300);
	event(900, RTP_EVENT_STAR, 1000, 800, true, false);
	TOLD("+*-*-*");
	event(901, RTP_EVENT_STAR, 1000, 800, true, false);
	tick(3000);
	TOLD("+*-*-*");
}
END_TEST

START_TEST(a_lone_end_is_a_press)
{
	begin();
	event(0, RTP_EVENT_STAR, 1000, 800, true, false);
	event(1, RTP_EVENT_STAR, 1000, 800, true, false);
	TOLD("+*-*");
	/* even of a held key */
	begin();
	event(0, RTP_EVENT_STAR, 1000, 8000, true, false);
	TOLD("+*=*-!*");
}
END_TEST

/* RFC 4733 §2.5.1.3: 0xffff units at the most are one segment, 8.2 s. */
START_TEST(a_long_press_is_one)
{
	begin();
	for (unsigned ms = 0; ms < 20000; ms += 20) {
		unsigned ticks = ms * 8 + 160, segment = ticks / 65535;
		event(ms, RTP_EVENT_STAR, 1000 + 65535 * segment, ticks % 65535, false, ms == 0);
	}
	TOLD("+*=*");
	event(20000, RTP_EVENT_STAR, 1000 + 65535 * 2, 160000 % 65535, true, false);
	TOLD("+*=*-!*");
}
END_TEST

START_TEST(segments_add_up)
{
	begin();
	event(0, RTP_EVENT_STAR, 1000, 5000, false, false); /* not held yet */
	event(50, RTP_EVENT_STAR, 1000 + 5100, 600, true, false);
	TOLD("+*=*-!*");
}
END_TEST

START_TEST(a_marker_is_a_press_of_its_own)
{
	begin();
	event(0, RTP_EVENT_STAR, 1000, 160, false, true);
	event(20, RTP_EVENT_STAR, 1000, 320, false, false);
	event(100, RTP_EVENT_STAR, 1800, 400, false, true); /* the ends were lost */
	TOLD("+*-*+*");
	/* two keys under one time stamp are a mistake, of which the first one counts */
	event(120, RTP_EVENT_HASH, 1800, 560, true, false);
	TOLD("+*-*+*");
}
END_TEST

/* Some phones move the time stamp along with each packet of an event. */
START_TEST(a_moving_time_stamp_is_one_press)
{
	begin();
	for (unsigned ms = 0; ms < 400; ms += 20)
		event(ms, RTP_EVENT_STAR, 1000 + ms * 8, ms * 8 + 160, ms == 380, ms == 0);
	TOLD("+*-*");
}
END_TEST

START_TEST(a_fixed_duration_is_measured_by_the_clock)
{
	begin();
	for (unsigned ms = 0; ms < 1000; ms += 20)
		event(ms, RTP_EVENT_STAR, 1000, 800, ms == 980, ms == 0);
	TOLD("+*=*-!*");
}
END_TEST

START_TEST(other_events_are_no_keys)
{
	struct key_fact facts[KEYS_FACTS_MAX];
	struct rtp_packet packet = {.payload = (const uint8_t *)"\12\0\0", .payload_length = 3};
	begin();
	event(0, RTP_EVENT_FLASH, 1000, 160, false, true);
	event(0, 255, 2000, 160, false, true);
	ck_assert_uint_eq(keys_event(&keys, &packet, NOW, facts), 0);
	ck_assert_uint_eq(keys.ignored, 3);
	TOLD("");
}
END_TEST

START_TEST(another_source_begins_anew)
{
	struct key_fact facts[KEYS_FACTS_MAX];
	struct rtp_packet packet = {.ssrc = 6,
		.timestamp = 1000,
		.payload = (const uint8_t *)"\12\x8a\3\0",
		.payload_length = 4};
	begin();
	event(0, RTP_EVENT_STAR, 1000, 160, false, true);
	note(facts, keys_event(&keys, &packet, NOW + 50 * MS, facts));
	TOLD("+*-*+*-*");
	/* and one that sets its time stamps back by an hour is heard, too */
	packet.timestamp -= 8000 * 3600;
	note(facts, keys_event(&keys, &packet, NOW + 60 * MS, facts));
	TOLD("+*-*+*-*+*-*");
}
END_TEST

START_TEST(the_clock_of_events_counts)
{
	begin();
	keys_begin(&keys, 48000);
	event(0, RTP_EVENT_STAR, 1000, 9600, true, true); /* 200 ms */
	TOLD("+*-*");
	event(0, RTP_EVENT_STAR, 100000, 33601, true, true); /* 700 ms, and a bit */
	TOLD("+*-*+*-*");
	keys_begin(&keys, 0); /* of no harm */
	event(0, RTP_EVENT_STAR, 1000, 5601, true, true);
	event(0, RTP_EVENT_STAR, 9000, 5608, true, true);
	TOLD("+*-*+*-*+*-*+*=*-!*");
}
END_TEST

TEST_MAIN("keys", a_press_counts_with_its_first_packet, presses_are_told_apart,
	held_is_longer_than_700_ms, any_packets_may_be_lost, a_lost_end_is_noticed_after_300_ms,
	a_press_that_is_found_again_is_held, a_lone_end_is_a_press, a_long_press_is_one,
	segments_add_up, a_marker_is_a_press_of_its_own, a_moving_time_stamp_is_one_press,
	a_fixed_duration_is_measured_by_the_clock, other_events_are_no_keys,
	another_source_begins_anew, the_clock_of_events_counts)
