/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h: the keys of a leg as telephone events tell of them (RFC 4733). */
#ifndef SOUND_KEYS_H
#define SOUND_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp/packet.h"

/*
 * A press counts from the first packet that tells of it, its end or the middle if need be; nothing
 * waits for the E bit. What is sent again says nothing new: all packets of one event have one time
 * stamp, and the segments of a long one follow each other (§2.5.1.3). A key of which no end came is
 * let go KEYS_LOST_MS after its last packet, or when another key is pressed; packets that come of
 * it after all go on with it.
 */
#define KEYS_HELD_MS   700 /* pressed for longer, a key is held: its end means release */
#define KEYS_LOST_MS   300
#define KEYS_FACTS_MAX 4

enum key_what {
	KEY_PRESS,  /* went down */
	KEY_HELD,   /* has been down for KEYS_HELD_MS */
	KEY_LET_GO, /* went up; was_held tells a held key from a toggle */
};

struct key_fact {
	enum key_what what;
	char key;           /* '0' to '9', '*', '#', 'A' to 'D' */
	bool was_held;      /* of KEY_LET_GO */
	uint32_t timestamp; /* of the press: tells presses apart */
};

/* Owner: the relay thread. Lifetime: the leg's. */
struct keys {
	uint32_t clock_ms; /* time stamp units a millisecond */
	bool is_known;     /* something came */
	bool is_down;
	bool is_told; /* that it is held */
	bool is_lost; /* let go because nothing came of it any more, and not held by then */
	char key;     /* that is down, or was last */
	uint32_t ssrc;
	uint32_t press;    /* time stamp of the press */
	uint32_t segment;  /* of its newest segment: the same but for long ones */
	uint32_t before;   /* ticks of the segments before it */
	uint32_t duration; /* ticks of that segment, so far */
	uint64_t first_ns; /* when the first packet of the press came, ... */
	uint64_t last_ns;  /* ... and the last */
	uint32_t ignored;  /* packets that are no keys, or too short */
};

/* `clock`: of telephone-event in Hz (8000, 16000, 48000). */
void keys_begin(struct keys *keys, uint32_t clock);

/* A packet of telephone-event: how many facts it tells, in order. */
unsigned keys_event(struct keys *keys, const struct rtp_packet *packet, uint64_t now_ns,
	struct key_fact ret_facts[KEYS_FACTS_MAX]);

/* Time went by: 1 when a key was let go because nothing came of it any more, else 0. */
unsigned keys_tick(struct keys *keys, uint64_t now_ns, struct key_fact *ret_fact);

/* When keys_tick has something to say unless a packet comes; UINT64_MAX: never. */
uint64_t keys_deadline_ns(const struct keys *keys);

#endif
