/* SPDX-License-Identifier: Apache-2.0 */
/* test_busy.c: what was let in is remembered for as long as it may come again; marks of refusals.
 */
#include "lib/testing.h"

#include <stdio.h>

#include "app/busy.h"
#include "base/random.h"

#define TURN_MS 32768u

START_TEST(what_was_let_in_is_known_for_half_a_minute)
{
	struct busy *busy;
	ck_assert_int_eq(busy_new(&busy), 0);
	for (uint64_t offset = 0; offset < TURN_MS; offset += 1777) {
		uint64_t call = random_u64(), then = 100 * TURN_MS + offset;
		ck_assert(!busy_may_know(busy, call, then));
		busy_note(busy, call, then);
		ck_assert(busy_may_know(busy, call, then));
		ck_assert(busy_may_know(busy, call, then + 32000));
		ck_assert(!busy_may_know(busy, call ^ 1, then));
		ck_assert(!busy_may_know(busy, call ^ UINT64_C(1) << 20, then));
	}
	busy_free(busy);
}
END_TEST

START_TEST(what_is_old_is_forgotten)
{
	struct busy *busy;
	ck_assert_int_eq(busy_new(&busy), 0);
	uint64_t call = random_u64();
	busy_note(busy, call, 100 * TURN_MS);
	ck_assert(!busy_may_know(busy, call, 102 * TURN_MS));
	/* its field comes round again, and was cleared before */
	for (unsigned turn = 101; turn < 104; turn++)
		busy_note(busy, random_u64() | 1, turn * TURN_MS);
	busy_note(busy, call ^ UINT64_C(64), 104 * TURN_MS);
	ck_assert(!busy_may_know(busy, call, 104 * TURN_MS));
	busy_free(busy);
}
END_TEST

START_TEST(an_ack_is_known_by_its_mark)
{
	struct busy *busy, *other;
	char ack[200];
	ck_assert_int_eq(busy_new(&busy), 0);
	ck_assert_int_eq(busy_new(&other), 0);
	ck_assert_uint_eq(busy_mark(busy).length, BUSY_MARK);
	snprintf(ack, sizeof(ack), "ACK sip:b@x SIP/2.0\r\nTo: <sip:b@x>;tag=%.*s0123\r\n\r\n",
		PV_SPAN_PRINT(busy_mark(busy)));
	ck_assert(busy_is_marked(busy, pv_span_of(ack)));
	ck_assert(!busy_is_marked(other, pv_span_of(ack)));
	ck_assert(!busy_is_marked(
		busy, PV_SPAN("ACK sip:b@x SIP/2.0\r\nTo: <sip:b@x>;tag=busy\r\n")));
	busy_free(busy);
	busy_free(other);
	busy_free(NULL);
}
END_TEST

TEST_MAIN("busy", what_was_let_in_is_known_for_half_a_minute, what_is_old_is_forgotten,
	an_ack_is_known_by_its_mark)
