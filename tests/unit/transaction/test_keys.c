/* SPDX-License-Identifier: Apache-2.0 */
/* test_keys.c — what src/transaction/match.c takes for the same transaction, a CANCEL, a merged
 * request. */
#include <stdio.h>

#include "lib/testing.h"
#include "lib/transaction_actor.h"
#include "transaction/layer.h"

static struct actor actor;

static struct match_key key_of(const char *words)
{
	static struct pv_message message;
	static char text[2048];
	char copy[256], *list[16], *saved = NULL;
	unsigned count = 0;
	struct match_key key;
	struct path from = fake_path("10.0.0.2:5060");
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &saved); word; word = strtok_r(NULL, " ", &saved))
		list[count++] = word;
	size_t length = scenario_request(count, list, &from, text, sizeof(text));
	ck_assert_int_gt(pv_message_parse(&message, text, length, true), 0);
	transaction_match_key_of(actor.layer, &message, &key);
	return key;
}

static bool is_same(const char *a, const char *b)
{
	struct match_key x = key_of(a), y = key_of(b);
	return x.call == y.call && x.via == y.via;
}

static bool is_one_call(const char *a, const char *b)
{
	return key_of(a).call == key_of(b).call;
}

START_TEST(the_key_is_branch_and_sent_by)
{
	actor_init(&actor, 10);
	ck_assert(is_same("INVITE", "INVITE"));
	ck_assert(is_same("INVITE", "ACK totag=x"));
	ck_assert(is_same("INVITE", "CANCEL"));
	ck_assert(is_same("INVITE uri=sip:a@a", "INVITE uri=sip:b@b"));
	ck_assert(is_same("INVITE via=Host.test", "INVITE via=host.TEST"));
	ck_assert(!is_same("INVITE", "INVITE branch=z9hG4bK-2"));
	ck_assert(!is_same("INVITE via=a.test", "INVITE via=b.test"));
	ck_assert(!is_same("INVITE via=a.test:5060", "INVITE via=a.test:5062"));
	ck_assert(!is_same("INVITE call=1", "INVITE call=2"));
	ck_assert(!is_same("FOO", "BAR"));
	actor_done(&actor);
}
END_TEST

/* Bytes must not move from one part into the next. */
START_TEST(parts_do_not_run_together)
{
	actor_init(&actor, 10);
	ck_assert(!is_one_call("INVITE call=ab tag=c", "INVITE call=a tag=bc"));
	ck_assert(!is_same(
		"INVITE branch=z9hG4bKa via=bc.test", "INVITE branch=z9hG4bKab via=c.test"));
	actor_done(&actor);
}
END_TEST

START_TEST(without_a_cookie_the_rules_of_rfc_2543)
{
	actor_init(&actor, 10);
	ck_assert(is_same("INVITE branch=none", "ACK branch=none totag=x"));
	ck_assert(is_same("INVITE branch=1", "CANCEL branch=1"));
	ck_assert(!is_same("INVITE branch=none uri=sip:a@a", "INVITE branch=none uri=sip:b@b"));
	ck_assert(!is_same("INVITE branch=1", "INVITE branch=2"));
	ck_assert(
		!is_same("INVITE branch=z9hG4bK uri=sip:a@a", "INVITE branch=z9hG4bK uri=sip:b@b"));
	actor_done(&actor);
}
END_TEST

static struct transaction *add(const struct match_key *key, enum pv_method method)
{
	struct transaction *t = layer_take(actor.layer, method, true, 0);
	ck_assert_ptr_nonnull(t);
	t->call = key->call;
	t->via = key->via;
	transaction_match_insert(actor.layer, t);
	return t;
}

/* 64 buckets, 200 transactions: found while they are there, not when they are gone, whatever the
 * order. */
START_TEST(chains_hold_and_let_go)
{
	enum { COUNT = 200 };
	struct transaction *all[COUNT];
	struct match_key keys[COUNT];
	actor_init(&actor, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		keys[i] = (struct match_key){(uint64_t)i * 7, i};
		all[i] = add(&keys[i], PV_METHOD_INVITE);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		unsigned victim = (i * 67) % COUNT;
		ck_assert_ptr_eq(
			transaction_match_find(actor.layer, &keys[victim], PV_METHOD_INVITE),
			all[victim]);
		ck_assert_ptr_null(
			transaction_match_find(actor.layer, &keys[victim], PV_METHOD_BYE));
		layer_release(actor.layer, all[victim]);
		ck_assert_ptr_null(
			transaction_match_find(actor.layer, &keys[victim], PV_METHOD_INVITE));
	}
	actor_check_clean(&actor);
	actor_done(&actor);
}
END_TEST

START_TEST(a_cancel_finds_what_it_cancels)
{
	struct match_key key = {1, 2}, other = {1, 3};
	actor_init(&actor, 10);
	struct transaction *invite = add(&key, PV_METHOD_INVITE);
	add(&key, PV_METHOD_CANCEL);
	ck_assert_ptr_eq(transaction_match_cancelled(actor.layer, &key), invite);
	ck_assert_ptr_null(transaction_match_cancelled(actor.layer, &other));
	actor_done(&actor);
}
END_TEST

START_TEST(merged_is_the_same_call_by_another_way)
{
	struct match_key key = {1, 2}, fork = {1, 3}, next = {5, 3};
	actor_init(&actor, 10);
	add(&key, PV_METHOD_INVITE);
	ck_assert(transaction_match_is_merged(actor.layer, &fork, PV_METHOD_INVITE));
	ck_assert(!transaction_match_is_merged(actor.layer, &key, PV_METHOD_INVITE));
	ck_assert(!transaction_match_is_merged(actor.layer, &fork, PV_METHOD_CANCEL));
	ck_assert(!transaction_match_is_merged(actor.layer, &next, PV_METHOD_INVITE));
	actor_done(&actor);
}
END_TEST

TEST_MAIN("keys", the_key_is_branch_and_sent_by, parts_do_not_run_together,
	without_a_cookie_the_rules_of_rfc_2543, chains_hold_and_let_go,
	a_cancel_finds_what_it_cancels, merged_is_the_same_call_by_another_way)
