/* SPDX-License-Identifier: Apache-2.0 */
/* floor_stage.h: a floor with members named 'a' to 'h' on a fake clock; what it says becomes text.
 */
#ifndef TESTS_FLOOR_STAGE_H
#define TESTS_FLOOR_STAGE_H

#include "base/clock.h"
#include "floor/machines.h"

#define STAGE_MEMBERS 8

/* The same for all tests: one at a time. */
struct floor_stage {
	struct floor floor; /* first: the hooks find the stage by it */
	struct floor_member members[STAGE_MEMBERS];
	struct fake_clock clock;
	char said[8192];
	unsigned changes; /* times that `changed` was called */
};

extern struct floor_stage stage;

/* How a key of a phone asks, a Floor Request, and a voice. */
extern const struct floor_ask stage_key, stage_packet, stage_voice, stage_emergency;
/* Without floor packets, and with. */
extern const struct floor_terms stage_phone, stage_client;

/* An empty floor, at 1 s. NULL: the defaults. */
void stage_begin(const struct floor_settings *settings);
struct floor_member *stage_member(char name);
char stage_name(const struct floor_member *member);
uint64_t stage_now(void);
void stage_join(char name, const struct floor_terms *terms);
/* Joins all of `names`, forgets what was said. */
void stage_join_all(const char *names, const struct floor_terms *terms);

/* A request and the end of its tick. */
void stage_ask(char name, const struct floor_ask *ask);
/* With a priority. */
void stage_ask_with(char name, const struct floor_ask *ask, uint8_t priority);
void stage_release(char name);
/* The end of a tick. */
void stage_tick(void);
/* Time goes by, each timer at its moment. */
void stage_wait(uint64_t ms);
/* The same, while those of `names` send a packet every 20 ms, the first at once. */
void stage_talk(const char *names, uint64_t ms);
/* One packet: is it forwarded? */
bool stage_send(char name);

/* What was said since the last time is `wanted`; the words are listed in floor_stage.c. */
void stage_must_say(const char *wanted, const char *file, int line);
#define SAID(wanted) stage_must_say(wanted, __FILE__, __LINE__)
#define NOTHING_SAID SAID("")
/* Forgets it. */
void stage_forget(void);
/* Those who are heard are `wanted`, in the order of their names. */
void stage_must_hear(const char *wanted, const char *file, int line);
#define HEARD(wanted) stage_must_hear(wanted, __FILE__, __LINE__)

#endif
