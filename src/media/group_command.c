/* SPDX-License-Identifier: Apache-2.0 */
/* group_command.c: what a SIP worker asks of the relay threads about groups, and what it is told.
 */
#include "media/group_command.h"

#include <errno.h>

#include "base/metrics.h"
#include "media/relay.h"

void media_set_group_user(struct media *media, unsigned worker, const struct media_group_user *user)
{
	media->workers[worker].group_user = *user;
}

/* ---- what is told ---- */

/* The relay thread lets go of the lease; its last report is the final one. */
static void group_ended(struct media_worker *here, struct lease *lease)
{
	const struct media_group_user *user = &here->group_user;
	struct media_group_report report = {0};
	media_id id = lease->id;
	uint64_t owner = lease->owner;
	lease_read(lease, LEASE_GROUP, id, &report);
	lease_give(&here->leases, lease);
	if (user->group_ended)
		user->group_ended(user->context, id, owner, &report);
}

static void run_group_told(struct worker *worker, struct worker_task *task)
{
	struct lease *lease = container_of(task, struct lease, task);
	struct media_worker *here = lease->worker;
	const struct media_group_user *user = &here->group_user;
	uint32_t told = lease_told(lease);
	if (told & MEDIA_TOLD_ENDED)
		group_ended(here, lease);
	else if (!lease->is_dropped && user->group_told)
		user->group_told(user->context, lease->id, lease->owner, told);
}

static void member_ended(struct media_worker *here, struct lease *lease)
{
	const struct media_group_user *user = &here->group_user;
	struct media_member_report report = {0};
	media_id id = lease->id;
	uint64_t owner = lease->owner;
	lease_read(lease, LEASE_MEMBER, id, &report);
	lease_give(&here->leases, lease);
	if (user->member_ended)
		user->member_ended(user->context, id, owner, &report);
}

static void run_member_told(struct worker *worker, struct worker_task *task)
{
	struct lease *lease = container_of(task, struct lease, task);
	struct media_worker *here = lease->worker;
	const struct media_group_user *user = &here->group_user;
	uint32_t told = lease_told(lease);
	if (told & MEDIA_TOLD_ENDED)
		member_ended(here, lease);
	else if (!lease->is_dropped && user->member_told)
		user->member_told(user->context, lease->id, lease->owner, told);
}

/* ---- leases ---- */

static struct lease *take(struct media_worker *here, enum lease_kind kind, struct relay *relay,
	uint64_t owner, void (*run)(struct worker *, struct worker_task *))
{
	struct lease *lease = lease_take(&here->leases, kind);
	if (!lease)
		return NULL;
	lease->owner = owner;
	lease->relay = relay;
	lease->worker = here;
	lease->mail.kind = RELAY_MAIL_LEASE;
	lease->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = run};
	atomic_fetch_add_explicit(&relay->load, 1, memory_order_relaxed);
	return lease;
}

static struct lease *living(struct media *media, unsigned worker, enum lease_kind kind, media_id id)
{
	struct lease *lease = lease_get(&media->workers[worker].leases, id);
	return lease && lease->kind == kind && !lease->is_dropped ? lease : NULL;
}

static void say(struct lease *lease, const void *description)
{
	struct relay *relay = lease->relay;
	if (lease_say(lease, description))
		mailbox_post(&relay->mailbox, &lease->mail);
}

static void drop(struct lease *lease)
{
	if (!lease)
		return;
	lease->is_dropped = true;
	say(lease, NULL);
}

static int refuse(void)
{
	metrics_add(METRIC_media_ports_exhausted, 1);
	return -ENOBUFS;
}

/* ---- groups ---- */

static struct relay *least_loaded(struct media *media)
{
	struct relay *best = &media->relays[0];
	uint32_t least = UINT32_MAX;
	for (unsigned i = 0; i < media->relay_count; i++) {
		uint32_t load = atomic_load_explicit(&media->relays[i].load, memory_order_relaxed);
		if (load < least) {
			best = &media->relays[i];
			least = load;
		}
	}
	return best;
}

int media_group_open(struct media *media, unsigned worker,
	const struct media_group_settings *settings, uint64_t owner,
	struct media_group_lease *ret_lease)
{
	struct relay *relay = least_loaded(media);
	struct lease *lease =
		take(&media->workers[worker], LEASE_GROUP, relay, owner, run_group_told);
	if (!lease)
		return refuse();
	*ret_lease = (struct media_group_lease){.group = lease->id, .thread = relay->index};
	say(lease, settings);
	return 0;
}

void media_group_set(struct media *media, unsigned worker, media_id group,
	const struct media_group_settings *settings)
{
	struct lease *lease = living(media, worker, LEASE_GROUP, group);
	if (lease)
		say(lease, settings);
}

void media_group_close(struct media *media, unsigned worker, media_id group)
{
	drop(living(media, worker, LEASE_GROUP, group));
}

/* ---- members ---- */

/* The pairs of a leg, out of this worker's ring; there are as many. */
static void take_pairs(struct lease *lease, unsigned worker, unsigned local, unsigned count,
	struct media_member_lease *taken)
{
	struct relay *relay = lease->relay;
	uint16_t ports[MEDIA_ENDS] = {0};
	for (unsigned i = 0; i < count; i++) {
		struct port_offer offer = {0};
		stock_take(&relay->stock, worker, local, &offer);
		lease->pairs[i] = offer.pair;
		ports[i] = offer.port;
	}
	lease->pair_count = (uint8_t)count;
	taken->port = ports[0];
	taken->floor_port = ports[1];
}

int media_join(struct media *media, unsigned worker, const struct media_group_lease *group,
	unsigned local, bool wants_floor, uint64_t owner, struct media_member_lease *ret_lease)
{
	struct media_worker *here = &media->workers[worker];
	unsigned count = wants_floor ? 2 : 1;
	if (local >= media->local_count || group->thread >= media->relay_count)
		return -EINVAL;
	struct relay *relay = &media->relays[group->thread];
	bool has_ports = stock_length(&relay->stock, worker, local) >= count;
	struct lease *lease =
		has_ports ? take(here, LEASE_MEMBER, relay, owner, run_member_told) : NULL;
	if (lease) {
		*ret_lease =
			(struct media_member_lease){.member = lease->id, .thread = relay->index};
		lease->group = group->group;
		take_pairs(lease, worker, local, count, ret_lease);
	}
	relay_ask_for_more(relay, worker, local);
	return lease ? 0 : refuse();
}

void media_member_set(struct media *media, unsigned worker, media_id member,
	const struct media_member_description *description)
{
	struct lease *lease = living(media, worker, LEASE_MEMBER, member);
	if (lease)
		say(lease, description);
}

void media_member_drop(struct media *media, unsigned worker, media_id member)
{
	drop(living(media, worker, LEASE_MEMBER, member));
}

int media_member_press(
	struct media *media, unsigned worker, media_id member, const struct media_press *press)
{
	struct lease *lease = living(media, worker, LEASE_MEMBER, member);
	if (!lease)
		return -ENOENT;
	struct relay *relay = lease->relay;
	int posted = lease_press(lease, press);
	if (posted < 0) {
		metrics_add(METRIC_group_presses_refused, 1);
		return posted;
	}
	if (posted > 0)
		mailbox_post(&relay->mailbox, &lease->mail);
	return 0;
}

/* ---- reports ---- */

static int read_report(const struct media *media, enum lease_kind kind, media_id id, void *ret)
{
	unsigned worker = lease_worker(id);
	if (worker >= media->worker_count)
		return -ENOENT;
	const struct lease *lease = lease_at(&media->workers[worker].leases, id);
	return lease ? lease_read(lease, kind, id, ret) : -ENOENT;
}

int media_read_group(struct media *media, media_id group, struct media_group_report *ret_report)
{
	return read_report(media, LEASE_GROUP, group, ret_report);
}

int media_read_member(struct media *media, media_id member, struct media_member_report *ret_report)
{
	return read_report(media, LEASE_MEMBER, member, ret_report);
}
