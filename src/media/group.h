/* SPDX-License-Identifier: Apache-2.0 */
/* group.h: a push-to-talk group on its relay thread: its members, its floor, who is heard. */
#ifndef MEDIA_GROUP_H
#define MEDIA_GROUP_H

#include "base/list.h"
#include "base/slab.h"
#include "codec/codec.h"
#include "floor/floor.h"
#include "media/config.h"
#include "media/lease.h"
#include "rtp/rtcp_write.h"

struct member;
struct mixer;

/* Keep-alive, tones and mixes go out at this pace. */
#define GROUP_FRAME_MS 20

/* Those who listen on other relay threads, for the owner of the group. */
struct group_away {
	struct list listeners;         /* member.listening; nothing is sent by this list */
	uint64_t threads[CODEC_COUNT]; /* that have any, a bit each */
	uint32_t counts[CODEC_COUNT][MEDIA_THREADS_MAX];
	uint64_t owed_threads; /* that missed what the floor is */
	bool is_owing;         /* a member that missed something, member.owed */
};

/* What those who listen can take (audience.h); reckoned when it is needed. */
struct group_audience {
	bool is_known;
	uint32_t rate;                /* the highest that one of them can play, or a speaker say */
	struct codec_settings shared; /* of Opus to all of them */
};

/* Owner: the relay thread. Lifetime: from its first description to its close. */
struct group {
	struct floor floor; /* stopped where settings->floor is MEDIA_FLOOR_OPEN */
	struct relay *relay;
	struct lease *lease;
	const struct media_group_settings *settings; /* in the lease, as heard last */
	media_id id;
	struct list link;                   /* of the thread's groups */
	struct list members;                /* longest joined first, by member.link */
	struct list listeners[CODEC_COUNT]; /* who wants to hear, by its codec, member.listening */
	struct list channels;               /* who has floor packets, by channel.link */
	struct list pressing;               /* who holds a key down, by member.pressing */
	struct list voice_keys;             /* whose sound is a button, by voice_key.link */
	struct list overlaid; /* streams that somebody hears with a tone, by overlay_source.link */
	struct list asked;    /* whose presses are not answered yet, member.asked.link */
	uint32_t member_count;
	/* who is heard, longest first */
	struct member *speakers[MEDIA_GROUP_TALKERS_MAX];
	unsigned speaker_count;
	bool is_closing;
	struct mixer *mixer; /* NULL: none is needed */
	struct group_audience audience;
	uint32_t told; /* enum media_group_told, to be told at the end of the round */
	uint32_t change;
	uint32_t shown_frames; /* counted while somebody is heard */
	uint64_t opened_ms;
	uint64_t quiet_ms;  /* since when nobody has been heard */
	uint8_t floor_kind; /* enum media_floor that the members are in */
	uint64_t emergency_tag;
	uint64_t spurts, denied, revoked, ungranted;
	char cname[RTCP_CNAME_MAX]; /* of our streams; random (RFC 7022) */
	struct group_away away;     /* members whose legs are on other threads */
	/* a branch (branch.h): no lease, no floor; settings are `own` */
	bool is_branch;
	bool is_known; /* the owner has shown what the group is like */
	struct media_group_settings own;
};

/* The groups of a relay thread. */
struct groups {
	struct slab slab;
	struct list open;    /* by group.link */
	struct list awaited; /* members whose legs are not there yet, by member.link */
	uint64_t due_ms;     /* when a floor is due; 0: at the end of this round */
	uint64_t frame_ns;   /* the next pass over all listeners */
};

/* 0 or -ENOMEM. */
int groups_init(struct groups *groups, const struct media_config *config);
void groups_done(struct groups *groups);

/* At the end of a round: floors that are due, the pass each 20 ms, what is to be told. */
void groups_run(struct relay *relay);
/* Milliseconds that the thread may sleep for, at most `most`. */
int groups_wait_ms(const struct relay *relay, int most);

/* A description came for the lease of a group: opened, changed or closed. */
void group_hear(struct relay *relay, struct lease *lease);

/* A part of a group that is owned by another thread; NULL: no room. */
struct group *group_open_branch(struct relay *relay, media_id id);
void group_close_branch(struct group *branch);

/* The group of that id that this thread owns, or NULL. */
struct group *group_find(struct relay *relay, media_id id);

/* A member comes and goes; its description is there. */
void group_add(struct group *group, struct member *member);
void group_remove(struct group *group, struct member *member);
/* It was described anew. */
void group_change(struct group *group, struct member *member);

/* Whether a leg is a listener, by its description. */
void group_hear_or_not(struct group *group, struct member *member);

/* As its description and the group's settings have it, its sound is a button or is not. */
void group_change_voice_key(struct group *group, struct member *member);

/* Bits of enum media_group_told. */
void group_tell(struct group *group, uint32_t bits);

/* It is heard from now on, or not any more. */
void group_open_gate(struct group *group, struct member *member);
void group_close_gate(struct group *group, struct member *member);

/* The floor was asked something: it decides at the end of this round. */
void group_touch(struct group *group);

#endif
