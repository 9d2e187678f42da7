/* SPDX-License-Identifier: Apache-2.0 */
/* private.h — ptt on one worker: what lives there, and how it is found. */
#ifndef APP_PTT_PRIVATE_H
#define APP_PTT_PRIVATE_H

#include "app/ptt/leg.h"
#include "app/ptt/note.h"
#include "app/ptt/ptt.h"
#include "app/ptt/request.h"
#include "app/ptt/room.h"
#include "app/ptt/watch.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "dialog/tag.h"

/* What is waited for. */
enum ptt_timer_kind {
	PTT_TIMER_RESEND, /* our 2xx again, until its ACK */
	PTT_TIMER_ASKED,  /* whether it has the floor is not known: it is answered without */
	PTT_TIMER_ALARM,  /* its session timer */
	PTT_TIMER_PROBE,  /* its media are silent: is it there? */
	PTT_TIMER_EXPIRY, /* of a subscription */
	PTT_TIMER_PACE,   /* of a watcher: the next NOTIFY about who talks */
	PTT_TIMER_RING,   /* of one who is called out: it does not answer */
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
	struct alarms alarms;
	bool has_call_out;  /* of some group: registrations are looked at */
	bool is_ringing_on; /* one step of phones after the other, by who began with that */
	struct ptt_talk_row *talks;
	unsigned talk_next;
	uint64_t talk_count;
	struct pv_message scratch; /* for messages that are read again */
	struct pv_sdp sdp;
	char text[PV_SDP_BYTES_MAX]; /* a description or document that is being written */
	struct registry_binding bindings[REGISTRY_CONTACTS];
	char binding_text[REGISTRY_TEXT_ALL];
};

#define PTT_PROBE_MS 30000            /* a leg whose media are silent is asked so often */
#define PTT_ALIVE_MS (30 * 60 * 1000) /* and one that nothing else watches */
#define PTT_RING_MS  60000            /* who is called out and does not answer is given up */
#define PTT_ASKED_MS 200              /* for the word of a relay thread on who has the floor */

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

void ptt_timers_init(struct ptt *p);

#endif
