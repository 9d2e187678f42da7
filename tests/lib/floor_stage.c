/* SPDX-License-Identifier: Apache-2.0 */
/* floor_stage.c: a floor with members named 'a' to 'h' on a fake clock; what it says becomes text.
 */
#include "lib/floor_stage.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/floor_rules.h"

/*
 * The words, separated by spaces:
 *   a<granted(30,5)     duration, priority   a<granted(30,5,q)  of a kind of call that is not plain
 *   a<deny(1) a<revoke(4)
 *   a<place(2)
 *   a<taken(b) a<idle   to one member; with "-" behind it: it may not ask
 *   *<taken(b) *<idle   to all who do not talk
 *   +a -a(released)     heard, not heard any more
 *   a~denied            a tone
 *   !inactive
 */
struct floor_stage stage;

const struct floor_ask stage_key = {
	.trigger = 1, .may_queue = true, .may_preempt = true, .is_toggle = true};
const struct floor_ask stage_packet = {.trigger = 2, .may_queue = true, .may_preempt = true};
const struct floor_ask stage_voice = {.trigger = 3};
const struct floor_ask stage_emergency = {
	.trigger = 4, .may_queue = true, .may_preempt = true, .is_emergency = true};
const struct floor_terms stage_phone = {
	.priority = 5, .can_queue = true, .may_declare_emergency = true};
const struct floor_terms stage_client = {
	.priority = 5, .has_packets = true, .can_queue = true, .may_declare_emergency = true};

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
	size_t length = strlen(stage.said);
	va_list arguments;
	if (length && length + 1 < sizeof(stage.said))
		stage.said[length++] = ' ';
	va_start(arguments, format);
	vsnprintf(stage.said + length, sizeof(stage.said) - length, format, arguments);
	va_end(arguments);
}

/* A plain call is "normal" with a queue; other kinds are written out. */
static const char *kind(uint16_t indicator)
{
	static const struct {
		uint16_t bit;
		const char *text;
	} bits[] = {{FLOOR_INDICATOR_BROADCAST, "b"}, {FLOOR_INDICATOR_EMERGENCY, "e"},
		{FLOOR_INDICATOR_PERIL, "p"}, {FLOOR_INDICATOR_MULTI, "m"}};
	static char text[16];
	strcpy(text, indicator & ~(FLOOR_INDICATOR_NORMAL | FLOOR_INDICATOR_QUEUEING) ? "," : "");
	for (size_t i = 0; i < ARRAY_LENGTH(bits); i++)
		if (indicator & bits[i].bit)
			strcat(text, bits[i].text);
	return text;
}

static void put_status(const char *to, const struct floor_saying *saying)
{
	const char *may = saying->may_request ? "" : "-";
	ck_assert_uint_eq(saying->sequence, stage.floor.sequence);
	if (saying->word == FLOOR_TAKEN)
		put("%s<taken(%c%s)%s", to, stage_name(saying->party), kind(saying->indicator),
			may);
	else
		put("%s<idle%s", to, may);
}

static void on_say(
	struct floor *floor, struct floor_member *member, const struct floor_saying *saying)
{
	char name = stage_name(member), to[2] = {name, 0};
	switch ((enum floor_word)saying->word) {
	case FLOOR_GRANTED:
		put("%c<granted(%u,%u%s)", name, saying->duration_s, saying->priority,
			kind(saying->indicator));
		break;
	case FLOOR_DENY:
		put("%c<deny(%u)", name, saying->cause);
		break;
	case FLOOR_REVOKE:
		put("%c<revoke(%u)", name, saying->cause);
		break;
	case FLOOR_POSITION:
		put("%c<place(%u%s)", name, saying->position, saying->is_unsaid ? ",unsaid" : "");
		break;
	case FLOOR_TAKEN:
	case FLOOR_IDLE:
		put_status(to, saying);
		break;
	}
}

static void on_say_others(struct floor *floor, const struct floor_saying *saying)
{
	put_status("*", saying);
}

static void on_tone(struct floor *floor, struct floor_member *member, enum floor_tone tone)
{
	static const char *const names[] = {
		"granted", "denied", "queued", "revoked", "nearly", "roger"};
	put("%c~%s", stage_name(member), names[tone]);
}

static void on_opened(struct floor *floor, struct floor_member *member)
{
	put("+%c", stage_name(member));
}

static void on_closed(struct floor *floor, struct floor_member *member, enum floor_why why)
{
	ck_assert(!(member->gate & FLOOR_GATE_OPEN));
	put("-%c(%s)", stage_name(member), floor_why_names[why]);
}

static void on_inactive(struct floor *floor)
{
	put("!inactive");
}

static void on_changed(struct floor *floor)
{
	stage.changes++;
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

/* ---- the play ---- */

void stage_begin(const struct floor_settings *settings)
{
	memset(&stage, 0, sizeof(stage));
	fake_clock_init(&stage.clock, 1000);
	floor_init(&stage.floor, settings ? settings : &floor_settings_default, &hooks);
}

struct floor_member *stage_member(char name)
{
	return &stage.members[name - 'a'];
}

char stage_name(const struct floor_member *member)
{
	return (char)('a' + (member - stage.members));
}

uint64_t stage_now(void)
{
	return clock_now_ms(&stage.clock.clock);
}

static void must_be_whole(void)
{
	const char *broken = floor_broken(&stage.floor);
	ck_assert_msg(!broken, "%s", broken ? broken : "");
}

void stage_join(char name, const struct floor_terms *terms)
{
	floor_join(&stage.floor, stage_member(name), terms, stage_now());
	must_be_whole();
}

void stage_join_all(const char *names, const struct floor_terms *terms)
{
	for (; *names; names++)
		stage_join(*names, terms);
	stage_forget();
}

void stage_tick(void)
{
	if (floor_deadline(&stage.floor) <= stage_now())
		floor_due(&stage.floor, stage_now());
	ck_assert(floor_deadline(&stage.floor) > stage_now());
	must_be_whole();
}

void stage_ask(char name, const struct floor_ask *ask)
{
	floor_request(&stage.floor, stage_member(name), ask, stage_now());
	must_be_whole();
	stage_tick();
}

void stage_ask_with(char name, const struct floor_ask *ask, uint8_t priority)
{
	struct floor_ask with = *ask;
	with.has_priority = true;
	with.priority = priority;
	stage_ask(name, &with);
}

void stage_release(char name)
{
	floor_release(&stage.floor, stage_member(name), stage_now());
	stage_tick();
}

void stage_wait(uint64_t ms)
{
	uint64_t end = stage_now() + ms;
	for (uint64_t due; (due = floor_deadline(&stage.floor)) <= end;) {
		fake_clock_advance(&stage.clock, due > stage_now() ? due - stage_now() : 0);
		stage_tick();
	}
	fake_clock_advance(&stage.clock, end - stage_now());
}

bool stage_send(char name)
{
	bool is_heard = floor_media(&stage.floor, stage_member(name), stage_now());
	ck_assert(!is_heard || floor_is_holder(stage_member(name)));
	must_be_whole();
	return is_heard;
}

void stage_talk(const char *names, uint64_t ms)
{
	for (uint64_t end = stage_now() + ms; stage_now() < end;) {
		for (const char *name = names; *name; name++)
			stage_send(*name);
		stage_wait(MIN(20, end - stage_now()));
	}
}

void stage_forget(void)
{
	stage.said[0] = 0;
}

void stage_must_say(const char *wanted, const char *file, int line)
{
	ck_assert_msg(strcmp(stage.said, wanted) == 0, "%s:%d:\n  said   %s\n  wanted %s", file,
		line, stage.said, wanted);
	stage_forget();
}

void stage_must_hear(const char *wanted, const char *file, int line)
{
	char heard[STAGE_MEMBERS + 1], *to = heard;
	for (char name = 'a'; name < 'a' + STAGE_MEMBERS; name++)
		if (stage_member(name)->gate & FLOOR_GATE_OPEN)
			*to++ = name;
	*to = 0;
	ck_assert_msg(strcmp(heard, wanted) == 0, "%s:%d: heard %s, wanted %s", file, line, heard,
		wanted);
}
