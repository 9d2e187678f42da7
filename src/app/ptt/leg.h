/* SPDX-License-Identifier: Apache-2.0 */
/* leg.h — a member's dialog with the focus, and its words to the roster. */
#ifndef APP_PTT_LEG_H
#define APP_PTT_LEG_H

#include "app/ptt/errand.h"
#include "app/ptt/machine.h"
#include "app/ptt/ptt.h"
#include "app/ptt/speech.h"
#include "dialog/accepted.h"
#include "dialog/dialog.h"
#include "dialog/session.h"
#include "runtime/alarm.h"

/* ---- the leg's words to the roster ---- */

enum ptt_word {
	PTT_WORD_JOIN,
	PTT_WORD_NOTE, /* what has become of it since */
	PTT_WORD_LEAVE,
};

/* Owner: the leg; on its way, whoever it is with. `who` is the leg's, and does not change. */
struct ptt_report {
	struct errand errand;
	uint8_t word; /* enum ptt_word */
	uint64_t group, leg, member;
	const struct buffer *who;
	struct pv_ref name, display, uri, target; /* in `who` */
	/* NOTE */
	media_id media;
	bool is_held, has_floor_channel, is_called_out, is_anonymous;
	/* the answer to JOIN */
	uint16_t status; /* 200, 404, 486, 503 */
	bool may_talk, is_muted;
	uint8_t radio_id; /* its own in the group, from 1; 0: there are more members than ids */
	struct media_group_lease lease;
};

/*
 * A member's dialog. Owner: the worker of its Call-ID. Lifetime: from the INVITE until its BYE has
 * an answer and its errand is home. Named by its handle, which is in our tag too.
 */
struct ptt_leg {
	struct dialog dialog;
	struct list link;              /* all legs of this worker */
	const struct ptt_group *group; /* NULL: it is gone, or the member is none any more */
	struct ptt_membership membership;
	uint8_t state;    /* enum ptt_leg_state */
	uint8_t why;      /* of its BYE: enum call_why */
	uint8_t priority; /* his, in this group */
	bool is_over;     /* the leg is to be given back */
	bool has_let_go;
	bool is_in;    /* the roster has it */
	bool has_note; /* there is something to tell the roster */
	bool is_called_out;
	bool is_anonymous; /* its INVITE says so (RFC 3323): others are not told who it is */
	bool has_update;   /* its Allow lists UPDATE */
	bool refuses_text; /* its Allow is there and does not list MESSAGE */
	bool is_silent;    /* its media say so */
	bool is_probing;
	/* one who is called out: its place among those that ring, and its binding */
	struct list ringing;
	uint16_t q;
	uint8_t flow;      /* of its instance, how many were tried before */
	uint32_t domain;   /* where it is registered */
	uint64_t instance; /* hash of it; 0: none */
	uint64_t call;     /* handle in the table of calls */
	struct buffer *who;
	struct ptt_report report;

	uint64_t server;       /* their first INVITE, until the roster has answered */
	struct buffer *invite; /* the same */
	struct path source;
	struct session_terms terms; /* what they will be told */
	struct accepted accepted;   /* their last INVITE that has our 2xx */

	uint64_t client; /* our last INVITE to it */
	uint32_t invite_cseq;
	struct buffer *ack;
	struct path ack_path;

	struct session_timer session;
	struct alarm alarm, probe, ring;
	struct alarm asked; /* whether it has the floor: its INVITE waits for that */

	struct ptt_speech speech;
	struct media_member_lease lease; /* member 0: no ports yet */
	struct list pressed;             /* notes of a dispatcher's presses, oldest first */
	uint32_t presses;                /* the last one's number */
	bool is_described;               /* media_member_set was called */
	bool is_open;                    /* and told of a group that has no floor */
};

/* ---- leg.c ---- */
/* NULL when the slab is full. */
struct ptt_leg *ptt_leg_new(struct ptt *p, const struct ptt_group *group);
/* Gives it back once its errand is home. */
void ptt_leg_settle(struct ptt *p, struct ptt_leg *leg);
/* Performs the cell; answers its actions, some of which are left to the caller. The leg may be
 * gone. */
unsigned ptt_leg_step(struct ptt *p, struct ptt_leg *leg, enum ptt_leg_event event);
/* We end it. The leg may be gone. */
void ptt_leg_leave(struct ptt *p, struct ptt_leg *leg, unsigned why);
/* The texts of a dialog that a request of theirs begins: our tag is `handle`. 0, -EINVAL (no
 * Contact) or -ENOBUFS. */
int dialog_of_request(
	struct ptt *p, struct dialog *dialog, uint64_t handle, const struct incoming *incoming);
/* What a dialog-forming response says. 0 or -ENOBUFS. */
int ptt_leg_learn(struct ptt *p, struct ptt_leg *leg, const struct pv_message *response);
/* What it can, from a request or a 2xx of it. */
void ptt_leg_note(struct ptt_leg *leg, const struct pv_message *message);
/* Who it is, for the roster: `aor` is "user@domain", canonical. False: no room. */
bool ptt_leg_name(struct ptt *p, struct ptt_leg *leg, struct pv_span aor, struct pv_span display,
	struct pv_span target);
/* A URI for a canonical user part. */
void ptt_put_uri(struct pv_writer *w, struct pv_span user, struct pv_span domain);
/* Which leg a request inside a dialog is of; NULL: none that is left. */
struct ptt_leg *ptt_leg_of(struct ptt *p, const struct pv_message *request);
/* Handles of legs and of subscriptions in tags: the latter have this bit. */
#define PTT_TAG_WATCHES (UINT64_C(1) << 31)

/* ---- join.c ---- */
void join_request(struct ptt *p, struct incoming *incoming, struct transaction *server);
bool join_admit(struct ptt *p, struct incoming *incoming);
/* Does it ask that others are not told who sent it? */
bool ptt_wants_privacy(const struct pv_message *message);
/* Do we know the extensions that it requires? False: it was refused, statelessly. */
bool ptt_check_required(struct ptt *p, const struct incoming *incoming);
/* Answers an INVITE of theirs, the first or a later one, with 200. 0; else nothing was said: a
 * verdict of sdp.h, or PTT_SDP_NO_ROOM. */
int ptt_leg_answer_invite(struct ptt *p, struct ptt_leg *leg, const struct pv_message *invite,
	const struct path *source, struct transaction *server, const struct session_terms *terms);
/* Media have decided on the floor that its INVITE asked for; or not in time. */
void join_decided(struct ptt *p, struct ptt_leg *leg, bool is_granted);
/* Says that it has joined. */
void ptt_leg_is_in(const struct ptt_leg *leg);
/* Asks the roster to have it. */
void ptt_leg_join(struct ptt *p, struct ptt_leg *leg);
/* What the group says of the user, and his priority. False: he is no member. */
bool ptt_leg_is_member(struct ptt *p, struct ptt_leg *leg, struct pv_span name);
/* There is something to tell the roster: it goes as soon as the errand is home. */
void ptt_leg_tell_roster(struct ptt *p, struct ptt_leg *leg);
/* The group's user, canonical; empty: a stranger. */
struct pv_span ptt_identity(const struct incoming *incoming);
/* The group that the Request-URI names; NULL: there is none. */
const struct ptt_group *ptt_group_named(const struct ptt *p, const struct incoming *incoming);

/* ---- media.c ---- */
void ptt_media_init(struct ptt *p);
/* Ports. 0 or -errno. */
int ptt_leg_take_ports(struct ptt *p, struct ptt_leg *leg, const struct media_group_lease *lease,
	struct path *path, bool wants_floor);
/* Says to media what is agreed, and by which rights. */
void ptt_leg_set_media(struct ptt *p, struct ptt_leg *leg);
void ptt_leg_drop_media(struct ptt *p, struct ptt_leg *leg);
int ptt_leg_begin_call(struct ptt *p, struct ptt_leg *leg, struct pv_span caller,
	struct pv_span callee, struct pv_span user);
void ptt_leg_end_call(struct ptt *p, struct ptt_leg *leg);
/* A button of this leg's. False: it did not reach the relay thread. */
bool ptt_leg_press(struct ptt *p, struct ptt_leg *leg, const struct media_press *press);
bool ptt_leg_presses(const struct ptt_leg *leg, enum ptt_trigger trigger);

/* ---- request.c: requests of the leg's ---- */
/* False: there was no room. */
bool ptt_leg_send_bye(struct ptt *p, struct ptt_leg *leg);
void ptt_leg_send_ack(struct ptt *p, struct ptt_leg *leg);
void ptt_leg_refresh(struct ptt *p, struct ptt_leg *leg);
void ptt_leg_ask_alive(struct ptt *p, struct ptt_leg *leg);
bool ptt_leg_send_invite(struct ptt *p, struct ptt_leg *leg);

/* ---- keys.c ---- */
void keys_info(struct ptt *p, struct ptt_leg *leg, const struct incoming *incoming,
	struct transaction *server);

/* ---- timer.c ---- */
/* It is asked in a while whether it is there, where nothing else would find out that it is not: its
 * media are silent, or it has neither session timer nor deadline. */
void ptt_leg_watch(struct ptt *p, struct ptt_leg *leg);
bool ptt_leg_is_endless(const struct ptt_leg *leg);
/* Agrees on session terms with the leg, and arms its alarm. */
void ptt_leg_agree(struct ptt *p, struct ptt_leg *leg, const struct session_terms *terms);
/* An event of its session timer; may send a refresh, or end the leg. */
void ptt_leg_session(struct ptt *p, struct ptt_leg *leg, enum session_event event);
/* The next attempt of a refresh that met another (§14.1). */
void ptt_leg_session_glare(struct ptt *p, struct ptt_leg *leg);
/* What we want of it. */
struct session_wish ptt_leg_wish(const struct ptt *p, const struct ptt_leg *leg);

/* ---- ringing.c ---- */
/* A phone has said no with `status`, or nothing (0): the next. The leg may be gone. */
void ringing_failed(struct ptt *p, struct ptt_leg *leg, unsigned status);
/* It is among those that ring. */
static inline bool ringing_has(const struct ptt_leg *leg)
{
	return list_is_linked(&leg->ringing);
}
/* It has rung for long enough, or is hung up, here or there: the next. The leg may be gone. */
void ringing_ended(struct ptt *p, struct ptt_leg *leg, enum call_why why);
/* A 2xx: his other phones ring no more. */
void ringing_accepted(struct ptt *p, struct ptt_leg *leg);
/* And its description will do: the roster is asked to have it. */
void ringing_join(struct ptt *p, struct ptt_leg *leg);
/* The roster has answered. */
void ringing_joined(struct ptt *p, struct ptt_leg *leg);

#endif
