/* SPDX-License-Identifier: Apache-2.0 */
/* test_activity.c: voice as a button: every cell of the table, and talks. */
#include "sound/activity.h"

#include "lib/testing.h"

#define MS  UINT64_C(1000000)
#define NOW (UINT64_C(50000) * MS)

static struct activity activity;
static unsigned now_ms;

static void begin(uint8_t level, uint32_t gap_ms)
{
	struct activity_settings settings = {level, 800, gap_ms};
	activity_begin(&activity, &settings);
	now_ms = 0;
}

static uint64_t now(void)
{
	return NOW + now_ms * MS;
}

/* `ms` of packets of that level, 20 ms each; the fact of the last one that told something, and how
 * long it took. */
static enum activity_fact hear(uint8_t db, unsigned ms, unsigned *ret_ms)
{
	struct level level = {LEVEL_ENERGY, db, false};
	enum activity_fact told = ACTIVITY_NOTHING;
	for (unsigned at = 0; at < ms; at += 20) {
		now_ms += 20;
		enum activity_fact fact = activity_packet(&activity, &level, 20, now());
		if (fact == ACTIVITY_NOTHING)
			continue;
		told = fact;
		if (ret_ms)
			*ret_ms = at + 20;
	}
	return told;
}

static enum activity_fact wait(unsigned ms)
{
	enum activity_fact told = ACTIVITY_NOTHING;
	for (unsigned at = 0; at < ms; at += 5) {
		now_ms += 5;
		enum activity_fact fact = activity_tick(&activity, now());
		told = fact != ACTIVITY_NOTHING ? fact : told;
	}
	return told;
}

#define LOUD        20
#define SOFT        60
#define WHERE(name) ck_assert_int_eq(activity.state, ACTIVITY_##name)

START_TEST(speech_asks_within_60_ms_and_ends_after_the_hang_time)
{
	unsigned took = 0;
	begin(ACTIVITY_LEVEL_VOX, 0);
	ck_assert_int_eq(hear(SOFT, 1000, NULL), ACTIVITY_NOTHING);
	uint64_t first = now() + 20 * MS;
	ck_assert_int_eq(hear(LOUD, 500, &took), ACTIVITY_BEGAN);
	ck_assert_uint_le(took, 60);
	ck_assert_uint_eq(activity.began_ns, first);
	/* a pause between words */
	ck_assert_int_eq(hear(SOFT, 780, NULL), ACTIVITY_NOTHING);
	ck_assert_int_eq(hear(LOUD, 40, NULL), ACTIVITY_NOTHING);
	WHERE(SPEAKING);
	ck_assert_int_eq(hear(SOFT, 1000, &took), ACTIVITY_ENDED);
	ck_assert_uint_eq(took, 820); /* 800 ms behind the first soft packet */
	WHERE(QUIET);
}
END_TEST

START_TEST(a_click_is_no_speech)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_int_eq(hear(LOUD, 20, NULL), ACTIVITY_NOTHING);
		ck_assert_int_eq(hear(SOFT, 20, NULL), ACTIVITY_NOTHING);
	}
	WHERE(QUIET);
}
END_TEST

START_TEST(what_is_not_sent_is_silence)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	ck_assert_int_eq(hear(LOUD, 100, NULL), ACTIVITY_BEGAN);
	ck_assert_uint_eq(activity_deadline_ns(&activity), now() + 800 * MS);
	ck_assert_int_eq(wait(795), ACTIVITY_NOTHING);
	ck_assert_int_eq(wait(5), ACTIVITY_ENDED);
	ck_assert_uint_eq(activity_deadline_ns(&activity), UINT64_MAX);
	/* of a click, too */
	hear(LOUD, 20, NULL);
	WHERE(RISING);
	ck_assert_int_eq(wait(1000), ACTIVITY_NOTHING);
	WHERE(QUIET);
}
END_TEST

START_TEST(muting_ends_after_300_ms_without_packets)
{
	begin(ACTIVITY_LEVEL_MUTE, ACTIVITY_MUTE_GAP_MS);
	/* softer than what vox hears */
	ck_assert_int_eq(hear(42, 100, NULL), ACTIVITY_BEGAN);
	ck_assert_int_eq(wait(295), ACTIVITY_NOTHING);
	ck_assert_int_eq(wait(5), ACTIVITY_ENDED);
	/* silence that is sent is borne for longer */
	ck_assert_int_eq(hear(42, 100, NULL), ACTIVITY_BEGAN);
	ck_assert_int_eq(hear(SOFT, 800, NULL), ACTIVITY_NOTHING);
	ck_assert_int_eq(hear(SOFT, 40, NULL), ACTIVITY_ENDED);
	begin(ACTIVITY_LEVEL_VOX, 0);
	ck_assert_int_eq(hear(42, 100, NULL), ACTIVITY_NOTHING);
}
END_TEST

START_TEST(speech_over_another_must_begin_again)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	activity_taken(&activity, true, true, now());
	ck_assert_int_eq(hear(LOUD, 500, NULL), ACTIVITY_NOTHING);
	WHERE(BARRED);
	activity_taken(&activity, false, false, now());
	ck_assert_int_eq(hear(LOUD, 2000, NULL), ACTIVITY_NOTHING);
	/* a pause shorter than that is none */
	hear(SOFT, 180, NULL);
	ck_assert_int_eq(hear(LOUD, 100, NULL), ACTIVITY_NOTHING);
	hear(SOFT, 240, NULL);
	WHERE(QUIET);
	ck_assert_int_eq(hear(LOUD, 40, NULL), ACTIVITY_BEGAN);
	/* one who was about to begin when another took the floor */
	begin(ACTIVITY_LEVEL_VOX, 0);
	hear(LOUD, 20, NULL);
	activity_taken(&activity, true, true, now());
	ck_assert_int_eq(hear(LOUD, 100, NULL), ACTIVITY_NOTHING);
	WHERE(BARRED);
}
END_TEST

/* The talker says nothing any more, and his hang time goes on. */
static enum activity_fact hear_into_pause(uint8_t db, unsigned ms, uint64_t since_ns)
{
	enum activity_fact told = ACTIVITY_NOTHING;
	for (unsigned at = 0; at < ms; at += 20) {
		activity_pause(&activity, since_ns);
		enum activity_fact fact = hear(db, 20, NULL);
		told = fact != ACTIVITY_NOTHING ? fact : told;
	}
	return told;
}

START_TEST(an_answer_into_the_hang_time_counts_when_the_floor_is_free)
{
	unsigned took = 0;
	begin(ACTIVITY_LEVEL_VOX, 0);
	activity_taken(&activity, true, true, now());
	uint64_t since = now(), first = now() + 20 * MS;
	ck_assert_int_eq(hear_into_pause(LOUD, 400, since), ACTIVITY_NOTHING);
	WHERE(EARLY);
	/* between its words */
	ck_assert_int_eq(hear_into_pause(SOFT, 180, since), ACTIVITY_NOTHING);
	ck_assert_int_eq(hear_into_pause(LOUD, 20, since), ACTIVITY_NOTHING);
	WHERE(EARLY);
	activity_taken(&activity, false, false, now());
	/* he has been silent for long: as loud as any voice is loud enough */
	ck_assert_int_eq(hear(30, 200, &took), ACTIVITY_BEGAN);
	ck_assert_uint_le(took, 40);
	ck_assert_uint_eq(activity.began_ns, first);
}
END_TEST

START_TEST(an_answer_counts_no_more_when_the_talker_goes_on)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	activity_taken(&activity, true, true, now());
	hear_into_pause(LOUD, 100, now());
	WHERE(EARLY);
	ck_assert_int_eq(hear_into_pause(LOUD, 20, 0), ACTIVITY_NOTHING);
	WHERE(BARRED);
	hear_into_pause(LOUD, 100, now());
	WHERE(BARRED);
	/* or when it is over before, */
	ck_assert_int_eq(wait(300), ACTIVITY_NOTHING);
	hear_into_pause(LOUD, 100, now());
	ck_assert_int_eq(hear_into_pause(SOFT, 240, now()), ACTIVITY_NOTHING);
	WHERE(QUIET);
	/* or when another is quicker */
	hear_into_pause(LOUD, 100, now());
	activity_taken(&activity, false, false, now());
	activity_taken(&activity, true, true, now());
	ck_assert_int_eq(hear(LOUD, 100, NULL), ACTIVITY_NOTHING);
	WHERE(BARRED);
}
END_TEST

START_TEST(the_echo_of_who_fell_silent_is_no_answer)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	activity_taken(&activity, true, true, now());
	uint64_t since = now();
	ck_assert_int_eq(hear_into_pause(30, 280, since), ACTIVITY_NOTHING);
	WHERE(QUIET);
	hear_into_pause(30, 60, since);
	WHERE(EARLY);
}
END_TEST

START_TEST(a_talker_is_silent_in_his_hang_time_and_when_no_packets_come)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	ck_assert_uint_eq(activity_silent_since(&activity, now()), 0);
	hear(LOUD, 100, NULL);
	ck_assert_uint_eq(activity_silent_since(&activity, now() + 59 * MS), 0);
	ck_assert_uint_eq(activity_silent_since(&activity, now() + 60 * MS), now());
	hear(SOFT, 100, NULL);
	ck_assert_uint_eq(activity_silent_since(&activity, now()), now() - 80 * MS);
	hear(LOUD, 20, NULL);
	ck_assert_uint_eq(activity_silent_since(&activity, now()), 0);
}
END_TEST

START_TEST(a_loudspeaker_does_not_take_the_floor)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	activity_taken(&activity, true, true, now());
	/* what comes back of the talker, well above what counts as voice otherwise */
	ck_assert_int_eq(hear(30, 1000, NULL), ACTIVITY_NOTHING);
	WHERE(QUIET);
	activity_taken(&activity, false, false, now());
	ck_assert_int_eq(hear(30, 280, NULL), ACTIVITY_NOTHING);
	ck_assert_int_eq(hear(30, 80, NULL), ACTIVITY_BEGAN);
}
END_TEST

START_TEST(who_was_refused_must_begin_again)
{
	begin(ACTIVITY_LEVEL_VOX, 0);
	ck_assert_int_eq(hear(LOUD, 100, NULL), ACTIVITY_BEGAN);
	activity_refused(&activity);
	ck_assert_int_eq(hear(LOUD, 1000, NULL), ACTIVITY_NOTHING);
	WHERE(BARRED);
	ck_assert_int_eq(wait(200), ACTIVITY_NOTHING);
	WHERE(QUIET);
	ck_assert_int_eq(hear(LOUD, 100, NULL), ACTIVITY_BEGAN);
}
END_TEST

START_TEST(long_packets_count_for_what_they_last)
{
	struct level loud = {LEVEL_ENERGY, LOUD, false}, unknown = {.level = 0};
	begin(ACTIVITY_LEVEL_VOX, 0);
	ck_assert_int_eq(activity_packet(&activity, &unknown, 60, now()), ACTIVITY_NOTHING);
	ck_assert_int_eq(activity_packet(&activity, &loud, 60, now() + 60 * MS), ACTIVITY_BEGAN);
}
END_TEST

/* Every cell: its facts fit its states, and each state has a way out. */
START_TEST(the_table_holds_together)
{
	for (unsigned state = 0; state < ACTIVITY_STATES; state++) {
		bool leaves = false;
		for (unsigned event = 0; event < ACTIVITY_EVENTS; event++) {
			const struct activity_cell *cell = &activity_table[state][event];
			bool was_told = state == ACTIVITY_SPEAKING || state == ACTIVITY_HANGING;
			bool is_told =
				cell->next == ACTIVITY_SPEAKING || cell->next == ACTIVITY_HANGING;
			ck_assert_uint_lt(cell->next, ACTIVITY_STATES);
			ck_assert_int_eq(cell->fact == ACTIVITY_BEGAN, !was_told && is_told);
			/* whose floor it was taken from knows */
			ck_assert_int_eq(cell->fact == ACTIVITY_ENDED,
				was_told && !is_told && event != ACTIVITY_TAKEN);
			leaves = leaves || cell->next != state;
		}
		ck_assert(leaves);
		ck_assert_int_eq(activity_table[state][ACTIVITY_OVER].next, ACTIVITY_QUIET);
	}
}
END_TEST

TEST_MAIN("activity", speech_asks_within_60_ms_and_ends_after_the_hang_time, a_click_is_no_speech,
	what_is_not_sent_is_silence, muting_ends_after_300_ms_without_packets,
	speech_over_another_must_begin_again,
	an_answer_into_the_hang_time_counts_when_the_floor_is_free,
	an_answer_counts_no_more_when_the_talker_goes_on, the_echo_of_who_fell_silent_is_no_answer,
	a_talker_is_silent_in_his_hang_time_and_when_no_packets_come,
	a_loudspeaker_does_not_take_the_floor, who_was_refused_must_begin_again,
	long_packets_count_for_what_they_last, the_table_holds_together)
