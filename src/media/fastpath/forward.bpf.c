/* SPDX-License-Identifier: Apache-2.0 */
/* forward.bpf.c: the kernel's program: at an interface's tc ingress, RTP of installed streams is
 * rewritten and sent on; all else passes untouched. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "media/fastpath/entry.h"
#include "rtp/receiver_step.h"

/*
 * Helpers, and since which kernel: map lookup, ktime_get_ns, get_smp_processor_id (3.19);
 * l4_csum_replace (4.1); skb_vlan_pop (4.3); skb_load_bytes (4.5), skb_pull_data (4.9);
 * redirect_neigh (5.10). It runs before netfilter, on every packet of the interface: what is not
 * UDP to one of our ports leaves it after a few comparisons. CAP_BPF and CAP_NET_ADMIN are enough
 * for the verifier.
 */

#define RTP_HEADER      12
#define FRAGMENT_BITS   0x3fff /* more fragments, offset */
#define OFFSET_BITS     0x1fff
#define CLASS_ECN       3
#define VLAN_ID         0x0fff /* of a tag */
#define RTCP_FIRST_TYPE 64
#define RTCP_LAST_TYPE  95
#define BYTES_LEAST     (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr) + RTP_HEADER)
#define BYTES_WANTED    (ETH_HLEN + sizeof(struct ipv6hdr) + sizeof(struct udphdr) + RTP_HEADER)

/* What the daemon sets before it loads this: RTP ports, how many local addresses have them. */
const volatile uint16_t port_first = 16384, port_last = 32767;
const volatile uint32_t locals = 2;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set before loading */
	__type(key, uint32_t);
	__type(value, struct fastpath_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2); /* likewise; two for each flow */
	__type(key, uint32_t);
	__type(value, struct fastpath_entry);
} entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FASTPATH_THREADS);
	__type(key, uint32_t);
	__type(value, struct fastpath_beat);
} beats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FASTPATH_CPUS *FASTPATH_ROWS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} counts SEC(".maps");

/* What was read of a packet's headers. */
struct packet {
	uint32_t from[4], at[4];
	uint16_t from_port, at_port; /* network order */
	uint16_t udp_length, checksum;
	uint32_t length; /* of the IP packet, as its header says */
	uint8_t version;
	uint8_t hops;
	uint8_t class;
	bool is_fragment, has_options;
};

static __always_inline uint32_t header_of(uint8_t version)
{
	return version == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/* A row of this processor. */
static __always_inline void count(uint32_t row)
{
	uint32_t cpu = bpf_get_smp_processor_id() & (FASTPATH_CPUS - 1);
	uint32_t index = cpu * FASTPATH_ROWS + row;
	uint64_t *here = bpf_map_lookup_elem(&counts, &index);
	if (here)
		++*here;
}

static __always_inline int miss(uint32_t why)
{
	count(why);
	return why == FASTPATH_MISS_RATE ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* The headers must lie in one piece. Most do. */
static __always_inline void pull(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	if (data + BYTES_WANTED <= end)
		return;
	if (skb->len >= BYTES_WANTED)
		bpf_skb_pull_data(skb, BYTES_WANTED);
	else if (data + BYTES_LEAST > end && skb->len >= BYTES_LEAST)
		bpf_skb_pull_data(skb, BYTES_LEAST);
}

/* Behind options. They are too rare to be forwarded, and are counted where they are for us. */
static __always_inline int read_behind_options(
	struct __sk_buff *skb, struct packet *packet, uint32_t header)
{
	struct udphdr udp;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + header, &udp, sizeof(udp)) < 0)
		return -1;
	packet->at_port = udp.dest;
	packet->has_options = true;
	return 0;
}

/* -1: no UDP datagram that could be ours. */
static __always_inline int read_ipv4(struct __sk_buff *skb, struct packet *packet)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	if ((void *)(ip + 1) > end || ip->protocol != IPPROTO_UDP || ip->version != 4)
		return -1;
	uint16_t fragment = bpf_ntohs(ip->frag_off) & FRAGMENT_BITS;
	uint32_t header = ip->ihl * 4;
	struct udphdr *udp = (void *)(ip + 1);
	if (fragment & OFFSET_BITS || header < sizeof(*ip))
		return -1;
	if (header > sizeof(*ip))
		return read_behind_options(skb, packet, header);
	if ((void *)(udp + 1) > end)
		return -1;
	packet->from[0] = ip->saddr;
	packet->at[0] = ip->daddr;
	packet->from_port = udp->source;
	packet->at_port = udp->dest;
	packet->udp_length = bpf_ntohs(udp->len);
	packet->checksum = udp->check;
	packet->length = bpf_ntohs(ip->tot_len);
	packet->hops = ip->ttl;
	packet->class = ip->tos;
	packet->is_fragment = fragment != 0;
	return 0;
}

static __always_inline int read_ipv6(struct __sk_buff *skb, struct packet *packet)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	/* an extension header, a fragment's too, is another next header */
	if ((void *)(udp + 1) > end || ip->nexthdr != IPPROTO_UDP || ip->version != 6)
		return -1;
	for (int i = 0; i < 4; i++) {
		packet->from[i] = ip->saddr.in6_u.u6_addr32[i];
		packet->at[i] = ip->daddr.in6_u.u6_addr32[i];
	}
	packet->from_port = udp->source;
	packet->at_port = udp->dest;
	packet->udp_length = bpf_ntohs(udp->len);
	packet->checksum = udp->check;
	packet->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	packet->hops = ip->hop_limit;
	packet->class = (uint8_t)(ip->priority << 4 | ip->flow_lbl[0] >> 4);
	return 0;
}

static __always_inline bool is_same(
	const struct fastpath_address *address, const uint32_t host[4], uint16_t port)
{
	return address->port == port && address->host[0] == host[0] &&
	       address->host[1] == host[1] && address->host[2] == host[2] &&
	       address->host[3] == host[3];
}

/* The entry that is installed for the packet, and its flow; or NULL. */
static __always_inline const struct fastpath_entry *find(
	const struct packet *packet, uint32_t pair, struct fastpath_flow **ret_flow)
{
	for (uint32_t i = 0; i < FASTPATH_LOCALS && i < locals; i++) {
		uint32_t index = pair * locals + i;
		struct fastpath_flow *flow = bpf_map_lookup_elem(&flows, &index);
		if (!flow)
			return NULL;
		uint32_t generation = *(volatile uint32_t *)&flow->generation;
		if (generation == 0)
			continue;
		uint32_t place = 2 * index + (generation & 1);
		const struct fastpath_entry *entry = bpf_map_lookup_elem(&entries, &place);
		if (entry && entry->version == packet->version &&
			is_same(&entry->from, packet->from, packet->from_port) &&
			is_same(&entry->at, packet->at, packet->at_port)) {
			*ret_flow = flow;
			return entry;
		}
	}
	return NULL;
}

static __always_inline bool is_stale(const struct fastpath_entry *entry, uint64_t now_ns)
{
	uint32_t thread = entry->thread;
	const struct fastpath_beat *beat = bpf_map_lookup_elem(&beats, &thread);
	uint64_t last_ns = beat ? *(volatile uint64_t *)&beat->ns : 0;
	return now_ns > last_ns && now_ns - last_ns > FASTPATH_STALE_NS;
}

/* Behind the IP packet there is more than what fills the shortest frame. IP would cut it off. */
static __always_inline bool has_trailer(const struct __sk_buff *skb, const struct packet *packet)
{
	return skb->len > ETH_ZLEN && skb->len > packet->length + ETH_HLEN;
}

/* What no payload has to be looked at for. */
static __always_inline int judge(const struct __sk_buff *skb, const struct packet *packet,
	const struct fastpath_entry *entry, uint64_t now_ns)
{
	if (packet->is_fragment)
		return FASTPATH_MISS_FRAGMENT;
	/* someone else's, seen for the sake of a tap; by a link that its source is not behind,
	 * where the kernel's own filters (rp_filter, martians), which come after us, have to judge
	 * it */
	if (skb->pkt_type != 0 || skb->ifindex != entry->in_interface)
		return FASTPATH_MISS_LINK;
	if (entry->interface != FASTPATH_LOOPBACK && packet->hops <= 1)
		return FASTPATH_MISS_HOPS;
	if (skb->gso_size || packet->length > entry->length_most || has_trailer(skb, packet))
		return FASTPATH_MISS_SIZE;
	if (packet->version == 6 && packet->checksum == 0)
		return FASTPATH_MISS_CHECKSUM;
	if (is_stale(entry, now_ns))
		return FASTPATH_MISS_STALE;
	return -1;
}

static __always_inline bool is_allowed(const struct fastpath_entry *entry, uint8_t type)
{
	/* both are loaded: a pointer that is computed needs CAP_PERFMON */
	uint64_t low = *(volatile const uint64_t *)&entry->types[0];
	uint64_t high = *(volatile const uint64_t *)&entry->types[1];
	return (type & 64 ? high : low) >> (type & 63) & 1;
}

/* A telephone-event, comfort noise: between packets of the stream, and it goes on after them. */
static __always_inline bool is_other(const struct fastpath_entry *entry,
	const struct fastpath_flow *flow, uint8_t type, bool *ret_has_clock)
{
	if (entry->rate != flow->receiver.rate)
		return false;
	for (int i = 0; i < FASTPATH_OTHERS; i++) {
		uint8_t other = entry->others[i];
		if (other != FASTPATH_NO_TYPE && (other & 0x7f) == type) {
			*ret_has_clock = !(other & FASTPATH_CLOCKLESS);
			return true;
		}
	}
	return false;
}

/* What the RTP header says; counts it, if it passes. `header`: of IP. */
static __always_inline int hear(struct __sk_buff *skb, const struct packet *packet, uint32_t header,
	const struct fastpath_entry *entry, struct fastpath_flow *flow, uint64_t now_ns)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const uint8_t *rtp = data + ETH_HLEN + header + sizeof(struct udphdr);
	if (packet->length != header + packet->udp_length || packet->length + ETH_HLEN > skb->len ||
		packet->udp_length < sizeof(struct udphdr) + RTP_HEADER ||
		(const void *)(rtp + RTP_HEADER) > end || rtp[0] >> 6 != 2)
		return FASTPATH_MISS_NOT_RTP;
	uint8_t type = rtp[1] & 0x7f;
	if (type >= RTCP_FIRST_TYPE && type <= RTCP_LAST_TYPE && rtp[1] & 0x80)
		return FASTPATH_MISS_RTCP;
	bool is_streams = type == flow->receiver.payload_type, has_clock = true;
	if (!(is_streams ? is_allowed(entry, type) : is_other(entry, flow, type, &has_clock)))
		return FASTPATH_MISS_TYPE;
	if (fastpath_is_over_rate(
		    &flow->rate_window, &flow->rate_count, now_ns, entry->rate_most)) {
		__sync_fetch_and_add(&flow->dropped, 1);
		return FASTPATH_MISS_RATE;
	}
	uint32_t length = packet->udp_length - sizeof(struct udphdr);
	has_clock &= flow->receiver.rate != 0;
	rtp_receiver_count(&flow->receiver, rtp, length, has_clock, now_ns);
	__sync_fetch_and_add(&flow->packets, 1);
	__sync_fetch_and_add(&flow->bytes, length);
	flow->heard_ns = now_ns;
	return -1;
}

/* The UDP checksum is changed by what the addresses and ports change; the helper knows whether the
 * hardware is still to make it (then only the pseudo header's part is there). None stays none. */
static __always_inline int mend_udp(
	struct __sk_buff *skb, uint32_t header, const struct fastpath_entry *entry)
{
	uint32_t at = ETH_HLEN + header + offsetof(struct udphdr, check);
	if (bpf_l4_csum_replace(
		    skb, at, 0, entry->address_change, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0) < 0)
		return -1;
	return bpf_l4_csum_replace(skb, at, 0, entry->port_change, BPF_F_MARK_MANGLED_0) < 0 ? -1
											     : 0;
}

static __always_inline void rewrite_udp(struct udphdr *udp, const struct fastpath_entry *entry)
{
	udp->source = entry->out_from.port;
	udp->dest = entry->out_to.port;
}

/* RFC 1624: a header whose checksum was wrong stays wrong. */
static __always_inline int rewrite_ipv4(
	struct __sk_buff *skb, const struct fastpath_entry *entry, bool is_hop)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end)
		return -1;
	uint8_t class = entry->class | (ip->tos & CLASS_ECN);
	uint16_t old_class = bpf_htons(ip->tos), old_hops = bpf_htons((uint16_t)(ip->ttl << 8));
	uint16_t new_class = bpf_htons(class);
	uint32_t sum = fastpath_sum((uint16_t)~ip->check, entry->address_change);
	sum = fastpath_sum(sum, (uint16_t)~old_class);
	sum = fastpath_sum(sum, new_class);
	if (is_hop) {
		ip->ttl--;
		sum = fastpath_sum(sum, (uint16_t)~old_hops);
		sum = fastpath_sum(sum, bpf_htons((uint16_t)(ip->ttl << 8)));
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = (uint16_t)~sum;
	ip->tos = class;
	ip->saddr = entry->out_from.host[0];
	ip->daddr = entry->out_to.host[0];
	rewrite_udp(udp, entry);
	return 0;
}

static __always_inline int rewrite_ipv6(
	struct __sk_buff *skb, const struct fastpath_entry *entry, bool is_hop)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end)
		return -1;
	uint8_t ecn = ip->flow_lbl[0] >> 4 & CLASS_ECN;
	uint8_t class = entry->class | ecn;
	ip->priority = class >> 4;
	ip->flow_lbl[0] = (uint8_t)(class << 4) | (ip->flow_lbl[0] & 0x0f);
	ip->hop_limit -= is_hop;
	for (int i = 0; i < 4; i++) {
		ip->saddr.in6_u.u6_addr32[i] = entry->out_from.host[i];
		ip->daddr.in6_u.u6_addr32[i] = entry->out_to.host[i];
	}
	rewrite_udp(udp, entry);
	return 0;
}

static __always_inline int send_on(
	struct __sk_buff *skb, const struct packet *packet, const struct fastpath_entry *entry)
{
	bool is_hop = entry->interface != FASTPATH_LOOPBACK, is_ipv4 = packet->version == 4;
	count(FASTPATH_HIT);
	/* a priority ends with its link (802.1Q), as on the way through the stack */
	if (skb->vlan_present && bpf_skb_vlan_pop(skb) < 0)
		return TC_ACT_SHOT;
	if (packet->checksum && mend_udp(skb, header_of(packet->version), entry) < 0)
		return TC_ACT_SHOT;
	if ((is_ipv4 ? rewrite_ipv4(skb, entry, is_hop) : rewrite_ipv6(skb, entry, is_hop)) < 0)
		return TC_ACT_SHOT;
	skb->priority = entry->priority;
	/* on lo it is where it belongs: the kernel finds the other phone's socket */
	return is_hop ? bpf_redirect_neigh(entry->interface, NULL, 0, 0) : TC_ACT_OK;
}

/* All but the version is known at run time only. */
static __always_inline int forward(struct __sk_buff *skb, uint8_t version)
{
	struct packet packet = {.version = version};
	struct fastpath_flow *flow = NULL;
	pull(skb);
	if ((version == 4 ? read_ipv4(skb, &packet) : read_ipv6(skb, &packet)) < 0)
		return TC_ACT_UNSPEC;
	uint16_t port = bpf_ntohs(packet.at_port);
	if (port < port_first || port > port_last)
		return TC_ACT_UNSPEC;
	/* RTP is on even ports (RFC 3550 §11) */
	if ((port - port_first) & 1)
		return miss(FASTPATH_MISS_RTCP);
	if (packet.has_options)
		return miss(FASTPATH_MISS_OPTIONS);
	const struct fastpath_entry *entry =
		find(&packet, (uint32_t)(port - port_first) / 2, &flow);
	if (!entry || entry->kind != FASTPATH_FORWARD)
		return miss(FASTPATH_MISS_ENTRY);
	uint64_t now_ns = bpf_ktime_get_ns();
	int why = judge(skb, &packet, entry, now_ns);
	if (why < 0)
		why = hear(skb, &packet, header_of(version), entry, flow, now_ns);
	if (why >= 0)
		return miss((uint32_t)why);
	return send_on(skb, &packet, entry);
}

/* A function each, lest the compiler merge their tails: offsets into a packet must be constants
 * where the process has no CAP_PERFMON. */
static __attribute__((noinline)) int forward_ipv4(struct __sk_buff *skb)
{
	return forward(skb, 4);
}

static __attribute__((noinline)) int forward_ipv6(struct __sk_buff *skb)
{
	return forward(skb, 6);
}

SEC("tc") int portavoz_media(struct __sk_buff *skb)
{
	/* a VLAN's packets come again, at its own interface; VLAN 0 is none, but a priority */
	if (skb->vlan_present && skb->vlan_tci & VLAN_ID)
		return TC_ACT_UNSPEC;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return forward_ipv4(skb);
	return skb->protocol == bpf_htons(ETH_P_IPV6) ? forward_ipv6(skb) : TC_ACT_UNSPEC;
}

/* None of the helpers asks for the GPL. */
char licence[] SEC("license") = "Apache-2.0";
