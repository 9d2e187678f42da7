/* SPDX-License-Identifier: Apache-2.0 */
/* steering.c: when the kernel's program steers, on which addresses, and who is told. */
#include "net/steering.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/udp.h"

static bool has_udp(const struct net_config *config)
{
	for (unsigned i = 0; i < config->listen_count; i++)
		if (config->listen[i].transport == PV_TRANSPORT_UDP)
			return true;
	return false;
}

/* Why nobody need try. */
static const char *not_wanted(const struct net_group *group)
{
	if (group->workers->count == 1)
		return "one worker";
	if (!has_udp(&group->config))
		return "no UDP address";
	return group->config.steering ? NULL : "turned off";
}

static int attach_all(struct net_group *group)
{
	/* the sockets of the first worker stand for those of all */
	const struct udp *udp = group->nets[0]->udp;
	for (unsigned i = 0; i < group->config.listen_count; i++) {
		if (!udp->sockets[i])
			continue;
		int error = steering_program_attach(group->steering.program, udp->sockets[i]->fd);
		if (error)
			return error;
		group->steering.addresses++;
	}
	return 0;
}

void steering_start(struct net_group *group)
{
	struct steering *steering = &group->steering;
	const struct worker_group *workers = group->workers;
	steering->why = not_wanted(group);
	if (steering->why)
		return;
	int error = steering_program_load(
		&steering->program, &workers->home_key, workers->count, &steering->why);
	if (!error) {
		error = attach_all(group);
		if (error)
			steering->why = "the kernel does not attach it";
	}
	if (!error)
		log_event(
			LOG_LEVEL_NOTICE, "steering", "state=on addresses=%u", steering->addresses);
	else
		log_event(LOG_LEVEL_NOTICE, "steering",
			"state=off error=\"%s\" why=\"%s\" instead=mailbox", strerror(-error),
			steering->why);
}

void steering_stop(struct steering *steering)
{
	steering_program_free(steering->program);
	steering->program = NULL;
}

struct steering_counts steering_counts(const struct steering *steering)
{
	struct steering_counts sum = {0};
	if (!steering->program)
		return sum;
	const struct steering_counts *counts = steering_program_counts(steering->program);
	for (unsigned i = 0; i < STEERING_COUNTS; i++) {
		sum.steered += __atomic_load_n(&counts[i].steered, __ATOMIC_RELAXED);
		sum.unsure += __atomic_load_n(&counts[i].unsure, __ATOMIC_RELAXED);
	}
	return sum;
}

const char *net_steering(const struct net_group *group)
{
	struct steering_counts counts = steering_counts(&group->steering);
	metrics_set(METRIC_net_steered, counts.steered);
	metrics_set(METRIC_net_steering_unsure, counts.unsure);
	return group->steering.why;
}
