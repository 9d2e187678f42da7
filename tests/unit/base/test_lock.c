/* SPDX-License-Identifier: Apache-2.0 */
/* test_lock.c: one holder at a time, and sleepers are woken. */
#include "base/lock.h"

#include <pthread.h>

#include "lib/testing.h"

static struct lock lock;
static unsigned shared_number;

START_TEST(only_one_holds_it)
{
	lock_init(&lock);
	lock_take(&lock);
	ck_assert(!lock_try(&lock));
	lock_give(&lock);
	ck_assert(lock_try(&lock));
	lock_give(&lock);
}
END_TEST

static void *add_many(void *unused)
{
	for (int i = 0; i < 20000; i++) {
		lock_take(&lock);
		shared_number++;
		lock_give(&lock);
	}
	return NULL;
}

START_TEST(no_addition_is_lost)
{
	pthread_t threads[3];
	lock_init(&lock);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(shared_number, 60000);
	ck_assert_uint_eq(lock.state, 0);
}
END_TEST

static void *take_and_give(void *unused)
{
	lock_take(&lock);
	lock_give(&lock);
	return NULL;
}

/* Waits for the event itself: the state says when the other has gone to sleep. */
START_TEST(a_sleeper_is_woken)
{
	pthread_t other;
	lock_init(&lock);
	lock_take(&lock);
	ck_assert_int_eq(pthread_create(&other, NULL, take_and_give, NULL), 0);
	while (atomic_load(&lock.state) != 2)
		;
	lock_give(&lock);
	pthread_join(other, NULL);
	ck_assert_uint_eq(lock.state, 0);
}
END_TEST

TEST_MAIN("lock", only_one_holds_it, no_addition_is_lost, a_sleeper_is_woken)
