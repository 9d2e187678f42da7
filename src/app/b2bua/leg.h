/* SPDX-License-Identifier: Apache-2.0 */
/* leg.h: one dialog of ours, and what the caller sees of several. */
#ifndef APP_B2BUA_LEG_H
#define APP_B2BUA_LEG_H

#include "app/b2bua/machines.h"
#include "base/list.h"
#include "call/call_media.h"
#include "dialog/accepted.h"
#include "dialog/dialog.h"
#include "dialog/session.h"
#include "dialog/tag.h"
#include "proxy/fork_user.h"
#include "runtime/alarm.h"

struct b2bua;
struct bridge;

enum bridge_side { SIDE_CALLER, SIDE_CALLEE };

/* What a leg waits for. */
enum timer_kind {
	TIMER_RESEND,  /* our 2xx again, until its ACK */
	TIMER_ALARM,   /* its session timer */
	TIMER_LINGER,  /* the end of a transfer that has outlived its call */
	TIMER_RESTORE, /* what was agreed on before is offered once more (§14.1) */
};

/* A description that a leg has of us, to be repeated: its bytes, then those of the other
 * end from which it was made. */
struct leg_sdp {
	struct buffer *bytes;
	uint32_t length;   /* of what it has of us */
	bool is_forwarded; /* the other end's came through a proxy */
};

/* Reliable responses to our last INVITE to a leg, as the leg counts and as who asked is told. */
struct leg_rseqs {
	uint32_t their_first; /* 0 = none yet */
	uint32_t our_first, our_last;
};

#define LEG_REFERS 4

/*
 * One dialog of ours. Owner: the worker. Lifetime: from the INVITE that makes it until its BYE has
 * an answer. Named by its handle, which is in our tag too.
 */
struct leg {
	struct dialog dialog;
	struct list link; /* in its bridge's `ringing`, until it is adopted or the fork is gone */
	uint64_t bridge;  /* 0 or stale: it ends by itself */
	uint8_t side;     /* enum bridge_side */
	uint8_t state;    /* enum leg_state */
	uint8_t branch;   /* of the fork that called it */
	uint8_t face; /* callee: its dialog with the caller, from 1; 0 = he has not heard of it */
	uint32_t face_cseq; /* and the number of the caller's last request in that */
	uint8_t why;        /* of its BYE: enum call_why, or WHY_ELSEWHERE */
	bool is_left;       /* callee: the caller has ended its early dialog (§15) */
	bool is_twin;       /* callee: the INVITE and its ports are the leg `first`'s (forked.c) */
	bool has_moved;     /* its dialog has changed places with that of the leg `moved` */
	uint64_t first, moved;
	bool is_asked;          /* whether it is there: our OPTIONS is under way */
	bool has_update;        /* its Allow lists UPDATE: refreshes need no description */
	bool knows_from_change; /* our From may change in the middle of a call (RFC 4916) */
	bool was_offered;       /* our INVITE to it had an offer: its 2xx is acknowledged at once */
	struct leg_rseqs rseqs;
	uint32_t asked_cseq; /* the number of the last INVITE that it sent */
	uint64_t asked;      /* exchange of that, when it is inside the dialog */

	uint64_t media;       /* callee: handle of its struct call_media, 0 = none */
	uint64_t client;      /* our INVITE to it, the last */
	uint32_t invite_cseq; /* of that */
	uint32_t acked_cseq;  /* of the one before, whose ACK had nothing in it; 0 = none */
	struct buffer *ack;   /* our ACK for its 2xx, to be sent again with it */
	struct path ack_path;

	struct {                      /* REFERs that it was sent, the last few */
		uint32_t asked, sent; /* CSeq of the other leg's, and of ours */
		bool is_owed;         /* a NOTIFY that is the last of it */
	} refers[LEG_REFERS];
	uint8_t refer_next;
	bool lingers;     /* GONE, and not freed (linger.c) */
	uint64_t partner; /* of its last transfer: whom it referred, or who referred it; 0 = none */

	struct accepted accepted; /* their last INVITE that has our 2xx */
	struct session_timer session;
	struct alarm alarm;         /* of that; of linger.c while it lingers */
	struct alarm restore;       /* until own_restore_again */
	struct leg_sdp sdp;         /* agreed on */
	struct leg_sdp sdp_offered; /* and what will be, when it takes it */
};

/* ---- leg.c ---- */
/* Without texts; NULL when the slab is full. */
struct leg *leg_new(struct b2bua *b, uint64_t bridge, enum bridge_side side);
void leg_free(struct b2bua *b, struct leg *leg);
/* The caller's leg, out of its INVITE. 0, -EINVAL (no Contact) or -ENOBUFS. */
int leg_of_caller(struct b2bua *b, struct leg *leg, const struct incoming *incoming);
/* A leg that we call with what `request` says. 0 or -ENOBUFS. */
int leg_of_callee(struct b2bua *b, struct leg *leg, const struct fork_request *request);
/* A leg beside `like`, of a phone that answered behind the same INVITE (forked behind us). 0 or
 * -ENOBUFS. */
int leg_of_stray(struct b2bua *b, struct leg *leg, const struct leg *like);
/* The same, of an INVITE whose leg is gone: by what its response says. */
int leg_of_lost(struct b2bua *b, struct leg *leg, const struct pv_message *response);
/* What a dialog-forming response of it says: remote tag, route set, target (one without a Contact
 * is reached where its INVITE went). 0 or -ENOBUFS. */
int leg_learn(struct b2bua *b, struct leg *leg, const struct pv_message *response);
/* The leg that stands at the other end of the bridge; NULL: none, or it rings (face_find). */
struct leg *leg_other(struct b2bua *b, const struct leg *leg);
/* Performs the cell; answers its actions, some of which are left to the caller. `message` is what
 * an ACK or BYE of ours carries, or NULL. The leg may be gone. */
unsigned leg_step(
	struct b2bua *b, struct leg *leg, enum leg_event event, const struct pv_message *message);
/* Its BYE gives `why`, or carries `bye`. May free the leg. */
void leg_leave(struct b2bua *b, struct leg *leg, unsigned why, const struct pv_message *bye);
/* What it can, from a request or a 2xx of it. */
void leg_note(struct b2bua *b, struct leg *leg, const struct pv_message *message);
/* A description goes to it in `message`: it is offered, until the next. */
void leg_keep_sdp(struct b2bua *b, struct leg *leg, const struct pv_message *message,
	const struct call_media_result *media);
/* What is offered has been taken, or refused. */
void leg_settle_sdp(struct b2bua *b, struct leg *leg, bool is_taken);

/* ---- timer.c ---- */
void b2bua_timers_init(struct b2bua *b);
/* Agrees on session terms with the leg, and arms its alarm. */
void leg_agree(struct b2bua *b, struct leg *leg, const struct session_terms *terms);
/* An event of its session timer; may send a refresh, or end the call: the leg may be gone. */
void leg_session(struct b2bua *b, struct leg *leg, enum session_event event);
/* The next attempt of a refresh that met another (§14.1). */
void leg_session_glare(struct b2bua *b, struct leg *leg);

/* ---- linger.c ---- */
/* A leg is over. True: it must not be freed yet. */
bool linger_begin(struct b2bua *b, struct leg *leg);
/* Who is to hear what is said by a leg whose call is over; NULL: nobody, or it is not. */
struct leg *linger_partner(struct b2bua *b, const struct leg *leg, enum pv_method method);
/* A transfer may have ended. */
void linger_look(struct b2bua *b, struct leg *leg);

/* ---- identity.c ---- */
/* A request of `from` goes to `other`, which may be NULL, and its From may be another one than
 * before. True: what goes to `other` bears that name from now on. */
bool identity_follow(
	struct b2bua *b, const struct incoming *incoming, struct leg *from, struct leg *other);

/* ---- face.c: what the caller sees of several phones that ring ---- */
/* Each phone that it hears of is a dialog of its own for it (§12.1.2, §13.2.2.4), and so has a tag
 * of ours: that of its leg with the number of the face in it. */
#define FACE_SHIFT 24
#define FACE_MOST  63 /* further phones share the first one's; the proxy tries no more than 32 */
#define FACE_LEGS  (1u << FACE_SHIFT) /* at most, so that a face fits in a handle */
static inline uint64_t face_leg(uint64_t handle)
{
	return handle & ~((uint64_t)FACE_MOST << FACE_SHIFT);
}
static inline unsigned face_number(uint64_t handle)
{
	return (unsigned)(handle >> FACE_SHIFT) & FACE_MOST;
}
/* `callee` is heard of by the caller. */
void face_show(struct bridge *bridge, const struct leg *caller, struct leg *callee);
/* The tag of that dialog. */
struct pv_span face_tag(
	struct b2bua *b, const struct leg *caller, unsigned face, char text[DIALOG_TAG_LENGTH]);
/* Of those that ring; NULL: it rings no more, or the caller has not heard of it. */
struct leg *face_find(struct b2bua *b, const struct bridge *bridge, unsigned face);
/* The caller's dialog with the phone of that face. 0, and to be given back by dialog_done; or
 * -ENOBUFS. */
int face_dialog(struct b2bua *b, const struct leg *caller, unsigned face, struct dialog *ret);
/* The caller's leg becomes the dialog with that phone. 0 or -ENOBUFS. */
int face_wear(struct b2bua *b, struct leg *caller, const struct leg *callee);
/* The number that a response of `leg` goes on with, 0 = it is not reliable. False: it is older than
 * the first of its INVITE, and goes nowhere (RFC 3262 §4). */
bool leg_rseq(struct leg *leg, const struct pv_message *response, uint32_t *ret);
/* The number that the response has there which went on as `ours`; 0 = none did. */
uint32_t leg_rack(const struct leg *leg, uint32_t ours);

/* ---- forked.c: phones behind one target ---- */
/* The leg of the early dialog that a 1xx to the INVITE of `first` is of. NULL: no room, or too
 * many.
 */
struct leg *forked_leg(struct b2bua *b, struct bridge *bridge, struct leg *first,
	const struct pv_message *response);
/* `first` becomes the dialog that a 2xx to its INVITE is of: its handle is in the tag that all of
 * them know. */
void forked_wear(struct b2bua *b, const struct bridge *bridge, struct leg *first,
	const struct pv_message *response);
/* The leg whose dialog the request of a phone is of, which names `first`; or NULL. */
struct leg *forked_find(struct b2bua *b, struct leg *first, const struct pv_message *request);
/* Others ring on behind the same target. */
bool forked_has_others(const struct bridge *bridge, const struct leg *leg);
/* The target is tried anew: its early dialogs are over (§12.3). */
void forked_free(struct b2bua *b, struct bridge *bridge, unsigned branch);

#endif
