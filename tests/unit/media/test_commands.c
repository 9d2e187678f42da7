/* SPDX-License-Identifier: Apache-2.0 */
/* test_commands.c: taking, describing and dropping sessions: stock, exhaustion, quarantine, ids. */
#include <errno.h>
#include <sys/resource.h>

#include "harness.h"
#include "media/port.h"
#include "media/relay.h"

static const unsigned both[2] = {0, 0};

static struct media_lease take(unsigned worker, uint64_t owner)
{
	struct media_lease lease;
	ck_assert_int_eq(media_take(media, worker, both, owner, &lease), 0);
	return lease;
}

START_TEST(ports_are_even_apart_and_in_range)
{
	start();
	bool seen[1000] = {false};
	for (unsigned i = 0; i < 100; i++) {
		struct media_lease lease = take(0, i);
		for (unsigned end = 0; end < 2; end++) {
			uint16_t port = lease.port[end];
			ck_assert(port >= 20000 && port < 20999 && port % 2 == 0);
			ck_assert(!seen[port - 20000]);
			seen[port - 20000] = true;
		}
		settle();
	}
	finish();
}
END_TEST

START_TEST(exhaustion_is_told_counted_and_harms_nobody)
{
	static struct media_lease leases[100];
	static struct call call;
	unsigned taken = 0;
	prepare(1);
	config.port_last = 20099; /* 50 pairs, when nobody else has any */
	open_media();
	call_up(&call, 1);
	while (taken < 100 && media_take(media, 0, both, 2, &leases[taken]) == 0) {
		taken++;
		settle();
	}
	ck_assert(taken > 0 && taken <= 24);
	uint64_t before = count(METRIC_media_ports_exhausted);
	struct media_lease none = {.session = 77};
	ck_assert_int_eq(media_take(media, 0, both, 2, &none), -ENOBUFS);
	ck_assert_uint_eq(none.session, 77);
	ck_assert_uint_eq(count(METRIC_media_ports_exhausted), before + 1);
	speak(&call.phones[0], call.lease.port[0], "unharmed");
	hear(&call.phones[1], call.lease.port[1], "unharmed");
	/* one ends: after its quarantine there are ports again */
	media_drop(media, 0, leases[0].session);
	settle();
	ck_assert_int_eq(media_take(media, 0, both, 2, &none), -ENOBUFS);
	pass(2100);
	ck_assert_int_eq(media_take(media, 0, both, 2, &none), 0);
	call_close(&call);
	finish();
}
END_TEST

/* The limit of open files is reached before the last port is. */
START_TEST(files_run_out_before_ports)
{
	static struct call call;
	struct rlimit was, low;
	struct media_lease lease;
	unsigned taken = 0;
	prepare(1);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	int next = dup(0);
	low = (struct rlimit){(rlim_t)next + 40, was.rlim_max};
	close(next);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	open_media();
	setrlimit(RLIMIT_NOFILE, &was);
	call_up(&call, 1);
	setrlimit(RLIMIT_NOFILE, &low);
	while (taken < 100 && media_take(media, 0, both, 2, &lease) == 0) {
		taken++;
		settle();
	}
	ck_assert(taken > 0 && taken < 10);
	speak(&call.phones[0], call.lease.port[0], "unharmed");
	hear(&call.phones[1], call.lease.port[1], "unharmed");
	setrlimit(RLIMIT_NOFILE, &was);
	pass(1100);
	ck_assert_int_eq(media_take(media, 0, both, 2, &lease), -ENOBUFS); /* asks for more */
	settle();
	take(0, 3);
	call_close(&call);
	finish();
	/* not one pair: it does not start */
	low.rlim_cur = (rlim_t)next + 2;
	setrlimit(RLIMIT_NOFILE, &low);
	prepare(1);
	int error = media_new(&media, &config);
	setrlimit(RLIMIT_NOFILE, &was);
	ck_assert_int_eq(error, -EMFILE);
}
END_TEST

START_TEST(no_lease_is_no_ports_either)
{
	struct media_lease lease;
	prepare(1);
	config.sessions_max = 2;
	open_media();
	take(0, 1);
	lease = take(0, 2);
	struct media_lease third;
	ck_assert_int_eq(media_take(media, 0, both, 3, &third), -ENOBUFS);
	media_drop(media, 0, lease.session);
	settle();
	slab_starve(1);
	ck_assert_int_eq(media_take(media, 0, both, 3, &third), -ENOBUFS);
	slab_starve(0);
	take(0, 3);
	finish();
}
END_TEST

START_TEST(dropped_is_dropped_once)
{
	struct call call;
	start();
	call_up(&call, 5);
	for (unsigned i = 0; i < 3; i++)
		media_drop(media, 0, call.lease.session);
	media_set(media, 0, call.lease.session, &call.description);
	ck_assert_uint_eq(ended_count[5], 0);
	settle();
	ck_assert_uint_eq(ended_count[5], 1);
	ck_assert_uint_eq(final_report.ends[0].packets, 1);
	ck_assert_uint_eq(final_report.ends[1].packets, 1);
	/* its id is nobody's, though its place is taken again */
	struct media_lease next = take(0, 6);
	ck_assert_uint_ne(next.session, call.lease.session);
	media_drop(media, 0, call.lease.session);
	media_set(media, 0, call.lease.session, &call.description);
	media_drop(media, 0, 0);
	media_drop(media, 0, UINT64_MAX);
	settle();
	ck_assert_uint_eq(ended_count[5], 1);
	ck_assert_uint_eq(ended_count[6], 0);
	struct media_report report;
	ck_assert_int_eq(media_read_report(media, call.lease.session, &report), 0);
	media_set(media, 0, next.session, &call.description);
	pass(1100);
	ck_assert_int_eq(media_read_report(media, call.lease.session, &report), -ENOENT);
	ck_assert_int_eq(media_read_report(media, next.session, &report), 0);
	ck_assert_int_eq(media_read_report(media, UINT64_MAX, &report), -ENOENT);
	finish();
}
END_TEST

START_TEST(never_described_ends_like_the_others)
{
	start();
	struct media_lease lease = take(0, 9);
	media_drop(media, 0, lease.session);
	settle();
	ck_assert_uint_eq(ended_count[9], 1);
	ck_assert_uint_eq(final_report.ends[0].packets, 0);
	ck_assert_uint_eq(final_report.ends[0].first_ms, UINT64_MAX);
	finish();
}
END_TEST

/* A relay thread that comes late finds the last description, and its mail once. */
START_TEST(the_last_description_wins)
{
	struct call call;
	start();
	call_open(&call, 1);
	struct phone last = phone_open("127.0.0.9");
	uint64_t posts = mailbox_posts(&media->relays[0].mailbox);
	for (unsigned i = 0; i < 100; i++) {
		call.description.ends[1].offer++;
		call.description.ends[1].rtp = i < 99 ? call.phones[1].address : last.address;
		media_set(media, 0, call.lease.session, &call.description);
	}
	settle();
	ck_assert_uint_eq(mailbox_posts(&media->relays[0].mailbox), posts + 1);
	speak(&call.phones[0], call.lease.port[0], "last");
	hear(&last, call.lease.port[1], "last");
	call_close(&call);
	finish();
}
END_TEST

START_TEST(set_and_dropped_before_anybody_looked)
{
	struct call call;
	start();
	call_open(&call, 3);
	media_set(media, 0, call.lease.session, &call.description);
	media_drop(media, 0, call.lease.session);
	settle();
	ck_assert_uint_eq(ended_count[3], 1);
	ck_assert_uint_eq(told[3], 0);
	finish();
}
END_TEST

/* What comes to a port in quarantine or in the stock is thrown away and reaches no later call. */
START_TEST(the_quarantine_ends_the_old_call)
{
	struct call call;
	start();
	call_up(&call, 1);
	media_drop(media, 0, call.lease.session);
	settle();
	uint64_t before = count(METRIC_media_dropped_stray);
	speak(&call.phones[0], call.lease.port[0], "late");
	until_counted(METRIC_media_dropped_stray, before + 1);
	struct media_status status;
	pass(1900);
	media_status(media, 0, &status);
	ck_assert_uint_eq(status.pairs_quarantined, 2);
	ck_assert_uint_eq(status.sessions, 0);
	pass(200);
	media_status(media, 0, &status);
	ck_assert_uint_eq(status.pairs_quarantined, 0);
	ck_assert_uint_eq(status.pairs_used, 0);
	ck_assert(is_quiet(&call.phones[1]));
	finish();
}
END_TEST

START_TEST(ten_thousand_calls_leave_no_port_behind)
{
	static struct media_description description = {.dscp = MEDIA_DSCP_DEFAULT};
	struct media_status before, after;
	prepare(2);
	config.port_last = 20399;
	open_media();
	settle();
	pass(100);
	for (unsigned i = 0; i < 2; i++) {
		description.ends[i].offer = 1;
		description.ends[i].rtp = address_of("127.0.0.2", 4000);
	}
	media_status(media, 0, &before);
	uint64_t sessions = count(METRIC_media_sessions);
	for (unsigned i = 0; i < 10000; i++) {
		struct media_lease lease = take(i % 2, i);
		if (i % 7)
			media_set(media, i % 2, lease.session, &description);
		if (i % 3)
			turn();
		media_drop(media, i % 2, lease.session);
		fake_clock_advance(&clock_here, 2500);
		turn();
	}
	pass(3000);
	media_status(media, 0, &after);
	ck_assert_uint_eq(after.sessions, 0);
	ck_assert_uint_eq(after.pairs_quarantined, 0);
	ck_assert_uint_eq(after.pairs_used, 0);
	ck_assert_uint_eq(after.pairs_stock, after.pairs_bound);
	ck_assert_uint_eq(count(METRIC_media_sessions), sessions);
	/* what was bound to bridge the quarantine and the rest after it stays, and no more than
	 * that */
	ck_assert_uint_ge(after.pairs_bound, before.pairs_bound);
	ck_assert_uint_le(
		after.pairs_bound, before.pairs_bound + 2 * ((2500 + PORT_GHOST_MS) / 2500 + 2));
	unsigned ended = 0;
	for (unsigned i = 0; i < OWNERS; i++)
		ended += ended_count[i];
	ck_assert_uint_eq(ended, 10000);
	finish();
}
END_TEST

START_TEST(calls_go_to_the_thread_with_the_fewest)
{
	unsigned of[3] = {0};
	struct media_lease leases[30];
	struct media_status status;
	prepare(1);
	config.threads = 3;
	config.stock = 64;
	open_media();
	for (unsigned i = 0; i < 30; i++) {
		leases[i] = take(0, i);
		of[leases[i].thread]++;
	}
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(of[i], 10);
	for (unsigned i = 0; i < 30; i++)
		if (leases[i].thread == 1)
			media_drop(media, 0, leases[i].session);
	settle();
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(take(0, i).thread, 1);
	media_status(media, 1, &status);
	ck_assert_uint_eq(status.sessions, 10);
	finish();
}
END_TEST

START_TEST(an_empty_ring_is_filled_while_the_other_thread_serves)
{
	prepare(1);
	config.threads = 2;
	config.stock = 4;
	open_media();
	/* nobody turns: 2 threads with 4 pairs each make four sessions */
	for (unsigned i = 0; i < 4; i++)
		take(0, i);
	struct media_lease lease;
	ck_assert_int_eq(media_take(media, 0, both, 9, &lease), -ENOBUFS);
	settle();
	take(0, 9);
	finish();
}
END_TEST

START_TEST(told_bits_wait_until_the_worker_looks)
{
	struct call call;
	start();
	call_open(&call, 4);
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "a");
	speak(&call.phones[1], call.lease.port[1], "b");
	uint64_t locked = count(METRIC_media_locked);
	for (unsigned i = 0; i < PATIENCE && count(METRIC_media_locked) < locked + 2; i++)
		media_run_once(media, 0, 1);
	ck_assert_uint_eq(told[4], 0);
	worker_run_once(&group.workers[0]);
	ck_assert_uint_eq(told[4], MEDIA_TOLD_HEARD_0 | MEDIA_TOLD_HEARD_1 | MEDIA_TOLD_LOCKED_0 |
					   MEDIA_TOLD_LOCKED_1);
	/* of a session that was dropped nothing is told any more */
	told[4] = 0;
	call.description.ends[0].offer++;
	media_set(media, 0, call.lease.session, &call.description);
	media_run_once(media, 0, 0);
	speak(&call.phones[0], call.lease.port[0], "again");
	for (unsigned i = 0; i < PATIENCE && count(METRIC_media_locked) < locked + 3; i++)
		media_run_once(media, 0, 1);
	call_close(&call);
	ck_assert_uint_eq(told[4], 0);
	ck_assert_uint_eq(ended_count[4], 1);
	finish();
}
END_TEST

START_TEST(configurations_that_cannot_be)
{
	struct media *none = NULL;
	prepare(1);
	struct media_config good = config;
	config.local_count = 0;
	ck_assert_int_eq(media_new(&none, &config), -EINVAL);
	config = good;
	config.locals[0] = (struct media_address){0};
	ck_assert_int_eq(media_new(&none, &config), -EINVAL);
	config = good;
	config.port_last = config.port_first;
	ck_assert_int_eq(media_new(&none, &config), -EINVAL);
	config = good;
	config.dscp = 64;
	ck_assert_int_eq(media_new(&none, &config), -EINVAL);
	config = good;
	config.locals[0] = address_of("192.0.2.1", 0);
	ck_assert_int_eq(media_new(&none, &config), -EADDRNOTAVAIL);
	ck_assert_ptr_null(none);
	media_free(NULL);
	unsigned wrong[2] = {0, 1};
	struct media_lease lease;
	config = good;
	open_media();
	ck_assert_int_eq(media_take(media, 0, wrong, 1, &lease), -EINVAL);
	ck_assert_uint_ge(media_files_needed(&config), 1000);
	finish();
}
END_TEST

TEST_MAIN("commands", ports_are_even_apart_and_in_range,
	exhaustion_is_told_counted_and_harms_nobody, files_run_out_before_ports,
	no_lease_is_no_ports_either, dropped_is_dropped_once, never_described_ends_like_the_others,
	the_last_description_wins, set_and_dropped_before_anybody_looked,
	the_quarantine_ends_the_old_call, ten_thousand_calls_leave_no_port_behind,
	calls_go_to_the_thread_with_the_fewest,
	an_empty_ring_is_filled_while_the_other_thread_serves,
	told_bits_wait_until_the_worker_looks, configurations_that_cannot_be)
