/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.h: a phone that begins to speak without having the floor is told so by a tone. */
#ifndef MEDIA_REFUSAL_H
#define MEDIA_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

struct media_packet;
struct member;

/*
 * Where the group has `refuse_tone`. A phone sends all that its microphone hears, all the time, so
 * it must be told from a room, and from a loudspeaker: what counts is voice, well above what came
 * before, that begins while nobody is heard and lasts for a moment; once, and not again before a
 * pause. Whoever talks on when his talk is over must pause, too. It takes a level that is cheap to
 * know (G.711, or RFC 6464's extension), and all of the phone's sound: it is not muffled.
 * Owner: the relay thread of the leg. Lifetime: its member's; zeroed memory has heard nothing.
 */
struct refusal {
	uint64_t voice_at_ms; /* when voice was heard last */
	uint64_t loud_at_ms;  /* when its own loudspeaker was, or it had the floor */
	uint64_t told_at_ms;  /* when it was told last */
	uint16_t voice_ms;    /* of voice, short pauses in it taken off */
	uint16_t risen_ms;    /* since the background rose last */
	uint8_t background;   /* -dBov; 0: not known yet */
	bool is_over;         /* of what it says now it was told, or will not be */
};

/* Whether all sound of that leg is wanted for it. */
bool refusal_listens(const struct member *member);

/* A packet of it that nobody hears. */
void refusal_hear(struct member *member, const struct media_packet *packet);

/* It was heard until now: what it goes on to say needs no answer. */
void refusal_rest(struct member *member);

/* It has begun to speak (on the thread of its group): the tone, if the floor agrees. */
void refusal_answer(struct member *member);

#endif
