/* SPDX-License-Identifier: Apache-2.0 */
/* activity.c: whether a member speaks: voice as a button. */
#include "sound/activity.h"

#include "base/macros.h"

#define MS_NS UINT64_C(1000000)

#define CELL(state, fact)                         \
	{                                         \
		ACTIVITY_##state, ACTIVITY_##fact \
	}

/* clang-format off */
const struct activity_cell activity_table[ACTIVITY_STATES][ACTIVITY_EVENTS] = {
	[ACTIVITY_QUIET] = {
		[ACTIVITY_VOICE]       = CELL(RISING, NOTHING),
		[ACTIVITY_TALKED_OVER] = CELL(BARRED, NOTHING),
		[ACTIVITY_INTO_PAUSE]  = CELL(EARLY, NOTHING),
		[ACTIVITY_SILENCE]     = CELL(QUIET, NOTHING),
		[ACTIVITY_LASTED]      = CELL(QUIET, NOTHING),
		[ACTIVITY_OVER]        = CELL(QUIET, NOTHING),
		[ACTIVITY_TAKEN]       = CELL(QUIET, NOTHING),
	},
	[ACTIVITY_RISING] = {
		[ACTIVITY_VOICE]       = CELL(RISING, NOTHING),
		[ACTIVITY_TALKED_OVER] = CELL(BARRED, NOTHING),
		[ACTIVITY_INTO_PAUSE]  = CELL(EARLY, NOTHING),
		[ACTIVITY_SILENCE]     = CELL(QUIET, NOTHING),
		[ACTIVITY_LASTED]      = CELL(SPEAKING, BEGAN),
		[ACTIVITY_OVER]        = CELL(QUIET, NOTHING),
		[ACTIVITY_TAKEN]       = CELL(BARRED, NOTHING),
	},
	[ACTIVITY_SPEAKING] = {
		[ACTIVITY_VOICE]       = CELL(SPEAKING, NOTHING),
		[ACTIVITY_TALKED_OVER] = CELL(SPEAKING, NOTHING),
		[ACTIVITY_INTO_PAUSE]  = CELL(SPEAKING, NOTHING),
		[ACTIVITY_SILENCE]     = CELL(HANGING, NOTHING),
		[ACTIVITY_LASTED]      = CELL(SPEAKING, NOTHING),
		[ACTIVITY_OVER]        = CELL(QUIET, ENDED),
		[ACTIVITY_TAKEN]       = CELL(BARRED, NOTHING),
	},
	[ACTIVITY_HANGING] = {
		[ACTIVITY_VOICE]       = CELL(SPEAKING, NOTHING),
		[ACTIVITY_TALKED_OVER] = CELL(SPEAKING, NOTHING),
		[ACTIVITY_INTO_PAUSE]  = CELL(SPEAKING, NOTHING),
		[ACTIVITY_SILENCE]     = CELL(HANGING, NOTHING),
		[ACTIVITY_LASTED]      = CELL(HANGING, NOTHING),
		[ACTIVITY_OVER]        = CELL(QUIET, ENDED),
		[ACTIVITY_TAKEN]       = CELL(BARRED, NOTHING),
	},
	[ACTIVITY_BARRED] = {
		[ACTIVITY_VOICE]       = CELL(BARRED, NOTHING),
		[ACTIVITY_TALKED_OVER] = CELL(BARRED, NOTHING),
		[ACTIVITY_INTO_PAUSE]  = CELL(BARRED, NOTHING),
		[ACTIVITY_SILENCE]     = CELL(BARRED, NOTHING),
		[ACTIVITY_LASTED]      = CELL(BARRED, NOTHING),
		[ACTIVITY_OVER]        = CELL(QUIET, NOTHING),
		[ACTIVITY_TAKEN]       = CELL(BARRED, NOTHING),
	},
	[ACTIVITY_EARLY] = {
		[ACTIVITY_VOICE]       = CELL(RISING, NOTHING),
		[ACTIVITY_TALKED_OVER] = CELL(BARRED, NOTHING),
		[ACTIVITY_INTO_PAUSE]  = CELL(EARLY, NOTHING),
		[ACTIVITY_SILENCE]     = CELL(EARLY, NOTHING),
		[ACTIVITY_LASTED]      = CELL(EARLY, NOTHING),
		[ACTIVITY_OVER]        = CELL(QUIET, NOTHING),
		[ACTIVITY_TAKEN]       = CELL(BARRED, NOTHING),
	},
};
/* clang-format on */

void activity_begin(struct activity *activity, const struct activity_settings *settings)
{
	*activity = (struct activity){.settings = *settings};
}

static enum activity_fact step(struct activity *activity, enum activity_event event)
{
	const struct activity_cell *cell = &activity_table[activity->state][event];
	activity->state = cell->next;
	return cell->fact;
}

static bool is_told(const struct activity *activity)
{
	return activity->state == ACTIVITY_SPEAKING || activity->state == ACTIVITY_HANGING;
}

/* How much silence ends the state. */
static uint32_t silence_ms(const struct activity *activity)
{
	return is_told(activity) ? activity->settings.hang_ms : ACTIVITY_PAUSE_MS;
}

/* What is not sent is silence, and in time the end. */
uint64_t activity_deadline_ns(const struct activity *activity)
{
	if (activity->state == ACTIVITY_QUIET)
		return UINT64_MAX;
	uint64_t silent_ns = activity->silent_ns ? activity->silent_ns : activity->heard_ns;
	uint64_t over_ns = silent_ns + silence_ms(activity) * MS_NS;
	uint32_t gap_ms = activity->settings.gap_ms;
	return gap_ms ? MIN(over_ns, activity->heard_ns + gap_ms * MS_NS) : over_ns;
}

enum activity_fact activity_tick(struct activity *activity, uint64_t now_ns)
{
	if (now_ns < activity_deadline_ns(activity))
		return ACTIVITY_NOTHING;
	return step(activity, ACTIVITY_OVER);
}

static bool is_voice(const struct activity *activity, const struct level *level, uint64_t now_ns)
{
	unsigned wanted = activity->settings.level;
	uint64_t echo_ns = activity->pause_ns + ACTIVITY_GUARD_MS * MS_NS;
	bool is_talk = activity->is_talk && (!activity->pause_ns || now_ns < echo_ns);
	if (is_talk || now_ns < activity->guard_ns)
		wanted -= MIN(wanted, ACTIVITY_GUARD);
	return level->from != LEVEL_UNKNOWN && level->level < wanted;
}

static enum activity_fact hear_voice(struct activity *activity, unsigned ms, uint64_t now_ns)
{
	activity->silent_ns = 0;
	if (activity->state == ACTIVITY_QUIET) {
		activity->voice_ms = 0;
		activity->began_ns = now_ns;
	}
	activity->voice_ms += ms;
	enum activity_event taken = activity->pause_ns ? ACTIVITY_INTO_PAUSE : ACTIVITY_TALKED_OVER;
	enum activity_fact fact = step(activity, activity->is_taken ? taken : ACTIVITY_VOICE);
	if (activity->state == ACTIVITY_RISING && activity->voice_ms >= ACTIVITY_START_MS)
		fact = step(activity, ACTIVITY_LASTED);
	return fact;
}

enum activity_fact activity_packet(
	struct activity *activity, const struct level *level, unsigned ms, uint64_t now_ns)
{
	/* what came before is over, if it was long ago */
	enum activity_fact fact = activity_tick(activity, now_ns);
	activity->heard_ns = now_ns;
	if (fact != ACTIVITY_NOTHING)
		return fact;
	if (is_voice(activity, level, now_ns))
		return hear_voice(activity, ms, now_ns);
	if (!activity->silent_ns)
		activity->silent_ns = MAX(now_ns, 1);
	if (activity->state == ACTIVITY_EARLY)
		activity->voice_ms = 0;
	return step(activity, ACTIVITY_SILENCE);
}

void activity_taken(struct activity *activity, bool is_talk, bool is_taken, uint64_t now_ns)
{
	bool is_fresh = now_ns < activity->heard_ns + ACTIVITY_LATE_MS * MS_NS;
	uint64_t silent_ns = activity->pause_ns && is_fresh ? activity->pause_ns : now_ns;
	if (is_taken && !activity->is_taken)
		step(activity, ACTIVITY_TAKEN);
	/* the echo of who fell silent; not where it is this member that is heard now */
	if (!is_talk && activity->is_talk && !is_told(activity))
		activity->guard_ns = silent_ns + ACTIVITY_GUARD_MS * MS_NS;
	activity->pause_ns = 0;
	activity->is_talk = is_talk;
	activity->is_taken = is_taken;
}

void activity_pause(struct activity *activity, uint64_t since_ns)
{
	activity->pause_ns = since_ns;
}

uint64_t activity_silent_since(const struct activity *activity, uint64_t now_ns)
{
	if (activity->state == ACTIVITY_HANGING)
		return activity->silent_ns;
	bool is_late = now_ns >= activity->heard_ns + ACTIVITY_LATE_MS * MS_NS;
	return activity->state == ACTIVITY_SPEAKING && is_late ? activity->heard_ns : 0;
}

void activity_refused(struct activity *activity)
{
	step(activity, ACTIVITY_TAKEN);
}
