/* SPDX-License-Identifier: Apache-2.0 */
/* test_watch.c: silence on a fake clock, and what a report says. */
#include "harness.h"

#include "media/relay.h"
#include "media/session.h"

static struct call call;

static bool is_told(unsigned owner, uint32_t bit)
{
	bool is = told[owner] & bit;
	told[owner] &= ~bit;
	return is;
}

START_TEST(silence_on_both_ends_is_told_once)
{
	start();
	call_up(&call, 1);
	pass(58500);
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	pass(2600); /* a tick looks at each session once a second */
	ck_assert(is_told(1, MEDIA_TOLD_SILENT));
	ck_assert_uint_eq(read_report(&call).is_silent, 1);
	pass(120000);
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	speak(&call.phones[0], call.lease.port[0], "sorry");
	hear(&call.phones[1], call.lease.port[1], "sorry");
	pass(1100);
	ck_assert(is_told(1, MEDIA_TOLD_AGAIN));
	pass(61100);
	ck_assert(is_told(1, MEDIA_TOLD_SILENT));
	call_close(&call);
	finish();
}
END_TEST

/* A packet has the time that it was read at, which is later than the round that watches. */
START_TEST(who_was_heard_just_now_is_not_silent)
{
	start();
	call_up(&call, 1);
	struct relay *relay = &media->relays[0];
	struct session *session = slab_at(&relay->sessions, 0);
	session->ends[0].heard_ms = relay->now_ms + 1;
	session_watch(relay, session);
	settle();
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	struct media_report report;
	ck_assert_int_eq(media_read_report(media, call.lease.session, &report), 0);
	ck_assert_uint_eq(report.ends[0].silent_ms, 0);
	call_close(&call);
	finish();
}
END_TEST

static void monologue(unsigned speaker, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i += 10) {
		pass(10000);
		speak(&call.phones[speaker], call.lease.port[speaker], "monologue");
		hear(&call.phones[1 - speaker], call.lease.port[1 - speaker], "monologue");
	}
}

/* Whoever listens to one that talks may be gone: that is told each time that the timeout is over.
 */
START_TEST(who_is_missing_is_told_each_time)
{
	start();
	call_up(&call, 1);
	monologue(1, 50);
	ck_assert(!is_told(1, MEDIA_TOLD_MISSING_0));
	monologue(1, 20);
	ck_assert(is_told(1, MEDIA_TOLD_MISSING_0));
	ck_assert_uint_eq(read_report(&call).missing, 1);
	monologue(1, 40);
	ck_assert(!is_told(1, MEDIA_TOLD_MISSING_0));
	monologue(1, 30);
	ck_assert(is_told(1, MEDIA_TOLD_MISSING_0));
	ck_assert(!is_told(1, MEDIA_TOLD_MISSING_1 | MEDIA_TOLD_FOUND | MEDIA_TOLD_SILENT));
	speak(&call.phones[0], call.lease.port[0], "here");
	hear(&call.phones[1], call.lease.port[1], "here");
	pass(1100);
	ck_assert(is_told(1, MEDIA_TOLD_FOUND));
	ck_assert_uint_eq(read_report(&call).missing, 0);
	/* of two who are silent none is missed: that is silence */
	pass(62000);
	ck_assert(is_told(1, MEDIA_TOLD_SILENT));
	ck_assert(!is_told(1, MEDIA_TOLD_MISSING_0 | MEDIA_TOLD_MISSING_1));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(one_who_speaks_keeps_it_up)
{
	start();
	call_up(&call, 1);
	for (unsigned i = 0; i < 10; i++) {
		pass(30000);
		speak(&call.phones[1], call.lease.port[1], "monologue");
		hear(&call.phones[0], call.lease.port[0], "monologue");
	}
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	call_close(&call);
	finish();
}
END_TEST

/* Silence suppression stops RTP, not RTCP. */
START_TEST(rtcp_is_a_sign_of_life)
{
	struct media_address from;
	char in[16];
	start();
	call_up(&call, 1);
	for (unsigned i = 0; i < 5; i++) {
		pass(30000);
		send_bytes(&call.phones[0], 1, (uint16_t)(call.lease.port[0] + 1),
			"\x80\xc9\x00\x01\x00\x00\x00\x01", 8);
		ck_assert_uint_eq(receive(&call.phones[1], 1, in, sizeof(in), &from), 8);
	}
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(what_is_held_or_rings_is_bounded_by_the_other_timeout)
{
	start();
	call_open(&call, 1);
	call.description.watch = MEDIA_WATCH_EARLY;
	call_set(&call);
	pass(600000);
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	/* it is answered: silence is counted from here */
	call.description.watch = MEDIA_WATCH_TALK;
	call_set(&call);
	pass(30000);
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	call.description.watch = MEDIA_WATCH_HELD;
	call_set(&call);
	pass(1790000);
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	pass(12000);
	ck_assert(is_told(1, MEDIA_TOLD_SILENT));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(a_reload_applies_to_calls_in_progress)
{
	start();
	call_up(&call, 1);
	media_set_timeouts(media, 5000, 10000);
	pass(3000);
	ck_assert(!is_told(1, MEDIA_TOLD_SILENT));
	pass(3200);
	ck_assert(is_told(1, MEDIA_TOLD_SILENT));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(all_sessions_are_looked_at)
{
	static struct call calls[20];
	start();
	for (unsigned i = 0; i < 20; i++)
		call_up(&calls[i], i);
	pass(61100);
	for (unsigned i = 0; i < 20; i++) {
		ck_assert(is_told(i, MEDIA_TOLD_SILENT));
		call_close(&calls[i]);
	}
	finish();
}
END_TEST

START_TEST(loss_order_and_delay_of_each_end)
{
	start();
	call_open(&call, 1);
	call_set(&call);
	fake_clock_advance(&clock_here, 240);
	for (unsigned i = 0; i < 100; i++) {
		fake_clock_advance(&clock_here, 20);
		if (i % 10 == 5) { /* one in ten is lost */
			call.phones[0].sequence++;
			call.phones[0].timestamp += 160;
			continue;
		}
		speak(&call.phones[0], call.lease.port[0], "voice");
		hear(&call.phones[1], call.lease.port[1], "voice");
	}
	struct media_report report = read_report(&call);
	const struct media_end_report *from = &report.ends[0], *to = &report.ends[1];
	ck_assert_uint_eq(from->packets, 90);
	ck_assert_uint_eq(from->bytes, 90 * 17);
	ck_assert_uint_eq(from->expected, 100);
	ck_assert_uint_eq(from->lost, 10);
	ck_assert_uint_eq(from->first_ms, 260);
	ck_assert_uint_eq(from->jitter_us, 0);
	ck_assert_uint_eq(from->ssrc, call.phones[0].ssrc);
	ck_assert_uint_eq(from->latch, LATCH_LOCKED);
	ck_assert(media_address_equal(&from->source, &call.phones[0].address));
	/* a tenth lost: 95 * 10 / (10 + 25.1) off 93.2 */
	ck_assert_uint_ge(from->score_from, 330);
	ck_assert_uint_le(from->score_from, 345);
	ck_assert_uint_eq(from->score_to, 0);
	ck_assert_uint_eq(to->packets, 0);
	ck_assert_uint_eq(to->sent, 90);
	ck_assert_uint_eq(to->sent_bytes, 90 * 17);
	ck_assert_uint_eq(to->first_ms, UINT64_MAX);
	ck_assert_uint_eq(to->score_from, 0);
	call_close(&call);
	ck_assert_uint_eq(final_report.ends[0].lost, 10);
	finish();
}
END_TEST

static void put_u32(uint8_t *to, uint32_t value)
{
	value = htonl(value);
	memcpy(to, &value, 4);
}

/* A's sender's report goes to B; B quotes it 500 ms later, 580 ms after it passed us. */
START_TEST(round_trip_and_the_far_ends_loss)
{
	uint8_t sr[28] = {0x80, 200, 0, 6}, rr[32] = {0x81, 201, 0, 7}, in[64];
	struct media_address from;
	start();
	call_up(&call, 1);
	for (unsigned i = 0; i < 99; i++) {
		fake_clock_advance(&clock_here, 20);
		speak(&call.phones[0], call.lease.port[0], "x");
		hear(&call.phones[1], call.lease.port[1], "x");
	}
	put_u32(sr + 8, 0xe0001234);
	put_u32(sr + 12, 0x56780000);
	send_bytes(&call.phones[0], 1, (uint16_t)(call.lease.port[0] + 1), sr, sizeof(sr));
	ck_assert_uint_eq(receive(&call.phones[1], 1, in, sizeof(in), &from), sizeof(sr));
	ck_assert_mem_eq(in, sr, sizeof(sr));
	fake_clock_advance(&clock_here, 580);
	put_u32(rr + 8, call.phones[0].ssrc);
	put_u32(rr + 12, 26u << 24 | 5); /* a tenth, five in all */
	put_u32(rr + 20, 40);
	put_u32(rr + 24, 0x12345678);
	put_u32(rr + 28, 65536 / 2);
	send_bytes(&call.phones[1], 1, (uint16_t)(call.lease.port[1] + 1), rr, sizeof(rr));
	ck_assert_uint_eq(receive(&call.phones[0], 1, in, sizeof(in), &from), sizeof(rr));
	struct media_report report = read_report(&call);
	const struct media_end_report *b = &report.ends[1];
	ck_assert_uint_ge(b->round_trip_us, 80000);
	ck_assert_uint_le(b->round_trip_us, 80020);
	ck_assert_uint_eq(report.ends[0].round_trip_us, 0);
	ck_assert(b->has_remote && !report.ends[0].has_remote);
	ck_assert_int_eq(b->remote_lost, 5);
	ck_assert_uint_eq(b->remote_fraction, 26);
	ck_assert_uint_eq(b->remote_jitter, 40);
	/* 95 * 5 / (5 + 25.1) and 60 ms of delay off 93.2 */
	ck_assert_uint_ge(b->score_to, 385);
	ck_assert_uint_le(b->score_to, 400);
	call_close(&call);
	finish();
}
END_TEST

/* Encrypted RTCP passes and is not believed to be readable. */
START_TEST(srtcp_passes_unread)
{
	uint8_t rr[32] = {0x81, 201, 0, 99}, in[64];
	struct media_address from;
	start();
	call_open(&call, 1);
	call.description.ends[1].is_secure = true;
	call_set(&call);
	send_bytes(&call.phones[1], 1, (uint16_t)(call.lease.port[1] + 1), rr, sizeof(rr));
	ck_assert_uint_eq(receive(&call.phones[0], 1, in, sizeof(in), &from), sizeof(rr));
	ck_assert(!read_report(&call).ends[1].has_remote);
	call_close(&call);
	finish();
}
END_TEST

/* The clock of a dynamic type is told; a held key has none. */
START_TEST(jitter_goes_by_the_clock_of_the_type)
{
	start();
	call_open(&call, 1);
	struct media_end *end = &call.description.ends[0];
	end->formats[0] = (struct media_format){48000, 111, QUALITY_OPUS};
	end->formats[1] = (struct media_format){0, 101, QUALITY_UNKNOWN};
	end->format_count = 2;
	call_set(&call);
	call.phones[0].payload_type = 111;
	for (unsigned i = 0; i < 100; i++) {
		fake_clock_advance(&clock_here, i % 2 ? 15 : 25);
		speak(&call.phones[0], call.lease.port[0], "opus");
		call.phones[0].timestamp += 960 - 160;
		hear(&call.phones[1], call.lease.port[1], "opus");
	}
	uint32_t jitter_us = read_report(&call).ends[0].jitter_us;
	ck_assert(jitter_us > 4500 && jitter_us < 5500);
	call.phones[0].payload_type = 101;
	for (unsigned i = 0; i < 10; i++) {
		fake_clock_advance(&clock_here, 50);
		speak(&call.phones[0], call.lease.port[0], "key");
		call.phones[0].timestamp -= 160;
		hear(&call.phones[1], call.lease.port[1], "key");
	}
	ck_assert_uint_eq(read_report(&call).ends[0].jitter_us, jitter_us);
	call_close(&call);
	finish();
}
END_TEST

/* A repair stream or simulcast: each turn of a source is a beginning, and nothing is missed. */
START_TEST(of_sources_by_turns_no_loss_is_claimed)
{
	uint16_t own[2] = {1001, 5000};
	start();
	call_up(&call, 1);
	struct phone *phone = &call.phones[0];
	uint32_t first = phone->ssrc;
	for (unsigned i = 0; i < 40; i++) {
		phone->ssrc = first + i % 2;
		phone->sequence = own[i % 2];
		speak(phone, call.lease.port[0], "by turns");
		hear(&call.phones[1], call.lease.port[1], "by turns");
		own[i % 2] = (uint16_t)(own[i % 2] + 2); /* half of each is lost */
		if (i == 4) { /* some changes are a transfer, or a phone that was restarted */
			pass(1100);
			ck_assert_uint_gt(read_report(&call).ends[0].score_from, 0);
		}
	}
	pass(1100);
	struct media_report report = read_report(&call);
	ck_assert(media_end_is_mixed(&report.ends[0]));
	ck_assert_uint_eq(report.ends[0].score_from, 0);
	ck_assert(!media_end_is_mixed(&report.ends[1]));
	call_close(&call);
	finish();
}
END_TEST

TEST_MAIN("watch", silence_on_both_ends_is_told_once, who_was_heard_just_now_is_not_silent,
	one_who_speaks_keeps_it_up, who_is_missing_is_told_each_time,
	of_sources_by_turns_no_loss_is_claimed, rtcp_is_a_sign_of_life,
	what_is_held_or_rings_is_bounded_by_the_other_timeout,
	a_reload_applies_to_calls_in_progress, all_sessions_are_looked_at,
	loss_order_and_delay_of_each_end, round_trip_and_the_far_ends_loss, srtcp_passes_unread,
	jitter_goes_by_the_clock_of_the_type)
