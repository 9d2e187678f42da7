/* SPDX-License-Identifier: Apache-2.0 */
/* private.h — what the files of ptt share: legs, requests, rosters, and the functions between
 * files. */
#ifndef APP_PTT_PRIVATE_H
#define APP_PTT_PRIVATE_H

#include <portavoz/sdp.h>

#include "app/ptt/machine.h"
#include "app/ptt/ptt.h"
#include "app/ptt/query.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "call/end.h"
#include "dialog/dialog.h"
#include "dialog/session.h"
#include "dialog/tag.h"
#include "media/group_command.h"

/*
 * Who lives where. A leg (a member's dialog), a subscription (a watcher's dialog) and a request
 * live on the worker that their Call-ID hashes to. A room (an open group), its members and watchers
 * as the roster has them live on the worker that the group's name hashes to. What one has to say to
 * the other goes by an errand, which comes home again: it is part of what sends it, so it cannot be
 * lost, and there is one at a time.
 */
struct errand {
	struct worker_task task;
	struct ptt *home, *to;
	void (*there)(struct ptt *p, struct errand *errand);
	void (*back)(struct ptt *p, struct errand *errand);
	bool is_away;
};

/* What a leg waits for in the wheel. */
enum ptt_timer_kind {
	PTT_TIMER_RESEND, /* our 2xx again, until its ACK */
	PTT_TIMER_ASKED,  /* whether it has the floor is not known: it is answered without */
	PTT_TIMER_ALARM,  /* its session timer */
	PTT_TIMER_PROBE,  /* its media are silent: is it there? */
	PTT_TIMER_EXPIRY, /* of a subscription */
	PTT_TIMER_PACE,   /* of a watcher: the next NOTIFY about who talks */
	PTT_TIMER_RING,   /* of one who is called out: it does not answer */
};

struct ptt_timer {
	struct wheel_node node;
	uint8_t kind; /* enum ptt_timer_kind */
};

/* ---- what was said in SDP ---- */

enum ptt_offering {
	PTT_NO_OFFER,
	PTT_OFFER_IN_2XX, /* ours waits for the ACK */
	PTT_OFFER_IN_INVITE,
};

#define PTT_NO_LINE 0xff

/* Owner: its leg. */
struct ptt_speech {
	struct call_place place; /* our address towards it */
	struct buffer *bytes;    /* our last description */
	uint64_t id;
	uint32_t version;
	uint8_t offering;   /* enum ptt_offering */
	uint8_t audio_line; /* index of the m-line, PTT_NO_LINE: none yet */
	uint8_t floor_line;
	uint8_t radio_type; /* payload type of R2S, 0: not offered */
	bool is_forwarded;  /* its messages come through another proxy */
	bool is_asking;     /* media were told of its offer, which is not answered yet */
	bool is_granted;    /* and that answer is to say that it has the floor */
	struct media_member_description agreed; /* what media were told last */
};

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
	uint16_t status; /* 200, 404, 503 */
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
	bool is_silent;    /* its media say so */
	bool is_probing;
	uint8_t contact; /* one who is called out: the binding that is tried */
	uint32_t domain; /* and where it is registered */
	uint64_t call;   /* handle in the table of calls */
	struct buffer *who;
	struct ptt_report report;

	uint64_t server;       /* their INVITE: until it is answered, then until its ACK */
	struct buffer *invite; /* the same, until the roster has answered */
	struct path source;
	struct session_terms terms; /* what they will be told */
	struct buffer *ok;          /* our 2xx */
	uint32_t ok_cseq, ok_wait_ms;
	uint64_t ok_end_ms;
	struct ptt_timer resend; /* and before it, whether it has the floor */

	uint64_t client; /* our last INVITE to it */
	uint32_t invite_cseq;
	struct buffer *ack;
	struct path ack_path;

	struct session_timer session;
	uint32_t least_s; /* the Min-SE that it asked for with 422; 0 = none */
	struct ptt_timer alarm, probe, ring;

	struct ptt_speech speech;
	struct media_member_lease lease; /* member 0: no ports yet */
	bool is_described;               /* media_member_set was called */
	bool is_open;                    /* and told of a group that has no floor */
};

/* ---- requests of our own ---- */

enum ptt_request_kind {
	PTT_REQUEST_OF_LEG,
	PTT_REQUEST_OF_SUBSCRIPTION,
	PTT_REQUEST_ALONE, /* MESSAGE, outside of dialogs */
};

/* Owner: the worker. Lifetime: until its final answer, or that there is none. */
struct ptt_request {
	struct resolve resolve;
	struct ptt *ptt;
	unsigned next;  /* target to try next */
	uint64_t owner; /* leg or subscription */
	uint64_t client;
	struct path path;
	struct dialog dialog; /* ALONE: what it is made of */
	uint64_t group;       /* ALONE: that its Contact names; 0: it has none */
	struct buffer *body;  /* or NULL */
	struct pv_span type;  /* of the body, constant */
	uint8_t kind;         /* enum ptt_request_kind */
	uint8_t method;       /* enum pv_method */
	uint8_t tries;
	bool is_resolving;
	bool is_refresh; /* of the session timer */
	bool is_probe;   /* OPTIONS: is it there? */
};

/* ---- subscriptions (RFC 6665): the dialog's half, on the worker of its Call-ID ---- */

struct ptt_watch_report {
	struct errand errand;
	bool is_last;
	uint64_t group, subscription, watcher;
	uint16_t status; /* 200 or 503 */
};

#define PTT_EVENT_ID 40 /* bytes of an Event's id; longer ones are refused */

struct ptt_subscription {
	struct dialog dialog;
	struct list link;
	uint64_t group;
	struct ptt_watch_report report;
	struct ptt_timer expiry;
	uint64_t ends_ms;
	bool is_ending; /* the next NOTIFY is the last */
	bool is_known;  /* the roster has it */
	bool wants_full;
	bool is_over;
	uint8_t id_length;
	char id[PTT_EVENT_ID];     /* of its Event, which each NOTIFY repeats */
	const char *reason;        /* of its end */
	struct ptt_notice *notice; /* that is being told: the roster's */
};

/* ---- the roster, on the group's home worker ---- */

/* What a watcher is told; it comes home when the NOTIFY has its answer. */
struct ptt_notice {
	struct errand errand;
	uint64_t watcher, subscription;
	struct buffer *body;   /* the roster's */
	bool is_last, is_gone; /* the subscription is no more */
};

struct ptt_watcher {
	struct list link;
	uint64_t room;
	struct ptt *at;
	uint64_t subscription;
	struct ptt_notice notice;
	uint32_t version; /* of the next document */
	uint64_t told;    /* the room's `change` that it knows */
	bool wants_full, wants_last, wants_talk;
	uint64_t talk_told_ms;
	struct ptt_timer pace;
};

/* What a member's leg is told; the last word counts. */
struct ptt_order {
	struct errand errand;
	uint64_t member, leg;
	bool is_end, may_talk, is_muted;
	uint8_t why; /* enum call_why */
};

struct ptt_member {
	struct list link; /* of its room, in the order of joining */
	uint64_t room;
	struct ptt *at; /* where its leg is */
	uint64_t leg;
	uint64_t name; /* hash of the user */
	struct ptt_order order;
	bool has_order; /* something new to say */
	bool is_left;   /* waits for its errand */
	bool is_ending;
	bool may_talk, is_muted, is_held, has_floor_channel, is_called_out;
	bool is_talking;
	bool is_anonymous; /* `uri` names nobody */
	uint32_t alias;    /* the number in it; 0: none */
	uint8_t radio_id;
	uint8_t position; /* in the queue, 0: none */
	media_id media;
	uint64_t joined_ms;
	uint64_t change; /* of the room, when something about it changed last */
	struct buffer *who;
	struct pv_ref name_text, display, uri, target;
};

/* A member who left, for partial NOTIFYs and for the talk spurt that ended with him. */
#define PTT_GRAVES 8
struct ptt_grave {
	uint64_t change;
	uint64_t tag;
	struct ptt_text name;
	bool is_gone; /* no other leg of that name is there */
	uint16_t length;
	char uri[190];
};

struct ptt_room {
	struct list link; /* of its bucket */
	uint64_t group;
	struct list members, watchers;
	uint32_t member_count, watcher_count;
	struct media_group_lease lease; /* group 0: not open */
	unsigned closing;               /* groups on relay threads that have a last word to say */
	uint64_t opened_ms;
	uint64_t change;      /* counts everything that a watcher may see */
	uint64_t change_talk; /* the last one that was about who talks alone */
	uint64_t change_members;
	uint64_t talks;
	bool is_emergency, is_revoking;
	uint16_t waiting;
	struct buffer *called; /* a bit for each name of call_out; NULL: none */
	struct ptt_grave graves[PTT_GRAVES];
	unsigned grave_next;
	uint32_t aliases; /* given to members who want to be nobody */
};

/* Spurts that are over, for `group talks`. */
#define PTT_TALKS_KEPT 512
struct ptt_talk_row {
	struct ptt_talk talk;
	uint64_t group;
	uint64_t ended_ms;
};

/* ---- notes: an errand that carries something, of a slab ---- */

enum ptt_note_kind {
	PTT_NOTE_MESSAGE,  /* a MESSAGE to the group, to the roster */
	PTT_NOTE_PRESS,    /* a button, to a leg */
	PTT_NOTE_TEXT,     /* somebody's text, to a leg */
	PTT_NOTE_IS_THERE, /* somebody registered, to the roster */
};

struct ptt_note {
	struct errand errand;
	uint8_t kind; /* enum ptt_note_kind */
	uint64_t group, leg;
	uint64_t server; /* of the MESSAGE */
	struct buffer *text;
	struct pv_ref whole, name, display, from, type, body; /* in `text` */
	struct path source;
	uint16_t status; /* what the MESSAGE is answered with */
	bool is_held;    /* the roster has not done with it */
	uint32_t cseq;
	uint64_t received_ns;
	uint32_t copies;
	struct ptt_note *of; /* TEXT: whose text it is */
	struct media_press press;
	uint8_t word;      /* enum ptt_text_word */
	bool is_anonymous; /* who wrote it wants to be nobody */
};

/* Owner: the worker. Lifetime: the daemon's. */
struct ptt {
	struct ptt_config config;
	struct ptt_floors at;
	struct call_owner owner;
	struct media_group_user user;
	struct slab legs, requests, subscriptions;   /* dialogs that live here */
	struct slab rooms, members, watchers, notes; /* rosters that live here */
	struct list all_legs, all_subscriptions;
	struct list buckets[256]; /* rooms, by group */
	struct wheel wheel;
	struct worker_lane tick; /* turns the wheel while something waits in it */
	struct lane_node tick_node;
	bool has_call_out; /* of some group: registrations are looked at */
	struct ptt_talk_row *talks;
	unsigned talk_next;
	uint64_t talk_count;
	struct pv_message scratch; /* for messages that are read again */
	struct pv_sdp sdp;
	char routes[8192];           /* a route set being taken out of a message */
	char text[PV_SDP_BYTES_MAX]; /* a description or document that is being written */
	struct registry_binding bindings[REGISTRY_CONTACTS];
	char binding_text[REGISTRY_TEXT_ALL];
};

#define PTT_TICK_MS  100
#define PTT_PROBE_MS 30000 /* a leg whose media are silent is asked so often */
#define PTT_RING_MS  60000 /* who is called out and does not answer is given up */
#define PTT_ASKED_MS 200   /* for the word of a relay thread on who has the floor */

static inline struct ptt_leg *ptt_leg_get(struct ptt *p, uint64_t handle)
{
	return slab_get(&p->legs, handle);
}

static inline struct ptt_request *request_get(struct ptt *p, uint64_t handle)
{
	return slab_get(&p->requests, handle);
}

static inline struct ptt_room *room_get(struct ptt *p, uint64_t handle)
{
	return slab_get(&p->rooms, handle);
}

static inline struct ptt_member *member_get(struct ptt *p, uint64_t handle)
{
	return slab_get(&p->members, handle);
}

static inline struct buffer_pool *ptt_buffers(struct ptt *p)
{
	return &p->at.worker->buffers;
}

static inline void ptt_drop(struct ptt *p, struct buffer **bytes)
{
	buffer_unref(ptt_buffers(p), *bytes);
	*bytes = NULL;
}

static inline struct pv_span buffer_text(const struct buffer *bytes, struct pv_ref ref)
{
	return bytes ? (struct pv_span){bytes->bytes + ref.at, ref.length}
		     : (struct pv_span){NULL, 0};
}

/* After each leg or room that came or went. */
static inline void ptt_gauge(const struct ptt *p)
{
	metrics_set(METRIC_ptt_members, p->members.used);
	metrics_set(METRIC_ptt_rooms, p->rooms.used);
	metrics_set(METRIC_ptt_watchers, p->watchers.used);
}

/* The worker of a group's roster. */
static inline unsigned ptt_home(const struct ptt *p, uint64_t group)
{
	return (unsigned)(((group >> 32) * p->at.worker->group->count) >> 32);
}

static inline const struct ptt_group *ptt_group_of(const struct ptt *p, uint64_t id)
{
	return ptt_groups_find(p->config.groups, id);
}

/* ---- errand.c ---- */
/* To that worker, and home again; `errand` must be at home. */
void errand_send(struct ptt *p, struct errand *errand, unsigned worker,
	void (*there)(struct ptt *, struct errand *), void (*back)(struct ptt *, struct errand *));
/* `there` is done with it; whoever keeps it does this later. */
void errand_return(struct errand *errand);
/* NULL when the slab is full, which is counted. */
struct ptt_note *note_new(struct ptt *p, enum ptt_note_kind kind);
void note_free(struct ptt *p, struct ptt_note *note);

/* ---- timer.c ---- */
void ptt_timers_init(struct ptt *p);
void ptt_timer_arm(
	struct ptt *p, struct ptt_timer *timer, enum ptt_timer_kind kind, uint64_t deadline_ms);
static inline void ptt_timer_cancel(struct ptt_timer *timer)
{
	wheel_cancel(&timer->node);
}
/* Agrees on session terms with the leg, and arms its alarm. */
void ptt_leg_agree(struct ptt *p, struct ptt_leg *leg, const struct session_terms *terms);
/* An event of its session timer; may send a refresh, or end the leg. */
void ptt_leg_session(struct ptt *p, struct ptt_leg *leg, enum session_event event);
/* The next attempt of a refresh that met another (§14.1). */
void ptt_leg_session_glare(struct ptt *p, struct ptt_leg *leg);
struct session_wish ptt_leg_wish(const struct ptt *p, const struct ptt_leg *leg);

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
/* A random Call-ID that lives on this worker. */
#define PTT_CALL_ID 32
struct pv_span ptt_call_id(const struct ptt *p, char text[PTT_CALL_ID]);
void ptt_tag_write(
	const struct ptt *p, uint64_t handle, struct pv_span call_id, struct pv_writer *w);

/* Beside the verdicts of sdp.h: no memory. */
#define PTT_SDP_NO_ROOM    (-10000)
#define PTT_SDP_OTHER_TYPE (-10001) /* a body, and no description: 415 */

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

/* ---- speech.c: what descriptions say, and ours ---- */
/* What stands in a message. */
enum ptt_sdp_verdict {
	PTT_SDP_NONE,  /* no description */
	PTT_SDP_THERE, /* in p->sdp */
	PTT_SDP_BAD,   /* *ret_error: a verdict of sdp.h */
};
enum ptt_sdp_verdict speech_find(struct ptt *p, const struct pv_message *message, int *ret_error);
/* Whether p->sdp can be answered in this group: 0 or a verdict of sdp.h. */
int speech_judge(struct ptt *p, const struct ptt_leg *leg);
/* Is a floor channel offered in p->sdp, and wanted? */
bool speech_wants_floor(struct ptt *p, const struct ptt_leg *leg);
/* p->sdp is the first offer of one who joins. When it asks for the floor and wants to read in our
 * answer whether it is granted (mc_implicit_request, mc_granted), media are told now: 1, and
 * speech_answer is to follow when they have decided. 0: there is nothing to wait for; or a verdict
 * of sdp.h. */
int speech_ask(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source);
/* p->sdp is their offer: our answer, kept in speech->bytes, and media are told. 0, a verdict of
 * sdp.h, or PTT_SDP_NO_ROOM. */
int speech_answer(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source);
/* An offer of ours, kept in speech->bytes: all that the group may speak, or what was agreed last.
 * 0 or PTT_SDP_NO_ROOM. */
int speech_offer(struct ptt *p, struct ptt_leg *leg);
/* p->sdp is their answer to it. 0 or a verdict. */
int speech_accept(struct ptt *p, struct ptt_leg *leg, const struct pv_message *answer,
	const struct path *source);

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

/* ---- write.c ---- */
struct ptt_outgoing {
	const struct dialog *dialog;
	enum pv_method method;
	uint32_t cseq;
	struct transaction *client; /* NULL: ACK */
	struct path *to;
	struct pv_span contact;          /* user part of a Contact of ours; empty: none */
	struct pv_span extra;            /* header lines */
	const struct session_wish *wish; /* INVITE, UPDATE: with a session timer, or NULL */
	const struct session_terms *session;
	struct pv_span type, body;
};
struct buffer *ptt_write_request(
	struct ptt *p, const struct ptt_outgoing *outgoing, int *ret_error);
struct ptt_answer {
	const struct pv_message *request;
	const struct path *from;
	unsigned status;
	struct pv_span to_tag;
	struct pv_span contact;              /* user part; empty: none */
	const struct session_terms *session; /* NULL: none */
	struct pv_span extra;                /* header lines */
	struct pv_span type, body;
};
/* NULL: no room. */
struct buffer *ptt_write_response(struct ptt *p, const struct ptt_answer *answer);
/* Contact: the group at our address towards that one; nothing where we have none. */
void ptt_write_contact(
	struct ptt *p, struct pv_span group, const struct path *path, struct pv_writer *w);
/* Allow, Supported and Allow-Events. */
void ptt_write_abilities(struct pv_writer *w);
/* Answers statefully or, with server NULL, statelessly; a Warning where sdp_verdict is one. */
void ptt_reply(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from, unsigned status);
void ptt_refuse_sdp(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from, int verdict);
void ptt_reply_busy(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from);

/* ---- request.c ---- */
struct ptt_request *request_new(
	struct ptt *p, enum ptt_request_kind kind, uint64_t owner, enum pv_method method);
void request_free(struct ptt *p, struct ptt_request *request);
/* Finds the way and sends; request_ended is told of the end. May free the request. */
void request_start(struct ptt *p, struct ptt_request *request);
struct ptt_leg *request_leg(struct ptt *p, const struct ptt_request *request);
struct ptt_subscription *request_subscription(struct ptt *p, const struct ptt_request *request);
/* To the next address, when this one is in trouble (RFC 3263 §4.3). False: there is none. */
bool request_failover(struct ptt *p, struct ptt_request *request);
/* Of the leg's: false, there was no room. */
bool ptt_leg_send_bye(struct ptt *p, struct ptt_leg *leg);
void ptt_leg_send_ack(struct ptt *p, struct ptt_leg *leg);
void ptt_leg_refresh(struct ptt *p, struct ptt_leg *leg);
void ptt_leg_ask_alive(struct ptt *p, struct ptt_leg *leg);
bool ptt_leg_send_invite(struct ptt *p, struct ptt_leg *leg);

/* ---- ended.c ---- */
/* A final response, or none (`response` NULL). Frees the request. */
void request_ended(struct ptt *p, struct ptt_request *request, unsigned status,
	const struct pv_message *response);

/* ---- inside.c: requests inside dialogs ---- */
/* ---- keys.c ---- */
void keys_info(struct ptt *p, struct ptt_leg *leg, const struct incoming *incoming,
	struct transaction *server);

/* ---- roster.c: on the group's home worker ---- */
struct ptt_room *room_find(struct ptt *p, uint64_t group);
/* NULL: the slab is full. */
struct ptt_room *room_have(struct ptt *p, uint64_t group);
/* It goes when nobody is in it and nobody watches. */
void room_settle(struct ptt *p, struct ptt_room *room);
void roster_take(struct ptt *p, struct errand *errand);
/* The member's leg is to end. */
void member_end(struct ptt *p, struct ptt_member *member, enum call_why why);
void member_order(struct ptt *p, struct ptt_member *member);
/* Next of the members of a user, behind `after` (NULL: the first). */
struct ptt_member *room_member(
	struct ptt *p, const struct ptt_room *room, uint64_t name, const struct ptt_member *after);
/* Likewise, of the legs of a user that others see as one: those by which he is nobody are another
 * user to them (RFC 4575 §5.6). */
struct ptt_member *room_member_alike(struct ptt *p, const struct ptt_room *room,
	const struct ptt_member *member, const struct ptt_member *after);
uint64_t ptt_name_hash(const struct ptt *p, struct pv_span name);
void room_changed(struct ptt *p, struct ptt_room *room, bool is_talk);
void rooms_configure(struct ptt *p);
/* A group of its own on the relay thread is over: all its talk spurts have been told. */
void room_ended(struct ptt *p, uint64_t room);
/* What media say of the room. */
void room_told(struct ptt *p, uint64_t room, uint32_t told);
void media_settings_of(const struct ptt_group *group, struct media_group_settings *ret);

/* ---- talk.c ---- */
void ptt_text_copy(struct pv_span from, struct ptt_text *ret);
void talk_keep(struct ptt *p, uint64_t room, const struct media_spurt *spurt);

/* ---- watch.c: SUBSCRIBE and NOTIFY, both halves ---- */
bool watch_admit(struct ptt *p, struct incoming *incoming);
void watch_request(struct ptt *p, struct incoming *incoming, struct transaction *server,
	const struct ptt_group *group);
void watch_again(struct ptt *p, struct ptt_subscription *subscription,
	const struct incoming *incoming, struct transaction *server);
struct ptt_subscription *subscription_of(struct ptt *p, const struct pv_message *request);
void subscription_expired(struct ptt *p, struct ptt_subscription *subscription);
/* Its NOTIFY has ended. */
void subscription_told(struct ptt *p, struct ptt_subscription *subscription, unsigned status);
/* Every watcher who has not heard of it. */
void room_notify(struct ptt *p, struct ptt_room *room);
void watcher_pace(struct ptt *p, struct ptt_watcher *watcher);
void room_end_watchers(struct ptt *p, struct ptt_room *room);
void watches_farewell(struct ptt *p);

/* ---- document.c: application/conference-info+xml (RFC 4575) ---- */
/* All, or what changed since `since`. The length, 0: it does not fit. */
size_t document_write(struct ptt *p, const struct ptt_room *room, const struct ptt_group *group,
	uint32_t version, bool is_full, uint64_t since, char *text, size_t room_for);

/* ---- text.c: MESSAGE ---- */
/* May this MESSAGE outside of dialogs be taken? False: it was refused, statelessly. */
bool text_admit(struct ptt *p, struct incoming *incoming);
/* From `name`, who was let in, or who has joined and writes inside his dialog. */
void text_request_of(struct ptt *p, struct incoming *incoming, struct transaction *server,
	const struct ptt_group *group, struct pv_span name);
/* A button for a member's leg. False: no room. `word`: that it is an answer to, 0: none. */
bool member_press(struct ptt *p, const struct ptt_member *member, const struct media_press *press,
	unsigned word);
/* What became of a word of a leg's. */
void text_answered(struct ptt *p, struct ptt_leg *leg, const struct media_answer *answer);

/* ---- call_out.c ---- */
void room_call_out(struct ptt *p, struct ptt_room *room);
/* Who has dialled has not to be called any more: not either when he has left and his phone
 * refreshes its registration. */
void call_out_joined_by_himself(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, struct pv_span name);
/* A binding did not answer: the next. False: there is none. */
bool call_out_next(struct ptt *p, struct ptt_leg *leg);
/* It has answered: the roster is asked to have it. */
void call_out_answered(struct ptt *p, struct ptt_leg *leg);
/* The roster has answered. */
void call_out_joined(struct ptt *p, struct ptt_leg *leg);

#endif
