/* SPDX-License-Identifier: Apache-2.0 */
/* activity.h: whether a member speaks: voice as a button. */
#ifndef SOUND_ACTIVITY_H
#define SOUND_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "sound/level.h"

/*
 * A state x event table. Speech that begins while the floor is free asks for it within 60 ms; hang
 * time later than its end it gives it back. Speech that begins while another talks does not count,
 * and must begin again once the floor is free; but where he has fallen silent already and his hang
 * time goes on, it counts as soon as the floor is free, unless he goes on before. While another
 * talks, and a little longer, only what is much louder counts: a loudspeaker must not take the
 * floor.
 */
#define ACTIVITY_START_MS    40 /* of voice in a row, a frame of 20 ms more is on its way */
#define ACTIVITY_LEVEL_VOX   38 /* -dBov: voice is louder */
#define ACTIVITY_LEVEL_MUTE  45
#define ACTIVITY_GUARD       14  /* dB more while another talks ... */
#define ACTIVITY_GUARD_MS    300 /* ... and after that */
#define ACTIVITY_PAUSE_MS    200 /* speech that did not count is over after that much silence */
#define ACTIVITY_MUTE_GAP_MS 300 /* without RTP: muted again */
#define ACTIVITY_LATE_MS     60  /* a packet of one who speaks is not there for so long: silence */

enum activity_state {
	ACTIVITY_QUIET,
	ACTIVITY_RISING,   /* voice, not yet long enough */
	ACTIVITY_SPEAKING, /* told */
	ACTIVITY_HANGING,  /* told, and silent for a moment */
	ACTIVITY_BARRED,   /* voice that does not count */
	ACTIVITY_EARLY,    /* voice that counts when the talker, who is silent, gives back */
	ACTIVITY_STATES,
};

enum activity_event {
	ACTIVITY_VOICE,       /* a loud packet while a place is free, or this member has one, ... */
	ACTIVITY_TALKED_OVER, /* ... and while others have all, ... */
	ACTIVITY_INTO_PAUSE,  /* ... of whom none says anything any more */
	ACTIVITY_SILENCE,     /* a soft one */
	ACTIVITY_LASTED,      /* voice for ACTIVITY_START_MS */
	ACTIVITY_OVER,        /* silence for as long as the state bears it, or no packets */
	ACTIVITY_TAKEN,       /* others have all places */
	ACTIVITY_EVENTS,
};

enum activity_fact {
	ACTIVITY_NOTHING,
	ACTIVITY_BEGAN, /* asks for the floor */
	ACTIVITY_ENDED, /* gives it back */
};

struct activity_settings {
	uint8_t level;    /* ACTIVITY_LEVEL_VOX or _MUTE */
	uint32_t hang_ms; /* vox_hang */
	uint32_t gap_ms;  /* without RTP; 0: only hang_ms counts */
};

/* Owner: the relay thread. Lifetime: the leg's. Zeroed memory is quiet, and hears nothing. */
struct activity {
	struct activity_settings settings;
	enum activity_state state;
	bool is_talk;       /* another is heard: only what is much louder counts */
	bool is_taken;      /* no place is free */
	uint32_t voice_ms;  /* in a row */
	uint64_t guard_ns;  /* until then only the louder counts */
	uint64_t silent_ns; /* since then there was silence; 0: the last packet was voice */
	uint64_t heard_ns;  /* the last packet */
	uint64_t pause_ns;  /* since then the others who have the places are silent; 0: not so */
	uint64_t began_ns;  /* the first packet of what is being said: from there, and a little
			       before,  a pre-buffer is played */
};

struct activity_cell {
	enum activity_state next;
	enum activity_fact fact;
};

/* The table, for its test. */
extern const struct activity_cell activity_table[ACTIVITY_STATES][ACTIVITY_EVENTS];

void activity_begin(struct activity *activity, const struct activity_settings *settings);

/* A packet of sound that lasts `ms`. */
enum activity_fact activity_packet(
	struct activity *activity, const struct level *level, unsigned ms, uint64_t now_ns);

/* Time went by without a packet; when it next matters (UINT64_MAX: it does not). */
enum activity_fact activity_tick(struct activity *activity, uint64_t now_ns);
uint64_t activity_deadline_ns(const struct activity *activity);

/* Whether another member is heard, and whether others have all places that there are. Once they
 * have, what this member is in the middle of saying does not count any more; nothing is told, for
 * the floor knows. Of one who is heard himself both are false. */
void activity_taken(struct activity *activity, bool is_talk, bool is_taken, uint64_t now_ns);

/* While others have all places, before each packet: since when none of them says anything; 0: one
 * does. */
void activity_pause(struct activity *activity, uint64_t since_ns);

/* Since when one who was told to speak is silent, and will give back in a while; 0: he is not. */
uint64_t activity_silent_since(const struct activity *activity, uint64_t now_ns);

/* This member's request came to nothing, or its floor was taken away: it must begin again. */
void activity_refused(struct activity *activity);

#endif
