/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_floor.c: any string of events at a floor: never more than `talkers` are heard, a listener's
 * media are never forwarded, the queue has its places, every timer is bounded, and once nobody
 * presses or sends any more the floor comes to rest. */
#include <string.h>

#include "floor/floor.h"
#include "fuzz.h"
#include "lib/floor_rules.h"

#define MEMBERS 8

static struct floor floor_of;
static struct floor_member members[MEMBERS];
static bool is_open[MEMBERS]; /* as the hooks have said */
static uint64_t now_ms;

static unsigned index_of(const struct floor_member *member)
{
	MUST(member >= members && member < members + MEMBERS);
	return (unsigned)(member - members);
}

/* ---- hooks ---- */

static void on_say(
	struct floor *floor, struct floor_member *member, const struct floor_saying *saying)
{
	MUST(member->state != FLOOR_MEMBER_GONE);
	MUST(list_is_linked(&member->in_floor));
	bool is_kind =
		saying->indicator & (FLOOR_INDICATOR_NORMAL | FLOOR_INDICATOR_BROADCAST |
					    FLOOR_INDICATOR_EMERGENCY | FLOOR_INDICATOR_PERIL);
	MUST(is_kind);
	if (saying->word == FLOOR_GRANTED)
		MUST(is_open[index_of(member)]);
	if (saying->word == FLOOR_DENY || saying->word == FLOOR_REVOKE)
		MUST(saying->cause > 0);
	if (saying->word == FLOOR_POSITION)
		MUST(saying->position > 0);
	if (saying->word == FLOOR_TAKEN)
		MUST(is_open[index_of(saying->party)]);
	MUST((saying->word == FLOOR_TAKEN) == (saying->party != NULL));
}

static void on_say_others(struct floor *floor, const struct floor_saying *saying)
{
	MUST(saying->word == FLOOR_TAKEN || saying->word == FLOOR_IDLE);
	MUST((saying->word == FLOOR_TAKEN) == (saying->party != NULL));
	MUST(!saying->party || is_open[index_of(saying->party)]);
}

static void on_tone(struct floor *floor, struct floor_member *member, enum floor_tone tone)
{
	MUST(tone < FLOOR_TONE_COUNT && member->state != FLOOR_MEMBER_GONE);
}

static void on_opened(struct floor *floor, struct floor_member *member)
{
	MUST(!is_open[index_of(member)]);
	MUST(member->gate & FLOOR_GATE_OPEN && floor_may_request(floor, member));
	is_open[index_of(member)] = true;
}

static void on_closed(struct floor *floor, struct floor_member *member, enum floor_why why)
{
	MUST(is_open[index_of(member)] && why < FLOOR_WHY_COUNT);
	MUST(!(member->gate & FLOOR_GATE_OPEN));
	is_open[index_of(member)] = false;
}

static void on_inactive(struct floor *floor)
{
	MUST(floor->holder_count == 0 && floor->settings.inactive_ms);
}

static void on_changed(struct floor *floor)
{
	MUST(floor_broken(floor) == NULL || !list_is_empty(&floor->asks));
}

static const struct floor_hooks hooks = {
	.say = on_say,
	.say_others = on_say_others,
	.tone = on_tone,
	.opened = on_opened,
	.closed = on_closed,
	.inactive = on_inactive,
	.changed = on_changed,
};

/* ---- what holds after each event ---- */

static void check(void)
{
	const char *broken = floor_broken(&floor_of);
	unsigned heard = 0;
	if (broken)
		fprintf(stderr, "%s\n", broken);
	MUST(!broken);
	for (unsigned i = 0; i < MEMBERS; i++) {
		MUST(is_open[i] == !!(members[i].gate & FLOOR_GATE_OPEN));
		MUST(members[i].state < FLOOR_MEMBER_STATE_COUNT);
		heard += is_open[i];
	}
	MUST(heard <= floor_of.settings.talkers);
}

/* No timer is further away than the longest setting. */
static void due(void)
{
	const struct floor_settings *settings = &floor_of.settings;
	uint64_t most = (uint64_t)settings->max_talk_ms + settings->hang_ms + settings->grace_ms +
			settings->end_of_rtp_ms + settings->inactive_ms + settings->idle_again_ms +
			settings->revoke_again_ms + settings->granted_again_ms + 2000;
	floor_due(&floor_of, now_ms);
	MUST(list_is_empty(&floor_of.asks));
	MUST(floor_of.deadline_ms > now_ms);
	MUST(floor_of.deadline_ms == FLOOR_NEVER || floor_of.deadline_ms <= now_ms + most);
	check();
}

/* Each timer at its moment. */
static void pass(uint64_t ms)
{
	uint64_t end = now_ms + ms;
	while (floor_deadline(&floor_of) <= end) {
		now_ms = MAX(now_ms, floor_deadline(&floor_of));
		due();
	}
	now_ms = end;
}

/* ---- events ---- */

static struct floor_settings settings_of(uint8_t what)
{
	struct floor_settings settings = floor_settings_default;
	settings.talkers = 1 + what % 3;
	settings.queue = what / 4 % 4;
	settings.preempt = what / 16 % 3;
	settings.is_broadcast = what % 32 == 7;
	settings.hang_ms = what & 0x40 ? 700 : 0;
	settings.grace_ms = what & 0x80 ? 0 : 3000;
	settings.inactive_ms = what & 0x02 ? 30000 : 0;
	settings.idle_again_ms = what & 0x08 ? 1000 : 0;
	settings.max_talk_ms = what % 5 == 0 ? 0 : 2000 * (what % 5);
	settings.warning_ms = 1500;
	return settings;
}

static struct floor_terms terms_of(uint8_t what)
{
	return (struct floor_terms){
		.priority = what % 4,
		.has_packets = what & 0x04,
		.can_queue = !(what & 0x08),
		.is_listen_only = (what & 0x30) == 0x30,
		.may_declare_emergency = what & 0x40,
	};
}

static struct floor_ask ask_of(uint8_t what)
{
	return (struct floor_ask){
		.trigger = what,
		.priority = what % 4,
		.has_priority = what & 0x04,
		.is_emergency = (what & 0x18) == 0x18,
		.is_peril = what == 0x42,
		.may_queue = !(what & 0x20),
		.may_preempt = !(what & 0x40),
		.is_toggle = what & 0x80,
	};
}

static void send(struct floor_member *member)
{
	bool was_holder = floor_is_holder(member);
	bool is_heard = floor_media(&floor_of, member, now_ms);
	MUST(is_heard == was_holder);
	MUST(!is_heard || floor_may_request(&floor_of, member));
}

static void control(struct floor_member *member, unsigned op, uint8_t what)
{
	struct floor_settings settings = settings_of(what);
	if (op == 8)
		floor_grant(&floor_of, member, what, now_ms);
	if (op == 9)
		floor_revoke(&floor_of, member, now_ms);
	if (op == 10)
		floor_mute(&floor_of, member, what & 1, now_ms);
	if (op == 11)
		floor_emergency_set(&floor_of, what & 1, now_ms);
	if (op == 12)
		floor_set(&floor_of, &settings, now_ms);
}

static void event(struct floor_member *member, unsigned op, uint8_t what)
{
	struct floor_terms terms = terms_of(what);
	struct floor_ask ask = ask_of(what);
	switch (op) {
	case 0:
		floor_join(&floor_of, member, &terms, now_ms);
		break;
	case 1:
		floor_leave(&floor_of, member, now_ms);
		break;
	case 2:
	case 3:
		floor_request(&floor_of, member, &ask, now_ms);
		break;
	case 4:
		floor_release(&floor_of, member, now_ms);
		break;
	case 5:
		send(member);
		break;
	case 6:
		floor_ask_position(&floor_of, member);
		break;
	case 7:
		floor_member_set(&floor_of, member, &terms, now_ms);
		break;
	case 13:
		due();
		break;
	case 14:
		pass((uint64_t)what * 4);
		break;
	case 15: /* all timers at once, late */
		now_ms += (uint64_t)what * 100;
		due();
		break;
	default:
		control(member, op, what);
	}
}

/* Nobody presses, nobody sends: T1 ends who talks, T1 after T1 the queue. */
static void rest(void)
{
	for (unsigned i = 0; i <= 2 * MEMBERS; i++)
		pass(floor_of.settings.end_of_rtp_ms + floor_of.settings.hang_ms +
			floor_of.settings.grace_ms + floor_of.settings.revoke_again_ms);
	MUST(floor_of.state == FLOOR_STATE_FREE || floor_of.state == FLOOR_STATE_STOPPED);
	for (unsigned i = 0; i < MEMBERS; i++)
		MUST(members[i].state == FLOOR_MEMBER_LISTENS ||
			members[i].state == FLOOR_MEMBER_GONE);
	for (unsigned i = 0; i < MEMBERS; i++)
		floor_leave(&floor_of, &members[i], now_ms);
	check();
	MUST(floor_of.state == FLOOR_STATE_STOPPED);
	MUST(floor_deadline(&floor_of) == FLOOR_NEVER);
}

/* settings, then: op and member, argument */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct floor_settings settings = settings_of(size ? data[0] : 0);
	memset(members, 0, sizeof(members));
	memset(is_open, 0, sizeof(is_open));
	now_ms = 1000;
	floor_init(&floor_of, &settings, &hooks);
	for (size_t at = 1; at + 2 <= size; at += 2) {
		event(&members[data[at] >> 4 & 7], data[at] & 15, data[at + 1]);
		check();
	}
	rest();
	return 0;
}
