/* SPDX-License-Identifier: Apache-2.0 */
/* copy.bpf.c: the kernel's program: at lo's tc ingress, a relay thread's trigger becomes a copy for
 * each listener. */
#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "media/fastpath/copy.h"

/*
 * Helpers, and since which kernel: map lookup (3.19), clone_redirect (4.2), skb_change_type (4.8),
 * set_hash_invalid (4.9), redirect_neigh (5.10), loop (5.17). None of them asks for the GPL.
 * Compare and exchange is of 5.12.
 *
 * The trigger has come by lo, so it is a whole datagram of this host, with its checksum left to the
 * card: only the sum of the pseudo header is in it. Each copy is the trigger with other headers.
 * One for this host is sent by lo and keeps the trigger's way in, which is "to us". One that leaves
 * comes in by lo once more, under a hardware address that is nobody's (the stack drops it if this
 * program does not take it), and is sent to its neighbour as the stack would: a copy itself cannot
 * be given to bpf_redirect_neigh. What leaves so was not seen by netfilter.
 */

#define LOOPBACK      1 /* in every network namespace */
#define OWN_ADDRESS   bpf_htonl(0x7f000001)
#define FRAGMENT_BITS 0x3fff /* more fragments, offset */

/* 02:70:76:63:70:79, of those that nobody assigns */
#define LINK_MAGIC      bpf_htonl(0x02707663)
#define LINK_MAGIC_MORE bpf_htons(0x7079)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, COPY_BATCHES); /* set before loading */
	__type(key, uint32_t);
	__type(value, struct copy_batch);
} batches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128); /* likewise */
	__type(key, struct copy_socket);
	__type(value, uint32_t);
} sockets SEC(".maps");

/* In the place of hardware addresses: nobody's, and where to. */
struct link {
	uint32_t magic;
	uint16_t more_magic;
	uint16_t priority;
	uint32_t interface;
	uint16_t protocol;
} __attribute__((packed));

struct frame4 {
	struct link link;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t header[COPY_HEADER];
} __attribute__((packed));

struct frame6 {
	struct link link;
	struct ipv6hdr ip;
	struct udphdr udp;
	uint8_t header[COPY_HEADER];
} __attribute__((packed));

/* Of bpf_loop. */
struct round {
	struct __sk_buff *skb;
	struct copy_batch *batch;
};

/* ---- checksums: one's complement sums of 16-bit words, as they lie (RFC 1071) ---- */

static __always_inline uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static __always_inline uint64_t sum_of(const void *words, uint32_t count)
{
	const uint32_t *word = words;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < count; i++)
		sum += word[i];
	return sum;
}

/* Of the pseudo header, for a card (or lo's reader) to go on with. */
static __always_inline uint16_t pseudo(uint64_t addresses, uint16_t udp_length)
{
	return fold(addresses + bpf_htons(IPPROTO_UDP) + udp_length);
}

/* ---- one copy ---- */

static __always_inline struct link link_of(const struct copy_target *target, uint16_t protocol)
{
	if (target->interface == LOOPBACK)
		return (struct link){.protocol = protocol};
	return (struct link){.magic = LINK_MAGIC,
		.more_magic = LINK_MAGIC_MORE,
		.priority = (uint16_t)target->priority,
		.interface = target->interface,
		.protocol = protocol};
}

static __always_inline int write4(struct __sk_buff *skb, const struct copy_entry *entry)
{
	struct frame4 *frame = (void *)(long)skb->data;
	const struct copy_target *target = &entry->target;
	if ((void *)(frame + 1) > (void *)(long)skb->data_end)
		return -1;
	frame->link = link_of(target, frame->link.protocol);
	frame->ip.saddr = target->from[0];
	frame->ip.daddr = target->to[0];
	frame->ip.tos = target->class;
	frame->ip.check = 0;
	frame->ip.check = (uint16_t)~fold(sum_of(&frame->ip, sizeof(frame->ip) / 4));
	frame->udp.source = target->from_port;
	frame->udp.dest = target->to_port;
	frame->udp.check = pseudo((uint64_t)target->from[0] + target->to[0], frame->udp.len);
	__builtin_memcpy(frame->header, entry->header, COPY_HEADER);
	return 0;
}

static __always_inline int write6(struct __sk_buff *skb, const struct copy_entry *entry)
{
	struct frame6 *frame = (void *)(long)skb->data;
	const struct copy_target *target = &entry->target;
	if ((void *)(frame + 1) > (void *)(long)skb->data_end)
		return -1;
	frame->link = link_of(target, frame->link.protocol);
	__builtin_memcpy(&frame->ip.saddr, target->from, sizeof(frame->ip.saddr));
	__builtin_memcpy(&frame->ip.daddr, target->to, sizeof(frame->ip.daddr));
	frame->ip.priority = target->class >> 4;
	frame->ip.flow_lbl[0] = (uint8_t)(target->class << 4);
	frame->ip.flow_lbl[1] = frame->ip.flow_lbl[2] = 0;
	frame->udp.source = target->from_port;
	frame->udp.dest = target->to_port;
	frame->udp.check = pseudo(sum_of(target->from, 4) + sum_of(target->to, 4), frame->udp.len);
	__builtin_memcpy(frame->header, entry->header, COPY_HEADER);
	return 0;
}

static __always_inline int send(struct __sk_buff *skb, const struct copy_entry *entry)
{
	const struct copy_target *target = &entry->target;
	bool is_here = target->interface == LOOPBACK;
	/* a trigger's copies are of its family: there is no room for another one's header */
	if (target->version != (skb->protocol == bpf_htons(ETH_P_IP) ? 4 : 6))
		return -1;
	if ((target->version == 4 ? write4(skb, entry) : write6(skb, entry)) < 0)
		return -1;
	skb->priority = target->priority;
	return (int)bpf_clone_redirect(skb, LOOPBACK, is_here ? 0 : BPF_F_INGRESS);
}

static long copy_one(uint32_t index, struct round *round)
{
	if (index >= COPY_BATCH)
		return 1;
	struct copy_entry *entry = &round->batch->entries[index];
	if (send(round->skb, entry) != 0) {
		entry->is_refused = 1;
		round->batch->refused++;
	}
	return 0;
}

/* ---- triggers ---- */

static __always_inline bool is_own6(struct in6_addr address)
{
	const uint32_t *words = address.in6_u.u6_addr32;
	return (words[0] | words[1] | words[2]) == 0 && words[3] == bpf_htonl(1);
}

/* What a datagram for a socket of ours, from itself, has in front. Its addresses say little: any
 * user's socket may name an address of the host as its source (IP_PKTINFO). The key does. */
static __always_inline const struct copy_trigger *trigger_of(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct frame4 *v4 = data;
	struct frame6 *v6 = data;
	struct copy_socket socket;
	uint16_t check;
	const void *trigger;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		/* in pieces where somebody has made lo's MTU small */
		if ((void *)(v4 + 1) > end || v4->ip.ihl != 5 || v4->ip.protocol != IPPROTO_UDP ||
			v4->ip.frag_off & bpf_htons(FRAGMENT_BITS) ||
			v4->udp.source != v4->udp.dest || v4->ip.saddr != OWN_ADDRESS ||
			v4->ip.daddr != OWN_ADDRESS)
			return NULL;
		socket = (struct copy_socket){v4->udp.dest, 4};
		check = v4->udp.check ^ pseudo((uint64_t)v4->ip.saddr + v4->ip.daddr, v4->udp.len);
		trigger = v4->header;
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if ((void *)(v6 + 1) > end || v6->ip.nexthdr != IPPROTO_UDP ||
			v6->udp.source != v6->udp.dest || !is_own6(v6->ip.saddr) ||
			!is_own6(v6->ip.daddr))
			return NULL;
		socket = (struct copy_socket){v6->udp.dest, 6};
		check = v6->udp.check ^
			pseudo(sum_of(&v6->ip.saddr, 4) + sum_of(&v6->ip.daddr, 4), v6->udp.len);
		trigger = v6->header;
	} else {
		return NULL;
	}
	/* a whole checksum would not fit the copies */
	return bpf_map_lookup_elem(&sockets, &socket) && check == 0 ? trigger : NULL;
}

/* ---- copies that leave ---- */

static __always_inline int leave(struct __sk_buff *skb, const struct link *link)
{
	uint32_t interface = link->interface;
	skb->priority = link->priority;
	bpf_skb_change_type(skb, 0 /* PACKET_HOST */);
	return (int)bpf_redirect_neigh(interface, NULL, 0, 0);
}

static __always_inline const struct link *leaving(struct __sk_buff *skb)
{
	const struct link *link = (void *)(long)skb->data;
	if ((void *)(link + 1) > (void *)(long)skb->data_end)
		return NULL;
	return link->magic == LINK_MAGIC && link->more_magic == LINK_MAGIC_MORE ? link : NULL;
}

SEC("tc")
int portavoz_copy(struct __sk_buff *skb)
{
	const struct link *link = leaving(skb);
	if (link)
		return leave(skb, link);
	const struct copy_trigger *trigger = trigger_of(skb);
	if (!trigger)
		return TC_ACT_UNSPEC;
	uint32_t index = trigger->batch;
	uint64_t key = trigger->key[0] | (uint64_t)trigger->key[1] << 32;
	struct copy_batch *batch = bpf_map_lookup_elem(&batches, &index);
	/* a forged one; one that comes again; one that comes too late and has been given up */
	if (!batch || key == 0 || !__sync_bool_compare_and_swap(&batch->key, key, 0))
		return TC_ACT_SHOT;
	struct round round = {.skb = skb, .batch = batch};
	/* else all copies would seem to be one stream to a card's queues */
	bpf_set_hash_invalid(skb);
	bpf_loop(batch->count, copy_one, &round, 0);
	batch->done = key;
	return TC_ACT_SHOT;
}

char licence[] SEC("license") = "Apache-2.0";
