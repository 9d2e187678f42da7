/* SPDX-License-Identifier: Apache-2.0 */
/* private.h — what the files of the b2bua share: bridges, legs, exchanges, and the functions
 * between files. */
#ifndef APP_B2BUA_PRIVATE_H
#define APP_B2BUA_PRIVATE_H

#include "app/b2bua/b2bua.h"
#include "app/b2bua/machines.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "call/call_media.h"
#include "call/end.h"
#include "dialog/accepted.h"
#include "dialog/dialog.h"
#include "dialog/session.h"
#include "dialog/tag.h"
#include "dialog/way.h"
#include "runtime/alarm.h"

enum bridge_side { SIDE_CALLER, SIDE_CALLEE };

/* Why a leg gets BYE: enum call_why, or this: another phone has the call. */
#define WHY_ELSEWHERE CALL_WHY_COUNT

/* What a leg waits for. */
enum timer_kind {
	TIMER_RESEND, /* our 2xx again, until its ACK */
	TIMER_ALARM,  /* its session timer */
};

/* A description that a leg has of us, for a refresh to repeat: its bytes, then those of the other
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
	bool has_update;  /* its Allow lists UPDATE: refreshes need no description */
	bool was_offered; /* our INVITE to it had an offer: its 2xx is acknowledged at once */
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
	} refers[LEG_REFERS];
	uint8_t refer_next;

	struct accepted accepted; /* their last INVITE that has our 2xx */
	struct session_timer session;
	struct alarm alarm;
	struct leg_sdp sdp;         /* agreed on; kept where it knows no UPDATE */
	struct leg_sdp sdp_offered; /* and what will be, when it takes it */
};

/* A call. Owner: the worker. Lifetime: as its machine says. */
struct bridge {
	uint64_t legs[2];           /* by enum bridge_side; 0 = not there yet, or over */
	uint64_t invite;            /* exchange of the INVITE that began it; 0 = answered */
	uint64_t server;            /* and its transaction */
	struct buffer *replaces;    /* the Replaces that its phone gets; or NULL */
	struct list ringing;        /* legs of phones that have not answered */
	struct session_terms terms; /* what the caller will be told in the 2xx */
	uint8_t faces;              /* how many phones the caller has heard of */
	uint8_t state;              /* enum bridge_state */
	uint8_t why;                /* enum call_why, when we end it */
	uint64_t call;              /* handle in the table of calls, which has its deadline */
};

/* A request on its way from one leg to the other, or one of our own. */
struct exchange {
	struct way way;
	struct b2bua *b2bua;
	uint64_t server, client; /* transactions; server 0: nobody waits for an answer */
	uint64_t from, to;       /* legs; from 0: it is ours */
	struct exchange_end {
		uint64_t first; /* as in struct leg, 0 = none */
		bool has_moved; /* as it was when this began */
	} from_end, to_end;
	struct buffer *message; /* what is carried or answered; NULL: there is nothing to carry */
	uint32_t cseq;          /* of that */
	struct path source;     /* that it came by */
	struct session_terms terms; /* what the asker will be told */
	struct {                    /* why the media could not be: what a refusal says */
		uint16_t status, retry_after;
		int sdp_verdict;
	} refusal;
	uint32_t rack;  /* PRACK: the number that its leg knows */
	uint32_t acks;  /* ACK: the number of an INVITE that is not the last; 0 = it is */
	uint8_t method; /* enum pv_method; OTHER: as `message` names it */
	uint8_t tries;
	bool is_refresh; /* of the session timer; `message` is for the media alone */
};

/* A dialog that is to be replaced, as a Replaces header names it (RFC 3891 §6.1). */
struct replaces {
	struct pv_span call_id, to_tag, from_tag;
	bool is_early_only;
};

/* What an INVITE with Replaces, or a REFER for one, is told about the leg of the phone that is to
 * replace it. */
struct replaced {
	bool is_there, has_path;
	bool rings; /* its dialog is an early one */
	struct path path;
	struct pv_ref target, routes, name; /* in `text`; name: as its phone's Replaces has it */
	char text[4096];
};

static inline struct pv_span replaced_text(const struct replaced *replaced, struct pv_ref ref)
{
	return (struct pv_span){replaced->text + ref.at, ref.length};
}

/* The same, asked of the worker where that leg lives. Owner: whoever it was posted to. Lifetime:
 * until the answer is home. */
struct replaces_query {
	struct worker_task task;
	struct b2bua *asker;
	struct buffer *message; /* the request: the asker's, read by the other meanwhile */
	struct path from;
	struct replaced replaced;
};

/* Owner: the worker. Lifetime: the daemon's. */
struct b2bua {
	struct b2bua_config config;
	struct b2bua_floors at;
	struct fork_user user;
	struct call_owner owner;
	struct slab bridges, legs, exchanges;
	struct alarms alarms;
	struct replaced replaced; /* of the INVITE that was admitted last */
	struct slab queries;
	const struct replaces_query *answer; /* the request that comes in waited for it; or NULL */
	struct pv_message arrived;           /* that request */
	struct pv_message scratch;           /* for messages that are read again */
};

static inline struct leg *leg_get(struct b2bua *b, uint64_t handle)
{
	return slab_get(&b->legs, handle);
}

static inline struct bridge *bridge_get(struct b2bua *b, uint64_t handle)
{
	return slab_get(&b->bridges, handle);
}

static inline struct exchange *exchange_get(struct b2bua *b, uint64_t handle)
{
	return slab_get(&b->exchanges, handle);
}

/* After each leg or bridge that came or went. */
static inline void b2bua_gauge(const struct b2bua *b)
{
	metrics_set(METRIC_b2bua_bridges, b->bridges.used);
	metrics_set(METRIC_b2bua_legs, b->legs.used);
}

struct pv_span why_reason(unsigned why);
/* Of a caller who has no final answer yet. */
unsigned why_status(unsigned why);

/* ---- timer.c ---- */
void b2bua_timers_init(struct b2bua *b);
/* Agrees on session terms with the leg, and arms its alarm. */
void leg_agree(struct b2bua *b, struct leg *leg, const struct session_terms *terms);
/* An event of its session timer; may send a refresh, or end the call: the leg may be gone. */
void leg_session(struct b2bua *b, struct leg *leg, enum session_event event);
/* The next attempt of a refresh that met another (§14.1). */
void leg_session_glare(struct b2bua *b, struct leg *leg);

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

/* ---- bridge.c ---- */
struct bridge *bridge_new(struct b2bua *b);
/* What an event of a bridge brings; the rest is zero. */
struct bridge_news {
	struct leg *leg;                  /* whose event it is */
	const struct pv_message *message; /* a response, CANCEL or BYE of it */
	unsigned status;                  /* CALLEES_FAIL */
	struct buffer *accept;            /* CALLEE_ANSWERS: the caller's 2xx */
};
/* The bridge and its legs may be gone afterwards. */
void bridge_step(struct b2bua *b, struct bridge *bridge, enum bridge_event event,
	const struct bridge_news *news);
/* We end it: BYE to both, or a refusal and CANCEL. NULL is accepted. */
void bridge_end(struct b2bua *b, struct bridge *bridge, unsigned why);
/* One of its legs is over. */
void bridge_leg_left(struct b2bua *b, struct leg *leg);
/* The phones that ring no more are forgotten; FORK_GONE. */
void bridge_fork_gone(struct b2bua *b, struct bridge *bridge);

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

/* ---- invite.c: the user of the proxy's fork ---- */
void invite_user_init(struct b2bua *b);

/* ---- replaces.c ---- */
bool replaces_parse(struct pv_span value, struct replaces *ret);
/* The worker where the leg lives that is named; -1: nobody was ever told such a name. */
int replaces_home(struct b2bua *b, const struct replaces *replaces);
static inline bool replaces_is_elsewhere(const struct b2bua *b, int home)
{
	return home >= 0 && home != (int)b->at.worker->index && b->at.peers;
}
/* Of a leg that lives here. */
void replaces_look_up(struct b2bua *b, const struct replaces *replaces, struct replaced *ret);
/* Asks there; the request comes in once more, b2bua->answer says what is known. Until then there is
 * no transaction: it takes microseconds. False: no room. */
bool replaces_ask(struct b2bua *b, const struct incoming *incoming, unsigned home);
/* Of an INVITE with Replaces: as proxy_admit; b2bua->replaced is what its phone is to replace. */
bool replaces_admit(struct b2bua *b, struct incoming *incoming);
/* The bridge of that INVITE keeps what its phone is told. False: no room. */
bool replaces_keep(struct b2bua *b, struct bridge *bridge);

/* ---- refer.c: what a transfer says of the other leg ---- */
#define REFER_NAME_ROOM 1024
/* The Replaces that the URI in Refer-To asks for, its escapes undone into `text`. */
bool refer_read(const struct pv_message *refer, char text[REFER_NAME_ROOM], struct replaces *ret);
/* False when it waits for the answer of another worker, or was refused. */
bool refer_admit(struct b2bua *b, const struct incoming *incoming);
/* A part of a request, and what stands there for the other leg. */
struct refer_swap {
	struct pv_span old, now;
	char text[3 * REFER_NAME_ROOM];
};
/* False: it passes as it is. */
bool refer_find_swap(struct b2bua *b, const struct leg *from, const struct leg *to,
	const struct pv_message *request, struct refer_swap *ret);
/* A REFER goes to the leg: its numbers there and where it came from. */
void refer_note(struct leg *to, uint32_t asked, uint32_t sent);

/* ---- media.c: the call in the table, and its descriptions ---- */
void media_owner_init(struct b2bua *b);
/* As call_begin. */
int media_call_begin(struct b2bua *b, struct bridge *bridge, const struct incoming *incoming);
void media_call_end(struct b2bua *b, struct bridge *bridge, unsigned why, unsigned status);
/* A phone is called, or called once more: false: no room. */
bool media_begin(struct b2bua *b, struct leg *callee, const struct fork_request *request);
void media_end(struct b2bua *b, struct leg *callee);
/* A message passes that `sender` sent; `other` is the leg that it goes to. False: refused, or what
 * had to be in it is missing. */
struct passing {
	const struct leg *sender, *other;
	const struct pv_message *message;
	const struct path *source; /* NULL: as before */
	uint32_t asked_cseq;       /* a response: the number of the request that it answers, as its
				      asker counts */
};
/* A session description is in it, whatever else is. */
bool media_has_description(const struct pv_message *message);
bool media_pass(struct b2bua *b, const struct passing *passing, struct call_media_result *ret);
/* A request of `asker` will have no answer that passes. */
void media_failed(
	struct b2bua *b, const struct leg *asker, const struct leg *other, enum pv_method method);

/* ---- carry.c: what of a message goes on to the other leg ---- */
void carry_headers(struct b2bua *b, const struct pv_message *m, struct pv_writer *w);
/* Content-Length, the empty line and the body. */
void carry_body(
	const struct pv_message *m, const struct call_media_result *media, struct pv_writer *w);

/* ---- write.c: the bytes ---- */
struct outgoing {
	struct leg *leg;
	unsigned face; /* a caller's: the dialog that it is of; 0 = the leg's */
	enum pv_method method;
	uint32_t cseq;
	const struct pv_message *carried; /* NULL: nothing is */
	struct transaction *client;       /* NULL: ACK */
	struct path *to;
	struct pv_span reason;                 /* of a Reason header, or empty */
	struct pv_span rack;                   /* of a RAck header, or empty */
	const struct buffer *replaces;         /* the value of a Replaces header, or NULL */
	const struct session_terms *session;   /* Session-Expires and Min-SE; NULL: neither */
	struct pv_span body;                   /* a description of our own, or empty */
	const struct call_media_result *media; /* what becomes of the carried one; NULL: nothing */
};
/* NULL: no room, or no socket for that transport (ret_error). */
struct buffer *write_request(struct b2bua *b, const struct outgoing *outgoing, int *ret_error);
struct answer {
	struct leg *leg;
	const struct pv_message *request; /* that is answered ... */
	const struct path *from;          /* ... and came by this */
	unsigned status;
	const struct pv_message *carried;        /* the response of the other leg, or NULL */
	const struct session_terms *session;     /* of a 2xx; NULL: none */
	uint32_t rseq;                           /* 0 = none */
	unsigned face;                           /* the dialog that it is of; 0 = the leg's */
	const struct call_media_result *media;   /* as above */
	const struct call_media_result *refusal; /* of media, when that is the reason; or NULL */
};
struct buffer *write_response(struct b2bua *b, const struct answer *answer);
/* What we want of its session timer. */
static inline struct session_wish leg_wish(const struct b2bua *b, const struct leg *leg)
{
	return session_wish_of(&leg->session, b->config.session_expires_s);
}

/* ---- exchange.c ---- */
struct exchange *exchange_new(struct b2bua *b, enum pv_method method);
void exchange_free(struct b2bua *b, struct exchange *exchange);
/* A copy of what is carried or answered. False: no room. */
bool exchange_keep(struct b2bua *b, struct exchange *exchange, const struct pv_message *message);
/* The same with a part of it changed. */
bool exchange_keep_swapped(struct b2bua *b, struct exchange *exchange,
	const struct pv_message *message, const struct refer_swap *swap);
/* The legs that it goes between. */
void exchange_set_from(struct b2bua *b, struct exchange *exchange, const struct leg *from);
void exchange_set_to(struct b2bua *b, struct exchange *exchange, const struct leg *to);
/* Before anything is done: a dialog may have moved to another leg since (forked.c). */
void exchange_follow(struct b2bua *b, struct exchange *exchange);
/* Finds the way to its leg and sends; exchange_ended is told of the end. May free the exchange. */
void exchange_start(struct b2bua *b, struct exchange *exchange);
/* To the next address, when this one is in trouble (RFC 3263 §4.3). False: there is none. */
bool exchange_failover(struct b2bua *b, struct exchange *exchange);
/* The leg that says what it carries: who asked; the other end, whose description a refresh repeats.
 */
struct leg *exchange_speaker(struct b2bua *b, const struct exchange *exchange);
/* What it keeps, read again into the scratch message; NULL when it keeps nothing. */
const struct pv_message *exchange_message(struct b2bua *b, const struct exchange *exchange);
/* The bytes that answer its request, as the leg `from` hears it; `carried` (or NULL) is the
 * response of the leg `to`. NULL: no room; or, and `refusal` says why, what it describes cannot be.
 */
struct buffer *exchange_write(struct b2bua *b, struct exchange *exchange, unsigned status,
	struct leg *to, const struct pv_message *carried, uint32_t rseq);
/* The same, and sends them. A final response whose media cannot be becomes a refusal. False: what
 * was to be said did not go out. */
bool exchange_answer(struct b2bua *b, struct exchange *exchange, unsigned status, struct leg *to,
	const struct pv_message *carried, uint32_t rseq);
/* 487 to who asked: its dialog ends (RFC 3261 §15.1.2). What comes of it at the other leg is heard
 * by nobody. NULL is accepted. */
void exchange_terminate(struct b2bua *b, struct exchange *exchange);

/* ---- inside.c: requests inside dialogs ---- */
/* ---- ended.c: what becomes of them ---- */
/* A final response, or none (`response` NULL). Frees the exchange. */
void exchange_ended(struct b2bua *b, struct exchange *exchange, unsigned status,
	const struct pv_message *response);
/* A 2xx to an INVITE came again, or from another phone behind the same INVITE. */
void b2bua_late(struct b2bua *b, struct transaction *client, const struct pv_message *response);

/* ---- own.c: requests of our own ---- */
/* With what `carried` carries, or a Reason of our own. May free the leg. */
void own_bye(struct b2bua *b, struct leg *leg, const struct pv_message *carried);
/* For the 2xx of this leg, with what the other leg's ACK carries (NULL: nothing). Ends the call
 * when an answer in it is lost. */
void own_ack(struct b2bua *b, struct leg *leg, const struct pv_message *carried);
/* The same for an INVITE before the last, with nothing in it. */
void own_ack_again(struct b2bua *b, struct leg *leg, uint32_t cseq);
/* May end the call. */
void own_refresh(struct b2bua *b, struct leg *leg);

#endif
