/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h — those who watch a group (RFC 4575, RFC 6665): their subscriptions, and what they are
 * told. */
#ifndef APP_PTT_WATCH_H
#define APP_PTT_WATCH_H

#include "app/ptt/errand.h"
#include "app/ptt/ptt.h"
#include "dialog/dialog.h"
#include "runtime/alarm.h"

struct ptt_room;

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
	struct alarm expiry;
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
	struct alarm pace;
};

/* ---- watch.c: SUBSCRIBE and NOTIFY ---- */
bool watch_admit(struct ptt *p, struct incoming *incoming);
void watch_request(struct ptt *p, struct incoming *incoming, struct transaction *server,
	const struct ptt_group *group);
void watch_again(struct ptt *p, struct ptt_subscription *subscription,
	const struct incoming *incoming, struct transaction *server);
struct ptt_subscription *subscription_of(struct ptt *p, const struct pv_message *request);
void subscription_expired(struct ptt *p, struct ptt_subscription *subscription);
/* Its NOTIFY has ended. */
void subscription_told(struct ptt *p, struct ptt_subscription *subscription, unsigned status);
/* A notice of the roster's is here. */
void subscription_take(struct ptt *p, struct errand *errand);
void watches_farewell(struct ptt *p);

/* ---- watcher.c: beside the roster ---- */
/* A subscription's report is here. */
void watcher_take(struct ptt *p, struct errand *errand);
/* Every watcher who has not heard of it. */
void room_notify(struct ptt *p, struct ptt_room *room);
void watcher_pace(struct ptt *p, struct ptt_watcher *watcher);
void room_end_watchers(struct ptt *p, struct ptt_room *room);

/* ---- document.c: application/conference-info+xml (RFC 4575) ---- */
/* All, or what changed since `since`. The length, 0: it does not fit. */
size_t document_write(struct ptt *p, const struct ptt_room *room, const struct ptt_group *group,
	uint32_t version, bool is_full, uint64_t since, char *text, size_t room_for);

#endif
