/* SPDX-License-Identifier: Apache-2.0 */
/* call.h: the calls of one worker: who talks with whom since when, and how each of them ends. */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "media/command.h"
#include "media/config.h"
#include "net/net.h"

/*
 * Who may call what, when
 *
 *   call_shared_init, _set_limits    main; _set_limits and the counts: any thread
 *   calls_new, _free                 main, while the workers' threads do not run
 *   everything else                  the worker, on its own thread
 *
 * What main wants to know of calls it asks by a task (query.h); there is no lock.
 *
 * A call is one INVITE that begins a dialog, with all that comes of it: its forks, early dialogs,
 * the dialogs that are confirmed. It is named by the Call-ID and the From tag of that INVITE (the
 * caller's tag). An application begins it and owns it: the proxy, or the b2bua, whose call is named
 * by its caller's leg, and which finds the other legs by a table of its own and keeps the call's
 * handle there.
 *
 *   call_begin ---> CALL_SETUP ---> CALL_UP ---> CALL_ENDED, until its record is written
 *                       |     call_up           ^
 *                       +-----------------------+ call_end
 *
 * No call lives for ever: each has a deadline, which the table keeps (calls.max_duration since it
 * was answered, CALL_SETUP_MS before), and the owner is told `end` when it is over. An owner that
 * finds out by itself when an end has gone may do without once it is answered (CALL_ENDLESS). What
 * a call holds (its place under the limits, media sessions, ports) is given back by call_end alone,
 * whatever the reason.
 */

struct call;
struct calls;      /* one worker's table */
struct call_media; /* call_media.h */

/* How long a call may be without an answer, whatever the phones say; in front of it come Timer B
 * and Timer C of the transactions. Forwarded calls that ring on purpose are shorter. */
#define CALL_SETUP_MS (30 * 60 * 1000)
/* A call without calls.max_duration (0 = no limit) ends all the same, some day. */
#define CALL_LIFE_MAX_MS (UINT64_C(30) * 24 * 60 * 60 * 1000)

enum call_state {
	CALL_SETUP, /* no final answer yet */
	CALL_UP,    /* a 2xx has passed */
	CALL_ENDED, /* has no name any more; waits for the final reports of its media */
};

/* The two sides of a call, whoever sends a message of it. */
enum call_side { CALL_CALLER, CALL_CALLEE };

static inline enum call_side call_other(enum call_side side)
{
	return side == CALL_CALLER ? CALL_CALLEE : CALL_CALLER;
}

/*
 * Why a call ended: name in records, the value of a Reason header (RFC 3326) for who sends BYE or
 * CANCEL because of it; empty where the other end said all that is to be said.
 */
/* clang-format off */
#define CALL_WHYS(ROW)                                                                                       \
	ROW(CALLER_BYE, "caller_hung_up", "")                                                                \
	ROW(CALLEE_BYE, "callee_hung_up", "")                                                                \
	ROW(CANCELLED, "cancelled", "")                                                                      \
	ROW(FAILED, "failed", "")              /* a final response of 300 or more */                         \
	ROW(BAD_MEDIA, "bad_media", "SIP;cause=488;text=\"Not Acceptable Here\"")                            \
	ROW(NO_ACK, "no_ack", "SIP;cause=408;text=\"No ACK\"")                                               \
	ROW(SILENT, "media_timeout", "Q.850;cause=102;text=\"Media Timeout\"")                               \
	ROW(TOO_LONG, "max_duration", "Q.850;cause=102;text=\"Maximum Duration\"")                           \
	ROW(HANGUP, "operator", "Q.850;cause=31;text=\"Ended By Operator\"")                                 \
	ROW(VANISHED, "leg_vanished", "SIP;cause=408;text=\"Other Leg Vanished\"") /* no answer in a dialog */ \
	ROW(EXPIRED, "session_expired", "SIP;cause=408;text=\"Session Timer Expired\"") /* RFC 4028 */       \
	ROW(REPLACED, "replaced", "SIP;cause=200;text=\"Joined From Elsewhere\"")                            \
	ROW(REMOVED, "removed", "SIP;cause=403;text=\"Removed From The Group\"")                             \
	ROW(CLOSED, "group_closed", "SIP;cause=410;text=\"Group Closed\"")                                   \
	ROW(STOPPED, "server_stops", "SIP;cause=503;text=\"Server stops\"")

enum call_why {
#define ROW(id, name, reason) CALL_##id,
	CALL_WHYS(ROW)
#undef ROW
	CALL_WHY_COUNT,
};
/* clang-format on */

struct pv_span call_why_name(enum call_why why);
/* The value of a Reason header, or empty. */
struct pv_span call_why_reason(enum call_why why);

/* What an application registers for its calls. Lifetime: the daemon's. */
struct call_owner {
	const char *name; /* "proxy", "b2bua": for lists and records */
	/*
	 * The call is to end for a reason that is not of its own making: SILENT (all of its media
	 * fell silent), TOO_LONG (the deadline), HANGUP. Whoever owns both dialogs says BYE or
	 * CANCEL on each; in any case call_end is called, now or, where the legs' answers are
	 * waited for, within 32 s: when the call is still there then, the table ends it itself and
	 * does not ask again.
	 */
	void (*end)(void *context, struct call *call, enum call_why why);
	/*
	 * A side was not heard for media.timeout while the other one talks: it is muted, or gone.
	 * Comes again each time that the timeout is over once more. NULL: nobody asks it. May end
	 * the call.
	 */
	void (*missing)(void *context, struct call *call, enum call_side side);
	/* It can send BYE to both ends: what `portavozctl call hangup` promises. */
	bool can_hang_up;
	/* The sides must not see each other: o=, and c= of what is refused, show our address in
	 * each description that passes call_media_pass and is relayed at all, also where none of
	 * its m-lines is. Else o= is ours only where an m-line is. c= of what goes past us stays,
	 * it could not be reached otherwise. */
	bool hides_origin;
	void *context;
};

/* What is kept for the last line about a call: how its first stream went. */
struct call_record {
	struct media_report report; /* session 0: nothing was relayed */
	uint8_t kind;               /* of that stream: enum pv_sdp_kind */
	uint32_t streams;           /* sessions of the dialog that came to be */
};

/*
 * Owner: the worker. Lifetime: from call_begin to its record; outside of one event it is named by
 * its handle. Applications read it and write `owner_word` only.
 */
struct call {
	struct list link;   /* all calls that have a name, oldest first */
	struct call *chain; /* the next one of its hash bucket */
	uint64_t hash;
	const struct call_owner *owner;
	uint64_t owner_word;    /* the application's own: a handle of its slab, say */
	struct buffer *text;    /* what the spans below point into */
	struct pv_span call_id; /* of the caller's leg */
	struct pv_span caller_tag;
	struct pv_span caller, callee; /* URIs, as the INVITE had them in From and Request-URI */
	uint8_t state;                 /* enum call_state */
	uint8_t why;                   /* enum call_why, when it has ended */
	uint16_t status;               /* final response to the INVITE; 0: none */
	bool is_asked_to_end;          /* owner->end was called */
	uint32_t user_place;           /* under calls.per_user; 0: not counted */
	uint32_t hold_backs;           /* media sessions whose final report is still to come */
	uint64_t began_ms, up_ms, ended_ms; /* monotonic; up_ms 0: was not answered */
	struct list media;                  /* struct call_media, by its link; oldest first */
	struct wheel_node deadline;
	uint64_t max_duration_ms; /* its own; 0: calls.max_duration counts */
	uint64_t ends_ms;         /* the longest duration is over, monotonic; 0: not answered yet */
	uint8_t missing;          /* sides that are not heard while the other one is, a bit each */
	bool was_one_way;         /* that was so: it is logged */
	bool is_bare; /* had nothing that could fall silent when it was looked at last */
	struct call_record record;
};

/* ---- all workers ---- */

#define CALL_USER_PLACES 65536

/* Shared by all workers. Two users may fall into one place and share it, rarely; who does is not
 * for an outsider to choose. */
struct call_shared {
	_Atomic uint32_t max_calls, per_user; /* 0: no limit */
	_Atomic uint64_t max_duration_ms;     /* 0: no limit */
	_Atomic uint32_t count;
	struct siphash_key key;
	_Atomic uint32_t of_user[CALL_USER_PLACES];
};

struct call_limits {
	uint32_t max_calls, per_user; /* calls.max_calls, calls.per_user */
	uint64_t max_duration_ms;     /* calls.max_duration */
};

/* 0 or -errno: no random key. */
int call_shared_init(struct call_shared *shared, const struct call_limits *limits);
/* A reload. Calls in progress stay, however many; the new duration counts for calls that are
 * answered from now on. */
void call_shared_set_limits(struct call_shared *shared, const struct call_limits *limits);

/* ---- one worker's table ---- */

enum call_relay {
	CALL_RELAY_ALWAYS,
	CALL_RELAY_AUTO,  /* where an end is behind NAT, or the families of the ends differ */
	CALL_RELAY_NEVER, /* descriptions stay untouched, and nobody reads them */
};

#define CALL_CODECS 32

/* What a reload may change. Lifetime of the texts: until the next calls_configure. */
struct calls_settings {
	enum call_relay relay;
	struct pv_span codecs[CALL_CODECS]; /* media.codecs; none: all, as they come */
	unsigned codec_count;
	uint64_t
		hold_timeout_ms; /* media.hold_timeout; 0: calls without media are not looked for */
};

struct calls_config {
	uint32_t calls; /* capacity of this worker: address space, not memory */
	struct calls_settings settings;
	/* As struct media_config has them: `locals` is what media_take names by number. */
	struct media_address locals[MEDIA_LOCALS_MAX];
	unsigned local_count;
};

/* Not owned; all but `media` and `shared` belong to the same worker. */
struct calls_floors {
	struct worker *worker;
	struct net *net;
	struct media *media; /* NULL: there are no relay threads, nothing is relayed */
	struct call_shared *shared;
};

/* Becomes the media floor's user for this worker. 0 or -errno. */
int calls_new(
	struct calls **ret, const struct calls_config *config, const struct calls_floors *floors);
/* Calls that are left end as STOPPED, their records have the last reports of the relay threads,
 * which must have been stopped and not freed. NULL is accepted. */
void calls_free(struct calls *calls);
/* A reload: for calls that begin from now on; codecs for offers from now on. */
void calls_configure(struct calls *calls, const struct calls_settings *settings);

/* ---- one call ---- */

/* Calls of one name at once. Whoever sends INVITEs chooses their names, and each of a name is
 * looked at for each message of it. */
#define CALL_NAMESAKES_MAX 16

/* Spans need to live until call_begin returns. */
struct call_beginning {
	const struct call_owner *owner;
	uint64_t owner_word;
	struct pv_span call_id, caller_tag; /* of the INVITE */
	struct pv_span caller, callee;      /* URIs */
	/* The local user that calls, as an address-of-record, for calls.per_user; empty: a
	 * stranger, who is not counted. */
	struct pv_span user;
	/* Another call of this name may be in progress: a proxy passes on both when one INVITE has
	 * come by two paths (merged, or forked in front of us). Each is a call of its own, told
	 * apart by the callee's tag; there may be CALL_NAMESAKES_MAX. */
	bool may_share_name;
	/* In place of calls.max_duration; 0: that counts. */
	uint64_t max_duration_ms;
};
#define CALL_ENDLESS UINT64_MAX

/*
 * 0, and *ret_call in CALL_SETUP; or why there is none:
 *   -EEXIST   there is a call of this name, and may_share_name was not said, or too many of them
 *             are there, which is counted (482)
 *   -EDQUOT   the user has calls.per_user calls: 403
 *   -ENOBUFS  calls.max_calls, or the table is full: 503
 * The last two are counted.
 */
int call_begin(struct calls *calls, const struct call_beginning *beginning, struct call **ret_call);

/* NULL when it has ended (or its record alone is left). */
struct call *call_get(struct calls *calls, uint64_t handle);
uint64_t call_handle(const struct calls *calls, const struct call *call);

/*
 * The call that a request inside a dialog belongs to, in either direction: one of the tags is the
 * caller's; *ret_from says which side sent it. Of a response give From and To as they stand, and
 * *ret_from is who sent the request. NULL when there is none. `to_tag` may be empty.
 */
struct call *call_find(struct calls *calls, struct pv_span call_id, struct pv_span from_tag,
	struct pv_span to_tag, enum call_side *ret_from);

/* A 2xx of the INVITE passes: the duration begins. Once is enough, more do nothing. */
void call_up(struct calls *calls, struct call *call, unsigned status);

/*
 * The call is over: it loses its name and its place under the limits, its media are dropped and
 * their ports go back, and its record is written as soon as the relay threads have sent their last
 * word. `status` is the final response where there was one, else 0. The handle is stale when this
 * returns. Everything of call_media.h that belongs to it is gone.
 */
void call_end(struct calls *calls, struct call *call, enum call_why why, unsigned status);

/* Every call ends as STOPPED. The owners are not asked. */
void calls_end_all(struct calls *calls);

/* The operator's name of a call: "1.42.7", worker, place, generation. */
#define CALL_NAME 32
void call_name_write(const struct calls *calls, const struct call *call, struct pv_writer *writer);
/* False: no such form. The call need not exist. */
bool call_name_read(struct pv_span name, unsigned *ret_worker, uint64_t *ret_handle);

#endif
