/* SPDX-License-Identifier: Apache-2.0 */
/* test_splice.c: what a listener hears is one stream, whatever comes. */
#include "sound/splice.h"

#include "base/macros.h"
#include "lib/testing.h"
#include "rtp/bytes.h"

#define MS  UINT64_C(1000000)
#define NOW (UINT64_C(5000000) * MS) /* some moment */

/* A talker that sends a packet each 20 ms. */
struct talker {
	struct splice_source source;
	struct rtp_packet packet; /* the next */
};

static struct talker talker_new(uint16_t sequence, uint32_t timestamp)
{
	struct talker talker = {.packet = {.ssrc = 7,
					.sequence = sequence,
					.timestamp = timestamp,
					.payload_type = 8,
					.payload_length = 160}};
	splice_source_begin(&talker.source, 8000);
	return talker;
}

static void talker_skip(struct talker *talker, unsigned packets)
{
	talker->packet.sequence = (uint16_t)(talker->packet.sequence + packets);
	talker->packet.timestamp += 160 * packets;
}

/* What a header says. */
struct heard {
	bool came, marker;
	uint8_t type;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
};

static struct heard read_header(const uint8_t *header)
{
	ck_assert_uint_eq(header[0], 0x80);
	return (struct heard){true, header[1] & 0x80, header[1] & 0x7f, bytes_u16(header + 2),
		bytes_u32(header + 4), bytes_u32(header + 8)};
}

static struct heard hear(struct splice *splice, const struct splice_packet *packet, uint64_t now_ns)
{
	uint8_t header[RTP_HEADER_SIZE];
	if (!splice_forward(splice, packet, now_ns, header))
		return (struct heard){0};
	return read_header(header);
}

static struct heard own(struct splice *splice, uint64_t now_ns)
{
	uint8_t header[RTP_HEADER_SIZE];
	splice_own(splice, splice->payload_type, 20, 160, false, now_ns, header);
	return read_header(header);
}

/* The talker's next packet, heard by one listener. */
static struct heard say(struct talker *talker, struct splice *splice, uint64_t now_ns)
{
	struct splice_packet packet;
	enum splice_place place =
		splice_source_packet(&talker->source, &talker->packet, now_ns, &packet);
	talker_skip(talker, 1);
	if (place != SPLICE_NEW)
		return (struct heard){0};
	return hear(splice, &packet, now_ns);
}

/* The same packet as it was `back` packets ago. */
static struct heard say_old(
	struct talker *talker, unsigned back, struct splice *splice, uint64_t now_ns)
{
	struct rtp_packet next = talker->packet;
	talker_skip(talker, 0u - back);
	struct heard heard = say(talker, splice, now_ns);
	talker->packet = next;
	return heard;
}

static struct splice listener_new(void)
{
	struct splice splice = {0};
	splice_set(&splice, 8000, 0, NOW);
	return splice;
}

static void follows(struct heard after, struct heard before, unsigned packets, uint32_t ticks)
{
	ck_assert(after.came && before.came);
	ck_assert_uint_eq(after.ssrc, before.ssrc);
	ck_assert_uint_eq((uint16_t)(after.sequence - before.sequence), packets);
	ck_assert_uint_eq(after.timestamp - before.timestamp, ticks);
}

START_TEST(a_talk_is_carried_over)
{
	struct talker talker = talker_new(65530, UINT32_MAX - 500);
	struct splice listener = listener_new();
	struct heard first = say(&talker, &listener, NOW);
	ck_assert(first.came && first.marker);
	ck_assert_uint_eq(first.type, 0); /* the listener's number, not the talker's */
	ck_assert_uint_ne(first.ssrc, 7);
	/* over both wraps */
	for (unsigned i = 1; i < 100; i++) {
		struct heard next = say(&talker, &listener, NOW + i * 20 * MS);
		follows(next, first, i, 160 * i);
		ck_assert(!next.marker);
	}
	ck_assert_uint_eq(listener.packets, 100);
	ck_assert_uint_eq(listener.octets, 16000);
}
END_TEST

START_TEST(what_was_lost_stays_a_gap)
{
	struct talker talker = talker_new(1, 0);
	struct splice listener = listener_new();
	struct heard first = say(&talker, &listener, NOW);
	talker_skip(&talker, 3);
	follows(say(&talker, &listener, NOW + 80 * MS), first, 4, 640);
	/* silence that was not sent is time without numbers, and keeps the talker's marker */
	talker.packet.timestamp += 8000;
	talker.packet.marker = true;
	struct heard next = say(&talker, &listener, NOW + 1100 * MS);
	follows(next, first, 5, 8800);
	ck_assert(next.marker);
}
END_TEST

/* In parts, a gap is one of as many; and going over to other parts, or to none, leaves none. */
START_TEST(a_packet_may_go_in_parts)
{
	struct talker talker = talker_new(65530, 1000);
	struct splice listener = listener_new();
	struct splice_packet packet;
	struct heard first = {0}, next = {0};
	static const unsigned parts[] = {3, 3, 0, 3, 1, 2};
	unsigned numbers = 0;
	for (unsigned i = 0; i < ARRAY_LENGTH(parts); i++) {
		ck_assert_int_eq(splice_source_packet(&talker.source, &talker.packet,
					 NOW + i * 60 * MS, &packet),
			SPLICE_NEW);
		talker.packet.sequence++;
		talker.packet.timestamp += 480;
		numbers += parts[i] == 0 ? 3 : 0; /* lost on the way to us */
		for (unsigned k = 0; k < parts[i]; k++) {
			uint32_t each = 480 / parts[i];
			struct splice_packet part = splice_part(&packet, each, parts[i], k);
			next = hear(&listener, &part, NOW + i * 60 * MS);
			ck_assert(next.came);
			first = numbers == 0 ? next : first;
			follows(next, first, numbers++, 480 * i + each * k);
		}
	}
	/* one that was overtaken, by its numbers */
	struct splice_packet part = splice_part(&packet, 240, 2, 0);
	follows(hear(&listener, &part, NOW + 400 * MS), next, 65535, (uint32_t)-240);
}
END_TEST

START_TEST(order_is_kept_and_duplicates_go)
{
	struct talker talker = talker_new(100, 0);
	struct splice listener = listener_new();
	struct heard first = say(&talker, &listener, NOW);
	talker_skip(&talker, 2);
	follows(say(&talker, &listener, NOW + 60 * MS), first, 3, 480);
	follows(say_old(&talker, 2, &listener, NOW + 61 * MS), first, 2, 320);
	ck_assert(!say_old(&talker, 2, &listener, NOW + 62 * MS).came);
	ck_assert(!say_old(&talker, 1, &listener, NOW + 63 * MS).came);
	ck_assert_uint_eq(talker.source.duplicates, 2);
	/* and what is behind goes on from the newest */
	follows(say(&talker, &listener, NOW + 80 * MS), first, 4, 640);
}
END_TEST

START_TEST(what_is_older_than_the_talk_is_not_heard)
{
	struct talker talker = talker_new(100, 0);
	struct splice listener = listener_new(), late = listener_new();
	struct splice_packet packet;
	talker_skip(&talker, 1);
	struct heard first = say(&talker, &listener, NOW);
	/* a straggler of before would have the number of what went before the talk */
	ck_assert(!say_old(&talker, 2, &listener, NOW + 5 * MS).came);
	/* for one who joins later, the same with what others have heard */
	talker_skip(&talker, 1);
	splice_source_packet(&talker.source, &talker.packet, NOW + 40 * MS, &packet);
	struct heard joined = hear(&late, &packet, NOW + 40 * MS);
	ck_assert(joined.came && joined.marker);
	follows(hear(&listener, &packet, NOW + 40 * MS), first, 2, 320);
	struct rtp_packet between = talker.packet;
	between.sequence--;
	between.timestamp -= 160;
	ck_assert_int_eq(
		splice_source_packet(&talker.source, &between, NOW + 41 * MS, &packet), SPLICE_NEW);
	follows(hear(&listener, &packet, NOW + 41 * MS), first, 1, 160);
	ck_assert(!hear(&late, &packet, NOW + 41 * MS).came);
}
END_TEST

START_TEST(talkers_follow_one_another)
{
	struct talker a = talker_new(40000, 123456), b = talker_new(7, 4000000000u);
	struct splice listener = listener_new();
	struct heard last = say(&a, &listener, NOW);
	struct heard next = say(&b, &listener, NOW + 25 * MS);
	follows(next, last, 1, 160);
	ck_assert(next.marker);
	last = say(&b, &listener, NOW + 45 * MS);
	follows(last, next, 1, 160);
	ck_assert(!last.marker);
	/* back to the first, after a second in which nobody said anything: time goes by */
	next = say(&a, &listener, NOW + 1045 * MS);
	ck_assert(next.marker);
	ck_assert_uint_eq((uint16_t)(next.sequence - last.sequence), 1);
	ck_assert_uint_eq(next.timestamp - last.timestamp, 8360 - 320);
}
END_TEST

START_TEST(the_same_talker_may_begin_anew)
{
	struct talker talker = talker_new(1, 0);
	struct splice listener = listener_new();
	struct heard first = say(&talker, &listener, NOW);
	splice_source_anew(&talker.source);
	talker_skip(&talker, 50);
	struct heard next = say(&talker, &listener, NOW + 1000 * MS);
	ck_assert(next.marker);
	follows(next, first, 1, 8000);
}
END_TEST

START_TEST(ours_and_theirs_are_one_stream)
{
	struct talker talker = talker_new(500, 9999);
	struct splice listener = listener_new();
	struct heard last = own(&listener, NOW), next;
	ck_assert(last.marker); /* the first ever */
	for (unsigned i = 1; i < 10; i++) {
		/* not on the dot */
		next = own(&listener, NOW + (i * 20 + i % 3 * 5) * MS);
		follows(next, last, 1, 160);
		ck_assert(!next.marker);
		last = next;
	}
	next = say(&talker, &listener, NOW + 190 * MS);
	follows(next, last, 1, 160);
	ck_assert(next.marker);
	last = own(&listener, NOW + 210 * MS);
	follows(last, next, 1, 160);
	ck_assert(!last.marker);
	/* nothing for a second: the clock goes on, a marker says so */
	next = own(&listener, NOW + 1220 * MS);
	follows(next, last, 1, 1220 * 8 - 11 * 160);
	ck_assert(next.marker);
}
END_TEST

START_TEST(a_source_may_number_anew)
{
	struct talker talker = talker_new(1000, 0);
	struct splice listener = listener_new();
	struct heard last = say(&talker, &listener, NOW), next;
	/* another SSRC: at once */
	talker.packet.ssrc = 8;
	talker.packet.sequence = 30000;
	talker.packet.timestamp = 77;
	next = say(&talker, &listener, NOW + 20 * MS);
	follows(next, last, 1, 160);
	ck_assert(next.marker);
	last = next;
	/* a leap under the same SSRC: with its second packet */
	talker.packet.sequence = 5;
	ck_assert(!say(&talker, &listener, NOW + 40 * MS).came);
	next = say(&talker, &listener, NOW + 60 * MS);
	ck_assert_uint_eq((uint16_t)(next.sequence - last.sequence), 1);
	ck_assert(next.marker);
	last = next;
	/* one stray packet changes nothing */
	talker.packet.sequence = 40000;
	ck_assert(!say(&talker, &listener, NOW + 70 * MS).came);
	talker.packet.sequence = 7;
	talker.packet.timestamp -= 160;
	follows(say(&talker, &listener, NOW + 80 * MS), last, 1, 160);
	/* forward by more than can have been lost: as well */
	talker.packet.sequence += 4000;
	ck_assert(!say(&talker, &listener, NOW + 100 * MS).came);
	next = say(&talker, &listener, NOW + 120 * MS);
	ck_assert_uint_eq((uint16_t)(next.sequence - last.sequence), 2);
	ck_assert(next.marker);
	ck_assert_uint_eq(talker.source.late, 3);
}
END_TEST

START_TEST(a_clock_that_was_set_does_not_come_through)
{
	static const uint32_t leaps[] = {UINT32_MAX - 8000, 8000 * 3600};
	for (unsigned i = 0; i < 2; i++) {
		struct talker talker = talker_new(1, 100000);
		struct splice listener = listener_new();
		struct heard last = say(&talker, &listener, NOW);
		talker.packet.timestamp += leaps[i];
		struct heard next = say(&talker, &listener, NOW + 20 * MS);
		follows(next, last, 1, 160);
		ck_assert(next.marker);
	}
}
END_TEST

START_TEST(events_leave_no_gap)
{
	struct talker talker = talker_new(10, 0);
	struct splice listener = listener_new();
	struct heard first = say(&talker, &listener, NOW);
	for (unsigned i = 0; i < 3; i++) {
		splice_source_skip(&talker.source, &talker.packet, NOW + (20 + i * 20) * MS);
		talker_skip(&talker, 1);
	}
	struct heard next = say(&talker, &listener, NOW + 80 * MS);
	follows(next, first, 1, 640);
	ck_assert(!next.marker);
	/* sound from before the events has no number any more; what is behind them has */
	ck_assert(!say_old(&talker, 6, &listener, NOW + 90 * MS).came);
	talker_skip(&talker, 1);
	follows(say(&talker, &listener, NOW + 120 * MS), next, 2, 320);
	follows(say_old(&talker, 2, &listener, NOW + 121 * MS), next, 1, 160);
}
END_TEST

START_TEST(a_burst_runs_ahead_and_is_waited_for)
{
	struct talker talker = talker_new(10, 0);
	struct splice listener = listener_new();
	struct heard last = own(&listener, NOW), next = last;
	ck_assert_uint_eq(splice_ahead_ms(&listener, NOW), 20);
	ck_assert_uint_eq(splice_ahead_ms(&listener, NOW + 20 * MS), 0);
	/* 300 ms in one go */
	for (unsigned i = 0; i < 15; i++)
		next = say(&talker, &listener, NOW + 20 * MS);
	follows(next, last, 15, 15 * 160);
	ck_assert_uint_eq(splice_ahead_ms(&listener, NOW + 20 * MS), 300);
	ck_assert_uint_eq(splice_ahead_ms(&listener, NOW + 320 * MS), 0);
	/* once it has been waited for, nothing of it is left */
	last = own(&listener, NOW + 320 * MS);
	follows(last, next, 1, 160);
	ck_assert_uint_eq(splice_timestamp(&listener, NOW + 320 * MS), last.timestamp);
}
END_TEST

/* Time stamps that gain `more` ticks with each of `count` packets. */
static void say_fast(struct talker *talker, struct splice *splice, unsigned count, uint32_t more,
	uint64_t *now_ns)
{
	for (unsigned i = 0; i < count; i++, *now_ns += 20 * MS) {
		ck_assert(say(talker, splice, *now_ns).came);
		talker->packet.timestamp += more;
	}
}

START_TEST(a_clock_that_runs_ahead_is_not_waited_for)
{
	static const uint32_t gains[] = {160, 8000, 15900}; /* twice too fast; a second, two more */
	for (unsigned i = 0; i < ARRAY_LENGTH(gains); i++) {
		struct talker talker = talker_new(10, 77);
		struct splice listener = listener_new();
		uint64_t now_ns = NOW;
		say_fast(&talker, &listener, 300, gains[i], &now_ns);
		ck_assert_uint_le(splice_ahead_ms(&listener, now_ns), 400);
		now_ns += 420 * MS;
		ck_assert_uint_eq(splice_ahead_ms(&listener, now_ns), 0);
		/* the next talk is right, and what it got before says nothing of it */
		struct talker other = talker_new(500, 1000);
		say_fast(&other, &listener, 50, 0, &now_ns);
		ck_assert_uint_le(splice_ahead_ms(&listener, now_ns), 20);
	}
}
END_TEST

START_TEST(a_run_is_not_far_ahead_of_the_clock_however_it_gets_there)
{
	struct talker talker = talker_new(10, 77);
	struct splice listener = listener_new();
	uint64_t now_ns = NOW;
	uint32_t run = talker.source.run;
	say_fast(&talker, &listener, 25, 158, &now_ns);
	ck_assert_uint_eq(talker.source.run, run + 1);
	say_fast(&talker, &listener, 5, 160, &now_ns);
	ck_assert_uint_eq(talker.source.run, run + 2);
}
END_TEST

START_TEST(who_was_held_up_and_catches_up_does_not_run_ahead)
{
	struct talker talker = talker_new(10, 77);
	struct splice listener = listener_new();
	uint64_t now_ns = NOW;
	say_fast(&talker, &listener, 10, 0, &now_ns);
	uint32_t run = talker.source.run;
	now_ns += 1500 * MS;
	for (unsigned i = 0; i < 75; i++)
		ck_assert(say(&talker, &listener, now_ns).came);
	say_fast(&talker, &listener, 10, 0, &now_ns);
	ck_assert_uint_eq(talker.source.run, run);
}
END_TEST

START_TEST(a_marker_begins_sound_and_nothing_else)
{
	struct splice listener = listener_new();
	uint8_t header[RTP_HEADER_SIZE];
	for (unsigned i = 0; i < 3; i++) {
		splice_own(&listener, 13, 20, 1, false, NOW + i * 1000 * MS, header);
		ck_assert(!read_header(header).marker);
	}
	ck_assert(own(&listener, NOW + 2020 * MS).marker); /* its first one */
	ck_assert(!own(&listener, NOW + 2040 * MS).marker);
	splice_own(&listener, 13, 20, 1, true, NOW + 5000 * MS, header);
	ck_assert(!read_header(header).marker);
	ck_assert(own(&listener, NOW + 6000 * MS).marker);
}
END_TEST

START_TEST(a_change_of_codec_changes_what_it_must)
{
	struct splice listener = listener_new();
	struct heard first = own(&listener, NOW);
	splice_set(&listener, 8000, 9, NOW + 10 * MS);
	follows(own(&listener, NOW + 20 * MS), first, 1, 160);
	ck_assert_uint_eq(listener.payload_type, 9);
	splice_set(&listener, 48000, 111, NOW + 30 * MS);
	struct heard opus = own(&listener, NOW + 40 * MS);
	ck_assert_uint_ne(opus.ssrc, first.ssrc);
	ck_assert(opus.marker);
	follows(own(&listener, NOW + 60 * MS), opus, 1, 960);
	ck_assert_uint_eq(listener.packets, 2);
}
END_TEST

/* What comes after a pause, with a marker, is not behind one long packet. */
START_TEST(a_pause_is_no_packet)
{
	struct talker talker = talker_new(1, 0);
	struct splice listener = listener_new();
	say(&talker, &listener, NOW);
	talker.packet.timestamp += 640;
	talker.packet.marker = true;
	struct heard last = say(&talker, &listener, NOW + 100 * MS);
	follows(own(&listener, NOW + 120 * MS), last, 1, 160);
	/* one of 60 ms is */
	talker.packet.marker = false;
	splice_source_anew(&talker.source);
	say(&talker, &listener, NOW + 140 * MS);
	talker.packet.timestamp += 320;
	last = say(&talker, &listener, NOW + 200 * MS);
	follows(own(&listener, NOW + 260 * MS), last, 1, 480);
}
END_TEST

START_TEST(what_was_lost_before_events_has_no_number)
{
	struct talker talker = talker_new(10, 0);
	struct splice listener = listener_new();
	struct heard first = say(&talker, &listener, NOW);
	talker_skip(&talker, 1); /* to come later */
	splice_source_skip(&talker.source, &talker.packet, NOW + 40 * MS);
	talker_skip(&talker, 1);
	struct heard next = say(&talker, &listener, NOW + 60 * MS);
	follows(next, first, 2, 480); /* the one that is missing looks lost, the event does not */
	ck_assert(!say_old(&talker, 3, &listener, NOW + 61 * MS).came);
	ck_assert_uint_eq(talker.source.late, 1);
}
END_TEST

/* The order is random, some are lost, some come twice, talkers change: what a listener gets has
 * each number once, in step with its time stamp within a run. */
START_TEST(no_number_goes_twice)
{
	static uint8_t seen[65536];
	struct talker talkers[3] = {
		talker_new(1, 5), talker_new(65000, 0), talker_new(300, 1u << 31)};
	struct splice listener = listener_new();
	uint32_t seed = 1, came = 0;
	uint64_t now = NOW;
	for (unsigned i = 0; i < 30000; i++) {
		seed = seed * 1664525 + 1013904223;
		struct talker *talker = &talkers[i / 500 % 3];
		struct splice_packet packet;
		struct rtp_packet one = talker->packet;
		int shift = (int)(seed >> 24) % 5 - 4;
		one.sequence = (uint16_t)(one.sequence + shift);
		one.timestamp += (uint32_t)(shift * 160);
		now += 20 * MS;
		if (seed >> 20 & 1)
			talker_skip(talker, 1 + (seed >> 16 & 1));
		if (splice_source_packet(&talker->source, &one, now, &packet) != SPLICE_NEW)
			continue;
		struct heard heard = hear(&listener, &packet, now);
		if (!heard.came)
			continue;
		ck_assert_msg(!seen[heard.sequence], "%u twice", heard.sequence);
		seen[heard.sequence] = 1;
		seen[(uint16_t)(heard.sequence + 30000)] = 0;
		came++;
	}
	ck_assert_uint_gt(came, 10000);
}
END_TEST

TEST_MAIN("splice", a_talk_is_carried_over, what_was_lost_stays_a_gap, a_packet_may_go_in_parts,
	order_is_kept_and_duplicates_go, what_is_older_than_the_talk_is_not_heard,
	talkers_follow_one_another, the_same_talker_may_begin_anew, ours_and_theirs_are_one_stream,
	a_source_may_number_anew, a_clock_that_was_set_does_not_come_through, events_leave_no_gap,
	a_pause_is_no_packet, what_was_lost_before_events_has_no_number,
	a_burst_runs_ahead_and_is_waited_for, a_clock_that_runs_ahead_is_not_waited_for,
	a_run_is_not_far_ahead_of_the_clock_however_it_gets_there,
	who_was_held_up_and_catches_up_does_not_run_ahead, a_marker_begins_sound_and_nothing_else,
	a_change_of_codec_changes_what_it_must, no_number_goes_twice)
