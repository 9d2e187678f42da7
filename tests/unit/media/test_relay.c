/* SPDX-License-Identifier: Apache-2.0 */
/* test_relay.c: packets through the relay: what passes, whence, whither, what does not, and what is
 * counted. */
#include <netinet/ip.h>

#include "harness.h"
#include "media/relay.h"
#include "media/session.h"

static struct call call;
static struct phone stranger;

START_TEST(both_ways_untouched)
{
	start();
	call_up(&call, 1);
	for (unsigned i = 0; i < 20; i++) {
		char text[32];
		snprintf(text, sizeof(text), "word %u", i);
		speak(&call.phones[i % 2], call.lease.port[i % 2], text);
		hear(&call.phones[1 - i % 2], call.lease.port[1 - i % 2], text);
	}
	ck_assert_uint_eq(told[1], MEDIA_TOLD_HEARD_0 | MEDIA_TOLD_HEARD_1 | MEDIA_TOLD_LOCKED_0 |
					   MEDIA_TOLD_LOCKED_1);
	call_close(&call);
	finish();
}
END_TEST

/* What the worker is told about is in the report by then. */
START_TEST(the_report_knows_what_was_told)
{
	struct media_report report;
	start();
	call_open(&call, 1);
	call_set(&call);
	ck_assert_int_eq(media_read_report(media, call.lease.session, &report), 0);
	ck_assert_uint_eq(report.ends[1].latch, LATCH_ANNOUNCED);
	speak(&call.phones[1], call.lease.port[1], "first");
	hear(&call.phones[0], call.lease.port[0], "first");
	ck_assert(told[1] & MEDIA_TOLD_LOCKED_1);
	ck_assert_int_eq(media_read_report(media, call.lease.session, &report), 0);
	ck_assert_uint_eq(report.ends[1].latch, LATCH_LOCKED);
	ck_assert(media_address_equal(&report.ends[1].source, &call.phones[1].address));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(plain_is_when_nothing_but_forwarding_is_wanted)
{
	start();
	call_open(&call, 1);
	call_set(&call);
	const struct session *session = slab_at(&media->relays[0].sessions, 0);
	ck_assert(!session_is_plain(session));
	speak(&call.phones[0], call.lease.port[0], "a");
	hear(&call.phones[1], call.lease.port[1], "a");
	ck_assert(!session_is_plain(session));
	speak(&call.phones[1], call.lease.port[1], "b");
	hear(&call.phones[0], call.lease.port[0], "b");
	ck_assert(session_is_plain(session));
	call.description.ends[0].offer++;
	call_set(&call);
	ck_assert(!session_is_plain(session)); /* reopened: packets must be looked at */
	speak(&call.phones[0], call.lease.port[0], "a");
	hear(&call.phones[1], call.lease.port[1], "a");
	ck_assert(session_is_plain(session));
	call.description.ends[1].offer++;
	call.description.ends[1].rtp = (struct media_address){0};
	call_set(&call);
	ck_assert(!session_is_plain(session));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(every_byte_arrives_and_in_order)
{
	uint8_t out[1500], in[1500];
	struct media_address from;
	start();
	call_up(&call, 1);
	for (unsigned n = 0; n < 300; n += 30) {
		for (unsigned i = 0; i < 30; i++) {
			size_t length = write_rtp(&call.phones[0], out, "");
			for (; length < 12 + 4 * (n + i); length++)
				out[length] = (uint8_t)(length * 7 + n + i);
			send_bytes(&call.phones[0], 0, call.lease.port[0], out, length);
		}
		for (unsigned i = 0; i < 30; i++) {
			size_t length = receive(&call.phones[1], 0, in, sizeof(in), &from);
			ck_assert_uint_eq(length, 12 + 4 * (n + i));
			ck_assert_uint_eq(in[2] << 8 | in[3], 1001 + n + i);
			for (size_t at = 12; at < length; at++)
				ck_assert_uint_eq(in[at], (uint8_t)(at * 7 + n + i));
		}
	}
	call_close(&call);
	finish();
}
END_TEST

START_TEST(new_ssrc_jump_and_codec_pass)
{
	start();
	call_up(&call, 1);
	call.phones[0].ssrc = 0x7777;
	speak(&call.phones[0], call.lease.port[0], "ssrc");
	hear(&call.phones[1], call.lease.port[1], "ssrc");
	call.phones[0].sequence += 20000;
	speak(&call.phones[0], call.lease.port[0], "jump");
	hear(&call.phones[1], call.lease.port[1], "jump");
	call.phones[0].payload_type = 111;
	speak(&call.phones[0], call.lease.port[0], "codec");
	hear(&call.phones[1], call.lease.port[1], "codec");
	call_close(&call);
	finish();
}
END_TEST

START_TEST(third_addresses_are_dropped_and_counted)
{
	start();
	stranger = phone_open("127.0.0.66");
	call_up(&call, 1);
	uint64_t before = count(METRIC_media_dropped_third);
	for (unsigned i = 0; i < 20; i++) {
		speak(&stranger, call.lease.port[0], "bleed");
		speak(&stranger, call.lease.port[1], "bleed");
	}
	until_counted(METRIC_media_dropped_third, before + 40);
	speak(&call.phones[0], call.lease.port[0], "still");
	hear(&call.phones[1], call.lease.port[1], "still");
	ck_assert(is_quiet(&stranger) && is_quiet(&call.phones[0]) && is_quiet(&call.phones[1]));
	struct media_report report = read_report(&call);
	ck_assert_uint_eq(report.ends[0].dropped_third, 20);
	ck_assert_uint_eq(report.ends[1].dropped_third, 20);
	call_close(&call);
	finish();
}
END_TEST

START_TEST(nothing_goes_to_who_said_nothing)
{
	start();
	call_open(&call, 1);
	call.description.ends[1].offer = 0;
	call_set(&call);
	uint64_t before = count(METRIC_media_dropped_no_target);
	speak(&call.phones[0], call.lease.port[0], "anyone?");
	until_counted(METRIC_media_dropped_no_target, before + 1);
	/* nor is the one who said nothing heard */
	before = count(METRIC_media_dropped_third);
	speak(&call.phones[1], call.lease.port[1], "early");
	until_counted(METRIC_media_dropped_third, before + 1);
	call.description.ends[1].offer = 1;
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "now");
	hear(&call.phones[1], call.lease.port[1], "now");
	call_close(&call);
	finish();
}
END_TEST

START_TEST(a_blind_end_is_sent_to_when_it_was_heard)
{
	start();
	call_open(&call, 1);
	call.description.ends[1].is_blind = true;
	call.description.ends[1].rtp = address_of("10.9.8.7", 4000);
	call_set(&call);
	uint64_t before = count(METRIC_media_dropped_no_target);
	speak(&call.phones[0], call.lease.port[0], "lost");
	until_counted(METRIC_media_dropped_no_target, before + 1);
	for (unsigned i = 0; i < LATCH_HOST_VOTES; i++) {
		speak(&call.phones[1], call.lease.port[1], "here");
		hear(&call.phones[0], call.lease.port[0], "here");
	}
	speak(&call.phones[0], call.lease.port[0], "found");
	hear(&call.phones[1], call.lease.port[1], "found");
	call_close(&call);
	finish();
}
END_TEST

/* A host name, an address of the other family. */
START_TEST(an_end_without_a_usable_address_is_learned_from_what_it_sends)
{
	start();
	call_open(&call, 1);
	call.description.ends[1].is_blind = true;
	call.description.ends[1].rtp = (struct media_address){0};
	call_set(&call);
	for (unsigned i = 0; i < LATCH_HOST_VOTES; i++) {
		speak(&call.phones[1], call.lease.port[1], "here");
		hear(&call.phones[0], call.lease.port[0], "here");
	}
	speak(&call.phones[0], call.lease.port[0], "found");
	hear(&call.phones[1], call.lease.port[1], "found");
	/* said again: it is served on */
	call.description.ends[1].offer++;
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "still");
	hear(&call.phones[1], call.lease.port[1], "still");
	/* on hold in the old way */
	call.description.ends[1].offer++;
	call.description.ends[1].is_blind = false;
	call_set(&call);
	uint64_t before = count(METRIC_media_dropped_no_target);
	speak(&call.phones[0], call.lease.port[0], "held");
	until_counted(METRIC_media_dropped_no_target, before + 1);
	call_close(&call);
	finish();
}
END_TEST

/* A phone that goes on after its call is no stranger that the next call on its port could elect;
 * where that call's description leads to it, it is heard. */
START_TEST(who_was_there_before_elects_nobody)
{
	struct call next;
	prepare(1);
	config.port_first = 26000;
	config.port_last = 26003;
	config.stock = 2;
	open_media();
	stranger = phone_open("127.0.0.77");
	call_up(&call, 1);
	uint16_t port = call.lease.port[0];
	call_close(&call);
	uint64_t strays = count(METRIC_media_dropped_stray);
	pass(1000);
	speak(&stranger, port, "on and on");
	until_counted(METRIC_media_dropped_stray, strays + 1);
	pass(3000);
	call_open(&next, 2);
	unsigned end = next.lease.port[0] == port ? 0 : 1;
	ck_assert_uint_eq(next.lease.port[end], port);
	next.description.ends[end].is_blind = true;
	next.description.ends[end].rtp = address_of("10.9.8.7", 4000);
	next.description.ends[end].signalling = (struct media_address){0};
	call_set(&next);
	uint64_t before = count(METRIC_media_dropped_third);
	for (unsigned i = 0; i < 3 * LATCH_STRANGER_VOTES; i++)
		speak(&stranger, port, "on and on");
	until_counted(METRIC_media_dropped_third, before + 3 * LATCH_STRANGER_VOTES);
	ck_assert_uint_eq(read_report(&next).ends[end].latch, LATCH_BLIND);
	next.description.ends[end].offer++;
	next.description.ends[end].is_blind = false;
	next.description.ends[end].rtp = stranger.address;
	call_set(&next);
	speak(&stranger, port, "mine");
	hear(&next.phones[1 - end], next.lease.port[1 - end], "mine");
	call_close(&next);
	phone_close(&stranger);
	finish();
}
END_TEST

START_TEST(sizes_are_bounded)
{
	static uint8_t out[5000], in[5000];
	struct media_address from;
	start();
	call_up(&call, 1);
	uint64_t big = count(METRIC_media_dropped_too_big);
	uint64_t small = count(METRIC_media_dropped_not_rtp);
	write_rtp(&call.phones[0], out, "");
	send_bytes(&call.phones[0], 0, call.lease.port[0], out, 4097);
	until_counted(METRIC_media_dropped_too_big, big + 1);
	send_bytes(&call.phones[0], 0, call.lease.port[0], out, 4096);
	ck_assert_uint_eq(receive(&call.phones[1], 0, in, sizeof(in), &from), 4096);
	ck_assert_mem_eq(in, out, 4096);
	for (size_t length = 0; length < 12; length++)
		send_bytes(&call.phones[0], 0, call.lease.port[0], out, length);
	until_counted(METRIC_media_dropped_not_rtp, small + 12);
	send_bytes(&call.phones[0], 0, call.lease.port[0], out, 12);
	ck_assert_uint_eq(receive(&call.phones[1], 0, in, sizeof(in), &from), 12);
	call_close(&call);
	finish();
}
END_TEST

static const char stun[] = "\x00\x01\x00\x00\x21\x12\xa4\x42tttttttttttt";
static const char dtls[] = "\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01X";

START_TEST(stun_and_dtls_pass_between_who_is_known)
{
	struct media_address from;
	char in[64];
	start();
	stranger = phone_open("127.0.0.66");
	call_open(&call, 1);
	call_set(&call);
	/* from the announced address, before any RTP: and it locks nothing */
	send_bytes(&call.phones[0], 0, call.lease.port[0], dtls, sizeof(dtls) - 1);
	ck_assert_uint_eq(receive(&call.phones[1], 0, in, sizeof(in), &from), sizeof(dtls) - 1);
	ck_assert_uint_eq(read_report(&call).ends[0].latch, LATCH_ANNOUNCED);
	uint64_t third = count(METRIC_media_dropped_third);
	send_bytes(&stranger, 0, call.lease.port[0], stun, sizeof(stun) - 1);
	until_counted(METRIC_media_dropped_third, third + 1);
	speak(&call.phones[0], call.lease.port[0], "hello");
	hear(&call.phones[1], call.lease.port[1], "hello");
	send_bytes(&call.phones[0], 0, call.lease.port[0], stun, sizeof(stun) - 1);
	ck_assert_uint_eq(receive(&call.phones[1], 0, in, sizeof(in), &from), sizeof(stun) - 1);
	uint64_t not_rtp = count(METRIC_media_dropped_not_rtp);
	send_bytes(&call.phones[0], 0, call.lease.port[0], "\xff\xff garbage", 10);
	until_counted(METRIC_media_dropped_not_rtp, not_rtp + 1);
	call_close(&call);
	finish();
}
END_TEST

static const char rtcp_rr[] = "\x80\xc9\x00\x01\x00\x00\x00\x01";

START_TEST(rtcp_goes_by_its_own_ports)
{
	struct media_address from;
	char in[64];
	start();
	call_up(&call, 1);
	send_bytes(&call.phones[0], 1, (uint16_t)(call.lease.port[0] + 1), rtcp_rr, 8);
	ck_assert_uint_eq(receive(&call.phones[1], 1, in, sizeof(in), &from), 8);
	ck_assert_uint_eq(media_address_port(&from), call.lease.port[1] + 1);
	/* what is no RTCP does not pass, nor RTP on RTCP's port */
	uint64_t before = count(METRIC_media_dropped_not_rtp);
	send_bytes(&call.phones[0], 1, (uint16_t)(call.lease.port[0] + 1),
		"\x80\xc9\x00\x09\x00\x00\x00\x01", 8);
	send_bytes(
		&call.phones[0], 1, (uint16_t)(call.lease.port[0] + 1), "\x80\x00 12345678901", 13);
	until_counted(METRIC_media_dropped_not_rtp, before + 2);
	call_close(&call);
	finish();
}
END_TEST

START_TEST(rtcp_mux_is_translated)
{
	struct media_address from;
	char in[64];
	start();
	call_open(&call, 1);
	call.description.ends[0].is_mux = true;
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "a");
	hear(&call.phones[1], call.lease.port[1], "a");
	/* from the muxed end on one port to the other's two, and back */
	send_bytes(&call.phones[0], 0, call.lease.port[0], rtcp_rr, 8);
	ck_assert_uint_eq(receive(&call.phones[1], 1, in, sizeof(in), &from), 8);
	send_bytes(&call.phones[1], 1, (uint16_t)(call.lease.port[1] + 1), rtcp_rr, 8);
	ck_assert_uint_eq(receive(&call.phones[0], 0, in, sizeof(in), &from), 8);
	ck_assert_uint_eq(media_address_port(&from), call.lease.port[0]);
	call_close(&call);
	finish();
}
END_TEST

static unsigned receive_tos(const struct phone *phone)
{
	char byte, control[64];
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct pollfd ready = {.fd = phone->fds[0], .events = POLLIN};
	for (unsigned i = 0; i < PATIENCE && poll(&ready, 1, 1) == 0; i++)
		turn();
	ck_assert_int_gt(recvmsg(phone->fds[0], &message, 0), 0);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ck_assert_ptr_nonnull(header);
	ck_assert_int_eq(header->cmsg_type, IP_TOS);
	return *(uint8_t *)CMSG_DATA(header);
}

START_TEST(dscp_is_set)
{
	int on = 1;
	start();
	call_up(&call, 1);
	setsockopt(call.phones[1].fds[0], IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	speak(&call.phones[0], call.lease.port[0], "ef");
	ck_assert_uint_eq(receive_tos(&call.phones[1]), 46 << 2);
	call.description.dscp = 34;
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "af41");
	ck_assert_uint_eq(receive_tos(&call.phones[1]), 34 << 2);
	call_close(&call);
	finish();
}
END_TEST

/* A host with several addresses: a NAT lets packets in only from the one that its phone sends to.
 */
START_TEST(packets_leave_by_the_address_that_was_told)
{
	struct media_address from, told_address = address_of("127.0.0.7", 0);
	char in[64];
	prepare(1);
	/* every address of this host: a range of its own, for all others' ports are in the way */
	config.locals[0] = address_of("0.0.0.0", 0);
	config.port_first = 17000;
	config.port_last = 19999;
	open_media();
	call_open(&call, 1);
	call.description.ends[0].source = told_address;
	call_set(&call);
	speak(&call.phones[1], call.lease.port[1], "hello");
	ck_assert_uint_eq(receive(&call.phones[0], 0, in, sizeof(in), &from), 12 + 5);
	ck_assert(media_address_same_host(&from, &told_address));
	ck_assert_uint_eq(media_address_port(&from), call.lease.port[0]);
	/* the other side was told nothing of that kind */
	speak(&call.phones[0], call.lease.port[0], "there");
	ck_assert_uint_eq(receive(&call.phones[1], 0, in, sizeof(in), &from), 12 + 5);
	ck_assert(!media_address_same_host(&from, &told_address));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(ipv4_and_ipv6_in_one_call)
{
	static const unsigned locals[2] = {0, 1};
	prepare(1);
	config.locals[1] = address_of("::1", 0);
	config.local_count = 2;
	open_media();
	call_open(&call, 1);
	media_drop(media, 0, call.lease.session);
	phone_close(&call.phones[1]);
	call.phones[1] = phone_open("::1");
	call.description.ends[1].rtp = call.phones[1].address;
	ck_assert_int_eq(media_take(media, 0, locals, 2, &call.lease), 0);
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "four");
	hear(&call.phones[1], call.lease.port[1], "four");
	speak(&call.phones[1], call.lease.port[1], "six");
	hear(&call.phones[0], call.lease.port[0], "six");
	call_close(&call);
	finish();
}
END_TEST

START_TEST(a_change_moves_an_end)
{
	start();
	call_up(&call, 1);
	struct phone moved = phone_open("127.0.0.4");
	call.description.ends[1].offer++;
	call.description.ends[1].rtp = call.description.ends[1].signalling = moved.address;
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "where are you");
	hear(&moved, call.lease.port[1], "where are you");
	uint64_t before = count(METRIC_media_dropped_third);
	speak(&call.phones[1], call.lease.port[1], "late");
	until_counted(METRIC_media_dropped_third, before + 1);
	speak(&moved, call.lease.port[1], "here");
	hear(&call.phones[0], call.lease.port[0], "here");
	ck_assert(is_quiet(&call.phones[1]) && is_quiet(&call.phones[0]));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(the_same_offer_changes_nothing)
{
	start();
	call_up(&call, 1);
	call.description.ends[1].rtp = address_of("127.0.0.66", 9);
	for (unsigned i = 0; i < 3; i++)
		call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "as before");
	hear(&call.phones[1], call.lease.port[1], "as before");
	ck_assert_uint_eq(read_report(&call).ends[1].latch, LATCH_LOCKED);
	call_close(&call);
	finish();
}
END_TEST

START_TEST(on_hold_in_the_old_way)
{
	start();
	call_up(&call, 1);
	struct media_address was = call.description.ends[1].rtp;
	call.description.ends[1].offer++;
	call.description.ends[1].rtp = (struct media_address){0};
	call_set(&call);
	uint64_t before = count(METRIC_media_dropped_no_target);
	speak(&call.phones[0], call.lease.port[0], "still there?");
	until_counted(METRIC_media_dropped_no_target, before + 1);
	/* the one who holds may play music */
	speak(&call.phones[1], call.lease.port[1], "music");
	hear(&call.phones[0], call.lease.port[0], "music");
	call.description.ends[1].offer++;
	call.description.ends[1].rtp = was;
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "back");
	hear(&call.phones[1], call.lease.port[1], "back");
	ck_assert(is_quiet(&call.phones[1]));
	call_close(&call);
	finish();
}
END_TEST

START_TEST(nothing_is_sent_to_who_is_no_host)
{
	static const char *const wrong[] = {"0.0.0.0", "239.1.2.3", "255.255.255.255"};
	start();
	call_open(&call, 1);
	for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++) {
		call.description.ends[1].offer++;
		call.description.ends[1].rtp = address_of(wrong[i], 4000);
		call_set(&call);
		uint64_t before = count(METRIC_media_dropped_no_target);
		speak(&call.phones[0], call.lease.port[0], "nowhere");
		until_counted(METRIC_media_dropped_no_target, before + 1);
	}
	ck_assert_uint_eq(count(METRIC_media_send_errors), 0);
	call_close(&call);
	finish();
}
END_TEST

START_TEST(one_end_sends_no_faster_than_it_may)
{
	prepare(1);
	config.packet_rate = 50;
	open_media();
	call_up(&call, 1);
	uint64_t before = count(METRIC_media_dropped_rate);
	for (unsigned i = 0; i < 60; i++)
		speak(&call.phones[0], call.lease.port[0], "x");
	until_counted(METRIC_media_dropped_rate, before + 11); /* "hello" was of this second */
	for (unsigned i = 0; i < 49; i++)
		hear(&call.phones[1], call.lease.port[1], "x");
	fake_clock_advance(&clock_here, 1000);
	speak(&call.phones[0], call.lease.port[0], "next second");
	hear(&call.phones[1], call.lease.port[1], "next second");
	call_close(&call);
	finish();
}
END_TEST

/* An end that says it is at our own port: the packet must not go round for ever. */
START_TEST(a_loop_ends_at_the_rate)
{
	prepare(1);
	config.packet_rate = 100;
	open_media();
	call_open(&call, 1);
	for (unsigned i = 0; i < 2; i++) {
		call.description.ends[i].rtp = address_of(SERVER, call.lease.port[1 - i]);
		call.description.ends[i].signalling = address_of("127.0.0.2", 5060);
	}
	call_set(&call);
	uint64_t before = count(METRIC_media_dropped_rate);
	speak(&call.phones[0], call.lease.port[0], "round");
	speak(&call.phones[0], call.lease.port[0], "and round");
	for (unsigned i = 0; i < PATIENCE && count(METRIC_media_dropped_rate) < before + 2; i++)
		turn();
	/* both, or neither ever went round: then there is no loop to end */
	ck_assert(count(METRIC_media_dropped_rate) >= before + 1);
	call_close(&call);
	finish();
}
END_TEST

TEST_MAIN("relay", both_ways_untouched, the_report_knows_what_was_told,
	plain_is_when_nothing_but_forwarding_is_wanted, every_byte_arrives_and_in_order,
	new_ssrc_jump_and_codec_pass, third_addresses_are_dropped_and_counted,
	nothing_goes_to_who_said_nothing, a_blind_end_is_sent_to_when_it_was_heard,
	an_end_without_a_usable_address_is_learned_from_what_it_sends,
	who_was_there_before_elects_nobody, sizes_are_bounded,
	stun_and_dtls_pass_between_who_is_known, rtcp_goes_by_its_own_ports, rtcp_mux_is_translated,
	dscp_is_set, packets_leave_by_the_address_that_was_told, ipv4_and_ipv6_in_one_call,
	a_change_moves_an_end, the_same_offer_changes_nothing, on_hold_in_the_old_way,
	nothing_is_sent_to_who_is_no_host, one_end_sends_no_faster_than_it_may,
	a_loop_ends_at_the_rate)
