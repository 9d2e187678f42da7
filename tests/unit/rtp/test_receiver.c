/* SPDX-License-Identifier: Apache-2.0 */
/* test_receiver.c: extended sequence numbers, loss, order, duplicates, restarts and jitter. */
#include "rtp/receiver.h"

#include <math.h>
#include <string.h>

#include "lib/testing.h"

#define MS UINT64_C(1000000)

static struct rtp_receiver receiver;
static uint64_t now_ns;

static void start(void)
{
	memset(&receiver, 0, sizeof(receiver));
	now_ns = 5000 * MS;
}

static enum rtp_arrival packet(uint32_t ssrc, uint16_t sequence, uint32_t timestamp)
{
	uint8_t header[12] = {0x80, 0, (uint8_t)(sequence >> 8), (uint8_t)sequence,
		(uint8_t)(timestamp >> 24), (uint8_t)(timestamp >> 16), (uint8_t)(timestamp >> 8),
		(uint8_t)timestamp, (uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16),
		(uint8_t)(ssrc >> 8), (uint8_t)ssrc};
	return rtp_receiver_packet(&receiver, header, 172, now_ns);
}

static void must_count(uint32_t packets, uint64_t lost, uint32_t reordered, uint32_t duplicates)
{
	ck_assert_uint_eq(receiver.packets, packets);
	ck_assert_uint_eq(rtp_receiver_lost(&receiver), lost);
	ck_assert_uint_eq(receiver.reordered, reordered);
	ck_assert_uint_eq(receiver.duplicates, duplicates);
	ck_assert_uint_eq(rtp_receiver_expected(&receiver), packets - duplicates + lost);
}

START_TEST(nothing_heard_is_nothing_lost)
{
	start();
	must_count(0, 0, 0, 0);
	ck_assert_uint_eq(rtp_receiver_jitter_us(&receiver), 0);
}
END_TEST

START_TEST(a_whole_stream_over_the_wrap)
{
	start();
	ck_assert_uint_eq(packet(1, 65000, 0), RTP_ARRIVAL_RESTART);
	for (unsigned i = 1; i < 200000; i++)
		ck_assert_uint_eq(packet(1, (uint16_t)(65000 + i), 0), RTP_ARRIVAL_NEXT);
	must_count(200000, 0, 0, 0);
	ck_assert_uint_eq(receiver.cycles, 0x40000); /* 65000 + 199999 = 4 * 65536 + ... */
	ck_assert_uint_eq(receiver.bytes, 200000 * 172);
	ck_assert_uint_eq(receiver.jumps, 0);
}
END_TEST

START_TEST(losses_are_counted_and_late_ones_are_none)
{
	start();
	packet(1, 10, 0);
	packet(1, 11, 0);
	packet(1, 15, 0); /* 12 13 14 missing */
	must_count(3, 3, 0, 0);
	ck_assert_uint_eq(packet(1, 13, 0), RTP_ARRIVAL_LATE);
	must_count(4, 2, 1, 0);
	ck_assert_uint_eq(packet(1, 13, 0), RTP_ARRIVAL_DUPLICATE);
	must_count(5, 2, 1, 1);
	ck_assert_uint_eq(packet(1, 15, 0), RTP_ARRIVAL_DUPLICATE);
	must_count(6, 2, 1, 2);
}
END_TEST

START_TEST(reordered_over_the_wrap)
{
	start();
	packet(1, 65534, 0);
	packet(1, 0, 0);
	ck_assert_uint_eq(packet(1, 65535, 0), RTP_ARRIVAL_LATE);
	ck_assert_uint_eq(packet(1, 1, 0), RTP_ARRIVAL_NEXT);
	must_count(4, 0, 1, 0);
	ck_assert_uint_eq(receiver.cycles, 65536);
}
END_TEST

START_TEST(older_than_the_first_is_no_negative_loss)
{
	start();
	packet(1, 100, 0);
	ck_assert_uint_eq(packet(1, 99, 0), RTP_ARRIVAL_LATE);
	ck_assert_uint_eq(packet(1, 98, 0), RTP_ARRIVAL_LATE);
	must_count(3, 0, 2, 0);
}
END_TEST

START_TEST(a_new_ssrc_keeps_what_was_lost)
{
	start();
	packet(1, 10, 0);
	packet(1, 12, 0);
	ck_assert_uint_eq(packet(2, 40000, 0), RTP_ARRIVAL_RESTART);
	packet(2, 40002, 0);
	packet(2, 40003, 0);
	must_count(5, 2, 0, 0);
	ck_assert_uint_eq(receiver.jumps, 1);
	ck_assert_uint_eq(receiver.ssrc, 2);
}
END_TEST

/* RFC 3550 A.1: one stray is not believed, two in a row are a restart. */
START_TEST(a_jump_is_believed_at_the_second_packet)
{
	start();
	packet(1, 100, 0);
	ck_assert_uint_eq(packet(1, 30000, 0), RTP_ARRIVAL_JUMP);
	ck_assert_uint_eq(packet(1, 101, 0), RTP_ARRIVAL_NEXT);
	ck_assert_uint_eq(packet(1, 50000, 0), RTP_ARRIVAL_JUMP);
	ck_assert_uint_eq(packet(1, 50002, 0), RTP_ARRIVAL_JUMP);
	ck_assert_uint_eq(packet(1, 50003, 0), RTP_ARRIVAL_RESTART);
	ck_assert_uint_eq(packet(1, 50004, 0), RTP_ARRIVAL_NEXT);
	ck_assert_uint_eq(rtp_receiver_lost(&receiver), 0);
	ck_assert_uint_eq(receiver.jumps, 1);
	/* a gap below MAX_DROPOUT is loss, no jump */
	ck_assert_uint_eq(packet(1, 50004 + 2999, 0), RTP_ARRIVAL_NEXT);
	ck_assert_uint_eq(rtp_receiver_lost(&receiver), 2998);
}
END_TEST

/* The formula of RFC 3550 §6.4.1 in floating point beside A.8 in sixteenths. */
START_TEST(jitter_is_that_of_rfc_3550)
{
	static const int late_us[] = {0, 300, -200, 4000, 0, 0, 125, 9000, -1000, 2500};
	double jitter = 0, before = 0;
	start();
	rtp_receiver_rate(&receiver, 8000);
	for (unsigned i = 0; i < 400; i++) {
		int late = i == 0 ? 0 : late_us[i % 10];
		now_ns = 5000 * MS + i * 20 * MS + (uint64_t)(late + 10000) * 1000 - 10 * MS;
		packet(7, (uint16_t)i, 3000 + 160 * i);
		double difference = fabs(late * 0.008 - before);
		before = late * 0.008;
		if (i > 0)
			jitter += (difference - jitter) / 16;
	}
	ck_assert_double_gt(jitter, 10);
	ck_assert_double_eq_tol(receiver.jitter16 / 16.0, jitter, 1.0);
	ck_assert_double_eq_tol(rtp_receiver_jitter_us(&receiver), jitter * 125, 125);
}
END_TEST

START_TEST(an_even_stream_has_no_jitter)
{
	start();
	rtp_receiver_rate(&receiver, 90000);
	for (unsigned i = 0; i < 100; i++, now_ns += 40 * MS)
		packet(7, (uint16_t)i, UINT32_MAX - 10 * 3600 + 3600 * i);
	ck_assert_uint_eq(rtp_receiver_jitter_us(&receiver), 0);
}
END_TEST

START_TEST(time_stamps_set_anew_are_no_jitter)
{
	start();
	rtp_receiver_rate(&receiver, 8000);
	for (unsigned i = 0; i < 50; i++, now_ns += 20 * MS)
		packet(7, (uint16_t)i, 160 * i + (i >= 25 ? 1000000 : 0));
	ck_assert_uint_eq(receiver.jitter16, 0);
	packet(8, 7, 99); /* nor is another source's clock */
	now_ns += 20 * MS;
	packet(8, 8, 99 + 160);
	ck_assert_uint_eq(receiver.jitter16, 0);
}
END_TEST

START_TEST(another_rate_keeps_the_seconds)
{
	start();
	rtp_receiver_rate(&receiver, 8000);
	for (unsigned i = 0; i < 200; i++)
		now_ns = 5000 * MS + i * 20 * MS + (i % 2) * 5 * MS,
		packet(7, (uint16_t)i, 160 * i);
	uint32_t jitter_us = rtp_receiver_jitter_us(&receiver);
	ck_assert_uint_gt(jitter_us, 4000);
	rtp_receiver_rate(&receiver, 48000);
	ck_assert_uint_ge(rtp_receiver_jitter_us(&receiver) + 125, jitter_us);
	ck_assert_uint_le(rtp_receiver_jitter_us(&receiver), jitter_us + 125);
	packet(7, 200, 123456789);
	ck_assert_uint_le(rtp_receiver_jitter_us(&receiver), jitter_us + 125);
	/* while a key is held nothing is measured and nothing forgotten */
	rtp_receiver_rate(&receiver, 0);
	jitter_us = rtp_receiver_jitter_us(&receiver);
	packet(7, 201, 5);
	ck_assert_uint_eq(rtp_receiver_jitter_us(&receiver), jitter_us);
	ck_assert_uint_gt(jitter_us, 0);
}
END_TEST

TEST_MAIN("receiver", nothing_heard_is_nothing_lost, a_whole_stream_over_the_wrap,
	losses_are_counted_and_late_ones_are_none, reordered_over_the_wrap,
	older_than_the_first_is_no_negative_loss, a_new_ssrc_keeps_what_was_lost,
	a_jump_is_believed_at_the_second_packet, jitter_is_that_of_rfc_3550,
	an_even_stream_has_no_jitter, time_stamps_set_anew_are_no_jitter,
	another_rate_keeps_the_seconds)
