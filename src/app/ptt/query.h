/* SPDX-License-Identifier: Apache-2.0 */
/* query.h — what the main thread wants to know of the groups. */
#ifndef APP_PTT_QUERY_H
#define APP_PTT_QUERY_H

#include "app/ptt/ptt.h"

/*
 * Main's only, while the workers' threads run. Each question is a task that the group's home worker
 * runs between two of its events, on a copy; nobody takes a lock, no worker waits. Main waits for
 * it, two seconds at most: -ETIMEDOUT then, and what was asked may still be done.
 */

#define PTT_NAME_MAX 128 /* of a group, a user, a display name; what is longer is cut */

struct ptt_text {
	uint8_t length;
	char bytes[PTT_NAME_MAX];
};

enum ptt_floor_state {
	PTT_FLOOR_IDLE,
	PTT_FLOOR_TAKEN,
	PTT_FLOOR_PENDING,
	PTT_FLOOR_OPEN,
	PTT_FLOOR_HANG, /* nobody talks, and it is reserved for who has released it */
};

#define PTT_TALKERS_SHOWN 8

struct ptt_group_summary {
	struct ptt_text name, display;
	bool is_open;      /* floor = "open" */
	bool is_up;        /* somebody is in it */
	bool is_emergency; /* declared and not cleared */
	uint8_t floor;     /* enum ptt_floor_state */
	unsigned members;  /* that are in it now: legs */
	unsigned most;     /* max_members; 0: no limit */
	unsigned watchers; /* subscriptions to its roster */
	unsigned queued;
	unsigned talker_count;
	struct ptt_text talkers[PTT_TALKERS_SHOWN];
	uint64_t media;  /* media_id of the group, for media_read_group; 0: it is not open */
	uint64_t age_ms; /* since it was opened; 0: it is not */
	uint64_t talks;  /* spurts since then */
};

enum ptt_member_state { PTT_LISTENS, PTT_TALKS, PTT_QUEUES };

struct ptt_member_summary {
	struct ptt_text name, display, target; /* user, what its From shows, where its Contact is */
	uint8_t priority;
	bool listen_only, is_muted, is_held, is_called_out;
	bool has_floor_channel; /* speaks TS 24.380 */
	uint8_t state;          /* enum ptt_member_state */
	uint8_t position;       /* in the queue, from 1 */
	uint8_t codec;          /* enum codec_id */
	uint64_t media;         /* media_id of the leg, for media_read_member; 0: none yet */
	uint64_t age_ms;        /* since it joined */
};

/* A talk spurt that is over. */
struct ptt_talk {
	struct ptt_text group, member;
	uint64_t began_ms;           /* Unix time */
	uint64_t ago_ms;             /* since its end */
	uint32_t length_ms;          /* of the floor */
	struct pv_span trigger, why; /* names, constant */
	uint32_t packets, lost;
	uint32_t grant_us, clipped;
	uint8_t priority;
	bool is_emergency;
};

struct ptt_tables {
	struct worker_group *workers;
	struct ptt *const *ptts;         /* by worker */
	const struct ptt_groups *groups; /* in force */
	const struct siphash_key *group_key;
};

/* All groups of the configuration, by name's hash, open or not. 0, -ENOMEM or -ETIMEDOUT. */
int ptt_query_list(const struct ptt_tables *tables,
	void (*each)(void *context, const struct ptt_group_summary *group), void *context);
/* -ENOENT: there is no such group. */
int ptt_query_show(
	const struct ptt_tables *tables, struct pv_span group, struct ptt_group_summary *ret);
/* In the order of joining. */
int ptt_query_members(const struct ptt_tables *tables, struct pv_span group,
	void (*each)(void *context, const struct ptt_member_summary *member), void *context);
/* Those of them who talk or wait. */
int ptt_query_speakers(const struct ptt_tables *tables, struct pv_span group,
	void (*each)(void *context, const struct ptt_member_summary *member), void *context);
/* The last ones, oldest first; of all groups when `group` is empty (worker by worker then). */
int ptt_query_talks(const struct ptt_tables *tables, struct pv_span group,
	void (*each)(void *context, const struct ptt_talk *talk), void *context);

#endif
