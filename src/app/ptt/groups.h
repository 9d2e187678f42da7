/* SPDX-License-Identifier: Apache-2.0 */
/* groups.h — the groups of a configuration: who is a member of which, and what each one does. */
#ifndef APP_PTT_GROUPS_H
#define APP_PTT_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>
#include "base/siphash.h"
#include "codec/codec.h"

/* Which buttons count, a bit each. */
enum ptt_trigger {
	PTT_TRIGGER_DTMF = 1 << 0,
	PTT_TRIGGER_INFO = 1 << 1,
	PTT_TRIGGER_RTCP = 1 << 2,
	PTT_TRIGGER_MESSAGE = 1 << 3,
	PTT_TRIGGER_API = 1 << 4,
	PTT_TRIGGER_VOX = 1 << 5,
	PTT_TRIGGER_MUTE = 1 << 6,
	PTT_TRIGGER_HOLD = 1 << 7,
	PTT_TRIGGER_ED137 = 1 << 8,
};

enum ptt_preempt { PTT_PREEMPT_PRIORITY, PTT_PREEMPT_EMERGENCY, PTT_PREEMPT_NEVER };
enum ptt_keepalive { PTT_KEEPALIVE_SILENCE, PTT_KEEPALIVE_COMFORT, PTT_KEEPALIVE_NONE };

#define PTT_PRIORITY_OF_USER (-1)

/* A user of a group, or "*" alone stands for all that auth admits. */
struct ptt_member_config {
	struct pv_span name; /* of the user, as the configuration has it: unescaped */
	int priority;        /* 0 to 255, or PTT_PRIORITY_OF_USER */
	uint32_t triggers;   /* 0: the group's */
};

struct ptt_names {
	const char *const *item;
	unsigned count;
};

#define PTT_CODECS_MAX CODEC_COUNT

/* As the configuration says it. Filled by the daemon; texts are not copied. */
struct ptt_group_config {
	struct pv_span name;    /* the user part of its address, unescaped */
	struct pv_span display; /* or empty */
	const struct ptt_member_config *members;
	unsigned member_count;
	bool is_open;     /* floor = "open": a conference */
	uint32_t talkers; /* who may hold the floor at once, or be mixed */
	uint32_t triggers;
	char key_request, key_release;
	uint32_t max_talk_ms, hang_ms, idle_timeout_ms, vox_hang_ms;
	uint32_t max_duration_ms; /* of a member's call; 0: no limit */
	uint32_t queue;
	enum ptt_preempt preempt;
	struct ptt_names listen_only, call_out;
	struct ptt_names emergency_members; /* none: all members */
	bool broadcast, tones, refuse_tone, roger_tone;
	uint32_t legs;        /* of one member */
	uint32_t max_members; /* 0: no limit */
	enum ptt_keepalive keepalive;
	uint8_t codecs[PTT_CODECS_MAX]; /* enum codec_id, most wanted first */
	unsigned codec_count;
	const char *record; /* folder, or NULL */
};

/* What a group says of one of its members. */
struct ptt_membership {
	int priority; /* or PTT_PRIORITY_OF_USER */
	uint32_t triggers;
	bool listen_only, may_declare_emergency, is_called_out;
};

/* A group in force. Immutable. Lifetime: its set's. */
struct ptt_group {
	struct ptt_group_config config;
	uint64_t id; /* keyed hash of its name: the same in every set, and on every worker */
	unsigned index;
	const struct ptt_member_config **sorted; /* by name */
	bool for_all;                            /* "*" is among its members */
	struct ptt_member_config all;            /* what "*" says */
};

/*
 * All groups of a configuration. Owner: main; published by pointer, freed when every worker has run
 * a task after that. Immutable.
 */
struct ptt_groups {
	unsigned count;
	struct ptt_group *list; /* sorted by id */
};

/* `configs` is copied, the texts in it are not. 0 or -ENOMEM. */
int ptt_groups_new(struct ptt_groups **ret, const struct siphash_key *key,
	const struct ptt_group_config *configs, unsigned count);
/* NULL is accepted. */
void ptt_groups_free(struct ptt_groups *groups);

/* Of a canonical user part (unescaped, case kept). Any thread. */
uint64_t ptt_group_id(const struct siphash_key *key, struct pv_span name);
/* NULL when there is none. */
const struct ptt_group *ptt_groups_find(const struct ptt_groups *groups, uint64_t id);
/* Is `name`, a canonical user part, a member? */
bool ptt_group_has(const struct ptt_group *group, struct pv_span name, struct ptt_membership *ret);

#endif
