/* SPDX-License-Identifier: Apache-2.0 */
/* test_fastpath_program.c: the kernel's own program, packet by packet: what it lets pass, and each
 * byte of what it rewrites, beside a model that makes the packet anew. */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "fastpath_fake.h"
#include "lib/testing.h"
#include "rtp/receiver_step.h"

#define PASSED_UP   ((int)(uint32_t)TC_ACT_UNSPEC)
#define ETHER       14
#define PORT_FIRST  20000
#define PAYLOAD     160
#define PACKET_ROOM 2048

/* Loads the real program, attaches it to nothing. */
static struct fastpath_kernel half;
static struct fastpath *fastpath;
static uint32_t out_interface; /* not lo; 0: there is none */
static uint8_t out_hardware[6];
static uint8_t target_hardware[6]; /* that packets are made for */

/* What a packet is made of. */
struct parts {
	const char *from, *to;
	uint16_t from_port, to_port;
	uint8_t class, hops;
	uint16_t fragment;
	unsigned options; /* bytes of IPv4 options */
	uint8_t first, type;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	uint32_t payload; /* bytes behind the RTP header */
	bool has_no_checksum;
	bool is_cut; /* the UDP length says one byte more than there is */
};

static const struct parts plain4 = {.from = "127.0.0.2",
	.to = "127.0.0.1",
	.from_port = 4000,
	.to_port = 20002,
	.class = 0xb9,
	.hops = 64,
	.first = 0x80,
	.type = 8,
	.sequence = 1000,
	.timestamp = 160000,
	.ssrc = 0x11223344,
	.payload = PAYLOAD};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- the model ---- */

static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return length % 2 ? sum + ((uint32_t)bytes[length - 1] << 8) : sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_u16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put_u32(uint8_t *to, uint32_t value)
{
	put_u16(to, value >> 16);
	put_u16(to + 2, value & 0xffff);
}

static bool is_ipv6(const struct parts *parts)
{
	return strchr(parts->from, ':') != NULL;
}

static void put_udp_checksum(uint8_t *udp, uint32_t length, const uint8_t *hosts, size_t hosts_size)
{
	uint32_t sum = sum_of(sum_of(0, hosts, hosts_size), udp, length);
	uint16_t checksum = folded(sum + length + IPPROTO_UDP);
	put_u16(udp + 6, checksum ? checksum : 0xffff);
}

/* How long it is. */
static uint32_t build(const struct parts *parts, uint8_t *to)
{
	bool is_six = is_ipv6(parts);
	uint32_t header = is_six ? 40 : 20 + parts->options;
	uint32_t udp_length = 8 + 12 + parts->payload;
	uint8_t *ip = to + ETHER, *udp = ip + header, *rtp = udp + 8;
	memset(to, 0, PACKET_ROOM);
	memcpy(to, target_hardware, 6);
	put_u16(to + 12, is_six ? 0x86dd : 0x0800);
	if (is_six) {
		put_u32(ip, 6u << 28 | (uint32_t)parts->class << 20 | 0x12345);
		put_u16(ip + 4, udp_length);
		ip[6] = IPPROTO_UDP;
		ip[7] = parts->hops;
		inet_pton(AF_INET6, parts->from, ip + 8);
		inet_pton(AF_INET6, parts->to, ip + 24);
	} else {
		ip[0] = (uint8_t)(0x40 | header / 4);
		ip[1] = parts->class;
		put_u16(ip + 2, header + udp_length);
		put_u16(ip + 4, 0xbeef);
		put_u16(ip + 6, parts->fragment);
		ip[8] = parts->hops;
		ip[9] = IPPROTO_UDP;
		inet_pton(AF_INET, parts->from, ip + 12);
		inet_pton(AF_INET, parts->to, ip + 16);
		memset(ip + 20, 1, parts->options); /* no operation */
		put_u16(ip + 10, folded(sum_of(0, ip, header)));
	}
	put_u16(udp, parts->from_port);
	put_u16(udp + 2, parts->to_port);
	put_u16(udp + 4, udp_length + parts->is_cut);
	rtp[0] = parts->first;
	rtp[1] = parts->type;
	put_u16(rtp + 2, parts->sequence);
	put_u32(rtp + 4, parts->timestamp);
	put_u32(rtp + 8, parts->ssrc);
	for (uint32_t i = 0; i < parts->payload; i++)
		rtp[12 + i] = (uint8_t)(i * 7 + parts->sequence);
	if (!parts->has_no_checksum)
		put_udp_checksum(udp, udp_length, is_six ? ip + 8 : ip + 12, is_six ? 32 : 8);
	return ETHER + header + udp_length;
}

/* ---- the stage ---- */

static struct media_address address_of(const char *ip, uint16_t port)
{
	struct media_address result = {0};
	if (strchr(ip, ':')) {
		result.v6 =
			(struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
		ck_assert_int_eq(inet_pton(AF_INET6, ip, &result.v6.sin6_addr), 1);
	} else {
		result.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
		ck_assert_int_eq(inet_pton(AF_INET, ip, &result.v4.sin_addr), 1);
	}
	return result;
}

/* What goes from a packet's source to its target goes on from and to there. */
static struct fastpath_way way_of(
	const struct parts *in, const struct parts *out, uint32_t interface)
{
	return (struct fastpath_way){.from = address_of(in->from, in->from_port),
		.at = address_of(in->to, in->to_port),
		.out_from = address_of(out->from, out->from_port),
		.out_to = address_of(out->to, out->to_port),
		.in_interface = interface,
		.interface = interface,
		.mtu = 1500,
		.priority = 6,
		.types = {UINT64_C(1) << 8, UINT64_C(1) << (101 - 64)},
		.rate_most = 1000,
		.dscp = 46,
		.thread = 3};
}

static struct fastpath_flow *install(const struct parts *in, const struct parts *out)
{
	bool is_second = is_ipv6(in);
	struct fastpath_flow *flow = fastpath_flow(fastpath, in->to_port, is_second);
	struct fastpath_way way = way_of(in, out, FASTPATH_LOOPBACK);
	flow->receiver.payload_type = 8;
	flow->receiver.rate = flow->receiver.unit = 8000;
	ck_assert_int_eq(fastpath_install(fastpath, flow, &way, 1000000), 0);
	fastpath_beat(fastpath, 3, now_ns());
	return flow;
}

static int run_on(
	const struct parts *parts, uint8_t *bytes, uint32_t *ret_length, uint32_t interface)
{
	struct fastpath_trial trial = {.bytes = bytes,
		.length = build(parts, bytes),
		.room = PACKET_ROOM,
		.interface = interface};
	int verdict = fastpath_kernel_try(fastpath->program, &trial);
	*ret_length = trial.length;
	return verdict;
}

static uint64_t row(unsigned which)
{
	struct fastpath_status status;
	fastpath_read_status(fastpath, &status);
	return status.rows[which];
}

/* It goes up as it came, for that reason. */
static void goes_up(const struct parts *parts, unsigned why)
{
	uint8_t bytes[PACKET_ROOM], before[PACKET_ROOM];
	uint32_t length;
	uint64_t count = row(why), hits = row(FASTPATH_HIT);
	build(parts, before);
	ck_assert_int_eq(run_on(parts, bytes, &length, FASTPATH_LOOPBACK), PASSED_UP);
	ck_assert_mem_eq(bytes, before, length);
	ck_assert_uint_eq(row(why), count + 1);
	ck_assert_uint_eq(row(FASTPATH_HIT), hits);
}

/* It comes out as `out` with what it carries. */
static void comes_out(const struct parts *in, struct parts out)
{
	uint8_t bytes[PACKET_ROOM], wanted[PACKET_ROOM];
	uint32_t length;
	uint64_t hits = row(FASTPATH_HIT);
	out.class = (uint8_t)(46 << 2 | (in->class & 3));
	out.hops = in->hops;
	out.type = in->type;
	out.first = in->first;
	out.sequence = in->sequence;
	out.timestamp = in->timestamp;
	out.payload = in->payload;
	out.has_no_checksum = in->has_no_checksum;
	ck_assert_int_eq(run_on(in, bytes, &length, FASTPATH_LOOPBACK), TC_ACT_OK);
	ck_assert_uint_eq(length, build(&out, wanted));
	for (uint32_t i = 0; i < length; i++)
		ck_assert_msg(bytes[i] == wanted[i], "byte %u is %02x and should be %02x", i,
			bytes[i], wanted[i]);
	ck_assert_uint_eq(row(FASTPATH_HIT), hits + 1);
}

static struct parts out_of(const struct parts *in, const char *from, const char *to)
{
	struct parts out = *in;
	out.from = from;
	out.from_port = 20010;
	out.to = to;
	out.to_port = 5004;
	return out;
}

static struct parts plain6(void)
{
	struct parts parts = plain4;
	parts.from = "2001:db8::2";
	parts.to = "::1";
	return parts;
}

static void open_stage(void)
{
	struct fastpath_config config = {
		.locals = {address_of("127.0.0.1", 0), address_of("::1", 0)},
		.local_count = 2,
		.port_first = PORT_FIRST,
		.port_last = 20999,
		.kernel = &half};
	half = fake_kernel;
	half.load = fastpath_kernel.load;
	half.unload = fastpath_kernel.unload;
	ck_assert_int_eq(fastpath_new(&fastpath, &config), 0);
	ck_assert_msg(fastpath->state == FASTPATH_ACTIVE, "%s", fastpath->why);
}

static void close_stage(void)
{
	fastpath_free(fastpath);
}

/* ---- what is forwarded ---- */

START_TEST(ipv4_is_rewritten)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	struct fastpath_flow *flow = install(&in, &out);
	comes_out(&in, out);
	ck_assert_uint_eq(flow->packets, 1);
	ck_assert_uint_eq(flow->bytes, 12 + PAYLOAD);
	ck_assert_uint_le(now_ns() - flow->heard_ns, 1000000000);
}
END_TEST

START_TEST(ipv6_is_rewritten)
{
	struct parts in = plain6(), out = out_of(&in, "2001:db8:1::1", "2001:db8:7:8:9:a:b:c");
	struct fastpath_flow *flow = install(&in, &out);
	comes_out(&in, out);
	ck_assert_uint_eq(flow->packets, 1);
}
END_TEST

START_TEST(no_checksum_stays_none)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	in.has_no_checksum = true;
	install(&in, &out);
	comes_out(&in, out);
}
END_TEST

/* Lengths, contents and addresses such that each carry of each checksum happens. */
START_TEST(checksums_hold_for_all_contents)
{
	for (uint32_t i = 0; i < 2000; i++) {
		char target[32];
		struct parts in = i % 2 ? plain6() : plain4;
		in.sequence = (uint16_t)(i * 31);
		in.timestamp = i * 0x9e3779b9;
		in.ssrc = i * 0x85ebca6b;
		in.payload = i % 5 ? i % 200 : 0;
		in.class = (uint8_t)i;
		in.hops = (uint8_t)(1 + i % 250);
		in.to_port = (uint16_t)(PORT_FIRST + i % 500 * 2);
		in.from_port = (uint16_t)(1024 + i * 13);
		if (i % 2)
			snprintf(target, sizeof(target), "2001:db8:%x::%x", i, i * 77 & 0xffff);
		else
			snprintf(target, sizeof(target), "10.%u.%u.255", i & 255, i * 7 & 255);
		struct parts out = out_of(&in, i % 2 ? "2001:db8::ffff" : "127.255.255.1", target);
		struct fastpath_flow *flow = fastpath_flow(fastpath, in.to_port, i % 2);
		flow->installed_ms = 0;
		install(&in, &out);
		comes_out(&in, out);
		fastpath_remove(fastpath, flow);
	}
}
END_TEST

/* The same function as the portable relay's, so its figures are the same but for the time. */
START_TEST(receiver_counts_as_ours_does)
{
	static const uint16_t sequences[] = {1, 2, 3, 7, 5, 5, 4, 8, 9000, 9001, 9002, 65535, 0, 1};
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	struct fastpath_flow *flow = install(&in, &out);
	struct rtp_receiver ours = flow->receiver;
	for (unsigned i = 0; i < ARRAY_LENGTH(sequences); i++) {
		uint8_t bytes[PACKET_ROOM];
		in.sequence = sequences[i];
		in.ssrc = i < 12 ? 5 : 6;
		uint32_t length = build(&in, bytes);
		rtp_receiver_step(&ours, bytes + ETHER + 28, length - ETHER - 28, now_ns());
		out.ssrc = in.ssrc;
		comes_out(&in, out);
	}
	ck_assert_uint_eq(flow->receiver.packets, ARRAY_LENGTH(sequences));
	ck_assert_uint_eq(rtp_receiver_lost(&flow->receiver), rtp_receiver_lost(&ours));
	ck_assert_uint_eq(rtp_receiver_expected(&flow->receiver), rtp_receiver_expected(&ours));
	ck_assert_uint_eq(flow->receiver.duplicates, ours.duplicates);
	ck_assert_uint_eq(flow->receiver.reordered, ours.reordered);
	ck_assert_uint_eq(flow->receiver.jumps, ours.jumps);
	ck_assert_uint_eq(flow->receiver.bytes, ours.bytes);
}
END_TEST

START_TEST(other_interfaces_take_a_hop)
{
	struct parts in = plain4, out = out_of(&in, "192.0.2.1", "192.0.2.9");
	uint8_t bytes[PACKET_ROOM], wanted[PACKET_ROOM];
	uint32_t length;
	if (!out_interface)
		return;
	struct fastpath_flow *flow = install(&in, &out);
	struct fastpath_way way = way_of(&in, &out, out_interface);
	fastpath_remove(fastpath, flow);
	ck_assert_int_eq(fastpath_install(fastpath, flow, &way, 2000000), 0);
	memcpy(target_hardware, out_hardware, 6);
	for (in.hops = 255; in.hops > 1; in.hops--) {
		ck_assert_int_eq(run_on(&in, bytes, &length, out_interface), TC_ACT_REDIRECT);
		out.hops = (uint8_t)(in.hops - 1);
		out.class = (uint8_t)(46 << 2 | (in.class & 3));
		ck_assert_uint_eq(length, build(&out, wanted));
		ck_assert_mem_eq(bytes, wanted, length);
	}
	uint64_t before = row(FASTPATH_MISS_HOPS);
	ck_assert_int_eq(run_on(&in, bytes, &length, out_interface), PASSED_UP);
	ck_assert_uint_eq(row(FASTPATH_MISS_HOPS), before + 1);
	/* for another host's hardware */
	target_hardware[5] ^= 1;
	before = row(FASTPATH_MISS_LINK);
	ck_assert_int_eq(run_on(&plain4, bytes, &length, out_interface), PASSED_UP);
	ck_assert_uint_eq(row(FASTPATH_MISS_LINK), before + 1);
	memset(target_hardware, 0, sizeof(target_hardware));
	goes_up(&plain4, FASTPATH_MISS_LINK);
}
END_TEST

/* Whoever has the source's address, but not its place: the kernel's own filters have to see it. */
START_TEST(only_by_the_link_of_its_source)
{
	struct parts in = plain4, out = out_of(&in, "192.0.2.1", "192.0.2.9");
	struct fastpath_flow *flow = fastpath_flow(fastpath, in.to_port, 0);
	struct fastpath_way way = way_of(&in, &out, out_interface);
	uint8_t bytes[PACKET_ROOM];
	uint32_t length;
	if (!out_interface)
		return;
	way.in_interface = out_interface + 1000;
	flow->receiver.payload_type = 8;
	ck_assert_int_eq(fastpath_install(fastpath, flow, &way, 1000000), 0);
	fastpath_beat(fastpath, 3, now_ns());
	memcpy(target_hardware, out_hardware, 6);
	uint64_t before = row(FASTPATH_MISS_LINK);
	ck_assert_int_eq(run_on(&in, bytes, &length, out_interface), PASSED_UP);
	ck_assert_uint_eq(row(FASTPATH_MISS_LINK), before + 1);
	ck_assert_uint_eq(flow->packets, 0);
	memset(target_hardware, 0, sizeof(target_hardware));
}
END_TEST

/* Behind the IP packet there may be what fills a frame, and no more. */
START_TEST(trailers_go_up)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	uint8_t bytes[PACKET_ROOM];
	struct fastpath_flow *flow = install(&in, &out);
	static const struct {
		uint32_t payload, trailer;
		int verdict;
	} rows[] = {{160, 0, TC_ACT_OK}, {160, 1, PASSED_UP}, {160, 1000, PASSED_UP},
		{1, 5, TC_ACT_OK}, {1, 6, PASSED_UP}};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
		uint64_t before = row(FASTPATH_MISS_SIZE);
		bool is_up = rows[i].verdict == PASSED_UP;
		in.payload = rows[i].payload;
		struct fastpath_trial trial = {.bytes = bytes,
			.length = build(&in, bytes) + rows[i].trailer,
			.room = PACKET_ROOM,
			.interface = FASTPATH_LOOPBACK};
		ck_assert_int_eq(fastpath_kernel_try(fastpath->program, &trial), rows[i].verdict);
		ck_assert_uint_eq(row(FASTPATH_MISS_SIZE), before + is_up);
	}
	ck_assert_uint_eq(flow->packets, 2);
}
END_TEST

/* As if the socket had sent it. */
START_TEST(priority_is_the_sockets)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	uint8_t bytes[PACKET_ROOM];
	struct fastpath_trial trial = {.bytes = bytes,
		.length = build(&in, bytes),
		.room = PACKET_ROOM,
		.interface = FASTPATH_LOOPBACK};
	install(&in, &out);
	ck_assert_int_eq(fastpath_kernel_try(fastpath->program, &trial), TC_ACT_OK);
	ck_assert_uint_eq(trial.priority, 6);
}
END_TEST

/* ---- what goes up ---- */

/* One part of the packet is as no entry knows it. */
START_TEST(only_the_whole_key_matches)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	goes_up(&in, FASTPATH_MISS_ENTRY);
	install(&in, &out);
	struct parts other = in;
	other.from = "127.0.0.3";
	goes_up(&other, FASTPATH_MISS_ENTRY);
	other = in;
	other.to = "127.0.0.4";
	goes_up(&other, FASTPATH_MISS_ENTRY);
	other = in;
	other.from_port++;
	goes_up(&other, FASTPATH_MISS_ENTRY);
	other = in;
	other.to_port += 2;
	goes_up(&other, FASTPATH_MISS_ENTRY);
	other = in;
	other.to_port++;
	goes_up(&other, FASTPATH_MISS_RTCP);
	/* the same words, as IPv6 */
	other = plain6();
	goes_up(&other, FASTPATH_MISS_ENTRY);
	comes_out(&in, out);
}
END_TEST

START_TEST(ports_of_others_are_not_counted)
{
	struct parts in = plain4;
	uint8_t bytes[PACKET_ROOM];
	uint32_t length;
	static const uint16_t ports[] = {0, 53, PORT_FIRST - 1, 21000, 65535};
	uint64_t before = row(FASTPATH_MISS_ENTRY) + row(FASTPATH_MISS_RTCP);
	for (unsigned i = 0; i < ARRAY_LENGTH(ports); i++) {
		in.to_port = ports[i];
		ck_assert_int_eq(run_on(&in, bytes, &length, FASTPATH_LOOPBACK), PASSED_UP);
	}
	ck_assert_uint_eq(row(FASTPATH_MISS_ENTRY) + row(FASTPATH_MISS_RTCP), before);
}
END_TEST

START_TEST(what_is_not_plain_rtp_goes_up)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	struct fastpath_flow *flow = install(&in, &out);
	struct parts odd = in;
	odd.first = 0x00; /* STUN */
	goes_up(&odd, FASTPATH_MISS_NOT_RTP);
	odd.first = 0x16; /* DTLS */
	goes_up(&odd, FASTPATH_MISS_NOT_RTP);
	odd.first = 0xc0; /* version 3 */
	goes_up(&odd, FASTPATH_MISS_NOT_RTP);
	odd = in;
	odd.type = 200; /* SR on RTP's port */
	goes_up(&odd, FASTPATH_MISS_RTCP);
	odd = in;
	odd.is_cut = true;
	goes_up(&odd, FASTPATH_MISS_NOT_RTP);
	odd = in;
	odd.fragment = 0x2000;
	goes_up(&odd, FASTPATH_MISS_FRAGMENT);
	odd = in;
	odd.options = 8;
	goes_up(&odd, FASTPATH_MISS_OPTIONS);
	odd = in;
	odd.payload = 1500 - 40 + 1;
	goes_up(&odd, FASTPATH_MISS_SIZE);
	odd.payload--;
	comes_out(&odd, out);
	ck_assert_uint_eq(flow->packets, 1);
}
END_TEST

START_TEST(ipv6_without_checksum_goes_up)
{
	struct parts in = plain6(), out = out_of(&in, "2001:db8::1", "2001:db8::9");
	install(&in, &out);
	in.has_no_checksum = true;
	goes_up(&in, FASTPATH_MISS_CHECKSUM);
}
END_TEST

/* What may come between: an event leaves the jitter alone, comfort noise does not. */
START_TEST(others_come_between)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	struct fastpath_flow *flow = fastpath_flow(fastpath, in.to_port, 0);
	struct fastpath_way way = way_of(&in, &out, FASTPATH_LOOPBACK);
	static const uint8_t others[] = {13, 101 | FASTPATH_CLOCKLESS, 8, FASTPATH_NO_TYPE};
	memcpy(way.others, others, sizeof(way.others));
	way.rate = 8000;
	flow->receiver.payload_type = 8;
	flow->receiver.rate = flow->receiver.unit = 8000;
	ck_assert_int_eq(fastpath_install(fastpath, flow, &way, 1000000), 0);
	fastpath_beat(fastpath, 3, now_ns());
	comes_out(&in, out);
	uint32_t transit = flow->receiver.transit;
	in.sequence++;
	in.type = 0x80 | 101;
	in.timestamp += 50000;
	comes_out(&in, out);
	ck_assert_uint_eq(flow->receiver.transit, transit);
	ck_assert_uint_eq(flow->receiver.payload_type, 8);
	ck_assert_uint_eq(flow->receiver.packets, 2);
	in.sequence++;
	in.type = 13;
	comes_out(&in, out);
	ck_assert_uint_ne(flow->receiver.transit, transit);
	ck_assert_uint_eq(flow->receiver.payload_type, 8);
	ck_assert_uint_eq(flow->receiver.highest, in.sequence);
	in.type = 127;
	goes_up(&in, FASTPATH_MISS_TYPE);
	/* the stream has another clock now */
	flow->receiver.rate = 16000;
	in.type = 101;
	goes_up(&in, FASTPATH_MISS_TYPE);
}
END_TEST

/* Another payload type is shown to the relay thread, which looks its clock up; then it is the one.
 */
START_TEST(payload_types)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	struct fastpath_flow *flow = install(&in, &out);
	in.type = 101;
	goes_up(&in, FASTPATH_MISS_TYPE);
	flow->receiver.payload_type = 101;
	comes_out(&in, out);
	in.type = 0x80 | 101;
	comes_out(&in, out);
	flow->receiver.payload_type = 0; /* not negotiated */
	in.type = 0;
	goes_up(&in, FASTPATH_MISS_TYPE);
}
END_TEST

START_TEST(dead_threads_are_not_served)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	install(&in, &out);
	fastpath_beat(fastpath, 3, now_ns() - FASTPATH_STALE_NS - 1000000);
	goes_up(&in, FASTPATH_MISS_STALE);
	fastpath_beat(fastpath, 2, now_ns());
	goes_up(&in, FASTPATH_MISS_STALE);
	fastpath_beat(fastpath, 3, now_ns() - FASTPATH_STALE_NS + 500000000);
	comes_out(&in, out);
}
END_TEST

START_TEST(removed_is_removed)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	struct fastpath_flow *flow = install(&in, &out);
	comes_out(&in, out);
	fastpath_remove(fastpath, flow);
	goes_up(&in, FASTPATH_MISS_ENTRY);
}
END_TEST

START_TEST(no_more_than_the_rate)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	struct fastpath_flow *flow = install(&in, &out);
	uint8_t bytes[PACKET_ROOM];
	uint32_t length, dropped = 0;
	for (unsigned i = 0; i < 3000; i++)
		dropped += run_on(&in, bytes, &length, FASTPATH_LOOPBACK) == TC_ACT_SHOT;
	ck_assert_uint_ge(dropped, 1);
	ck_assert_uint_eq(flow->dropped, dropped);
	ck_assert_uint_eq(row(FASTPATH_MISS_RATE), dropped);
	ck_assert_uint_eq(flow->packets, 3000 - dropped);
}
END_TEST

/* Nothing that somebody may send makes it read or write where it should not. */
START_TEST(garbage_passes)
{
	struct parts in = plain4, out = out_of(&in, "127.0.0.1", "127.9.8.7");
	install(&in, &out);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[PACKET_ROOM];
		struct fastpath_trial trial = {.bytes = bytes,
			.length = build(&in, bytes),
			.room = sizeof(bytes),
			.interface = FASTPATH_LOOPBACK};
		unsigned at = ETHER + (unsigned)rand() % 40;
		bytes[at] ^= (uint8_t)(1 + rand() % 255);
		if (i % 3 == 0)
			trial.length = ETHER + 1 + (unsigned)rand() % 60;
		int verdict = fastpath_kernel_try(fastpath->program, &trial);
		ck_assert_msg(verdict == PASSED_UP || verdict == TC_ACT_OK ||
				      verdict == TC_ACT_SHOT || verdict == -EINVAL,
			"%d", verdict);
	}
}
END_TEST

/* ---- may we? ---- */

static void make_interface(void)
{
	struct ifreq request = {.ifr_name = "pvtry0"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (system("ip link add pvtry0 type veth peer name pvtry1 2>/dev/null && "
		   "ip link set pvtry0 up && ip link set pvtry1 up") == 0 &&
		ioctl(fd, SIOCGIFHWADDR, &request) == 0) {
		memcpy(out_hardware, request.ifr_hwaddr.sa_data, 6);
		out_interface = if_nametoindex("pvtry0");
	}
	close(fd);
}

int main(void)
{
	const char *why = kernel_refuses();
	if (why) {
		printf("skipped: the kernel's program cannot be loaded here: %s\n", why);
		return 77;
	}
	if (unshare(CLONE_NEWNET) == 0)
		make_interface();
	if (system("ip link set lo up 2>/dev/null") != 0 && if_nametoindex("lo") != 1) {
		printf("skipped: there is no lo\n");
		return 77;
	}
	Suite *suite = suite_create("fastpath_program");
	TCase *cases = testing_case("fastpath_program");
	tcase_add_checked_fixture(cases, open_stage, close_stage);
	const TTest *tests[] = {ipv4_is_rewritten, ipv6_is_rewritten, no_checksum_stays_none,
		checksums_hold_for_all_contents, receiver_counts_as_ours_does,
		other_interfaces_take_a_hop, only_by_the_link_of_its_source, trailers_go_up,
		priority_is_the_sockets, only_the_whole_key_matches,
		ports_of_others_are_not_counted, what_is_not_plain_rtp_goes_up,
		ipv6_without_checksum_goes_up, payload_types, others_come_between,
		dead_threads_are_not_served, removed_is_removed, no_more_than_the_rate,
		garbage_passes};
	for (size_t i = 0; i < ARRAY_LENGTH(tests); i++)
		tcase_add_test(cases, tests[i]);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
