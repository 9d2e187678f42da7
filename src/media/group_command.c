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

/* The place of a lease of that name, whoever's it is; NULL: there can be none. */
static struct lease *lease_of(const struct media *media, media_id id)
{
	unsigned worker = lease_worker(id);
	return worker < media->worker_count ? lease_at(&media->workers[worker].leases, id) : NULL;
}

/* Its user knows a member by one of its two leases. */
static struct lease *member_of(struct lease *lease)
{
	return lease->kind == LEASE_LEG ? lease->twin : lease;
}

/* Once both of its leases are done with. */
static void member_ended(struct media_worker *here, struct lease *lease)
{
	const struct media_group_user *user = &here->group_user;
	struct media_member_report report = {0};
	struct lease *member = member_of(lease), *leg = member->twin;
	media_id id = member->id;
	uint64_t owner = member->owner;
	lease->has_ended = true;
	if (leg && !(leg->has_ended && member->has_ended))
		return;
	media_read_member(here->media, id, &report);
	if (member->is_counted)
		lease_forget_leg(lease_of(here->media, member->group), member->group);
	if (leg)
		lease_give(&here->leases, leg);
	lease_give(&here->leases, member);
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
		user->member_told(user->context, member_of(lease)->id, lease->owner, told);
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

/* It was never said anything of. */
static void give(struct media_worker *here, struct lease *lease)
{
	atomic_fetch_sub_explicit(&lease->relay->load, 1, memory_order_relaxed);
	lease_give(&here->leases, lease);
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

/* It is the ports that are missing, if it is not the leases. */
static int refuse(const struct media_worker *here)
{
	bool is_full = here->leases.taken >= here->leases.capacity;
	metrics_add(is_full ? METRIC_group_leases_exhausted : METRIC_media_ports_exhausted, 1);
	return -ENOBUFS;
}

/* ---- groups ---- */

/* But those, a bit each; NULL: there is no other. */
static struct relay *least_loaded(struct media *media, uint64_t but)
{
	struct relay *best = NULL;
	uint32_t least = UINT32_MAX;
	for (unsigned i = 0; i < media->relay_count; i++) {
		uint32_t load = atomic_load_explicit(&media->relays[i].load, memory_order_relaxed);
		if (load < least && !(but >> i & 1)) {
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
	struct relay *relay = least_loaded(media, 0);
	struct lease *lease =
		take(&media->workers[worker], LEASE_GROUP, relay, owner, run_group_told);
	if (!lease)
		return refuse(&media->workers[worker]);
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

/* What media_join was asked for. */
struct member_wish {
	const struct media_group_lease *group;
	unsigned local;
	bool wants_floor;
	uint64_t owner;
};

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

/* A leg with its ports on a thread; NULL: there are none, or no leases. */
static struct lease *take_leg(struct media_worker *here, enum lease_kind kind, struct relay *relay,
	const struct member_wish *wish, struct media_member_lease *taken)
{
	struct media *media = here->media;
	unsigned worker = here->worker->index, count = wish->wants_floor ? 2 : 1;
	struct lease *lease = NULL;
	if (stock_length(&relay->stock, worker, wish->local) >= count)
		lease = take(here, kind, relay, wish->owner, run_member_told);
	if (lease) {
		*taken = (struct media_member_lease){
			.member = lease->id, .thread = (unsigned)(relay - media->relays)};
		lease->group = wish->group->group;
		take_pairs(lease, worker, wish->local, count, taken);
	}
	relay_ask_for_more(relay, worker, wish->local);
	return lease;
}

/* On the thread that has the least to do, of those that have ports. */
static struct lease *take_leg_elsewhere(struct media_worker *here, const struct relay *owner,
	const struct member_wish *wish, struct media_member_lease *taken)
{
	uint64_t tried = UINT64_C(1) << owner->index;
	struct lease *leg = NULL;
	struct relay *other;
	while (!leg && (other = least_loaded(here->media, tried))) {
		leg = take_leg(here, LEASE_LEG, other, wish, taken);
		tried |= UINT64_C(1) << other->index;
	}
	return leg;
}

/* A member with its group, and its leg on another thread. */
static struct lease *take_elsewhere(struct media_worker *here, struct relay *owner,
	const struct member_wish *wish, struct media_member_lease *taken)
{
	struct lease *member = take(here, LEASE_MEMBER, owner, wish->owner, run_member_told);
	if (!member)
		return NULL;
	member->group = wish->group->group;
	member->twin = take_leg_elsewhere(here, owner, wish, taken);
	if (!member->twin) {
		give(here, member);
		return NULL;
	}
	member->twin->twin = member;
	taken->member = member->id;
	return member;
}

/* As many as one thread serves in time are on the group's own; a full thread is better than none.
 */
static struct lease *take_member(struct media_worker *here, struct relay *owner,
	const struct member_wish *wish, struct media_member_lease *taken)
{
	struct media *media = here->media;
	struct lease *group = lease_of(media, wish->group->group), *member = NULL;
	bool is_one = media->relay_count == 1 || !group;
	bool is_counted =
		!is_one && lease_count_leg(group, wish->group->group, media->group_budget);
	if (!is_one && !is_counted)
		member = take_elsewhere(here, owner, wish, taken);
	if (member)
		return member;
	member = take_leg(here, LEASE_MEMBER, owner, wish, taken);
	if (member)
		member->is_counted = is_counted;
	else if (is_counted)
		lease_forget_leg(group, wish->group->group);
	return member;
}

int media_join(struct media *media, unsigned worker, const struct media_group_lease *group,
	unsigned local, bool wants_floor, uint64_t owner, struct media_member_lease *ret_lease)
{
	const struct member_wish wish = {
		.group = group, .local = local, .wants_floor = wants_floor, .owner = owner};
	if (local >= media->local_count || group->thread >= media->relay_count)
		return -EINVAL;
	struct relay *relay = &media->relays[group->thread];
	struct media_worker *worker_here = &media->workers[worker];
	return take_member(worker_here, relay, &wish, ret_lease) ? 0 : refuse(worker_here);
}

void media_member_set(struct media *media, unsigned worker, media_id member,
	const struct media_member_description *description)
{
	struct lease *lease = living(media, worker, LEASE_MEMBER, member);
	if (!lease)
		return;
	/* the leg first: its member waits for it */
	if (lease->twin)
		say(lease->twin, description);
	say(lease, description);
}

void media_member_drop(struct media *media, unsigned worker, media_id member)
{
	struct lease *lease = living(media, worker, LEASE_MEMBER, member);
	drop(lease);
	if (lease)
		drop(lease->twin);
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
	const struct lease *lease = lease_of(media, id);
	return lease ? lease_read(lease, kind, id, ret) : -ENOENT;
}

int media_read_group(struct media *media, media_id group, struct media_group_report *ret_report)
{
	return read_report(media, LEASE_GROUP, group, ret_report);
}

/* What its leg on another thread knows better. */
static void add_leg(struct media_member_report *report, const struct media_member_report *leg)
{
	report->thread = leg->thread;
	report->is_silent = leg->is_silent;
	report->ungranted += leg->ungranted;
	report->floor_dropped += leg->floor_dropped;
	report->audio = leg->audio;
}

int media_read_member(struct media *media, media_id member, struct media_member_report *ret_report)
{
	struct media_member_report leg;
	int error = read_report(media, LEASE_MEMBER, member, ret_report);
	if (!error && ret_report->leg && read_report(media, LEASE_LEG, ret_report->leg, &leg) == 0)
		add_leg(ret_report, &leg);
	return error;
}
