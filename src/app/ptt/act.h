/* SPDX-License-Identifier: Apache-2.0 */
/* act.h — what a dispatcher has a group do, and what became of it. */
#ifndef APP_PTT_ACT_H
#define APP_PTT_ACT_H

#include "app/ptt/query.h"
#include "app/ptt/verdict.h"
#include "media/group_command.h"

struct ptt_note;

/* Main's only, as query.h: but the floor is asked, which is on a relay thread, so the answer comes
 * when that has decided. */

enum ptt_act {
	PTT_ACT_GRANT,  /* as if the member had pressed, whoever has the floor */
	PTT_ACT_REVOKE, /* takes the floor from the member; without one: from all who have it */
	PTT_ACT_MUTE,   /* the member cannot talk until PTT_ACT_UNMUTE */
	PTT_ACT_UNMUTE,
	PTT_ACT_KICK,      /* BYE */
	PTT_ACT_EMERGENCY, /* declared for the group; with a member: by him, who gets the floor */
	PTT_ACT_CLEAR,     /* the emergency is over */
	PTT_ACT_COUNT,
};

/* Why it came to nothing, if it did; who has the floor then, if somebody has. */
struct ptt_verdict {
	uint8_t refusal;   /* enum ptt_refusal; PTT_REFUSED_NONE: it was done */
	uint8_t outcome;   /* enum media_outcome, what the floor said of the member */
	uint16_t cause;    /* of Deny or Revoke, TS 24.380 §8.2.3.4; 0: none */
	uint16_t position; /* GRANT, EMERGENCY: it waits, 1 is next; 0: it does not */
	bool has_outcome;  /* the floor was asked */
	bool has_waited;   /* REVOKE: what the member lost was a place in the queue */
	struct ptt_text talker;
};

/* "grant" ...; constant. */
const char *ptt_act_name(enum ptt_act act);

/* `member` is a user's name, or empty. All his legs are meant. 0: *ret says what became of it;
 * -ENOENT: no such group; -ESRCH: the member is not in it; -EINVAL: this act needs a member;
 * -EBUSY: no room, try again; -ETIMEDOUT: nobody knows. */
int ptt_act(const struct ptt_tables *tables, enum ptt_act act, struct pv_span group,
	struct pv_span member, struct ptt_verdict *ret);

/* A press for `deed` has come home, with the floor's answer or without. */
struct ptt_deed;
void act_answered(struct ptt *p, struct ptt_deed *deed, const struct ptt_note *note);

#endif
