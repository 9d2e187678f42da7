/* SPDX-License-Identifier: Apache-2.0 */
/* test_session_machine.c — every state with every event against the rules of RFC 4028 §10, written
 * down again; and the times. */
#include "base/macros.h"
#include "dialog/session.h"
#include "lib/testing.h"

static const struct {
	enum session_state state;
	enum session_event event;
	enum session_state next;
	unsigned actions;
} rules[] = {
#define RULE(state, event, next, actions)                                       \
	{                                                                       \
		SESSION_##state, SESSION_EVENT_##event, SESSION_##next, actions \
	}
	RULE(OURS, ALARM, ASKING, SESSION_REFRESH | SESSION_ARM_END),
	RULE(OURS, END, OVER, SESSION_GIVE_UP | SESSION_DISARM),
	RULE(ASKING, REFUSED, AGAIN, SESSION_ARM_RETRY),
	RULE(ASKING, FAILED, OVER, SESSION_GIVE_UP | SESSION_DISARM),
	RULE(ASKING, END, OVER, SESSION_GIVE_UP | SESSION_DISARM),
	RULE(AGAIN, ALARM, ASKING, SESSION_REFRESH | SESSION_ARM_END),
	RULE(AGAIN, END, OVER, SESSION_GIVE_UP | SESSION_DISARM),
	RULE(THEIRS, END, OVER, SESSION_GIVE_UP | SESSION_DISARM),
#undef RULE
};

static bool agrees(enum session_event event)
{
	return event <= SESSION_EVENT_AGREED_NONE;
}

START_TEST(every_cell)
{
	for (unsigned s = 0; s < SESSION_STATE_COUNT; s++)
		for (unsigned e = 0; e < SESSION_EVENT_COUNT; e++) {
			const struct session_cell *cell = &session_cells[s][e];
			bool found = s != SESSION_OVER && agrees(e);
			for (unsigned i = 0; i < ARRAY_LENGTH(rules); i++) {
				if (rules[i].state != s || rules[i].event != e)
					continue;
				found = true;
				ck_assert_uint_eq(cell->next, rules[i].next);
				ck_assert_uint_eq(cell->actions, rules[i].actions);
			}
			ck_assert_msg(cell->live == found, "%s x %s", session_state_names[s],
				session_event_names[e]);
		}
}
END_TEST

/* Every state that waits is armed, so none lasts for ever but OFF and OVER. */
START_TEST(no_state_dangles)
{
	for (unsigned s = 0; s < SESSION_STATE_COUNT; s++)
		for (unsigned e = 0; e < SESSION_EVENT_COUNT; e++) {
			const struct session_cell *cell = &session_cells[s][e];
			bool rests = cell->next == SESSION_OFF || cell->next == SESSION_OVER;
			unsigned arms = SESSION_ARM_REFRESH | SESSION_ARM_RETRY | SESSION_ARM_END;
			if (cell->live)
				ck_assert(rests == !(cell->actions & arms));
		}
}
END_TEST

START_TEST(we_refresh_at_half_and_give_up_at_the_end)
{
	struct session_timer timer = {0};
	const struct session_terms terms = {1800, true, true};
	session_agree(&timer, &terms, 1000);
	ck_assert_uint_eq(timer.alarm_ms, 901000);
	ck_assert_uint_eq(session_due(&timer, 901000), SESSION_REFRESH);
	ck_assert_uint_eq(timer.alarm_ms, 1769000);
	ck_assert_uint_eq(session_step(&timer, SESSION_EVENT_REFUSED, 902000), 0);
	ck_assert_uint_eq(timer.alarm_ms, 912000);
	ck_assert_uint_eq(session_due(&timer, 912000), SESSION_REFRESH);
	session_step(&timer, SESSION_EVENT_REFUSED, 1765000);
	ck_assert_uint_eq(timer.alarm_ms, 1769000);
	ck_assert_uint_eq(session_due(&timer, 1769000), SESSION_GIVE_UP);
	ck_assert_uint_eq(session_due(&timer, 1769000), 0);
}
END_TEST

START_TEST(however_long_it_is_we_ask_each_half_day)
{
	struct session_timer timer = {0};
	const struct session_terms terms = {UINT32_MAX, true, true};
	session_agree(&timer, &terms, 1000);
	ck_assert_uint_eq(timer.alarm_ms, 1000 + 12 * 3600 * 1000);
	ck_assert_uint_eq(session_due(&timer, timer.alarm_ms), SESSION_REFRESH);
	ck_assert_uint_eq(timer.alarm_ms, 1000 + (UINT64_C(4294967295) - 32) * 1000);
}
END_TEST

START_TEST(they_refresh_or_it_ends)
{
	struct session_timer timer = {0};
	const struct session_terms terms = {90, false, true};
	session_agree(&timer, &terms, 0);
	ck_assert_uint_eq(timer.alarm_ms, 60000);
	session_agree(&timer, &terms, 50000);
	ck_assert_uint_eq(timer.alarm_ms, 110000);
	ck_assert_uint_eq(session_due(&timer, 110000), SESSION_GIVE_UP);
}
END_TEST

START_TEST(none_is_agreed_on)
{
	struct session_timer timer = {0};
	const struct session_terms terms = {90, false, true}, off = {0, true, false};
	session_agree(&timer, &terms, 0);
	session_agree(&timer, &off, 0);
	ck_assert_uint_eq(timer.state, SESSION_OFF);
	ck_assert(timer.alarm_ms == UINT64_MAX);
}
END_TEST

/* RFC 3261 §14.1: who chose the Call-ID waits for 2.1 to 4 s, the other for 0 to 2 s. */
START_TEST(two_that_meet_try_again_apart)
{
	const struct session_terms terms = {90, true, true};
	for (unsigned i = 0; i < 200; i++) {
		struct session_timer ours = {0}, theirs = {0};
		session_agree(&ours, &terms, 0);
		session_agree(&theirs, &terms, 0);
		ck_assert_uint_eq(session_due(&ours, 45000), SESSION_REFRESH);
		ck_assert_uint_eq(session_due(&theirs, 45000), SESSION_REFRESH);
		session_glare(&ours, true, 45000);
		session_glare(&theirs, false, 45000);
		ck_assert(ours.alarm_ms >= 47100 && ours.alarm_ms <= 49000);
		ck_assert(theirs.alarm_ms >= 45000 && theirs.alarm_ms <= 47000);
		ck_assert_uint_eq(session_due(&ours, 49000), SESSION_REFRESH);
	}
}
END_TEST

TEST_MAIN("session machine", every_cell, no_state_dangles,
	we_refresh_at_half_and_give_up_at_the_end, however_long_it_is_we_ask_each_half_day,
	they_refresh_or_it_ends, none_is_agreed_on, two_that_meet_try_again_apart)
