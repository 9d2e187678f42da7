/* SPDX-License-Identifier: Apache-2.0 */
/* test_copier.c: what the kernel copies, on loopback sockets of a network namespace of its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "media/fastpath/copier.h"
#include "media/fastpath/copier_kernel.h"
#include "media/fastpath/fastpath.h"
#include "unit/media/own_network.h"

/* Of 5.8; headers before that do not know it. */
#define CAPABILITY_BPF 39
#define LISTENERS_MAX  700
#define LEAST          2
#define CLASS          0xb8
#define PATIENCE_MS    5000

static struct fastpath *fastpath;
static struct copiers *copiers;
static struct copier *copier; /* of thread 0 */
static uint64_t now_ms;
static unsigned refused_few, refused_failed;
static uint8_t refused_last[COPY_HEADER];

static const uint8_t payload[160] = "what is said";

/* A socket that is sent from, one that is sent to, and the way between them. */
static struct listener {
	int from, to;
	struct copy_target target;
	uint8_t header[COPY_HEADER];
} listeners[LISTENERS_MAX];

/* ---- listeners ---- */

static uint16_t bound(sa_family_t family, const char *ip, int *ret_fd)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	bool is_v4 = family == AF_INET;
	struct sockaddr *name = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t length = is_v4 ? sizeof(v4) : sizeof(v6);
	int on = 1;
	inet_pton(family, ip, is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr);
	*ret_fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(*ret_fd, name, length), 0);
	ck_assert_int_eq(getsockname(*ret_fd, name, &length), 0);
	if (is_v4)
		setsockopt(*ret_fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	else
		setsockopt(*ret_fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on));
	return is_v4 ? v4.sin_port : v6.sin6_port;
}

static void open_listener(struct listener *listener, sa_family_t family)
{
	const char *from = family == AF_INET ? "127.0.0.1" : "::1";
	const char *to = family == AF_INET ? "127.0.0.2" : "::1";
	static uint32_t number;
	uint32_t ssrc = htonl(++number);
	*listener = (struct listener){
		.target = {.interface = 1, .class = CLASS, .version = family == AF_INET ? 4 : 6}};
	listener->target.from_port = bound(family, from, &listener->from);
	listener->target.to_port = bound(family, to, &listener->to);
	inet_pton(family, from, listener->target.from);
	inet_pton(family, to, listener->target.to);
	listener->header[0] = 0x80;
	memcpy(listener->header + 8, &ssrc, sizeof(ssrc));
}

static void open_listeners(unsigned first, unsigned count, sa_family_t family)
{
	for (unsigned i = first; i < first + count; i++)
		open_listener(&listeners[i], family);
}

/* How many datagrams wait; each of them must be its copy. */
static unsigned heard(struct listener *listener)
{
	unsigned count = 0;
	for (;; count++) {
		uint8_t bytes[500];
		char control[64];
		struct sockaddr_in6 from = {0};
		struct iovec piece = {bytes, sizeof(bytes)};
		struct msghdr message = {.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &piece,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(listener->to, &message, MSG_DONTWAIT);
		if (got < 0)
			return count;
		ck_assert_int_eq(got, COPY_HEADER + sizeof(payload));
		ck_assert_mem_eq(bytes, listener->header, COPY_HEADER);
		ck_assert_mem_eq(bytes + COPY_HEADER, payload, sizeof(payload));
		ck_assert_uint_eq(from.sin6_port, listener->target.from_port);
		const struct cmsghdr *class = CMSG_FIRSTHDR(&message);
		ck_assert_ptr_nonnull(class);
		ck_assert_uint_eq(*(const uint8_t *)CMSG_DATA(class), CLASS);
	}
}

/* A copy may be made a little after the trigger's send has returned. */
static unsigned heard_after_all(struct listener *listener)
{
	struct pollfd poll_one = {.fd = listener->to, .events = POLLIN};
	poll(&poll_one, 1, PATIENCE_MS);
	return heard(listener);
}

/* ---- pieces ---- */

static void on_refused(void *owner, const struct copier_piece *piece,
	const uint8_t header[COPY_HEADER], enum copier_refusal why)
{
	struct listener *listener = owner;
	ck_assert_mem_eq(header, listener->header, COPY_HEADER);
	memcpy(refused_last, header, COPY_HEADER);
	*(why == COPIER_FEW ? &refused_few : &refused_failed) += 1;
}

static struct copier_piece piece;

static void begin(void)
{
	piece = (struct copier_piece){.payload = payload,
		.length = sizeof(payload),
		.now_ms = now_ms,
		.refused = on_refused};
	refused_few = refused_failed = 0;
	copier_begin(copier, &piece);
}

/* False: there is no place. */
static bool say_to(struct listener *listener)
{
	uint8_t *header = copier_place(copier, &listener->target);
	if (!header)
		return false;
	memcpy(header, listener->header, COPY_HEADER);
	copier_add(copier, &listener->target, listener);
	return true;
}

/* A piece to some of the listeners. How many of them had a place. */
static unsigned say(unsigned first, unsigned count)
{
	unsigned placed = 0;
	begin();
	for (unsigned i = first; i < first + count; i++)
		placed += say_to(&listeners[i]);
	copier_end(copier);
	return placed;
}

static struct copier_counts counts(void)
{
	struct copier_counts result = {0};
	copiers_count(copiers, &result);
	return result;
}

/* With lo, in a network namespace. `kernel` NULL: the one that is built. */
static void open_fastpath(const struct fastpath_kernel *kernel)
{
	struct fastpath_config config = {
		.local_count = 1, .port_first = 30000, .port_last = 30009, .kernel = kernel};
	struct sockaddr_in any = {.sin_family = AF_INET};
	media_address_from((struct sockaddr *)&any, &config.locals[0]);
	ck_assert_int_eq(fastpath_new(&fastpath, &config), 0);
	now_ms = 1000;
}

/* False: it cannot be tried here. */
static bool open_copiers(const struct fastpath_kernel *kernel)
{
	if (!own_network()) {
		printf("# skipped: no network namespace\n");
		return false;
	}
	open_fastpath(kernel);
	if (!fastpath_is_active(fastpath)) {
		printf("# skipped: %s\n", fastpath->why);
		fastpath_free(fastpath);
		return false;
	}
	ck_assert_int_eq(copiers_new(&copiers, fastpath, 2, LEAST), 0);
	ck_assert_int_eq(copiers_error(copiers), -ENOTCONN);
	copier = copiers_of(copiers, 0);
	return true;
}

static bool start_with(const struct fastpath_kernel *kernel)
{
	if (!open_copiers(kernel))
		return false;
	ck_assert(copiers_follow(copiers));
	if (copiers_error(copiers) == -EINVAL) {
		printf("# skipped: the kernel is too old\n");
		return false;
	}
	ck_assert_int_eq(copiers_error(copiers), 0);
	return true;
}

static bool start(void)
{
	return start_with(NULL);
}

static void finish(void)
{
	copiers_free(copiers);
	fastpath_free(fastpath);
}

/* ---- tests ---- */

START_TEST(each_gets_its_header_and_the_payload)
{
	if (!start())
		return;
	open_listeners(0, 5, AF_INET);
	open_listeners(5, 5, AF_INET6);
	ck_assert_uint_eq(say(0, 10), 10);
	ck_assert_uint_eq(refused_few + refused_failed, 0);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
}
END_TEST

START_TEST(hundreds_get_each_piece_once)
{
	if (!start())
		return;
	open_listeners(0, 600, AF_INET);
	open_listeners(600, 100, AF_INET6);
	for (unsigned round = 0; round < 20; round++) {
		now_ms += 20;
		ck_assert_uint_eq(say(0, 700), 700);
		for (unsigned i = 0; i < 700; i++)
			ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	}
	ck_assert_uint_eq(refused_failed, 0);
	say(0, 700); /* what was done before is counted now */
	ck_assert_uint_ge(counts().copies, 20 * 700);
	ck_assert_uint_eq(counts().lost, 0);
	finish();
}
END_TEST

START_TEST(who_is_not_named_gets_nothing)
{
	if (!start())
		return;
	open_listeners(0, 6, AF_INET);
	ck_assert_uint_eq(say(0, 6), 6);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	/* the batch is longer than what is in it now */
	ck_assert_uint_eq(say(1, 3), 3);
	for (unsigned i = 1; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	ck_assert_uint_eq(heard(&listeners[0]) + heard(&listeners[4]) + heard(&listeners[5]), 0);
	finish();
}
END_TEST

START_TEST(few_are_handed_back)
{
	if (!start())
		return;
	open_listeners(0, 4, AF_INET);
	open_listener(&listeners[4], AF_INET6);
	ck_assert_uint_eq(say(0, 5), 5);
	ck_assert_uint_eq(refused_few, 1);
	ck_assert_mem_eq(refused_last, listeners[4].header, COPY_HEADER);
	ck_assert_uint_eq(heard(&listeners[4]), 0);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
}
END_TEST

START_TEST(a_place_alone_takes_nothing)
{
	if (!start())
		return;
	open_listeners(0, 3, AF_INET);
	begin();
	ck_assert(say_to(&listeners[0]));
	ck_assert_ptr_nonnull(copier_place(copier, &listeners[1].target));
	ck_assert(say_to(&listeners[2]));
	copier_end(copier);
	ck_assert_uint_eq(heard_after_all(&listeners[0]), 1);
	ck_assert_uint_eq(heard_after_all(&listeners[2]), 1);
	ck_assert_uint_eq(heard(&listeners[1]), 0);
	finish();
}
END_TEST

/* Nothing that others send on lo is taken for a trigger, or hindered. */
START_TEST(others_are_left_alone)
{
	if (!start())
		return;
	struct copy_trigger forged = {.batch = 1, .key = {2}};
	struct sockaddr_in to = {.sin_family = AF_INET};
	open_listeners(0, 3, AF_INET);
	say(0, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	to.sin_port = listeners[0].target.to_port;
	inet_pton(AF_INET, "127.0.0.2", &to.sin_addr);
	/* from a socket to itself, as a trigger is */
	ck_assert_int_eq(
		sendto(listeners[0].to, &forged, sizeof(forged), 0, (void *)&to, sizeof(to)),
		sizeof(forged));
	struct copy_trigger got;
	ck_assert_int_eq(recv(listeners[0].to, &got, sizeof(got), 0), sizeof(got));
	ck_assert_mem_eq(&got, &forged, sizeof(got));
	ck_assert_uint_eq(heard(&listeners[1]), 0);
	finish();
}
END_TEST

/* ---- triggers of strangers ---- */

static const struct copier_kernel *whole;
static struct copier_program *loaded;
static struct copy_batch *batches;    /* the first thread's begin here */
static struct copy_socket sockets[2]; /* the first thread's, IPv4 and IPv6 */
static unsigned known;

static int load_seen(struct fastpath_program *beside, uint32_t count,
	struct copier_program **ret_program, struct copy_batch **ret_batches)
{
	int error = whole->load(beside, count, ret_program, ret_batches);
	loaded = *ret_program;
	batches = *ret_batches;
	return error;
}

/* The program does not hear of the first thread's sockets, but of all others. */
static int know_others(struct copier_program *program, const struct copy_socket *socket)
{
	if (known >= ARRAY_LENGTH(sockets))
		return whole->know(program, socket);
	sockets[known++] = *socket;
	return 0;
}

/* False: it cannot be tried here. */
static bool start_with_others(void)
{
	static struct fastpath_kernel kernel;
	static struct copier_kernel half;
	kernel = fastpath_kernel;
	if (!kernel.copier)
		return false;
	whole = kernel.copier;
	half = *whole;
	half.load = load_seen;
	half.know = know_others;
	kernel.copier = &half;
	return start_with(&kernel);
}

/* A trigger that nobody has taken goes to the first thread's batch 1, its first. The program hears
 * of the sockets after that. */
static struct copy_trigger say_unheard(sa_family_t family)
{
	open_listeners(0, 4, family);
	ck_assert_uint_eq(say(0, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard(&listeners[i]), 0);
	for (unsigned i = 0; i < ARRAY_LENGTH(sockets); i++)
		ck_assert_int_eq(whole->know(loaded, &sockets[i]), 0);
	ck_assert_uint_ne(batches[1].key, 0);
	return (struct copy_trigger){
		.batch = 1, .key = {(uint32_t)batches[1].key, (uint32_t)(batches[1].key >> 32)}};
}

/* To lo, without which there is one address of IPv6 only; usable a moment later. */
static void add_address(const char *ip)
{
	struct {
		struct in6_addr address;
		uint32_t prefix;
		int interface;
	} request = {.prefix = 128, .interface = 1};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	inet_pton(AF_INET6, ip, &request.address);
	struct sockaddr_in6 name = {.sin6_family = AF_INET6};
	ck_assert_int_eq(ioctl(fd, SIOCSIFADDR, &request), 0);
	name.sin6_addr = request.address;
	int error = -1;
	for (unsigned i = 0; i < PATIENCE_MS && error; i++, usleep(1000))
		error = bind(fd, (void *)&name, sizeof(name));
	ck_assert_int_eq(error, 0);
	close(fd);
}

/* By a socket on another address, which gives `source` as its own: any user may. */
static void forge4(const struct copy_trigger *trigger, const char *source)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = sockets[0].port};
	struct iovec parts[] = {
		{(void *)trigger, sizeof(*trigger)}, {(void *)payload, sizeof(payload)}};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {.header = {CMSG_LEN(sizeof(struct in_pktinfo)), IPPROTO_IP, IP_PKTINFO}};
	struct in_pktinfo info = {0};
	struct msghdr message = {&name, sizeof(name), parts, 2, &control, sizeof(control), 0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "127.0.0.2", &name.sin_addr);
	ck_assert_int_eq(bind(fd, (void *)&name, sizeof(name)), 0);
	inet_pton(AF_INET, source, &info.ipi_spec_dst);
	memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	/* to where it seems to come from */
	inet_pton(AF_INET, source, &name.sin_addr);
	ck_assert_int_gt(sendmsg(fd, &message, 0), 0);
	close(fd);
}

static void forge6(const struct copy_trigger *trigger, const char *source)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = sockets[1].port};
	struct iovec parts[] = {
		{(void *)trigger, sizeof(*trigger)}, {(void *)payload, sizeof(payload)}};
	struct {
		struct in6_addr address;
		uint32_t interface;
	} info = {.interface = 0};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(info))];
	} control = {.header = {CMSG_LEN(sizeof(info)), IPPROTO_IPV6, IPV6_PKTINFO}};
	struct msghdr message = {&name, sizeof(name), parts, 2, &control, sizeof(control), 0};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	inet_pton(AF_INET6, "fd77::1", &name.sin6_addr);
	ck_assert_int_eq(bind(fd, (void *)&name, sizeof(name)), 0);
	inet_pton(AF_INET6, source, &info.address);
	memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	inet_pton(AF_INET6, "::1", &name.sin6_addr);
	ck_assert_int_gt(sendmsg(fd, &message, 0), 0);
	close(fd);
}

static void all_have_heard(unsigned count)
{
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(
			count ? heard_after_all(&listeners[i]) : heard(&listeners[i]), count);
}

static void try_strangers(void (*forge)(const struct copy_trigger *trigger, const char *source),
	struct copy_trigger right, const char *own, const char *other)
{
	struct copy_trigger wrong = right;
	forge(&right, other);
	all_have_heard(0);
	wrong.key[0] ^= 1;
	forge(&wrong, own);
	wrong = right;
	wrong.key[1] ^= 1;
	forge(&wrong, own);
	wrong = (struct copy_trigger){.batch = 1};
	forge(&wrong, own);
	wrong.batch = 0; /* never used */
	forge(&wrong, own);
	all_have_heard(0);
	/* so it is all these that were wrong */
	forge(&right, own);
	all_have_heard(1);
	forge(&right, own);
	all_have_heard(0);
	finish();
}

START_TEST(a_stranger_sends_no_trigger_by_ipv4)
{
	if (start_with_others())
		try_strangers(forge4, say_unheard(AF_INET), "127.0.0.1", "127.0.0.2");
}
END_TEST

START_TEST(a_stranger_sends_no_trigger_by_ipv6)
{
	if (!start_with_others())
		return;
	add_address("fd77::1");
	try_strangers(forge6, say_unheard(AF_INET6), "::1", "fd77::1");
}
END_TEST

START_TEST(what_was_given_up_is_not_copied_late)
{
	if (!start_with_others())
		return;
	struct copy_trigger late = say_unheard(AF_INET);
	now_ms += 300;
	ck_assert_uint_eq(say(0, 4), 0);
	ck_assert_uint_eq(counts().lost, 4);
	forge4(&late, "127.0.0.1");
	all_have_heard(0);
	/* nor when its batch is being filled again, for others */
	now_ms += 6000;
	for (unsigned i = 0; i < COPY_BATCHES - 2; i++) {
		ck_assert_uint_eq(say(0, 4), 4);
		all_have_heard(1);
	}
	begin();
	for (unsigned i = 0; i < 4; i++)
		ck_assert(say_to(&listeners[i]));
	forge4(&late, "127.0.0.1");
	all_have_heard(0);
	copier_end(copier);
	all_have_heard(1);
	finish();
}
END_TEST

/* ---- with the fast path ---- */

START_TEST(they_work_while_the_fast_path_does)
{
	struct fastpath_wish wish = {.is_off = true};
	if (!open_copiers(NULL))
		return;
	open_listeners(0, 4, AF_INET);
	ck_assert_uint_eq(say(0, 4), 0);
	ck_assert(copiers_follow(copiers));
	ck_assert(!copiers_follow(copiers));
	ck_assert_uint_eq(say(0, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	fastpath_configure(fastpath, &wish);
	ck_assert(copiers_follow(copiers));
	ck_assert_int_eq(copiers_error(copiers), -ENOTCONN);
	ck_assert_uint_eq(say(0, 4), 0);
	wish.is_off = false;
	fastpath_configure(fastpath, &wish);
	ck_assert(copiers_follow(copiers));
	ck_assert_uint_eq(say(0, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
}
END_TEST

START_TEST(by_filters_they_work_too)
{
	if (!start_with(&fastpath_kernel_filters))
		return;
	open_listeners(0, 4, AF_INET);
	ck_assert_uint_eq(say(0, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
	/* nothing is left that would take a trigger */
	if (!start_with(&fastpath_kernel_filters))
		return;
	ck_assert_uint_eq(say(0, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
}
END_TEST

/* The verifier wants more of those who have fewer capabilities. */
START_TEST(two_capabilities_are_enough)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct two[_LINUX_CAPABILITY_U32S_3] = {0};
	if (!own_network())
		return;
	two[0].permitted = two[0].effective = 1u << CAP_NET_ADMIN;
	two[1].permitted = two[1].effective = 1u << (CAPABILITY_BPF - 32);
	ck_assert_int_eq(syscall(SYS_capset, &header, two), 0);
	if (!start())
		return;
	open_listeners(0, 4, AF_INET);
	ck_assert_uint_eq(say(0, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
}
END_TEST

/* ---- where the program does not answer ---- */

static int know_none(struct copier_program *program, const struct copy_socket *socket)
{
	return 0;
}

START_TEST(a_program_that_is_not_reached_is_not_used)
{
	struct fastpath_kernel kernel = fastpath_kernel;
	if (!kernel.copier)
		return;
	struct copier_kernel deaf = *kernel.copier;
	kernel.copier = &deaf;
	deaf.know = know_none;
	if (!open_copiers(&kernel))
		return;
	open_listeners(0, 4, AF_INET);
	copiers_follow(copiers);
	ck_assert_int_eq(copiers_error(copiers), -ENODATA);
	ck_assert_uint_eq(say(0, 4), 0);
	finish();
}
END_TEST

static bool is_taken;

static bool holds_unless_taken(struct copier_program *program)
{
	return !is_taken;
}

START_TEST(a_program_that_is_taken_away_comes_back)
{
	struct fastpath_kernel kernel = fastpath_kernel;
	if (!kernel.copier)
		return;
	struct copier_kernel taken = *kernel.copier;
	kernel.copier = &taken;
	taken.holds = holds_unless_taken;
	if (!start_with(&kernel))
		return;
	open_listeners(0, 4, AF_INET);
	ck_assert(!copiers_retry(copiers, 1000));
	ck_assert_uint_eq(say(0, 4), 4);
	is_taken = true;
	ck_assert(copiers_retry(copiers, 2000));
	ck_assert_int_eq(copiers_error(copiers), -ENODATA);
	ck_assert_uint_eq(say(0, 4), 0);
	is_taken = false;
	ck_assert(!copiers_retry(copiers, 2500));
	ck_assert(copiers_retry(copiers, 3500));
	ck_assert_int_eq(copiers_error(copiers), 0);
	ck_assert_uint_eq(say(0, 4), 4);
	finish();
}
END_TEST

START_TEST(without_a_program_there_is_no_copying)
{
	struct fastpath_kernel kernel = fastpath_kernel;
	kernel.copier = NULL;
	if (!open_copiers(&kernel))
		return;
	open_listeners(0, 4, AF_INET);
	copiers_follow(copiers);
	ck_assert_int_eq(copiers_error(copiers), -ENOSYS);
	ck_assert_uint_eq(say(0, 4), 0);
	finish();
}
END_TEST

START_TEST(lost_triggers_end_the_copying)
{
	if (!start_with_others())
		return;
	open_listeners(0, 8, AF_INET);
	/* what is under way is waited for, and meanwhile nothing more is entrusted to it */
	for (unsigned i = 0; i < COPY_BATCHES_UNDER_WAY; i++)
		ck_assert_uint_eq(say(0, 8), 8);
	ck_assert_uint_eq(say(0, 8), 0);
	now_ms += 300;
	ck_assert_uint_eq(say(0, 8), 0);
	ck_assert_uint_eq(counts().lost, COPY_BATCHES_UNDER_WAY * 8);
	/* after a rest it is tried with a trigger that costs nobody anything */
	for (unsigned i = 0; i < 5; i++) {
		now_ms += 6000;
		ck_assert_uint_eq(say(0, 8), 0);
	}
	ck_assert_uint_eq(counts().lost, COPY_BATCHES_UNDER_WAY * 8);
	ck_assert_uint_eq(counts().copies, 0);
	ck_assert_uint_eq(heard(&listeners[0]), 0);
	finish();
}
END_TEST

/* ---- a program that a busy kernel runs later ---- */

/* In the place of the program: does nothing but answer the triggers of main, and of the first
 * thread's, when somebody lets it. */
static struct late {
	struct copy_batch batches[3 * COPY_BATCHES];
	pthread_t thread;
	_Atomic bool stops;
	_Atomic unsigned wait_ms;
	unsigned trials;
} late;

static void answer(struct copy_batch *batch)
{
	uint64_t key = __atomic_exchange_n(&batch->key, 0, __ATOMIC_ACQ_REL);
	if (key)
		__atomic_store_n(&batch->done, key, __ATOMIC_RELEASE);
}

static void *answer_late(void *none)
{
	while (!late.stops) {
		usleep(1000);
		for (unsigned i = 2 * COPY_BATCHES; i < 3 * COPY_BATCHES && late.wait_ms; i++) {
			if (!__atomic_load_n(&late.batches[i].key, __ATOMIC_ACQUIRE))
				continue;
			usleep(late.wait_ms * 1000);
			answer(&late.batches[i]);
		}
	}
	return NULL;
}

static int late_load(struct fastpath_program *beside, uint32_t count,
	struct copier_program **ret_program, struct copy_batch **ret_batches)
{
	ck_assert_uint_eq(count, ARRAY_LENGTH(late.batches));
	*ret_program = (struct copier_program *)&late;
	*ret_batches = late.batches;
	return 0;
}

static int late_attach(struct copier_program *program)
{
	late.trials++;
	return 0;
}

static void late_detach(struct copier_program *program) {}

static bool late_holds(struct copier_program *program)
{
	return true;
}

/* It answers main after so long; 0: not. False: it cannot be tried here. */
static bool open_late(unsigned wait_ms)
{
	static const struct copier_kernel kernel_late = {
		late_load, late_detach, know_none, late_attach, late_detach, late_holds};
	static struct fastpath_kernel kernel;
	kernel = fastpath_kernel;
	kernel.copier = &kernel_late;
	if (!open_copiers(&kernel))
		return false;
	late.wait_ms = wait_ms;
	ck_assert_int_eq(pthread_create(&late.thread, NULL, answer_late, NULL), 0);
	copiers_follow(copiers);
	return true;
}

/* It may itself run later than it would. Each trial finds it idle. */
static void works_at_last(void)
{
	for (unsigned i = 0; i < 50 && copiers_error(copiers); i++) {
		usleep(20000);
		copiers_follow(copiers);
	}
	ck_assert_int_eq(copiers_error(copiers), 0);
}

static void finish_late(void)
{
	late.stops = true;
	pthread_join(late.thread, NULL);
	finish();
}

START_TEST(the_trial_waits_for_a_late_answer)
{
	if (!open_late(4))
		return;
	works_at_last();
	ck_assert(!copiers_retry(copiers, now_ms));
	finish_late();
}
END_TEST

START_TEST(a_trial_without_an_answer_is_made_again)
{
	if (!open_late(0))
		return;
	ck_assert_int_eq(copiers_error(copiers), -ENODATA);
	ck_assert_uint_eq(late.trials, 1);
	for (unsigned i = 0; i < 600; i++, now_ms += 500)
		ck_assert(!copiers_retry(copiers, now_ms));
	/* after 1, 3, 7, 15, 31, 63, 127, 191, 255 s */
	ck_assert_uint_eq(late.trials, 10);
	late.wait_ms = 1;
	while (!copiers_retry(copiers, now_ms))
		now_ms += 500;
	ck_assert_int_eq(copiers_error(copiers), 0);
	finish_late();
}
END_TEST

START_TEST(a_rest_ends_by_a_late_answer)
{
	if (!open_late(1))
		return;
	works_at_last();
	open_listeners(0, 4, AF_INET);
	ck_assert_uint_eq(say(0, 4), 4);
	now_ms += 300;
	ck_assert_uint_eq(say(0, 4), 0);
	ck_assert_uint_eq(counts().lost, 4);
	now_ms += 6000;
	ck_assert_uint_eq(say(0, 4), 0);
	unsigned trial = 0;
	for (unsigned i = 0; i < COPY_BATCHES; i++)
		trial += late.batches[i].key != 0;
	ck_assert_uint_eq(trial, 1);
	now_ms += 20;
	ck_assert_uint_eq(say(0, 4), 0);
	for (unsigned i = 0; i < COPY_BATCHES; i++)
		answer(&late.batches[i]);
	now_ms += 20;
	ck_assert_uint_eq(say(0, 4), 4);
	finish_late();
}
END_TEST

/* Taken away and given back under a running daemon. */
START_TEST(without_lo_nothing_is_copied_until_it_is_back)
{
	struct ifreq lo = {.ifr_name = "lo"};
	if (!start())
		return;
	open_listeners(0, 4, AF_INET);
	ck_assert_int_eq(ioctl(listeners[0].to, SIOCSIFFLAGS, &lo), 0);
	for (unsigned i = 0; i < 50; i++) {
		say(0, 4);
		now_ms += 20;
	}
	ck_assert_uint_eq(say(0, 4), 0);
	ck_assert_uint_le(counts().lost, COPY_BATCHES_UNDER_WAY * 4);
	lo.ifr_flags = IFF_UP;
	ck_assert_int_eq(ioctl(listeners[0].to, SIOCSIFFLAGS, &lo), 0);
	ck_assert_uint_eq(say(0, 4), 0);
	now_ms += 6000;
	ck_assert_uint_eq(say(0, 4), 4);
	ck_assert_uint_eq(refused_failed, 0);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
}
END_TEST

/* Where somebody has made lo's MTU small: no listener gets a piece of a trigger. */
START_TEST(a_trigger_in_pieces_is_none)
{
	static const uint8_t long_one[3000];
	struct ifreq lo = {.ifr_name = "lo", .ifr_mtu = 1500};
	if (!start())
		return;
	open_listeners(0, 4, AF_INET);
	ck_assert_int_eq(ioctl(listeners[0].to, SIOCSIFMTU, &lo), 0);
	begin();
	piece.payload = long_one;
	piece.length = sizeof(long_one);
	for (unsigned i = 0; i < 4; i++)
		ck_assert(say_to(&listeners[i]));
	copier_end(copier);
	ck_assert_uint_eq(say(0, 4), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(heard_after_all(&listeners[i]), 1);
	finish();
}
END_TEST

/* A trigger that cannot be sent: its entries are. */
START_TEST(what_the_kernel_does_not_take_is_handed_back)
{
	static const uint8_t long_one[70000];
	if (!start())
		return;
	open_listeners(0, 4, AF_INET);
	begin();
	piece.payload = long_one;
	piece.length = sizeof(long_one);
	for (unsigned i = 0; i < 4; i++)
		ck_assert(say_to(&listeners[i]));
	copier_end(copier);
	ck_assert_uint_eq(refused_failed, 4);
	ck_assert_uint_eq(counts().refused, 4);
	ck_assert_uint_eq(say(0, 4), 0);
	now_ms += 6000;
	ck_assert_uint_eq(say(0, 4), 4);
	ck_assert_uint_eq(refused_failed, 0);
	finish();
}
END_TEST

TEST_MAIN("copier", each_gets_its_header_and_the_payload, hundreds_get_each_piece_once,
	who_is_not_named_gets_nothing, few_are_handed_back, a_place_alone_takes_nothing,
	others_are_left_alone, a_stranger_sends_no_trigger_by_ipv4,
	a_stranger_sends_no_trigger_by_ipv6, what_was_given_up_is_not_copied_late,
	they_work_while_the_fast_path_does, by_filters_they_work_too, two_capabilities_are_enough,
	without_a_program_there_is_no_copying, a_program_that_is_not_reached_is_not_used,
	a_program_that_is_taken_away_comes_back, lost_triggers_end_the_copying,
	the_trial_waits_for_a_late_answer, a_trial_without_an_answer_is_made_again,
	a_rest_ends_by_a_late_answer, without_lo_nothing_is_copied_until_it_is_back,
	a_trigger_in_pieces_is_none, what_the_kernel_does_not_take_is_handed_back)
