/* SPDX-License-Identifier: Apache-2.0 */
/* group_command.h: what a SIP worker asks of the relay threads about push-to-talk groups and their
 * members, and what it is told. */
#ifndef MEDIA_GROUP_COMMAND_H
#define MEDIA_GROUP_COMMAND_H

#include "media/command.h"

/*
 * Who may call what, when
 *
 *   media_set_group_user                          main, before the threads run
 *   media_group_open, _set, _close                the group's worker, on its own thread
 *   media_join, media_member_set, _press, _drop   the leg's worker, on its own thread
 *   media_read_group, media_read_member           any thread
 *
 * The conventions are those of command.h: one way, idempotent, nothing waits, nothing allocates, an
 * id is never used again, what is told are bits that are or-ed until somebody has looked.
 *
 * A group lives on one relay thread, which owns its floor. So are its members' ports, up to
 * media_config's `group_budget`; those of who joins then are on other threads. Who calls need not
 * know.
 * The worker that opened it and the workers of its members' legs need not be the same. Its life:
 *
 *   media_group_open      a group, on the thread that has the least to do
 *   media_group_set       its settings, whole, as they shall be from now on (a reload)
 *   media_join            a leg: a port pair for its audio and, when asked, one for its floor
 *                         packets (m=application ... udp MCPTT). From any worker who has heard of
 *                         the group in whatever way began with media_group_open.
 *   media_member_set      the whole description of the leg. The first one makes it a member: from
 *                         then on it hears and may speak. Like media_set.
 *   media_member_press    a button that came by SIP or by the control interface
 *   media_member_drop     the leg is gone: its floor is released, its ports are quarantined
 *   media_group_close     no packet passes any more. Members that are still there are told
 *                         MEDIA_TOLD_CLOSED and are to be dropped by their workers.
 *   user->member_ended, ->group_ended      exactly once for each that was taken, after its drop
 *
 * What is not of a group (a leg joined to a group that has been closed meanwhile) is told
 * MEDIA_TOLD_CLOSED.
 */

/* ---- a group ---- */

/* At once; the configuration allows no more. */
#define MEDIA_GROUP_TALKERS_MAX 8
/* Of those who wait for the floor the report shows so many. */
#define MEDIA_GROUP_SHOWN_MAX 8

enum media_floor {
	MEDIA_FLOOR_PTT,  /* who speaks must have the floor */
	MEDIA_FLOOR_OPEN, /* a conference: the loudest `talkers` are heard */
};

enum media_preempt { MEDIA_PREEMPT_EMERGENCY, MEDIA_PREEMPT_PRIORITY, MEDIA_PREEMPT_NEVER };

/* What a listener gets while nobody talks. */
enum media_keepalive {
	MEDIA_KEEPALIVE_SILENCE, /* a frame each 20 ms */
	MEDIA_KEEPALIVE_COMFORT, /* CN (RFC 3389) once a second where it was agreed on, else silence
				  */
	MEDIA_KEEPALIVE_NONE,
};

/* All of a group, by value. Zero is the default of FLOOR-CONTROL's table where one is named. */
struct media_group_settings {
	uint8_t floor;     /* enum media_floor */
	uint8_t talkers;   /* 1 to MEDIA_GROUP_TALKERS_MAX; 0 counts as 1 */
	uint8_t preempt;   /* enum media_preempt */
	uint8_t keepalive; /* enum media_keepalive */
	uint16_t queue;    /* places; 0: who asks while the floor is taken is denied */
	bool has_tones;
	bool has_refuse_tone; /* to who speaks without the floor while nobody does (refusal.h) */
	bool has_roger;       /* a tone to who has given the floor back: it was understood */
	bool is_emergency;    /* read when it is opened: it was declared before */
	bool is_broadcast;    /* the longest joined of those who may talk alone does */
	char request_key, release_key; /* NUL: '*' and '#' */
	uint32_t max_talk_ms;          /* T2; 0: 30 s; UINT32_MAX: no limit */
	uint32_t hang_ms;              /* reserved for the last talker after its release */
	uint32_t idle_timeout_ms;      /* since the last release or the opening; 0: never told */
	uint32_t vox_hang_ms;          /* 0: 800 */
	/* TS 24.380 clause 11, for tests; 0: the default of the specification */
	uint32_t t1_ms, t3_ms, t8_ms, t20_ms;
	uint32_t t7_ms;  /* 0: Floor Idle is not repeated */
	uint64_t record; /* what the recorder knows the group by; 0: not recorded */
};

/* A group that was opened. By value; it may be handed to other workers. */
struct media_group_lease {
	media_id group;
	unsigned thread; /* relay thread */
};

/* Bits of `group_told`. The report has been written before. */
enum media_group_told {
	MEDIA_GROUP_TOLD_FLOOR = 1 << 0,   /* who talks, who waits, or the emergency changed */
	MEDIA_GROUP_TOLD_IDLE = 1 << 1,    /* idle_timeout is over: close it, if you like */
	MEDIA_GROUP_TOLD_MEMBERS = 1 << 2, /* somebody was described first, or dropped */
};

/* Opens a group on the thread with the fewest sessions. 0, or -ENOBUFS: too many sessions and
 * groups. `owner` comes back in what the user is told. */
int media_group_open(struct media *media, unsigned worker,
	const struct media_group_settings *settings, uint64_t owner,
	struct media_group_lease *ret_lease);
/* Ignored when the group was closed. */
void media_group_set(struct media *media, unsigned worker, media_id group,
	const struct media_group_settings *settings);
void media_group_close(struct media *media, unsigned worker, media_id group);

/* ---- a member's leg ---- */

/* Which buttons count, a bit each: 1 << MEDIA_TRIGGER_DTMF ... */
enum media_trigger {
	MEDIA_TRIGGER_DTMF, /* RFC 4733 */
	MEDIA_TRIGGER_INFO,
	MEDIA_TRIGGER_RTCP, /* MCPTT floor packets */
	MEDIA_TRIGGER_MESSAGE,
	MEDIA_TRIGGER_API,
	MEDIA_TRIGGER_VOX,
	MEDIA_TRIGGER_MUTE,
	MEDIA_TRIGGER_HOLD,
	MEDIA_TRIGGER_ED137,
	MEDIA_TRIGGER_COUNT,
};
/* "dtmf" ...; "none" for what is no trigger. */
const char *media_trigger_name(unsigned trigger);

#define MEDIA_TRIGGERS_DEFAULT                                                            \
	(1u << MEDIA_TRIGGER_DTMF | 1u << MEDIA_TRIGGER_INFO | 1u << MEDIA_TRIGGER_RTCP | \
		1u << MEDIA_TRIGGER_MESSAGE | 1u << MEDIA_TRIGGER_API)

#define MEDIA_IDENTITY_MAX 120

/* What was agreed on for its m=application (a=fmtp:MCPTT, TS 24.380 §12). */
struct media_floor_terms {
	bool may_queue;     /* mc_queueing in the answer */
	bool wants_granted; /* mc_granted in the offer: what becomes of `is_request` is answered
			       as a press is, with number 0 and MEDIA_TRIGGER_RTCP */
	bool is_request;    /* mc_implicit_request in the answer: joining asks for the floor */
	uint8_t priority;   /* mc_priority as answered; 0: none was */
};

/* Of the floor channel, when a port was taken for it: as in struct media_end. `offer` 0: not agreed
 * on, or not said yet. */
struct media_floor_end {
	uint32_t offer;
	bool is_blind;
	struct media_address rtp, signalling, source;
};

/* All of a member's leg, by value. */
struct media_member_description {
	/* `coding` is required, and is how the leg speaks: `sends` are the numbers of our SDP to
	 * it, `gets` those of its SDP. Whether others speak the same makes no difference to it. */
	struct media_end audio;
	struct media_floor_end floor;
	struct media_floor_terms terms;
	/* The direction as the far end has it (RFC 3264 §6.1): what it does not want is not sent.
	 */
	bool sends, receives;
	bool may_talk; /* false: listen-only, or another one's broadcast */
	bool is_muted; /* by the dispatcher: its sound counts as none, and it loses the floor */
	bool may_declare_emergency;
	bool is_anonymous; /* its identity is not told to other members */
	uint8_t priority;  /* of the user, and its cap: 0 to 255 */
	uint16_t triggers; /* that count for it */
	enum media_watch watch;
	uint8_t dscp;            /* 0 to 63, or MEDIA_DSCP_DEFAULT */
	uint8_t level_extension; /* RFC 6464 as agreed: 1 to 14; 0: none */
	bool is_radio;           /* ED-137 style bits in its extension (profile 0x0167) */
	uint8_t radio_id;        /* that our SDP gave it (a=ptt-id), 0 to 63 */
	/* R2S-KeepAlivePeriod and -Multiplier as answered, both ways; 0: the defaults of ed137.h */
	uint16_t radio_period_ms;
	uint8_t radio_multiplier;
	/* What the group's worker knows it by: comes back in reports and talk spurts. Several legs
	 * of one member have one tag or several, as that worker likes. */
	uint64_t tag;
	/* The URI that Floor Taken names ("sip:alice@example.test"), terminated, cut off at
	 * MEDIA_IDENTITY_MAX. Copied from the first description, and the same for good. */
	const char *identity;
};

struct media_member_lease {
	media_id member;
	unsigned thread;     /* relay thread of its ports */
	uint16_t port;       /* of its audio; RTCP is on the next one */
	uint16_t floor_port; /* of its floor packets; 0: none was asked for */
};

/*
 * Takes ports for a leg on a local address (an index into the configuration's `locals`), on the
 * group's thread or, when that has enough of its legs, on another one. A floor channel is taken
 * here or never. 0, -EINVAL (no such local address or thread), or -ENOBUFS: no ports or sessions
 * are left there, which is counted (media_ports_exhausted; answer 503).
 */
int media_join(struct media *media, unsigned worker, const struct media_group_lease *group,
	unsigned local, bool wants_floor, uint64_t owner, struct media_member_lease *ret_lease);
/* Joins at the first call. Ignored when the member was dropped or has ended. */
void media_member_set(struct media *media, unsigned worker, media_id member,
	const struct media_member_description *description);
void media_member_drop(struct media *media, unsigned worker, media_id member);

/* ---- buttons ---- */

enum media_button {
	MEDIA_BUTTON_KEY,       /* `key`: what it means the group's settings say */
	MEDIA_BUTTON_REQUEST,   /* asks for the floor: "ptt", an API's grant, resumed from hold */
	MEDIA_BUTTON_RELEASE,   /* gives it back, or leaves the queue: "over", held */
	MEDIA_BUTTON_GRANT,     /* by the dispatcher: takes the floor from whoever has it */
	MEDIA_BUTTON_REVOKE,    /* by the dispatcher: takes it from this member */
	MEDIA_BUTTON_EMERGENCY, /* declares an emergency and asks for the floor */
	MEDIA_BUTTON_DECLARE,   /* by the dispatcher: the group's emergency; asks for nothing */
	MEDIA_BUTTON_CLEAR,     /* the group's emergency is over */
	MEDIA_BUTTON_ASK,       /* changes nothing: "q" and "who" */
	MEDIA_BUTTON_COUNT,
};

struct media_press {
	uint8_t button;   /* enum media_button */
	uint8_t trigger;  /* enum media_trigger: INFO, MESSAGE, API or HOLD */
	uint8_t priority; /* asked for, capped by the member's; 0: the member's own */
	char key;         /* '0' to '9', '*', '#', 'A' to 'D' */
	uint32_t number;  /* comes back in the answer; of INFO its CSeq, by which presses differ */
	uint64_t received_ns; /* by the worker's clock, when the message came; 0: not known */
};

/*
 * 0; -EAGAIN when as many presses as there is room for wait for the relay thread, which is counted
 * (group_presses_refused); -ENOENT when the member was dropped or has ended. A press before the
 * first description counts when the description has come.
 */
int media_member_press(
	struct media *media, unsigned worker, media_id member, const struct media_press *press);

enum media_outcome {
	MEDIA_OUTCOME_GRANTED,  /* it has the floor now, or had it */
	MEDIA_OUTCOME_QUEUED,   /* it waits, at `position` */
	MEDIA_OUTCOME_DENIED,   /* for `cause` */
	MEDIA_OUTCOME_RELEASED, /* it has no floor and waits for none */
	MEDIA_OUTCOME_REVOKED,  /* it is taken away, for `cause` */
	MEDIA_OUTCOME_IGNORED,  /* this trigger does not count, the same press came another way ...
				 */
};

/* What became of a press; or, with `number` 0, of a request that waited, or of a floor that was
 * taken away, whatever way it was asked for. */
struct media_answer {
	uint32_t number;
	uint8_t trigger;
	uint8_t outcome;                 /* enum media_outcome */
	uint16_t cause;                  /* of Deny or Revoke, TS 24.380 §8.2.3.4; 0: none */
	uint16_t position;               /* in the queue, from 1; 0: does not wait */
	uint64_t talker_tag;             /* who has the floor, the first of them; 0: nobody */
	char talker[MEDIA_IDENTITY_MAX]; /* its identity; empty: nobody, or anonymous */
};

/* ---- what is told ---- */

/* Bits of `member_told`: those of enum media_told (end 0 is its audio, end 1 its floor channel),
 * and these. MEDIA_TOLD_SILENT: neither was heard for as long as `watch` allows; whether that is
 * the end of a listener its worker decides. */
enum media_member_told {
	MEDIA_TOLD_CLOSED = 1 << 6, /* its group is gone: say BYE and drop it */
};

/* Why a talk spurt ended. */
enum media_spurt_end {
	MEDIA_SPURT_RELEASED,
	MEDIA_SPURT_MEDIA_ENDED, /* no RTP for T1 */
	MEDIA_SPURT_TIME_OVER,
	MEDIA_SPURT_PREEMPTED,
	MEDIA_SPURT_REVOKED,      /* by the dispatcher, or muted */
	MEDIA_SPURT_LEFT,         /* the leg ended, or its right to talk did */
	MEDIA_SPURT_CLOSED,       /* the group did */
	MEDIA_SPURT_GRANTED_AWAY, /* the dispatcher gave the floor to another */
};

/* "released" ...; constant. */
const char *media_spurt_end_name(unsigned end);

/* One talk spurt that has ended, for the record. In an open group: somebody's speech. */
struct media_spurt {
	media_id group, member;
	uint64_t tag;
	uint64_t ago_ms;    /* since it began */
	uint64_t began_ms;  /* Unix time: the same in the recording's sheet */
	uint32_t length_ms; /* from the grant to its end */
	uint32_t packets;   /* of the talker, that were heard */
	uint32_t lost;      /* of the talker, on their way to us */
	uint32_t grant_us;  /* from the trigger's arrival to the grant; 0: not known */
	uint16_t clipped;   /* frames of speech dropped before its grant */
	uint8_t trigger;    /* enum media_trigger */
	uint8_t end;        /* enum media_spurt_end */
	uint8_t priority;
	bool is_emergency;
};

/* ---- reports ---- */

struct media_member_report {
	uint64_t member; /* media_id */
	uint64_t group;  /* media_id */
	uint64_t leg;    /* media_id that its report is merged from; 0: it is whole */
	uint64_t tag;
	uint64_t age_ms;                       /* since it was described first */
	uint64_t floor_packets, floor_dropped; /* on its floor channel; from elsewhere or garbage */
	/* Packets of sound that nobody heard, for it had not the floor. Most of them the kernel
	 * throws away: they are counted here, but not in `audio`. */
	uint64_t ungranted;
	uint64_t talked_ms;
	uint32_t thread;
	uint32_t spurts;
	uint32_t presses; /* of all kinds, that counted */
	uint8_t is_silent;
	uint8_t is_talking;
	uint8_t codec;     /* enum codec_id */
	int8_t level;      /* of what it sends, dBFS; -127: none */
	uint32_t position; /* in the queue; 0: none */
	struct media_end_report audio;
};

/* One who talks, or waits. */
struct media_speaker {
	uint64_t tag;
	uint64_t member;   /* media_id */
	uint32_t since_ms; /* ago */
	uint8_t trigger;
	uint8_t priority;
	int8_t level; /* dBFS; -127: none */
	uint8_t is_emergency;
};

struct media_group_report {
	uint64_t group;   /* media_id */
	uint64_t age_ms;  /* since it was opened */
	uint64_t idle_ms; /* since the last release; 0 while somebody talks */
	uint64_t emergency_tag;
	uint64_t spurts, denied, revoked, ungranted;
	uint32_t thread;
	uint32_t members;
	uint32_t change; /* counts changes of who talks and who waits */
	uint16_t talker_count;
	uint16_t waiting_count; /* all; `waiting` shows MEDIA_GROUP_SHOWN_MAX of them */
	uint8_t is_emergency;
	uint8_t is_revoking; /* G: pending Floor Revoke */
	uint8_t floor;       /* enum media_floor */
	uint8_t keepalive;   /* enum media_keepalive */
	uint8_t refuse_tone; /* has_refuse_tone */
	uint8_t is_reserved; /* for who has released it: the hang time goes on */
	uint8_t spare[2];
	struct media_speaker talkers[MEDIA_GROUP_TALKERS_MAX];
	struct media_speaker waiting[MEDIA_GROUP_SHOWN_MAX];
};

/*
 * All run on the worker that opened the group or took the leg, between its events. `owner` is what
 * media_group_open or media_join was given. After the drop there is only `..._ended`. They may call
 * all functions of this file. Each may be NULL.
 */
struct media_group_user {
	void (*member_told)(void *context, media_id member, uint64_t owner, uint32_t told);
	void (*member_ended)(void *context, media_id member, uint64_t owner,
		const struct media_member_report *report);
	void (*answered)(
		void *context, media_id member, uint64_t owner, const struct media_answer *answer);
	void (*group_told)(void *context, media_id group, uint64_t owner, uint32_t told);
	void (*group_ended)(void *context, media_id group, uint64_t owner,
		const struct media_group_report *report);
	/* of each group that this worker opened */
	void (*spurt)(
		void *context, media_id group, uint64_t owner, const struct media_spurt *spurt);
	void *context;
};

void media_set_group_user(
	struct media *media, unsigned worker, const struct media_group_user *user);

/* As of what was told last, or of about a second ago. Errors as of media_read_report. */
int media_read_group(struct media *media, media_id group, struct media_group_report *ret_report);
int media_read_member(struct media *media, media_id member, struct media_member_report *ret_report);

#endif
