/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease.c: leases: names, the three descriptions, bits, the report. */
#include "media/lease.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "lib/testing.h"

static struct lease_pool pool;

static void start(unsigned worker)
{
	ck_assert_int_eq(lease_pool_init(&pool, worker, 4), 0);
}

static bool say(struct lease *lease, uint32_t number)
{
	struct media_description description = {.ends[0].offer = number};
	return lease_say(lease, &description);
}

static uint32_t hear(struct lease *lease)
{
	return lease_hear(lease)->description.ends[0].offer;
}

static bool say_leg(struct lease *lease, uint64_t tag, const char *identity)
{
	struct media_member_description description = {.tag = tag, .identity = identity};
	return lease_say(lease, &description);
}

START_TEST(the_latest_is_heard_and_mail_is_under_way_once)
{
	start(0);
	struct lease *lease = lease_take(&pool, LEASE_SESSION);
	ck_assert(say(lease, 1));
	ck_assert(!say(lease, 2));
	ck_assert(!say(lease, 3));
	ck_assert_uint_eq(hear(lease), 3);
	ck_assert(say(lease, 4));
	ck_assert_uint_eq(hear(lease), 4);
	/* while the reader looks at one, two more can be written */
	ck_assert(say(lease, 5));
	const struct lease_said *said = lease_hear(lease);
	ck_assert(say(lease, 6));
	ck_assert(!say(lease, 7));
	ck_assert_uint_eq(said->description.ends[0].offer, 5);
	ck_assert(!said->is_dropped);
	ck_assert(!lease_say(lease, NULL));
	ck_assert(lease_hear(lease)->is_dropped);
	lease_pool_done(&pool);
}
END_TEST

START_TEST(names_go_stale)
{
	start(5);
	struct lease *lease = lease_take(&pool, LEASE_SESSION);
	media_id first = lease->id;
	ck_assert_uint_ne(first, 0);
	ck_assert_uint_eq(lease_worker(first), 5);
	ck_assert_ptr_eq(lease_get(&pool, first), lease);
	lease_give(&pool, lease);
	ck_assert_ptr_null(lease_get(&pool, first));
	ck_assert_ptr_eq(lease_at(&pool, first), lease);
	ck_assert_ptr_eq(lease_take(&pool, LEASE_SESSION), lease);
	ck_assert_ptr_null(lease_get(&pool, first));
	ck_assert_ptr_eq(lease_get(&pool, lease->id), lease);
	/* another worker's, out of range, never taken, of nobody */
	ck_assert_ptr_null(lease_get(&pool, lease->id ^ UINT64_C(1) << 26));
	ck_assert_ptr_null(lease_at(&pool, lease->id + 4));
	ck_assert_ptr_null(lease_get(&pool, lease->id + 1));
	ck_assert_ptr_null(lease_get(&pool, 0));
	lease_pool_done(&pool);
}
END_TEST

START_TEST(a_pool_is_as_large_as_it_is)
{
	struct lease *leases[4];
	start(0);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(leases[i] = lease_take(&pool, LEASE_SESSION));
	ck_assert_ptr_null(lease_take(&pool, LEASE_SESSION));
	lease_give(&pool, leases[2]);
	ck_assert_ptr_eq(lease_take(&pool, LEASE_SESSION), leases[2]);
	lease_pool_done(&pool);
	lease_pool_done(&pool);
	lease_pool_done(NULL);
	ck_assert_int_eq(lease_pool_init(&pool, 0, 0), -EINVAL);
	ck_assert_int_eq(lease_pool_init(&pool, WORKERS_MAX, 1), -EINVAL);
	ck_assert_int_eq(lease_pool_init(&pool, 0, 1u << 27), -EINVAL);
}
END_TEST

START_TEST(bits_are_gathered)
{
	start(0);
	struct lease *lease = lease_take(&pool, LEASE_SESSION);
	ck_assert(lease_tell(lease, MEDIA_TOLD_HEARD_0));
	ck_assert(!lease_tell(lease, MEDIA_TOLD_HEARD_1));
	ck_assert_uint_eq(lease_told(lease), MEDIA_TOLD_HEARD_0 | MEDIA_TOLD_HEARD_1);
	ck_assert_uint_eq(lease_told(lease), 0);
	ck_assert(lease_tell(lease, MEDIA_TOLD_ENDED));
	lease_pool_done(&pool);
}
END_TEST

START_TEST(a_report_is_of_its_session)
{
	struct media_report report = {.age_ms = 77}, read = {.age_ms = 5};
	start(0);
	struct lease *lease = lease_take(&pool, LEASE_SESSION);
	ck_assert_int_eq(lease_read(lease, LEASE_SESSION, lease->id, &read), -ENOENT);
	report.session = lease->id;
	lease_publish(lease, &report);
	ck_assert_int_eq(lease_read(lease, LEASE_SESSION, lease->id + 1, &read), -ENOENT);
	ck_assert_uint_eq(read.age_ms, 5);
	ck_assert_int_eq(lease_read(lease, LEASE_SESSION, lease->id, &read), 0);
	ck_assert_uint_eq(read.age_ms, 77);
	/* a writer that is held up in the middle: the reader gives up */
	seqlock_write_begin(&lease->lock);
	ck_assert_int_eq(lease_read(lease, LEASE_SESSION, lease->id, &read), -EAGAIN);
	seqlock_write_end(&lease->lock);
	lease_pool_done(&pool);
}
END_TEST

/* Presses wait beside the description, use its mail, and do not bring an old description back. */
START_TEST(presses_use_the_same_mail)
{
	struct media_press press = {.number = 1};
	ck_assert_int_eq(lease_pool_init(&pool, 0, 4), 0);
	struct lease *lease = lease_take(&pool, LEASE_MEMBER);
	ck_assert_int_eq(lease_press(lease, &press), 1);
	press.number = 2;
	ck_assert_int_eq(lease_press(lease, &press), 0);
	ck_assert(!say_leg(lease, 7, "sip:alice@example.test"));
	ck_assert_uint_eq(lease_hear(lease)->member.tag, 7);
	ck_assert(lease_pressed(lease, &press));
	ck_assert_uint_eq(press.number, 1);
	ck_assert(lease_pressed(lease, &press));
	ck_assert_uint_eq(press.number, 2);
	ck_assert(!lease_pressed(lease, &press));
	ck_assert_int_eq(lease_press(lease, &press), 1);
	ck_assert_ptr_null(lease_hear(lease));
	ck_assert(say_leg(lease, 8, NULL));
	ck_assert_uint_eq(lease_hear(lease)->member.tag, 8);
	ck_assert_ptr_null(lease_hear(lease));
	lease_pool_done(&pool);
}
END_TEST

START_TEST(presses_have_room_for_some)
{
	struct media_press press = {0};
	ck_assert_int_eq(lease_pool_init(&pool, 0, 4), 0);
	struct lease *lease = lease_take(&pool, LEASE_MEMBER);
	for (unsigned i = 0; i < LEASE_PRESSES; i++)
		ck_assert_int_ge(lease_press(lease, &press), 0);
	ck_assert_int_eq(lease_press(lease, &press), -EAGAIN);
	ck_assert(lease_pressed(lease, &press));
	ck_assert_int_ge(lease_press(lease, &press), 0);
	lease_pool_done(&pool);
}
END_TEST

/* Who a leg is of is copied once; a leg that is taken again is another one's. */
START_TEST(an_identity_lies_there_once)
{
	char name[200] = "sip:alice@example.test";
	ck_assert_int_eq(lease_pool_init(&pool, 0, 4), 0);
	struct lease *lease = lease_take(&pool, LEASE_MEMBER);
	say_leg(lease, 1, name);
	memset(name, 'x', sizeof(name) - 1);
	ck_assert_str_eq(lease_hear(lease)->member.identity, "sip:alice@example.test");
	say_leg(lease, 2, "sip:bob@example.test");
	ck_assert_str_eq(lease_hear(lease)->member.identity, "sip:alice@example.test");
	lease_give(&pool, lease);
	ck_assert_ptr_eq(lease_take(&pool, LEASE_MEMBER), lease);
	say_leg(lease, 1, name);
	ck_assert_uint_eq(strlen(lease_hear(lease)->member.identity), MEDIA_IDENTITY_MAX - 1);
	lease_pool_done(&pool);
}
END_TEST

/* Each kind has memory of its own, all share the capacity, and a name is of one kind. */
START_TEST(kinds_do_not_mix)
{
	struct media_member_report report = {0};
	struct lease *of[LEASE_KINDS];
	start(3);
	for (unsigned kind = 0; kind < LEASE_KINDS; kind++) {
		of[kind] = lease_take(&pool, (enum lease_kind)kind);
		ck_assert_ptr_eq(lease_get(&pool, of[kind]->id), of[kind]);
		ck_assert_uint_eq(lease_worker(of[kind]->id), 3);
	}
	ck_assert_uint_ne(of[LEASE_SESSION]->id, of[LEASE_MEMBER]->id);
	ck_assert_ptr_null(lease_take(&pool, LEASE_GROUP));
	lease_give(&pool, of[LEASE_SESSION]);
	ck_assert_ptr_nonnull(lease_take(&pool, LEASE_MEMBER));
	struct media_group_report group = {.group = of[LEASE_GROUP]->id};
	lease_publish(of[LEASE_GROUP], &group);
	ck_assert_int_eq(
		lease_read(of[LEASE_GROUP], LEASE_MEMBER, of[LEASE_GROUP]->id, &report), -ENOENT);
	lease_pool_done(&pool);
}
END_TEST

TEST_MAIN("lease", the_latest_is_heard_and_mail_is_under_way_once, names_go_stale,
	a_pool_is_as_large_as_it_is, bits_are_gathered, a_report_is_of_its_session,
	presses_use_the_same_mail, presses_have_room_for_some, an_identity_lies_there_once,
	kinds_do_not_mix)
