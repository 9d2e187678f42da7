/* SPDX-License-Identifier: Apache-2.0 */
/* test_layer.c — slots, handles, counts and the user's words of src/transaction/layer.c, client.c.
 */
#include "lib/testing.h"
#include "lib/transaction_actor.h"
#include "transaction/layer.h"

static struct actor actor;

static void set_up(uint32_t transactions)
{
	actor_init(&actor, transactions);
}

static struct transaction *take(void)
{
	return transaction_client_take(actor.layer, PV_METHOD_MESSAGE);
}

START_TEST(a_handle_goes_stale)
{
	set_up(10);
	struct transaction *t = take();
	uint64_t handle = transaction_handle(actor.layer, t);
	ck_assert_ptr_eq(transaction_get(actor.layer, handle), t);
	transaction_client_drop(actor.layer, t);
	ck_assert_ptr_null(transaction_get(actor.layer, handle));
	/* the slot that was given last is taken first, under another name */
	ck_assert_ptr_eq(take(), t);
	ck_assert_ptr_null(transaction_get(actor.layer, handle));
	ck_assert_ptr_null(transaction_get(actor.layer, 0));
	actor_done(&actor);
}
END_TEST

START_TEST(a_slot_comes_back_clean)
{
	set_up(10);
	struct transaction *t = take();
	transaction_set_user_word(t, 77, 5);
	transaction_set_peer(t, 88);
	ck_assert_uint_eq(transaction_user_word(t), 77);
	ck_assert_uint_eq(transaction_user_index(t), 5);
	ck_assert_uint_eq(transaction_peer(t), 88);
	transaction_client_drop(actor.layer, t);
	t = take();
	ck_assert_uint_eq(transaction_user_word(t), 0);
	ck_assert_uint_eq(transaction_user_index(t), 0);
	ck_assert_uint_eq(transaction_peer(t), 0);
	ck_assert_uint_eq(transaction_method(t), PV_METHOD_MESSAGE);
	actor_done(&actor);
}
END_TEST

START_TEST(the_limit_is_counted)
{
	struct transaction_counts counts;
	set_up(3);
	ck_assert_ptr_nonnull(take());
	ck_assert_ptr_nonnull(take());
	struct transaction *last = take();
	ck_assert_ptr_nonnull(last);
	ck_assert_ptr_null(take());
	transaction_client_drop(actor.layer, last);
	transaction_counts(actor.layer, &counts);
	ck_assert_uint_eq(counts.in_use, 2);
	ck_assert_uint_eq(counts.peak, 3);
	ck_assert_uint_eq(counts.handled, 3);
	ck_assert_uint_eq(counts.refused, 1);
	actor_done(&actor);
}
END_TEST

/* Four workers share the limit, rounded up, and the address space is not touched. */
START_TEST(workers_share_the_limit)
{
	static const struct siphash_key key = {1, 2};
	static const struct transaction_config config = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000, .transactions = 1000001};
	struct worker_group group;
	struct transaction_layer *layer;
	ck_assert_int_eq(worker_group_init(&group, 4, NULL), 0);
	ck_assert_int_eq(transaction_layer_new(&layer, &group.workers[2], NULL, &config, &key), 0);
	ck_assert_uint_eq(layer->slab.capacity, 250001);
	ck_assert_uint_eq(layer->slab.touched, 0);
	ck_assert_uint_eq(layer->slab.stride, 128);
	transaction_layer_free(layer);
	worker_group_done(&group);
	transaction_layer_free(NULL);
}
END_TEST

START_TEST(what_is_not_sent_is_not_pending)
{
	set_up(10);
	struct transaction *t = take();
	ck_assert_uint_eq(transaction_pending(actor.layer), 0);
	transaction_client_drop(actor.layer, t);
	actor_check_clean(&actor);
	scenario_run(&actor.scenario, "pending",
		"! send c1 INVITE\n"
		"< INVITE @i\n"
		"! counts in_use=1 pending=1\n"
		"> 180 @i\n"
		"? response c1 180\n"
		"! counts pending=1\n"
		"! cancel c1\n"
		"< CANCEL @c\n"
		"! counts in_use=2 pending=2\n"
		"> 200 @c\n"
		"! counts pending=1\n"
		"> 487 @i\n"
		"< ACK\n"
		"? response c1 487\n"
		"! counts pending=0\n");
	actor_done(&actor);
}
END_TEST

/* A branch is an address: of this worker, this slot, this generation; nobody else's text passes. */
START_TEST(a_branch_names_its_transaction)
{
	static const struct siphash_key key = {1, 2};
	char text[2][BRANCH_LENGTH + 8];
	struct pv_writer w;
	struct branch branch;
	set_up(10);
	take();
	struct transaction *t = take();
	pv_writer_init(&w, text[0], sizeof(text[0]));
	transaction_branch(actor.layer, t, 99, &w);
	ck_assert(branch_read(&key, pv_writer_span(&w), &branch));
	ck_assert_uint_eq(branch.worker, 0);
	ck_assert_uint_eq((uint64_t)branch.generation << 32 | branch.slot,
		transaction_handle(actor.layer, t));
	ck_assert_uint_eq(branch.loop, 99);
	pv_writer_init(&w, text[1], sizeof(text[1]));
	transaction_branch_stateless(actor.layer, 99, &w);
	ck_assert(branch_read(&key, pv_writer_span(&w), &branch));
	ck_assert_uint_eq(branch.slot, BRANCH_STATELESS);
	actor_done(&actor);
}
END_TEST

/* §16.11: a retransmission must get the branch that the first one got. */
START_TEST(a_stateless_branch_is_a_function_of_the_request)
{
	char text[3][64];
	struct pv_writer w[3];
	set_up(10);
	for (unsigned i = 0; i < 3; i++) {
		pv_writer_init(&w[i], text[i], sizeof(text[i]));
		transaction_branch_stateless(actor.layer, i < 2 ? 7 : 8, &w[i]);
	}
	ck_assert(pv_span_equal(pv_writer_span(&w[0]), pv_writer_span(&w[1])));
	ck_assert(!pv_span_equal(pv_writer_span(&w[0]), pv_writer_span(&w[2])));
	actor_done(&actor);
}
END_TEST

/* A layer that goes away in the middle of calls gives its buffers back. Its lanes are gone with it.
 */
START_TEST(free_gives_all_back)
{
	set_up(100);
	scenario_run(&actor.scenario, "free",
		"> INVITE\n"
		"? request s1 INVITE\n"
		"< 100\n"
		"! send c1 INVITE\n"
		"< INVITE @i\n"
		"> 180 @i\n"
		"? response c1 180\n"
		"! cancel c1\n"
		"< CANCEL\n"
		"! send c2 MESSAGE\n"
		"< MESSAGE\n");
	transaction_layer_free(actor.layer);
	actor.layer = NULL;
	ck_assert_uint_eq(fake_worker_buffers_used(&actor.scenario.worker), 0);
	actor_done(&actor);
}
END_TEST

TEST_MAIN("layer", a_handle_goes_stale, a_slot_comes_back_clean, the_limit_is_counted,
	workers_share_the_limit, what_is_not_sent_is_not_pending, a_branch_names_its_transaction,
	a_stateless_branch_is_a_function_of_the_request, free_gives_all_back)
