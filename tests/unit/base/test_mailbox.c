/* SPDX-License-Identifier: Apache-2.0 */
/* test_mailbox.c: order, the sleeper's bell, and rings that come late. */
#include "base/mailbox.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/testing.h"

static struct mailbox mailbox;
static struct mail mails[8];

static void start(void)
{
	ck_assert_int_eq(mailbox_init(&mailbox), 0);
	for (uint32_t i = 0; i < 8; i++)
		mails[i].kind = i;
}

static bool is_rung(void)
{
	struct pollfd bell = {.fd = mailbox_fd(&mailbox), .events = POLLIN};
	return poll(&bell, 1, 0) == 1;
}

START_TEST(mail_comes_in_the_order_of_posting)
{
	start();
	ck_assert_ptr_null(mailbox_take(&mailbox));
	for (int i = 0; i < 4; i++)
		mailbox_post(&mailbox, &mails[i]);
	ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[0]);
	for (int i = 4; i < 8; i++)
		mailbox_post(&mailbox, &mails[i]);
	for (int i = 1; i < 8; i++)
		ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[i]);
	ck_assert_ptr_null(mailbox_take(&mailbox));
	ck_assert_uint_eq(mailbox_posts(&mailbox), 8);
	ck_assert_uint_eq(mailbox_rings(&mailbox), 0);
	mailbox_done(&mailbox);
}
END_TEST

START_TEST(an_owner_who_is_awake_is_not_rung)
{
	start();
	mailbox_post(&mailbox, &mails[0]);
	ck_assert(!is_rung());
	ck_assert(!mailbox_sleep(&mailbox));
	ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[0]);
	ck_assert(mailbox_sleep(&mailbox));
	mailbox_wake(&mailbox);
	mailbox_post(&mailbox, &mails[1]);
	ck_assert(!is_rung());
	mailbox_done(&mailbox);
}
END_TEST

START_TEST(a_sleeper_is_rung_once)
{
	start();
	ck_assert(mailbox_sleep(&mailbox));
	ck_assert_ptr_null(mailbox_take(&mailbox));
	for (int i = 0; i < 3; i++)
		mailbox_post(&mailbox, &mails[i]);
	ck_assert(is_rung());
	mailbox_wake(&mailbox);
	ck_assert(!is_rung());
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[i]);
	ck_assert_ptr_null(mailbox_take(&mailbox));
	ck_assert_uint_eq(mailbox_rings(&mailbox), 1);
	mailbox_done(&mailbox);
}
END_TEST

START_TEST(no_sleep_while_part_of_a_batch_is_left)
{
	start();
	mailbox_post(&mailbox, &mails[0]);
	mailbox_post(&mailbox, &mails[1]);
	ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[0]);
	ck_assert(!mailbox_sleep(&mailbox));
	ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[1]);
	ck_assert(mailbox_sleep(&mailbox));
	mailbox_done(&mailbox);
}
END_TEST

/* The poster is slow: it has replaced the mark, but its write to the eventfd comes after the wake.
 */
START_TEST(a_late_ring_is_read_by_the_next_wake)
{
	start();
	ck_assert(mailbox_sleep(&mailbox));
	mailbox_post(&mailbox, &mails[0]);
	uint64_t stolen;
	ck_assert_int_eq(read(mailbox_fd(&mailbox), &stolen, sizeof(stolen)), sizeof(stolen));
	mailbox_wake(&mailbox);
	ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[0]);
	ck_assert_int_eq(eventfd_write(mailbox_fd(&mailbox), stolen), 0);
	ck_assert(mailbox_sleep(&mailbox));
	ck_assert(is_rung());
	mailbox_wake(&mailbox);
	ck_assert(!is_rung());
	ck_assert_uint_eq(mailbox_rings(&mailbox), 1);
	mailbox_done(&mailbox);
}
END_TEST

START_TEST(done_accepts_null_and_what_was_never_opened)
{
	static struct mailbox zero;
	mailbox_done(NULL);
	mailbox_done(&zero);
	start();
	mailbox_done(&mailbox);
	mailbox_done(&mailbox);
}
END_TEST

START_TEST(a_chain_arrives_in_order_with_one_ring)
{
	mailbox_init(&mailbox);
	for (unsigned i = 0; i < 5; i++)
		atomic_init(&mails[i].next, i > 0 ? &mails[i - 1] : NULL);
	ck_assert(mailbox_sleep(&mailbox));
	mailbox_post_chain(&mailbox, &mails[4], &mails[0]);
	ck_assert(is_rung());
	mailbox_wake(&mailbox);
	ck_assert_uint_eq(mailbox_rings(&mailbox), 1);
	/* behind mail that is there already */
	ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[0]);
	mailbox_post_chain(&mailbox, &mails[0], &mails[0]);
	for (unsigned i = 1; i < 5; i++)
		ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[i]);
	ck_assert_ptr_eq(mailbox_take(&mailbox), &mails[0]);
	ck_assert_ptr_null(mailbox_take(&mailbox));
	mailbox_done(&mailbox);
}
END_TEST

START_TEST(an_edge_triggered_owner_leaves_the_rings)
{
	struct mail mail;
	mailbox_init(&mailbox);
	mailbox.is_edge = true;
	for (unsigned i = 1; i <= 3; i++) {
		ck_assert(mailbox_sleep(&mailbox));
		mailbox_post(&mailbox, &mail);
		mailbox_wake(&mailbox);
		ck_assert(is_rung());
		ck_assert_uint_eq(mailbox_rings(&mailbox), i);
		ck_assert_ptr_eq(mailbox_take(&mailbox), &mail);
	}
	mailbox_done(&mailbox);
}
END_TEST

TEST_MAIN("mailbox", a_chain_arrives_in_order_with_one_ring,
	an_edge_triggered_owner_leaves_the_rings, mail_comes_in_the_order_of_posting,
	an_owner_who_is_awake_is_not_rung, a_sleeper_is_rung_once,
	no_sleep_while_part_of_a_batch_is_left, a_late_ring_is_read_by_the_next_wake,
	done_accepts_null_and_what_was_never_opened)
