/* SPDX-License-Identifier: Apache-2.0 */
/* steering.bpf.c: the kernel's program that gives a datagram to the socket of its home worker. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "net/steering_counts.h"
#include "net/steering_step.h"

/* Written before the program is loaded, then constant. */
const volatile struct siphash_key key;
const volatile uint32_t workers = 1;

/* Read by the daemon through a mapping of its own. */
struct steering_counts counts[STEERING_COUNTS];

/* A datagram is handled to its end on one CPU, without a second in between. Were it otherwise, one
 * would go to the wrong worker, and the mailbox would mend it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct steering_desk);
} desks SEC(".maps");

static long step(uint32_t index, void *context)
{
	struct steering_desk **desk = context;
	const struct siphash_key home_key = {key.k0, key.k1};
	return steering_step(*desk, &home_key, workers);
}

static __always_inline uint32_t find_worker(struct __sk_buff *datagram)
{
	uint32_t length = datagram->len, first = 0;
	struct steering_desk *desk = bpf_map_lookup_elem(&desks, &first);
	if (!desk || length < GLANCE_LEAST)
		return STEERING_UNSURE;
	if (length > GLANCE_REACH)
		length = GLANCE_REACH;
	/* also what lies in pieces, as after reassembly */
	if (bpf_skb_load_bytes(datagram, 0, desk->glance.text, length) < 0)
		return STEERING_UNSURE;
	steering_begin(desk, length);
	bpf_loop(STEERING_STEPS, step, &desk, 0);
	return desk->worker;
}

/* Called with the datagram's payload. The answer is the place of a socket among those of the
 * address, in the order in which they were bound; if there is none of that number, the kernel
 * chooses by its own hash. */
SEC("socket")
int steer(struct __sk_buff *datagram)
{
	uint32_t worker = find_worker(datagram);
	struct steering_counts *mine = &counts[bpf_get_smp_processor_id() % STEERING_COUNTS];
	if (worker == STEERING_UNSURE)
		__sync_fetch_and_add(&mine->unsure, 1);
	else
		__sync_fetch_and_add(&mine->steered, 1);
	return (int)worker;
}

char license_name[] SEC("license") = "Apache-2.0";
