/* SPDX-License-Identifier: Apache-2.0 */
/* test_match.c: the table of server transactions grows a bucket at a time and loses nobody. */
#include "transaction/layer.h"

#include "lib/testing.h"

#define MANY 20000

static struct transaction_layer layer;
static struct transaction *made[MANY];

static struct match_key key_of(unsigned n)
{
	return (struct match_key){siphash13(&layer.table_key, &n, sizeof(n)), n};
}

static struct transaction *insert(unsigned n)
{
	struct match_key key = key_of(n);
	struct transaction *t = slab_take(&layer.slab);
	ck_assert_ptr_nonnull(t);
	*t = (struct transaction){.call = key.call, .via = key.via, .method = PV_METHOD_BYE};
	transaction_match_insert(&layer, t);
	return t;
}

static struct transaction *find(unsigned n)
{
	struct match_key key = key_of(n);
	return transaction_match_find(&layer, &key, PV_METHOD_BYE);
}

static void start(uint32_t capacity)
{
	layer.table_key = (struct siphash_key){5, 7};
	ck_assert_int_eq(
		slab_init(&layer.slab, "transactions", sizeof(struct transaction), capacity), 0);
	ck_assert_int_eq(transaction_match_init(&layer), 0);
}

static void stop(void)
{
	transaction_match_done(&layer);
	slab_done(&layer.slab);
}

START_TEST(everybody_is_found_at_every_size)
{
	start(MANY);
	for (unsigned n = 0; n < MANY; n++) {
		made[n] = insert(n);
		ck_assert_ptr_eq(find(n), made[n]);
		ck_assert_ptr_eq(find(n / 2), made[n / 2]);
	}
	for (unsigned n = 0; n < MANY; n++)
		ck_assert_ptr_eq(find(n), made[n]);
	ck_assert_ptr_null(find(MANY));
	ck_assert_uint_ge(layer.bucket_count, MANY - 1);
	stop();
}
END_TEST

START_TEST(who_is_removed_is_gone_and_nobody_else)
{
	start(MANY);
	for (unsigned n = 0; n < 3000; n++)
		made[n] = insert(n);
	for (unsigned n = 0; n < 3000; n += 3)
		transaction_match_remove(&layer, made[n]);
	for (unsigned n = 0; n < 3000; n++)
		ck_assert_ptr_eq(find(n), n % 3 ? made[n] : NULL);
	stop();
}
END_TEST

START_TEST(a_small_table_stops_growing_at_its_end)
{
	start(70);
	for (unsigned n = 0; n < 70; n++)
		made[n] = insert(n);
	for (unsigned n = 0; n < 70; n++)
		ck_assert_ptr_eq(find(n), made[n]);
	ck_assert_uint_le(layer.bucket_count, 140);
	stop();
}
END_TEST

TEST_MAIN("match", everybody_is_found_at_every_size, who_is_removed_is_gone_and_nobody_else,
	a_small_table_stops_growing_at_its_end)
