/* SPDX-License-Identifier: Apache-2.0 */
/* test_ed137.c: push-to-talk bits read and written, and the link that keep-alives hold. */
#include "sound/ed137.h"

#include "base/macros.h"
#include "lib/guard_page.h"
#include "lib/testing.h"

#define MS UINT64_C(1000000)

static bool read_bytes(uint16_t profile, const char *bytes, size_t length, struct ed137 *ret)
{
	struct rtp_packet packet = {.has_extension = true,
		.extension_profile = profile,
		.extension = (const uint8_t *)guard_page_put(bytes, length),
		.extension_length = length};
	return ed137_read(&packet, ret);
}

START_TEST(bits_are_where_they_should_be)
{
	struct ed137 found;
	/* priority, squelch, id 0x2a, mute, not summed, simultaneous */
	ck_assert(read_bytes(ED137_PROFILE, "\x7a\xa8\0\0", 4, &found));
	ck_assert_int_eq(found.ptt, ED137_PTT_PRIORITY);
	ck_assert(found.squelch && found.mute && !found.summation && found.simultaneous);
	ck_assert_uint_eq(found.id, 0x2a);
	ck_assert(read_bytes(ED137_PROFILE, "\x80\x10", 2, &found));
	ck_assert_int_eq(found.ptt, ED137_PTT_EMERGENCY);
	ck_assert(!found.squelch && !found.mute && found.summation && !found.simultaneous);
	/* the first edition has four bits of id */
	ck_assert(read_bytes(ED137_PROFILE_FIRST, "\x3b\xff\xff\xff", 4, &found));
	ck_assert_int_eq(found.ptt, ED137_PTT_NORMAL);
	ck_assert(found.squelch && found.simultaneous && !found.mute && !found.summation);
	ck_assert_uint_eq(found.id, 11);
	/* reserved types are no press */
	ck_assert(read_bytes(ED137_PROFILE, "\xc0\0\0\0", 4, &found));
	ck_assert_int_eq(found.ptt, ED137_PTT_OFF);
	ck_assert(read_bytes(ED137_PROFILE, "\xe0\0\0\0", 4, &found));
	ck_assert_int_eq(found.ptt, ED137_PTT_OFF);
}
END_TEST

START_TEST(other_extensions_are_none)
{
	struct ed137 found = {.id = 77};
	struct rtp_packet none = {.extension_profile = ED137_PROFILE};
	ck_assert(!read_bytes(0xbede, "\x7a\xa8\0\0", 4, &found));
	ck_assert(!read_bytes(ED137_PROFILE, "", 0, &found));
	ck_assert(!read_bytes(ED137_PROFILE, "\x7a", 1, &found));
	ck_assert(!ed137_read(&none, &found));
	ck_assert_uint_eq(found.id, 77);
}
END_TEST

START_TEST(what_is_written_is_read)
{
	for (unsigned i = 0; i < 6 * 64 * 16; i++) {
		struct ed137 ed137 = {.ptt = (enum ed137_ptt)(i % 6),
			.id = (uint8_t)(i / 6 % 64),
			.squelch = i / 384 & 1,
			.mute = i / 384 & 2,
			.summation = i / 384 & 4,
			.simultaneous = i / 384 & 8};
		uint8_t datagram[RTP_HEADER_SIZE + ED137_SIZE] = {0x90, ED137_KEEPALIVE_TYPE};
		struct rtp_packet packet;
		struct ed137 found;
		ck_assert_uint_eq(ed137_write(&ed137, datagram + RTP_HEADER_SIZE), ED137_SIZE);
		ck_assert_int_eq(rtp_packet_parse(datagram, sizeof(datagram), &packet),
			(int)sizeof(datagram));
		ck_assert(ed137_read(&packet, &found));
		ck_assert_int_eq(found.ptt, ed137.ptt);
		ck_assert_uint_eq(found.id, ed137.id);
		ck_assert(found.squelch == ed137.squelch && found.mute == ed137.mute &&
			  found.summation == ed137.summation &&
			  found.simultaneous == ed137.simultaneous);
	}
}
END_TEST

START_TEST(a_link_is_lost_and_found)
{
	struct ed137_link link;
	ed137_link_begin(&link, 0, 0, 1000 * MS);
	ck_assert(!ed137_link_heard(&link, 2000 * MS));
	ck_assert(!ed137_link_is_lost(&link, 3999 * MS));
	ck_assert(ed137_link_is_lost(&link, 4000 * MS));
	ck_assert(!ed137_link_is_lost(&link, 5000 * MS)); /* told once */
	ck_assert(ed137_link_heard(&link, 6000 * MS));
	ck_assert(!ed137_link_heard(&link, 6010 * MS));
	ck_assert(ed137_link_is_lost(&link, 8010 * MS));
}
END_TEST

START_TEST(a_link_keeps_to_its_range)
{
	static const struct {
		uint32_t period, multiplier, want_period, want_multiplier;
	} rows[] = {{1, 1, 20, 2}, {5000, 100, 1000, 50}, {250, 4, 250, 4}};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct ed137_link link;
		ed137_link_begin(&link, rows[i].period, rows[i].multiplier, 0);
		ck_assert_uint_eq(link.period_ms, rows[i].want_period);
		ck_assert_uint_eq(link.multiplier, rows[i].want_multiplier);
	}
}
END_TEST

TEST_MAIN("ed137", bits_are_where_they_should_be, other_extensions_are_none,
	what_is_written_is_read, a_link_is_lost_and_found, a_link_keeps_to_its_range)
