/* SPDX-License-Identifier: Apache-2.0 */
/* command.c: what a SIP worker asks of the relay threads, and what it is told. */
#include "media/command.h"

#include <errno.h>

#include "base/metrics.h"
#include "media/relay.h"

void media_set_user(struct media *media, unsigned worker, const struct media_user *user)
{
	media->workers[worker].user = *user;
}

/* The relay thread lets go of the lease; its last report is the final one. */
static void ended(struct media_worker *here, struct lease *lease)
{
	struct media_report report = {0};
	media_id id = lease->id;
	uint64_t owner = lease->owner;
	lease_read(
		lease, LEASE_SESSION, id, &report); /* its writer has ended: cannot be disturbed */
	lease_give(&here->leases, lease);
	if (here->user.ended)
		here->user.ended(here->user.context, id, owner, &report);
}

static void run_told(struct worker *worker, struct worker_task *task)
{
	struct lease *lease = container_of(task, struct lease, task);
	struct media_worker *here = lease->worker;
	uint32_t told = lease_told(lease);
	if (told & MEDIA_TOLD_ENDED)
		ended(here, lease);
	else if (!lease->is_dropped && here->user.told)
		here->user.told(here->user.context, lease->id, lease->owner, told);
}

/* What one end needs, both from one ring when they are on the same address. */
static bool has_ports(
	const struct media_worker *here, const struct relay *relay, const unsigned locals[])
{
	unsigned worker = here->worker->index;
	unsigned from_first = locals[0] == locals[1] ? 2 : 1;
	return stock_length(&relay->stock, worker, locals[0]) >= from_first &&
	       stock_length(&relay->stock, worker, locals[1]) >= 1;
}

/* The thread with the fewest sessions among those that have ports for us, or NULL. */
static struct relay *choose(struct media_worker *here, const unsigned locals[])
{
	struct media *media = here->media;
	struct relay *best = NULL;
	uint32_t least = UINT32_MAX;
	for (unsigned i = 0; i < media->relay_count; i++) {
		struct relay *relay = &media->relays[(here->turn + i) % media->relay_count];
		uint32_t load = atomic_load_explicit(&relay->load, memory_order_relaxed);
		bool has = has_ports(here, relay, locals);
		for (unsigned end = 0; !has && end < MEDIA_ENDS; end++)
			relay_ask_for_more(relay, here->worker->index, locals[end]);
		if (has && load < least) {
			best = relay;
			least = load;
		}
	}
	here->turn = (here->turn + 1) % media->relay_count;
	return best;
}

static int refuse(void)
{
	metrics_add(METRIC_media_ports_exhausted, 1);
	return -ENOBUFS;
}

int media_take(struct media *media, unsigned worker, const unsigned locals[MEDIA_ENDS],
	uint64_t owner, struct media_lease *ret_lease)
{
	struct media_worker *here = &media->workers[worker];
	if (locals[0] >= media->local_count || locals[1] >= media->local_count)
		return -EINVAL;
	struct relay *relay = choose(here, locals);
	struct lease *lease = relay ? lease_take(&here->leases, LEASE_SESSION) : NULL;
	if (!lease)
		return refuse();
	lease->owner = owner;
	lease->relay = relay;
	lease->worker = here;
	lease->pair_count = MEDIA_ENDS;
	lease->mail.kind = RELAY_MAIL_LEASE;
	lease->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = run_told};
	struct media_lease taken = {.session = lease->id, .thread = relay->index};
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		struct port_offer offer = {0};
		/* there: nobody else takes from our ring */
		stock_take(&relay->stock, worker, locals[i], &offer);
		lease->pairs[i] = offer.pair;
		taken.port[i] = offer.port;
		relay_ask_for_more(relay, worker, locals[i]);
	}
	atomic_fetch_add_explicit(&relay->load, 1, memory_order_relaxed);
	*ret_lease = taken;
	return 0;
}

static struct lease *living(struct media *media, unsigned worker, media_id session)
{
	struct lease *lease = lease_get(&media->workers[worker].leases, session);
	return lease && lease->kind == LEASE_SESSION && !lease->is_dropped ? lease : NULL;
}

static void say(struct lease *lease, const struct media_description *description)
{
	struct relay *relay = lease->relay;
	if (lease_say(lease, description))
		mailbox_post(&relay->mailbox, &lease->mail);
}

int media_reserve_transcoder(struct media *media, unsigned worker, media_id session)
{
	struct lease *lease = living(media, worker, session);
	if (!lease)
		return -ENOENT;
	if (!lease->has_transcoder && !transcoder_reserve(&lease->relay->transcoders)) {
		metrics_add(METRIC_media_transcoders_exhausted, 1);
		return -ENOBUFS;
	}
	lease->has_transcoder = true;
	return 0;
}

void media_set(struct media *media, unsigned worker, media_id session,
	const struct media_description *description)
{
	struct lease *lease = living(media, worker, session);
	if (lease)
		say(lease, description);
}

void media_drop(struct media *media, unsigned worker, media_id session)
{
	struct lease *lease = living(media, worker, session);
	if (!lease)
		return;
	lease->is_dropped = true;
	say(lease, NULL);
}

int media_read_report(struct media *media, media_id session, struct media_report *ret_report)
{
	unsigned worker = lease_worker(session);
	if (worker >= media->worker_count)
		return -ENOENT;
	const struct lease *lease = lease_at(&media->workers[worker].leases, session);
	return lease ? lease_read(lease, LEASE_SESSION, session, ret_report) : -ENOENT;
}
