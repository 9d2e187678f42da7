/* SPDX-License-Identifier: Apache-2.0 */
/* relay.c: the loop of a relay thread. */
#include "media/relay.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/log.h"
#include "base/metrics.h"
#include "media/branch.h"
#include "media/channel.h"
#include "media/fastpath/route.h"
#include "media/group_report.h"
#include "media/member.h"
#include "media/mixer.h"
#include "media/place.h"
#include "media/session.h"
#include "media/voice_key.h"
#include "runtime/pin.h"

#define EVENTS_MOST 256
/* Of one socket in one round: a flood on one port must not starve the others. */
#define BURST_MOST 16
/* Pairs put into rings in one round: binding one costs about what forwarding a packet costs. */
#define FILL_MOST 8
/* A wave of calls must not keep packets waiting: the rest comes in the next round. */
#define MAILS_MOST 128
/* Each tick looks at its share of the sessions, so that each is seen once a second. */
#define TICK_MS 50
#define TICKS   20
/* A round that ends so much later than it was to has not been run meanwhile. */
#define LATE_MS 20

void relay_read_clock(struct relay *relay)
{
	relay->now_ns = clock_now_ns(relay->clock);
	relay->now_ms = relay->now_ns / 1000000;
}

/*
 * One datagram. The first of a round is read once and the socket left, for most streams have one
 * packet waiting and a second call only to hear "no more" costs as much as epoll's own look; a
 * socket that epoll finds ready in two rounds in a row is read until it is empty.
 */
static bool receive_one(struct relay *relay, struct media_socket *socket)
{
	struct media_packet packet = {.bytes = relay->packet, .component = socket->component};
	socklen_t length = sizeof(packet.from);
	ssize_t got = recvfrom(socket->fd, relay->packet, sizeof(relay->packet),
		MSG_DONTWAIT | MSG_TRUNC, &packet.from.any, &length);
	if (got < 0)
		return false;
	relay->packets++;
	packet.length = (uint32_t)got;
	if (UNLIKELY(!socket->end)) {
		metrics_add(METRIC_media_dropped_stray, 1);
		if (socket->component == COMPONENT_RTP)
			port_pair_remember(port_pair_of(socket), &packet.from, relay->now_ms);
	} else if (UNLIKELY((size_t)got > sizeof(relay->packet))) {
		metrics_add(METRIC_media_dropped_too_big, 1);
	} else {
		relay_read_clock(relay);
		unsigned events = end_receive(relay, socket->end, &packet, relay->now_ns);
		if (UNLIKELY(events))
			socket->end->told(relay, socket->end, events);
	}
	return true;
}

static void socket_ready(struct relay *relay, struct media_socket *socket)
{
	unsigned most = socket->round + 1 == relay->round ? BURST_MOST : 1;
	socket->round = relay->round;
	while (most-- > 0 && receive_one(relay, socket))
		continue;
}

bool relay_empty(struct relay *relay, struct media_socket *socket)
{
	unsigned most = BURST_MOST;
	while (most > 0 && receive_one(relay, socket))
		most--;
	return most > 0;
}

uint32_t relay_timeout_ms(const struct relay *relay, enum media_watch watch)
{
	const _Atomic uint32_t *most = watch == MEDIA_WATCH_TALK ? &relay->media->timeout_ms
								 : &relay->media->hold_timeout_ms;
	return atomic_load_explicit(most, memory_order_relaxed);
}

void relay_tell(struct lease *lease, uint32_t bits)
{
	/* after the bits are in, the lease may be gone, unless it is we who must post */
	struct worker *worker = relay_worker(lease);
	if (bits && lease_tell(lease, bits))
		worker_post(worker, &lease->task.mail);
}

void relay_end_lease(struct relay *relay, struct lease *lease)
{
	for (unsigned i = 0; i < lease->pair_count; i++)
		stock_quarantine(
			&relay->stock, stock_pair(&relay->stock, lease->pairs[i]), relay->now_ms);
	lease->object = NULL;
	atomic_fetch_sub_explicit(&relay->load, 1, memory_order_relaxed);
	relay_tell(lease, MEDIA_TOLD_ENDED);
}

void relay_ask_for_more(struct relay *relay, unsigned worker, unsigned local)
{
	struct refill *refill = &relay->refills[worker];
	if (stock_length(&relay->stock, worker, local) > relay->stock.wanted / 2)
		return;
	if (atomic_exchange(&refill->is_asked, true))
		return;
	refill->mail.kind = RELAY_MAIL_REFILL;
	mailbox_post(&relay->mailbox, &refill->mail);
}

static void hear_lease(struct relay *relay, struct lease *lease)
{
	switch (lease->kind) {
	case LEASE_SESSION:
		session_hear(relay, lease);
		break;
	case LEASE_GROUP:
		group_hear(relay, lease);
		break;
	case LEASE_MEMBER:
	case LEASE_LEG:
		member_hear(relay, lease);
		break;
	}
}

static void handle_mail(struct relay *relay, unsigned most)
{
	struct mail *mail;
	while (most-- > 0 && (mail = mailbox_take(&relay->mailbox))) {
		switch ((enum relay_mail)mail->kind) {
		case RELAY_MAIL_LEASE:
			hear_lease(relay, container_of(mail, struct lease, mail));
			break;
		case RELAY_MAIL_REFILL:
			atomic_store(&container_of(mail, struct refill, mail)->is_asked, false);
			relay->wants_filling = true;
			break;
		case RELAY_MAIL_TRUNK:
			trunk_hear(relay, container_of(mail, struct trunk, mail));
			break;
		case RELAY_MAIL_WAKE:
			break;
		}
	}
}

static void show(struct relay *relay)
{
	struct relay_shown *shown = &relay->shown;
	const _Atomic uint64_t *counts = metrics_here->values;
	uint64_t dropped = 0;
	/* the rows of drops stand together in metrics_list.h */
	for (unsigned id = METRIC_media_dropped_third; id <= METRIC_media_send_errors; id++)
		dropped += atomic_load_explicit(&counts[id], memory_order_relaxed);
	atomic_store_explicit(&shown->bound, stock_bound(&relay->stock), memory_order_relaxed);
	atomic_store_explicit(&shown->ready, stock_ready(&relay->stock), memory_order_relaxed);
	atomic_store_explicit(&shown->quarantined, relay->stock.quarantined, memory_order_relaxed);
	atomic_store_explicit(
		&shown->packets, relay->packets + relay->short_packets, memory_order_relaxed);
	atomic_store_explicit(&shown->forwarded,
		atomic_load_explicit(&counts[METRIC_media_forwarded], memory_order_relaxed),
		memory_order_relaxed);
	atomic_store_explicit(&shown->dropped, dropped, memory_order_relaxed);
}

/* A tick's share of the objects of a slab, going on where the last tick left off. */
static void watch_share(struct relay *relay, const struct slab *slab, uint32_t *watched,
	unsigned ticks, void (*watch)(struct relay *relay, void *object))
{
	uint32_t count = slab->touched * MIN(ticks, TICKS) / TICKS + 1;
	for (uint32_t i = 0; i < count && i < slab->touched; i++) {
		if (*watched >= slab->touched)
			*watched = 0;
		void *object = slab_at(slab, (*watched)++);
		if (slab_is_taken(object))
			watch(relay, object);
	}
}

static void watch_session(struct relay *relay, void *object)
{
	session_watch(relay, object);
}

static void watch_group(struct relay *relay, void *object)
{
	struct group *group = object;
	if (group->is_branch)
		branch_watch(group);
	else
		group_publish(group);
}

static void watch_member(struct relay *relay, void *object)
{
	member_watch(relay, object);
}

static void watch_all(struct relay *relay, unsigned ticks)
{
	watch_share(relay, &relay->sessions, &relay->watched, ticks, watch_session);
	watch_share(relay, &relay->groups.slab, &relay->watched_groups, ticks, watch_group);
	watch_share(relay, &relay->members, &relay->watched_members, ticks, watch_member);
}

static void tick(struct relay *relay)
{
	if (relay->now_ms < relay->tick_ms)
		return;
	if (relay->fastpath)
		fastpath_beat(relay->fastpath, relay->index, relay->now_ns);
	watch_all(relay, (unsigned)MIN(1 + (relay->now_ms - relay->tick_ms) / TICK_MS, TICKS));
	if (stock_expire(&relay->stock, relay->now_ms))
		relay->wants_filling = true;
	relay->tick_ms = relay->now_ms + TICK_MS;
	show(relay);
}

/* Whether the thread must come round by itself. */
static bool is_idle(const struct relay *relay)
{
	return relay->sessions.used == 0 && relay->members.used == 0 &&
	       relay->groups.slab.used == 0 && relay->stock.quarantined == 0;
}

/* Milliseconds that it may wait for packets or mail. */
static int wait_ms(const struct relay *relay)
{
	if (relay->wants_filling)
		return 0;
	if (is_idle(relay))
		return -1;
	return groups_wait_ms(relay, TICK_MS);
}

/* Before the next look. Nobody need ring meanwhile: the mailbox knows the thread awake. */
static void nap(struct relay *relay)
{
	if (relay->tick_us == 0 || relay->wants_filling)
		return;
	uint32_t nap_us = pace_nap_us(&relay->pace, relay->packets, relay->now_ns, relay->tick_us);
	struct timespec time = {.tv_nsec = (long)nap_us * 1000};
	if (nap_us > 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* What came, having waited for it so long. */
static void hear(struct relay *relay, int wait)
{
	struct epoll_event events[EVENTS_MOST];
	bool may_sleep = wait != 0 && mailbox_sleep(&relay->mailbox);
	int count = epoll_wait(relay->epoll_fd, events, EVENTS_MOST, may_sleep ? wait : 0);
	if (may_sleep) {
		mailbox_wake(&relay->mailbox);
		atomic_fetch_add_explicit(&relay->shown.wakes, 1, memory_order_relaxed);
	}
	relay_read_clock(relay);
	relay->round++;
	/* mail first: a session is there before its packets are */
	handle_mail(relay, MAILS_MOST);
	for (int i = 0; i < count; i++)
		if (events[i].data.ptr)
			socket_ready(relay, events[i].data.ptr);
}

void relay_round(struct relay *relay, int wait)
{
	uint64_t due_ms = relay->now_ms + (uint64_t)MAX(wait, 0);
	hear(relay, wait);
	/* the host let others run meanwhile: what came by now was in time, and goes before what the
	 * clock says of those who sent it */
	if (UNLIKELY(relay->now_ms > due_ms + LATE_MS))
		hear(relay, 0);
	if (relay->wants_filling)
		relay->wants_filling = stock_fill(&relay->stock, FILL_MOST, relay->now_ms);
	groups_run(relay);
	tick(relay);
	shortcuts_run(relay);
}

static void *run(void *context)
{
	struct relay *relay = context;
	char name[16];
	snprintf(name, sizeof(name), "media-%u", relay->index);
	pthread_setname_np(pthread_self(), name);
	log_thread_attach(name);
	metrics_attach(name);
	capabilities_forget_network();
	prctl(PR_SET_TIMERSLACK, 1000UL); /* naps are short */
	if (relay->core != PLACE_ANYWHERE && pin_thread((unsigned)relay->core) < 0)
		log_event(LOG_LEVEL_WARNING, "media_not_pinned", "thread=%u core=%d", relay->index,
			relay->core);
	while (!atomic_load_explicit(&relay->is_stopping, memory_order_acquire)) {
		nap(relay);
		relay_round(relay, wait_ms(relay));
		metrics_set(METRIC_media_ports_bound, 2 * stock_bound(&relay->stock));
	}
	metrics_set(METRIC_media_ports_bound, 0); /* of what runs */

	metrics_detach();
	log_thread_detach();
	return NULL;
}

int relay_start(struct relay *relay)
{
	sigset_t all, before;
	atomic_store(&relay->is_stopping, false);
	sigfillset(&all);
	/* signals are main's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = -pthread_create(&relay->thread, NULL, run, relay);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	relay->is_running = !error;
	return error;
}

void relay_stop(struct relay *relay)
{
	struct mail wake = {.kind = RELAY_MAIL_WAKE};
	if (!relay->is_running)
		return;
	atomic_store_explicit(&relay->is_stopping, true, memory_order_release);
	mailbox_post(&relay->mailbox, &wake);
	pthread_join(relay->thread, NULL);
	relay->is_running = false;
	/* `wake` is of this frame: what was posted is handled now, there are no packets any more */
	handle_mail(relay, UINT_MAX);
}

static int watch_mailbox(struct relay *relay)
{
	/* edge-triggered: nobody reads it */
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int error = mailbox_init(&relay->mailbox);
	if (error)
		return error;
	relay->mailbox.is_edge = true;
	return epoll_ctl(relay->epoll_fd, EPOLL_CTL_ADD, mailbox_fd(&relay->mailbox), &event) < 0
		       ? -errno
		       : 0;
}

/* Fills the rings before anybody asks. Fails when not one pair can be had on some address. */
static int fill_first(struct relay *relay)
{
	while (stock_fill(&relay->stock, FILL_MOST, relay->now_ms))
		continue;
	for (unsigned i = 0; i < relay->stock.local_count; i++)
		if (relay->stock.locals[i].bound == 0)
			return relay->stock.error ? relay->stock.error : -EADDRINUSE;
	return 0;
}

int relay_init(struct relay *relay, struct media *media, const struct media_config *config,
	unsigned thread, unsigned threads)
{
	relay->media = media;
	relay->index = thread;
	relay->clock = config->clock ? config->clock : clock_monotonic();
	relay->packet_rate = config->packet_rate ? config->packet_rate : 2500;
	relay->tick_us = config->tick_us;
	relay->fastpath = config->fastpath;
	relay->route_fd = -1;
	list_init(&relay->shortcuts);
	lane_init(&relay->resting, FASTPATH_REST_MS);
	relay_read_clock(relay);
	relay->tick_ms = relay->now_ms + TICK_MS;
	relay->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (relay->epoll_fd < 0)
		return -errno;
	int error = watch_mailbox(relay);
	if (!error)
		error = stock_init(&relay->stock, config, thread, threads, relay->epoll_fd);
	if (!error)
		error = slab_init_aligned(&relay->sessions, "media sessions",
			sizeof(struct session), stock_total(&relay->stock), CACHE_LINE);
	/* a group's own thread knows the legs on other threads, too */
	uint32_t members = stock_total(&relay->stock) * threads;
	if (!error)
		error = slab_init_aligned(&relay->members, "group members", sizeof(struct member),
			members, CACHE_LINE);
	if (!error)
		error = slab_init_aligned(&relay->channels, "floor channels",
			sizeof(struct channel), members, CACHE_LINE);
	if (!error)
		error = mixers_init(&relay->mixers, 0);
	if (!error)
		error = overlays_init(&relay->overlays, 0);
	if (!error)
		error = voice_keys_init(&relay->voice_keys, members);
	if (!error)
		error = groups_init(&relay->groups, config);
	if (!error)
		error = news_init(&relay->news, media);
	if (!error)
		error = trunks_init(relay, threads);
	if (!error)
		error = transcoders_init(&relay->transcoders, config->transcoders);
	if (!error && relay->fastpath) {
		relay->route_fd = route_open();
		error = MIN(relay->route_fd, 0);
	}
	relay->refills = calloc(config->workers->count, sizeof(*relay->refills));
	if (!error && !relay->refills)
		error = -ENOMEM;
	if (!error)
		error = fill_first(relay);
	show(relay);
	return error;
}

void relay_done(struct relay *relay)
{
	stock_done(&relay->stock);
	transcoders_done(&relay->transcoders);
	slab_done(&relay->sessions);
	slab_done(&relay->members);
	slab_done(&relay->channels);
	slab_done(&relay->mixers);
	overlays_done(&relay->overlays);
	slab_done(&relay->voice_keys);
	groups_done(&relay->groups);
	news_done(relay->news, relay->media->worker_count);
	trunks_done(relay);
	mailbox_done(&relay->mailbox);
	free(relay->refills);
	if (relay->epoll_fd > 0)
		close(relay->epoll_fd);
	if (relay->route_fd > 0)
		close(relay->route_fd);
}
