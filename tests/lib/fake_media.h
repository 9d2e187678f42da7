/* SPDX-License-Identifier: Apache-2.0 */
/* fake_media.h — relay threads that relay nothing: they remember what they were told, and say what
 * they are told to. */
#ifndef TESTS_FAKE_MEDIA_H
#define TESTS_FAKE_MEDIA_H

#include "media/command.h"
#include "media/group_command.h"
#include "runtime/worker.h"

#define FAKE_SESSIONS 64

struct fake_session {
	media_id id; /* 0: free */
	uint64_t owner;
	struct media_lease lease;
	unsigned locals[MEDIA_ENDS];
	bool is_set, is_dropped, has_transcoder;
	bool has_report, is_silent; /* for media_read_report */
	uint8_t missing;            /* likewise */
	unsigned changes;           /* media_set calls */
	struct media_description said;
	struct worker_task task;
	struct media *media;
};

#define FAKE_GROUPS  8
#define FAKE_MEMBERS 64

/* A group and a member's leg, as group_command.h has them. */
struct fake_group {
	media_id id; /* 0: free */
	bool is_closed;
	struct worker_task task;
	struct media *media;
	uint64_t owner;
	struct media_group_settings settings;
	struct media_group_report report;
};

struct fake_member {
	media_id id; /* 0: free */
	media_id group;
	uint64_t owner;
	struct media_member_lease lease;
	unsigned local, changes;
	bool is_set, is_silent;
	struct media_member_description said;
	char identity[MEDIA_IDENTITY_MAX];
};

/*
 * Stands in for the functions of media/command.h; link it in place of them. Owner: the test, one
 * worker. Sessions have ports 20000 and 20002, 20004 and 20006 …, in the order of their taking.
 */
struct media {
	struct worker *worker;
	struct media_user user;
	struct fake_session sessions[FAKE_SESSIONS];
	unsigned taken; /* ever: the next session's number */
	unsigned limit; /* sessions at once; what is more gets -ENOBUFS */
	unsigned refused;
	unsigned transcoders; /* reserved at once; what is more gets -ENOBUFS */
	struct media_group_user group_user;
	struct fake_group groups[FAKE_GROUPS];
	struct fake_member members[FAKE_MEMBERS];
	unsigned groups_opened, joined; /* ever */
	unsigned member_limit;          /* legs at once; what is more gets -ENOBUFS */
	struct media_press pressed;     /* the last one */
	/* A button was pressed; may be NULL. */
	void (*on_press)(void *context, unsigned member, const struct media_press *press);
	void *press_context;
	/* A group opens: its roster is being asked. May be NULL; called with press_context. */
	void (*on_open)(void *context);
};

void fake_media_init(struct media *media, struct worker *worker);
/* Sessions that were taken and have not ended. */
unsigned fake_media_in_use(const struct media *media);
/* The n-th session ever taken, from 0; NULL when it has ended. */
struct fake_session *fake_media_session(struct media *media, unsigned n);
/* The user hears of it, as enum media_told. */
void fake_media_tell(struct media *media, unsigned n, uint32_t told);
/* The ends of `missing` are not heard while the other one is; for each it hears so. */
void fake_media_miss(struct media *media, unsigned n, uint8_t missing);
/* It hears of silence and its end at once, and finds in the report which came last. */
void fake_media_tell_late(struct media *media, unsigned n, bool is_silent);

/* ---- fake_media_group.c: members have ports 30000 (floor: 30002), 30004 ... ---- */
/* Groups and members that were not closed or dropped. */
unsigned fake_media_groups(const struct media *media);
unsigned fake_media_members(const struct media *media);
/* The n-th member ever joined, from 0; NULL when it was dropped. */
struct fake_member *fake_media_member(struct media *media, unsigned n);
/* The group that was opened last; NULL when it was closed. */
struct fake_group *fake_media_group(struct media *media);
/* Their worker hears of it. */
void fake_media_member_tell(struct media *media, unsigned n, uint32_t told);
void fake_media_group_tell(struct media *media, uint32_t told);
/* The answer to a press of the n-th member. */
void fake_media_answer(struct media *media, unsigned n, const struct media_answer *answer);

#endif
