/* SPDX-License-Identifier: Apache-2.0 */
/* member.h: a member's leg of a group: what it sends, what it gets, its buttons. */
#ifndef MEDIA_MEMBER_H
#define MEDIA_MEMBER_H

#include "base/list.h"
#include "base/token_bucket.h"
#include "floor/floor.h"
#include "media/end.h"
#include "media/fastpath/copy.h"
#include "media/lease.h"
#include "media/refusal.h"
#include "media/reporter.h"
#include "record/record.h"
#include "sound/keys.h"
#include "sound/press.h"
#include "sound/splice.h"
#include "sound/tone.h"

struct channel;
struct group;
struct overlay;
struct voice_key;

/* Presses by SIP or control that are not answered yet, the oldest first. What is more than that in
 * one round takes the place of the last. */
#define MEMBER_ASKED_MAX LEASE_PRESSES

struct member_asked {
	struct list link; /* of group.asked */
	uint16_t cause;   /* of the Deny that came at the end of the round; 0: none did */
	uint8_t count;
	struct member_press {
		uint32_t number;
		uint8_t trigger;
		bool is_ignored;
		uint16_t cause; /* of the Deny that came at once */
	} presses[MEMBER_ASKED_MAX];
};

/* What a member whose leg is elsewhere was to be told, and what found no room on the way. */
enum member_owed {
	MEMBER_OWED_GATE = 1 << 0,
	MEMBER_OWED_WORD = 1 << 1, /* of the floor */
};

/* The talk spurt that goes on. */
struct member_spurt {
	uint64_t began_ms;
	uint64_t began_wall_ms;
	uint32_t packets, lost; /* of its receiver, at the beginning */
	uint32_t grant_us;
	uint16_t clipped;
	uint8_t trigger, priority;
	bool is_emergency;
};

/* How the kernel reaches it (copies.h). */
struct member_copy {
	struct copy_target target;
	uint32_t length_most;    /* of an RTP packet */
	uint64_t rests_until_ms; /* it is sent to until then */
	uint64_t look_ms;        /* when the way is looked for again */
	uint32_t changes;        /* of interfaces and routes, when it was found */
};

/* Owner: the relay thread. Lifetime: from its first description to its drop. Where its leg is on
 * another thread than its group there are two of them: with its group one without ports, and on the
 * other thread one without a floor (away.h, branch.h). */
struct member {
	struct stream_end audio; /* `owner` of it: this */
	/* what a fan-out touches beside that */
	_Alignas(CACHE_LINE) struct splice splice; /* its stream from us */
	struct list listening;                     /* of its group's listeners */
	uint32_t quiet_frames;                     /* since then */
	uint64_t fed_ms;     /* when it got a talker's packet last; 0: long ago */
	uint8_t tone;        /* enum tone that it hears; TONE_COUNT: none */
	uint16_t tone_ms;    /* of it, that it has heard */
	uint32_t ticks_most; /* of a packet that it takes, in time stamp units (repack.h) */
	uint8_t codec;       /* enum codec_id; CODEC_NONE: none that we know */
	uint8_t level;       /* -dBov of its last sound */
	bool is_speaking;    /* heard */
	bool is_trailing;    /* not any more, but what it said last is (mixer.h) */
	bool is_away;        /* its leg is on another thread: `audio` is not used */
	uint8_t away_codec;  /* with which it is counted there */
	bool is_radio;       /* gets ED-137 style bits */
	uint8_t voice_type;  /* payload type of what it says */
	uint8_t event_type;  /* payload type of its telephone-event; 0: none */
	uint8_t noise_type;  /* of comfort noise to it; 0: none */
	_Alignas(CACHE_LINE) struct member_copy copy;
	/* what it says */
	_Alignas(CACHE_LINE) struct floor_member floor;
	struct splice_source source; /* of its packets */
	struct group *group;         /* NULL: closed, or never found */
	struct lease *lease;
	const struct media_member_description *said; /* in the lease, as heard last */
	struct voice_key *voice_key;                 /* NULL: its sound is no button */
	struct channel *channel;                     /* NULL: it has no floor packets */
	struct list link;                            /* of group.members */
	struct keys keys;
	struct list pressing; /* of group.pressing */
	struct press press;
	struct token_bucket requests; /* of the floor, that it may make */
	struct token_bucket sound;    /* in milliseconds, that it may say */
	struct member_asked asked;
	struct member_spurt spurt;
	record_id record; /* of the spurt */
	struct reporter reporter;
	struct overlay
		*overlay;    /* encodes talk with its tone in it; NULL: needs none, or has none */
	uint64_t blended_ms; /* when its tone was last heard over talk; 0: long ago */
	uint64_t loud_ms;    /* when it was louder than background last; only in a conference */
	uint64_t asked_ms;   /* when it asked for the floor last */
	uint64_t refused_ms; /* that it asks too often is not heard again before */
	uint64_t pressed_ns; /* when the button that asked for the floor came; 0: none did */
	uint32_t pressed_dropped; /* floor.dropped then */
	uint64_t added_ms, watch_ms;
	uint64_t ungranted; /* packets of sound without the floor */
	uint64_t talked_ms; /* spurts that are over */
	uint32_t spurts, presses;
	enum media_watch watch;
	uint32_t muffled;       /* muffle_count at the last look */
	uint32_t leg_ungranted; /* of its leg elsewhere, at the last look */
	uint8_t owed;           /* enum member_owed */
	struct refusal refusal; /* whether it speaks in vain */
	bool is_silent;
	bool is_held; /* by its last direction */
};

static inline struct member *member_of_floor(const struct floor_member *floor)
{
	return container_of(floor, struct member, floor);
}

/* A description or a press came for the lease of a member. */
void member_hear(struct relay *relay, struct lease *lease);

/* A packet of it that its latch let pass. */
void member_packet(struct relay *relay, struct member *member, const struct media_packet *packet);

/* Those join whose legs on other threads have come. */
void member_look_for_legs(struct relay *relay);

/* Once a second: silence is told, RTCP sent, the report written. */
void member_watch(struct relay *relay, struct member *member);

/* Its stream from us is over: RTCP's BYE. It is in its group still. */
void member_say_bye(struct member *member);

/* Its group is gone. */
void member_orphan(struct member *member);

/* From the next packet on all of its sound comes. */
void member_unmuffle(struct member *member);

/* Something new that the report shows. */
void member_publish(struct relay *relay, struct member *member);

#endif
