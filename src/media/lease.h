/* SPDX-License-Identifier: Apache-2.0 */
/* lease.h: what a worker and a relay thread share of a session, a group or a member's leg: the last
 * description and presses one way, what happened and the report the other. */
#ifndef MEDIA_LEASE_H
#define MEDIA_LEASE_H

#include "base/mailbox.h"
#include "base/seqlock.h"
#include "media/group_command.h"
#include "runtime/worker.h"

struct relay;
struct media_worker;

/* What a lease is of: decides which description, report and object it has. */
enum lease_kind {
	LEASE_SESSION,
	LEASE_GROUP,
	LEASE_MEMBER,
	LEASE_LEG, /* of a member, on another thread than its group's */
};
#define LEASE_KINDS 4

/* In the bits that are told: the relay thread is done with the lease. */
#define MEDIA_TOLD_ENDED (1u << 31)

/* There is room for what is of the lease's kind. */
struct lease_said {
	bool is_dropped;     /* DROP; the rest does not matter */
	bool has_transcoder; /* one is reserved */
	union {
		struct media_description description; /* of a session */
		struct media_group_settings group;
		struct media_member_description member;
	};
};

/* The first word of each is the id. */
union lease_report {
	struct media_report session;
	struct media_group_report group;
	struct media_member_report member;
};

#define LEASE_PRESSES 8

/*
 * Who may call what, when
 *
 *   lease_say             the worker, until it said DROP
 *   lease_press           likewise
 *   lease_hear            the relay thread, once for each mail of the lease that it takes
 *   lease_pressed         the relay thread, after that
 *   lease_tell            the relay thread, on a lease that has not ended; after MEDIA_TOLD_ENDED
 *                         the lease is the worker's alone
 *   lease_told            the worker, once for each task of the lease that it runs
 *   lease_publish         the relay thread
 *   lease_read            any thread: leases are never unmapped while there are threads
 *
 * Three descriptions lie in the lease: one the worker writes, one the relay thread reads, and the
 * middle one changes hands with one exchange. The same exchange says whether the lease's mail is
 * under way, so there is never more than one, it is never posted twice, and a description that is
 * replaced before it was read was not lost but out of date. Presses are not replaced: they wait in
 * a ring of their own, and use the same mail.
 */
struct lease {
	struct mail mail; /* to the relay thread */
	_Atomic uint32_t middle;
	_Atomic uint32_t told;   /* not yet seen by the worker; not 0: `task` is under way */
	struct worker_task task; /* to the worker */
	/* set when it is taken, constant then */
	enum lease_kind kind;
	media_id id;
	uint64_t owner;
	struct relay *relay;
	struct media_worker *worker;
	uint32_t pairs[MEDIA_ENDS]; /* indices in the relay thread's stock; of a member: of its
				       audio and of its floor channel */
	uint8_t pair_count;
	media_id group;     /* of a member */
	struct lease *twin; /* of a LEASE_LEG its LEASE_MEMBER, and the other way round; or NULL */
	/* of its object in its thread's slab, for the twin's thread; 0: not there */
	_Atomic uint64_t handle;
	_Atomic uint32_t gate;      /* of a member with a leg elsewhere: enum away_gate */
	_Atomic uint32_t ssrc;      /* of a leg: of what it is sent */
	_Atomic uint32_t ungranted; /* of a leg: packets of sound that it did not pass on; wraps */
	/* of a group: generation << 32 | members whose legs are on its own thread; by all workers
	 */
	_Atomic uint64_t legs;
	/* the worker's */
	bool is_counted; /* in its group's `legs` */
	bool has_ended;
	uint8_t back;
	bool is_dropped;
	bool has_transcoder; /* reserved */
	bool is_named;       /* its identity is there */
	uint32_t generation; /* odd while it is taken */
	uint32_t next_free;  /* index + 1 */
	/* the relay thread's */
	uint8_t front;
	void *object; /* the session, group or member; NULL: not described yet */
	/* the worker writes at `press_tail`, the relay thread reads at `press_head` */
	_Atomic uint32_t press_head, press_tail;
	struct seqlock lock; /* of the report, which the relay thread writes */
	/* as large as its kind needs, for there are many: three descriptions, the report; of a
	 * member its presses and its identity, too */
	_Alignas(8) char rest[];
};

/* A worker's leases. Type-stable memory that costs nothing before it is used, for each kind its
 * own. */
struct lease_pool {
	struct lease_shelf {
		char *leases;
		size_t map_size;
		uint32_t touched, free_list;
	} shelves[LEASE_KINDS];
	uint32_t capacity, taken; /* of all kinds together */
	unsigned worker;
};

/* 0, -EINVAL or -ENOMEM. */
int lease_pool_init(struct lease_pool *pool, unsigned worker, uint32_t capacity);
void lease_pool_done(struct lease_pool *pool);
/* NULL when all are taken. */
struct lease *lease_take(struct lease_pool *pool, enum lease_kind kind);
void lease_give(struct lease_pool *pool, struct lease *lease);
/* The taken lease of that name, or NULL. The worker only. */
struct lease *lease_get(struct lease_pool *pool, media_id id);
/* The place of a lease of that name, taken or not, or NULL. Any thread. */
struct lease *lease_at(const struct lease_pool *pool, media_id id);
/* One leg more on the thread of the group with that name; false: there are as many as `most`, or
 * the group is gone. Any worker. */
bool lease_count_leg(struct lease *group, media_id id, uint32_t most);
void lease_forget_leg(struct lease *group, media_id id);

/* Which worker's pool a name is of. */
unsigned lease_worker(media_id id);

/* `description` is of the lease's kind; NULL says DROP. True when the lease's mail must be posted.
 */
bool lease_say(struct lease *lease, const void *description);
/* What was said last, or NULL when that was heard before and the mail came for a press. */
const struct lease_said *lease_hear(struct lease *lease);

/* 0, -EAGAIN (full), or 1: done, and the lease's mail must be posted. */
int lease_press(struct lease *lease, const struct media_press *press);
/* The oldest press; false when there is none. */
bool lease_pressed(struct lease *lease, struct media_press *ret_press);

/* True when the lease's task must be posted. */
bool lease_tell(struct lease *lease, uint32_t bits);
uint32_t lease_told(struct lease *lease);

/* What the twin's thread names the lease's object by from now on. */
static inline void lease_show(struct lease *lease, uint64_t handle)
{
	atomic_store_explicit(&lease->handle, handle, memory_order_release);
}

/* `report` is of the lease's kind. */
void lease_publish(struct lease *lease, const void *report);
/* 0, -ENOENT (another one's report, or none) or -EAGAIN. */
int lease_read(const struct lease *lease, enum lease_kind kind, media_id id, void *ret_report);

#endif
