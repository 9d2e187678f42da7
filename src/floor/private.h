/* SPDX-License-Identifier: Apache-2.0 */
/* private.h: what the files of this floor say to one another. */
#ifndef FLOOR_PRIVATE_H
#define FLOOR_PRIVATE_H

#include "floor/machines.h"

/* ---- general.c ---- */
/* Performs the cell; `member` is who asked, of ASKED and OUTRANKED. */
void general_step(
	struct floor *floor, enum floor_event event, struct floor_member *member, uint64_t now_ms);
/* The number of used places has changed by a grant: NONE, SOME or ALL. */
void general_announce(struct floor *floor, uint64_t now_ms);
/* It has changed by a place that was freed. */
void general_freed(struct floor *floor, uint64_t now_ms);
/* Other settings: T4 and T7 anew, where they run. */
void general_rearm(struct floor *floor, uint64_t now_ms);

/* ---- participant.c ---- */
void participant_step(struct floor *floor, struct floor_member *member,
	enum floor_member_event event, uint64_t now_ms);
/* Its terms have changed. */
void participant_set_gate(struct floor_member *member);

/* ---- rank.c: who goes before whom ---- */
/* Emergency, then priority. */
static inline unsigned rank_of(const struct floor_member *member)
{
	return (unsigned)member->is_emergency << 8 | member->priority;
}
/* Puts a member into the list of its new state. */
void rank_into_asks(struct floor *floor, struct floor_member *member);
void rank_into_waiting(struct list *list, struct floor_member *member);
/* Ranks have changed. */
void rank_sort_waiting(struct list *list);
/* May `member`, by the group's `preempt`, take from `other` what it holds or waits for? */
bool rank_takes(const struct floor *floor, const struct floor_member *member,
	const struct floor_member *other);
/* Of those who hold a place, have not been told to stop, and from whom `taker` may take it (NULL:
 * anybody may): a reserved place first, then the lowest rank, then the latest grant. NULL: none. */
struct floor_member *rank_lowest(const struct floor *floor, const struct floor_member *taker);
/* Would it have stopped one of those who have been told to already? */
bool rank_takes_a_stopping(const struct floor *floor, const struct floor_member *member);
/* The lowest of those who are next; NULL. */
struct floor_member *rank_last_next(const struct floor *floor);

/* ---- decide.c: what becomes of requests ---- */
/* The cause of a Deny that no state of the group changes; 0 it may ask. */
unsigned decide_forbids(const struct floor *floor, const struct floor_member *member);
/* All that was asked in this tick. */
void decide_all(struct floor *floor, uint64_t now_ms);
/* A place in the queue for `member`, or Deny. */
void decide_queue(struct floor *floor, struct floor_member *member, uint64_t now_ms);
/* `member` is next: somebody is stopped for it, or another who is next gives way. */
void decide_preempt(struct floor *floor, struct floor_member *member, uint64_t now_ms);
/* The same, whatever the ranks. */
void decide_give(struct floor *floor, struct floor_member *member, uint64_t now_ms);
/* Who may not talk any more loses what it has or waits for. */
void decide_enforce(
	struct floor *floor, struct floor_member *member, enum floor_why why, uint64_t now_ms);
/* An emergency that a member has declared with its request becomes the group's. */
void decide_raise_emergency(struct floor *floor, const struct floor_member *member);
void decide_serve(struct floor *floor, uint64_t now_ms);
/* Not more may be next than places will come free. */
void decide_trim_next(struct floor *floor, uint64_t now_ms);
void decide_refuse(
	struct floor *floor, struct floor_member *member, unsigned cause, uint64_t now_ms);
/* Ends the floor of a holder: with Revoke and T3, or at once where it cannot be told. */
void decide_stop(struct floor *floor, struct floor_member *member, enum floor_why why,
	enum floor_revoke_cause cause, uint64_t now_ms);
/* The same at once, whoever it is. */
void decide_cut(struct floor *floor, struct floor_member *member, enum floor_why why,
	enum floor_revoke_cause cause, uint64_t now_ms);

/* ---- say.c ---- */
void say_granted(struct floor *floor, struct floor_member *member, uint64_t now_ms);
void say_deny(struct floor *floor, struct floor_member *member, unsigned cause);
void say_revoke(struct floor *floor, struct floor_member *member);
void say_position(struct floor *floor, struct floor_member *member);
/* Taken or Idle to all who do not talk. */
void say_status_others(struct floor *floor);
/* Places that have changed, to those who wait. */
void say_places(struct floor *floor);

/* ---- due.c ---- */
/* T2 does not end this talker. */
bool due_is_unlimited(const struct floor *floor, const struct floor_member *member);
/* When something of this holder is due; not after it. */
uint64_t due_of_holder(const struct floor *floor, const struct floor_member *holder);
/* The end of every input: tells what has changed, computes the deadline. */
/* T1, or what is known before. */
void due_silent(struct floor *floor, struct floor_member *holder, uint64_t now_ms);
void due_finish(struct floor *floor);

#endif
