/* SPDX-License-Identifier: Apache-2.0 */
/* test_stock.c: port pairs: which ones, of whom, in what order, and those of others. */
#include "media/stock.h"

#include <errno.h>
#include <sys/epoll.h>

#include "harness.h"

static struct stock stock;
static int epoll_fd;

static void open_stock(unsigned thread, unsigned threads)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ck_assert_int_eq(stock_init(&stock, &config, thread, threads, epoll_fd), 0);
}

static void close_stock(void)
{
	stock_done(&stock);
	close(epoll_fd);
}

static void fill(uint64_t now_ms)
{
	while (stock_fill(&stock, 8, now_ms))
		continue;
}

START_TEST(pairs_between_two_ports)
{
	ck_assert_uint_eq(stock_pairs_between(16384, 32767), 8192);
	ck_assert_uint_eq(stock_pairs_between(20000, 20001), 1);
	ck_assert_uint_eq(stock_pairs_between(20000, 20000), 0);
	ck_assert_uint_eq(stock_pairs_between(20001, 20003), 1);
	ck_assert_uint_eq(stock_pairs_between(20001, 20002), 0);
	ck_assert_uint_eq(stock_pairs_between(65534, 65535), 1);
	ck_assert_uint_eq(stock_pairs_between(20003, 20000), 0);
}
END_TEST

START_TEST(threads_share_the_ports_without_a_quarrel)
{
	bool seen[100] = {false};
	unsigned total = 0;
	prepare(1);
	config.port_last = 20099;
	for (unsigned thread = 0; thread < 3; thread++) {
		struct port_offer offer;
		open_stock(thread, 3);
		total += stock_total(&stock);
		fill(0);
		while (stock_take(&stock, 0, 0, &offer)) {
			unsigned pair = (offer.port - 20000u) / 2;
			ck_assert_uint_eq(offer.port % 2, 0);
			ck_assert_uint_eq(pair % 3, thread);
			ck_assert(!seen[pair]);
			seen[pair] = true;
			ck_assert_uint_eq(stock_pair(&stock, offer.pair)->port, offer.port);
		}
		close_stock();
	}
	ck_assert_uint_eq(total, 50);
	worker_group_done(&group);
}
END_TEST

START_TEST(all_are_bound_at_last_and_no_more)
{
	struct port_offer offer;
	unsigned taken = 0;
	prepare(2);
	config.port_first = 21000;
	config.port_last = 21039;
	open_stock(0, 1);
	for (unsigned i = 0; i < 100; i++) {
		fill(1000 * i);
		taken += stock_take(&stock, i % 2, 0, &offer);
	}
	ck_assert_uint_eq(taken, stock_bound(&stock));
	ck_assert_uint_le(taken, 20);
	ck_assert_uint_gt(taken, 10); /* unless others have most of them */
	ck_assert_uint_eq(stock_ready(&stock), 0);
	/* one comes back after its quarantine, to whoever wants it */
	stock_quarantine(&stock, stock_pair(&stock, offer.pair), 200000);
	ck_assert(!stock_expire(&stock, 201999));
	ck_assert(stock_expire(&stock, 202000));
	ck_assert_uint_eq(stock_ready(&stock), 1);
	fill(202000);
	ck_assert(stock_take(&stock, 0, 0, &offer));
	close_stock();
	worker_group_done(&group);
}
END_TEST

START_TEST(ports_of_others_are_skipped)
{
	struct media_address taken[10];
	int fds[10];
	struct port_offer offer;
	prepare(1);
	config.port_first = 22000;
	config.port_last = 22039;
	config.stock = 20;
	for (unsigned i = 0; i < 10; i++) {
		/* RTP's of some pairs, RTCP's of others */
		taken[i] = address_of(SERVER, (uint16_t)(22000 + 4 * i + i % 2));
		fds[i] = bind_at(&taken[i]);
	}
	uint64_t before = count(METRIC_media_bind_failures);
	open_stock(0, 1);
	for (unsigned i = 0; i < 10; i++) {
		fill(0);
		if (stock_take(&stock, 0, 0, &offer))
			ck_assert_uint_eq(offer.port % 4, 2);
	}
	ck_assert_uint_gt(count(METRIC_media_bind_failures), before);
	ck_assert_uint_le(stock_bound(&stock), 10);
	/* it is tried again, but not at once */
	uint64_t failures = count(METRIC_media_bind_failures);
	fill(999);
	ck_assert_uint_eq(count(METRIC_media_bind_failures), failures);
	for (unsigned i = 0; i < 10; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	fill(1001);
	ck_assert_uint_gt(stock_bound(&stock), 10);
	close_stock();
	worker_group_done(&group);
}
END_TEST

/* Not from the low end, and not the same order each time. */
START_TEST(the_order_cannot_be_foreseen)
{
	struct port_offer first[2];
	unsigned same = 0, sequential = 0;
	prepare(1);
	for (unsigned i = 0; i < 20; i++) {
		open_stock(0, 1);
		fill(0);
		ck_assert(stock_take(&stock, 0, 0, &first[0]));
		ck_assert(stock_take(&stock, 0, 0, &first[1]));
		same += first[0].port == 20000;
		sequential += first[1].port == first[0].port + 2;
		close_stock();
	}
	ck_assert_uint_lt(same, 5);
	ck_assert_uint_lt(sequential, 5);
	worker_group_done(&group);
}
END_TEST

/* "0.0.0.0" and "::" are two addresses with the same ports each. */
START_TEST(both_families_have_all_ports)
{
	prepare(1);
	config.locals[0] = address_of("0.0.0.0", 0);
	config.locals[1] = address_of("::", 0);
	config.local_count = 2;
	config.port_first = 24000;
	config.port_last = 24039;
	open_stock(0, 1);
	for (unsigned i = 0; i < 40; i++) {
		struct port_offer offer;
		fill(1000 * i);
		stock_take(&stock, 0, i % 2, &offer);
	}
	/* all but what other programs may have */
	ck_assert_uint_ge(stock.locals[0].bound, 15);
	ck_assert_uint_ge(stock.locals[1].bound, 15);
	close_stock();
	worker_group_done(&group);
}
END_TEST

START_TEST(what_came_in_quarantine_is_thrown_away)
{
	struct phone phone = phone_open("127.0.0.2");
	struct port_offer offer;
	char byte;
	prepare(1);
	open_stock(0, 1);
	fill(0);
	ck_assert(stock_take(&stock, 0, 0, &offer));
	struct port_pair *pair = stock_pair(&stock, offer.pair);
	stock_quarantine(&stock, pair, 0);
	for (unsigned i = 0; i < 10; i++) {
		speak(&phone, offer.port, "late");
		speak(&phone, (uint16_t)(offer.port + 1), "late");
	}
	for (unsigned i = 0; i < COMPONENTS; i++) {
		struct pollfd ready = {.fd = pair->sockets[i].fd, .events = POLLIN};
		ck_assert_int_eq(poll(&ready, 1, PATIENCE), 1);
	}
	ck_assert(stock_expire(&stock, 2000));
	for (unsigned i = 0; i < COMPONENTS; i++)
		ck_assert_int_lt(recv(pair->sockets[i].fd, &byte, 1, MSG_DONTWAIT), 0);
	phone_close(&phone);
	close_stock();
	worker_group_done(&group);
}
END_TEST

START_TEST(the_last_ports_are_shared_out_evenly)
{
	prepare(4);
	config.port_first = 23000;
	config.port_last = 23031;
	open_stock(0, 1);
	fill(0);
	for (unsigned worker = 0; worker < 4; worker++)
		ck_assert_uint_eq(stock_length(&stock, worker, 0), 2);
	close_stock();
	config.port_last = 23000;
	ck_assert_int_eq(stock_init(&stock, &config, 0, 1, 0), -EINVAL);
	stock_done(NULL);
	worker_group_done(&group);
}
END_TEST

/* A pair that was just used is taken again when there is no other, or when it has rested. */
START_TEST(unused_pairs_come_before_those_that_were_just_used)
{
	struct port_offer used, offer;
	uint64_t now_ms = 0;
	prepare(1);
	config.port_first = 25000;
	config.port_last = 25019;
	config.stock = 1;
	open_stock(0, 1);
	fill(now_ms);
	ck_assert(stock_take(&stock, 0, 0, &used));
	stock_quarantine(&stock, stock_pair(&stock, used.pair), now_ms);
	ck_assert(stock_expire(&stock, now_ms += 2000));
	unsigned others = 0;
	while (stock_bound(&stock) < stock_total(&stock) && others < 10) {
		fill(now_ms);
		if (!stock_take(&stock, 0, 0, &offer))
			break;
		if (offer.pair == used.pair)
			break; /* the rest are other programs' */
		others++;
	}
	ck_assert_uint_ge(others, 3);
	close_stock();
	/* unless files are scarce */
	open_stock(0, 1);
	stock.rest_most = 1;
	fill(0);
	ck_assert(stock_take(&stock, 0, 0, &used));
	stock_quarantine(&stock, stock_pair(&stock, used.pair), 0);
	ck_assert(stock_expire(&stock, 2000));
	fill(2000);
	ck_assert(stock_take(&stock, 0, 0, &offer));
	ck_assert_uint_eq(offer.pair, used.pair);
	close_stock();
	open_stock(0, 1);
	fill(0);
	ck_assert(stock_take(&stock, 0, 0, &used));
	stock_quarantine(&stock, stock_pair(&stock, used.pair), 0);
	ck_assert(stock_expire(&stock, 2000));
	fill(2000 + PORT_GHOST_MS);
	ck_assert(stock_take(&stock, 0, 0, &offer));
	ck_assert_uint_eq(offer.pair, used.pair);
	close_stock();
	worker_group_done(&group);
}
END_TEST

TEST_MAIN("stock", unused_pairs_come_before_those_that_were_just_used, pairs_between_two_ports,
	threads_share_the_ports_without_a_quarrel, all_are_bound_at_last_and_no_more,
	ports_of_others_are_skipped, the_order_cannot_be_foreseen, both_families_have_all_ports,
	what_came_in_quarantine_is_thrown_away, the_last_ports_are_shared_out_evenly)
