/* SPDX-License-Identifier: Apache-2.0 */
/* test_group_random.c: random strings of presses, speech, comings and goings: never is anybody
 * heard who has not the floor, never more than may talk, and no listener's stream breaks. */
#include "base/random.h"
#include "unit/media/group_harness.h"

#define LEGS  5
#define STEPS 1500

static struct leg legs[LEGS];
static bool is_in[LEGS];
static uint16_t presses[LEGS];
static uint64_t state;
static unsigned heard; /* words of talkers */

/* Of its own, so that a run can be repeated by its number. */
static unsigned below(unsigned most)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % most;
}

static bool may_be_heard(const struct media_group_report *report, unsigned who)
{
	for (unsigned i = 0; i < report->talker_count; i++)
		if (report->talkers[i].tag == 101 + who)
			return true;
	return false;
}

static void come(unsigned i)
{
	leg_take(&legs[i], i + 1, below(3) == 0);
	legs[i].said.priority = (uint8_t)below(4);
	legs[i].said.may_talk = below(6) != 0;
	leg_set(&legs[i]);
	is_in[i] = true;
}

static void go(unsigned i)
{
	leg_close(&legs[i]);
	is_in[i] = false;
}

static void press_some_key(unsigned i)
{
	static const uint8_t keys[] = {STAR, HASH, 5};
	if (below(4) == 0) {
		uint8_t key = keys[below(3)];
		leg_sends_event(&legs[i], key, 160, below(2));
		return;
	}
	leg_presses(&legs[i], keys[below(3)]);
}

static void press_by_sip(unsigned i)
{
	struct media_press press = {.button = (uint8_t)below(MEDIA_BUTTON_COUNT),
		.trigger = (uint8_t)below(MEDIA_TRIGGER_COUNT),
		.key = '*',
		.priority = (uint8_t)below(6),
		.number = ++presses[i]};
	ck_assert_int_eq(media_member_press(media, 0, legs[i].lease.member, &press), 0);
	settle();
}

/* Its stream is one: an SSRC, numbers that rise by one, time stamps that do not go back. */
static void check_stream(struct leg *leg, const uint8_t *bytes)
{
	uint16_t sequence = bytes_u16(bytes + 2);
	uint32_t timestamp = bytes_u32(bytes + 4), ssrc = bytes_u32(bytes + 8);
	if (leg->length) {
		ck_assert_uint_eq(ssrc, leg->ssrc);
		ck_assert_uint_eq(sequence, (uint16_t)(leg->sequence + 1));
		ck_assert_int_gt((int32_t)(timestamp - leg->timestamp), 0);
	}
	leg->length = 1;
	leg->ssrc = ssrc;
	leg->sequence = sequence;
	leg->timestamp = timestamp;
}

/* What has come to everybody: from `who`, or silence. */
static void hear_all(unsigned who, bool may_be)
{
	uint8_t bytes[512];
	for (unsigned i = 0; i < LEGS; i++) {
		ssize_t length;
		while (is_in[i] && (length = recv(legs[i].phone.fds[0], bytes, sizeof(bytes),
					    MSG_DONTWAIT)) > 0) {
			check_stream(&legs[i], bytes);
			if (length != 12 + 4)
				continue; /* silence, a tone or a mix */
			ck_assert_msg(may_be && bytes[12] == 'A' + who && i != who, "%u hears %c",
				i, bytes[12]);
			heard++;
		}
		while (is_in[i] && legs[i].floor.fds[0] &&
			recv(legs[i].floor.fds[0], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			continue;
	}
}

static void speak_up(unsigned i)
{
	char word[5] = {(char)('A' + i), 'b', 'c', 'd', 0};
	hear_all(LEGS, false);
	leg_speaks(&legs[i], word);
	settle();
	struct media_group_report report = read_group();
	hear_all(i, may_be_heard(&report, i));
}

static void step(void)
{
	unsigned i = below(LEGS);
	if (!is_in[i]) {
		come(i);
		return;
	}
	switch (below(12)) {
	case 0:
		go(i);
		break;
	case 1:
	case 2:
	case 3:
		press_some_key(i);
		break;
	case 4:
		press_by_sip(i);
		break;
	case 5:
		fake_clock_advance(&clock_here, 20 * (1 + below(100)));
		settle();
		break;
	case 6:
		legs[i].said.is_muted = below(3) == 0;
		legs[i].said.receives = below(4) != 0;
		leg_set(&legs[i]);
		break;
	default:
		fake_clock_advance(&clock_here, 20);
		speak_up(i);
		break;
	}
	ck_assert_uint_le(read_group().talker_count, settings.talkers);
}

START_TEST(only_who_has_the_floor_is_heard)
{
	state = (uint64_t)_i + 1;
	heard = 0;
	default_settings();
	settings.talkers = (uint8_t)(1 + below(2));
	settings.queue = (uint16_t)below(3);
	settings.preempt = (uint8_t)below(3);
	settings.has_tones = below(2);
	settings.hang_ms = below(2) * 200;
	settings.max_talk_ms = 3000;
	start_group();
	for (unsigned n = 0; n < STEPS; n++) {
		step();
		spurt_count = 0;
	}
	for (unsigned i = 0; i < LEGS; i++)
		if (is_in[i])
			go(i);
	ck_assert_uint_gt(heard, 50);
	/* nobody is left: so is no state */
	ck_assert_uint_eq(read_group().talker_count + read_group().waiting_count, 0);
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group_random");
	TCase *tcase = testing_case("group_random");
	SRunner *runner = srunner_create(suite);
	tcase_add_loop_test(tcase, only_who_has_the_floor_is_heard, 0, 8);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
