/* SPDX-License-Identifier: Apache-2.0 */
/* test_fastpath_life.c: what is in the kernel while a server runs, after it stopped, and after it
 * was killed, by links and by the filters that older kernels have. In a network namespace of its
 * own. */
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/macros.h"
#include "fastpath_fake.h"
#include "lib/testing.h"
#include "media/fastpath/filters.h"
#include "media/fastpath/ipsec.h"
#include "media/fastpath/reason.h"

#define LO FASTPATH_LOOPBACK

static struct fastpath *start(const struct fastpath_kernel *kernel)
{
	struct fastpath *fastpath;
	struct fastpath_config config = {
		.local_count = 1, .port_first = 20000, .port_last = 20003, .kernel = kernel};
	config.locals[0].v4.sin_family = AF_INET;
	ck_assert_int_eq(fastpath_new(&fastpath, &config), 0);
	ck_assert_msg(fastpath->state == FASTPATH_ACTIVE, "%s", fastpath->why);
	return fastpath;
}

static unsigned links_named(const struct fastpath *fastpath, const char *name)
{
	struct fastpath_status status;
	unsigned count = 0;
	fastpath_read_status(fastpath, &status);
	for (unsigned i = 0; i < status.interface_count; i++)
		count += strcmp(status.interfaces[i], name) == 0;
	return count;
}

static void shell(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* After that command: what the relay threads see of it. */
static uint32_t changes_by(struct fastpath *fastpath, const char *command)
{
	uint32_t before = fastpath_changes(fastpath);
	shell(command);
	fastpath_hear(fastpath);
	return fastpath_changes(fastpath) - before;
}

static bool has_qdisc(void)
{
	return system("tc qdisc show dev lo 2>/dev/null | grep -q clsact") == 0;
}

/* A server that is killed while it runs. */
static void start_and_die(const struct fastpath_kernel *kernel)
{
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		start(kernel);
		raise(SIGKILL);
	}
	int status = 0;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(links_leave_nothing)
{
	struct fastpath *fastpath = start(&fastpath_kernel);
	bool by_link = fastpath->interfaces[0].link.fd >= 0;
	fastpath_free(fastpath);
	ck_assert(!filters_are_there(LO));
	start_and_die(&fastpath_kernel);
	/* a kernel without links has the filter that is left */
	ck_assert(filters_are_there(LO) == !by_link);
	fastpath_free(start(&fastpath_kernel));
	ck_assert(!filters_are_there(LO));
}
END_TEST

START_TEST(filters_are_taken_away)
{
	struct fastpath *fastpath = start(&fastpath_kernel_filters);
	ck_assert(filters_are_there(LO));
	fastpath_free(fastpath);
	ck_assert(!filters_are_there(LO));
	ck_assert(!has_qdisc());
}
END_TEST

START_TEST(filters_of_the_dead_are_found)
{
	start_and_die(&fastpath_kernel_filters);
	ck_assert(filters_are_there(LO));
	struct fastpath *fastpath = start(&fastpath_kernel_filters);
	fastpath_free(fastpath);
	ck_assert(!filters_are_there(LO));
	ck_assert(!has_qdisc());
}
END_TEST

/* Of a server that is to have no filters itself, or may not load the program. */
START_TEST(filters_of_the_dead_go_anyway)
{
	start_and_die(&fastpath_kernel_filters);
	ck_assert(filters_are_there(LO));
	pid_t child = fork();
	if (child == 0) {
		capabilities_forget_network();
		_exit(fastpath_kernel.clean() == -EPERM ? 0 : 1);
	}
	int status = 1;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(filters_are_there(LO));
	ck_assert_int_eq(fastpath_kernel.clean(), 1);
	ck_assert(!filters_are_there(LO));
	ck_assert(!has_qdisc());
	ck_assert_int_eq(fastpath_kernel.clean(), 0);
}
END_TEST

/* Made once and taken away once, for each costs the host packets: reloads leave it alone. */
START_TEST(the_qdisc_stays_while_the_server_does)
{
	struct fastpath_wish off = {.is_off = true}, on = {0};
	start_and_die(&fastpath_kernel_filters);
	struct fastpath *fastpath = start(&fastpath_kernel_filters);
	for (int i = 0; i < 3; i++) {
		fastpath_configure(fastpath, &off);
		ck_assert(!filters_are_there(LO));
		ck_assert(has_qdisc());
		fastpath_configure(fastpath, &on);
		ck_assert(filters_are_there(LO));
	}
	fastpath_free(fastpath);
	ck_assert(!has_qdisc());
	/* somebody else's is his */
	shell("tc qdisc add dev lo clsact");
	fastpath_free(start(&fastpath_kernel_filters));
	ck_assert(has_qdisc());
	shell("tc qdisc del dev lo clsact");
}
END_TEST

/* Two servers of one host, of which one ends. */
START_TEST(filters_of_the_living_stay)
{
	struct fastpath *one = start(&fastpath_kernel_filters);
	struct fastpath *two = start(&fastpath_kernel_filters);
	fastpath_free(one);
	ck_assert(filters_are_there(LO));
	struct fastpath *three = start(&fastpath_kernel_filters);
	fastpath_free(three);
	ck_assert(filters_are_there(LO));
	fastpath_free(two);
	ck_assert(!filters_are_there(LO));
}
END_TEST

/* Any user can hold the names: there is another one, then. */
START_TEST(names_that_strangers_hold)
{
	int held[16];
	for (int i = 0; i < 16; i++) {
		struct sockaddr_un name = {.sun_family = AF_UNIX};
		int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			"portavoz-fastpath-%d", i + 1);
		held[i] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(bind(held[i], (struct sockaddr *)&name,
					 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) +
						 (socklen_t)length),
			0);
	}
	struct fastpath *one = start(&fastpath_kernel_filters);
	struct fastpath *two = start(&fastpath_kernel_filters);
	fastpath_free(one);
	ck_assert(filters_are_there(LO));
	fastpath_free(two);
	ck_assert(!filters_are_there(LO));
	for (int i = 0; i < 16; i++)
		close(held[i]);
}
END_TEST

/* Relay threads ask for their routes again when some have changed, or what they lead to: not for
 * all that a host with containers has to tell. */
START_TEST(news_that_matter)
{
	struct fastpath *fastpath = start(&fake_kernel);
	fastpath_hear(fastpath);
	ck_assert_uint_eq(changes_by(fastpath, "ip link add side0 type veth peer name side1"), 0);
	ck_assert_uint_eq(changes_by(fastpath, "ip link set side0 up; ip link set side1 up"), 0);
	ck_assert_uint_eq(changes_by(fastpath, "ip link set lo alias something"), 0);
	ck_assert_uint_eq(changes_by(fastpath, "ip addr add 192.0.2.1/24 dev side0"), 1);
	ck_assert_uint_eq(changes_by(fastpath, "ip link set side0 alias something"), 0);
	ck_assert_uint_eq(changes_by(fastpath, "ip route add 198.51.100.0/24 via 192.0.2.2"), 1);
	ck_assert_uint_eq(changes_by(fastpath, "ip rule add to 198.51.100.7 lookup 77"), 1);
	ck_assert_uint_eq(changes_by(fastpath, "ip link set side0 mtu 1400"), 1);
	ck_assert_uint_eq(changes_by(fastpath, "ip link set side0 down"), 1);
	ck_assert_uint_eq(changes_by(fastpath, "ip link del side0"), 1);
	fastpath_free(fastpath);
}
END_TEST

/* However many a host of containers has: only those count that the program hangs on. */
START_TEST(interfaces_beyond_count)
{
	shell("for n in $(seq 35); do ip link add a$n type veth peer name b$n; done");
	shell("ip link add last0 type veth peer name last1; ip link set last0 up");
	shell("ip addr add 192.0.2.1/24 dev last0");
	struct fastpath *fastpath = start(&fake_kernel);
	ck_assert_uint_eq(links_named(fastpath, "last0"), 1);
	ck_assert_ptr_null(fastpath_unsaid(fastpath));
	shell("for n in $(seq 35); do ip link set a$n up; ip addr add 10.0.$n.1/24 dev a$n; "
	      "ip link set b$n up; ip addr add 10.1.$n.1/24 dev b$n; done");
	fastpath_hear(fastpath);
	struct fastpath_status status;
	fastpath_read_status(fastpath, &status);
	ck_assert_uint_eq(status.interface_count, FASTPATH_INTERFACES_MAX);
	/* 70, last0 and lo are wanted */
	ck_assert_uint_eq(status.refusal_count, 72 - FASTPATH_INTERFACES_MAX);
	ck_assert_int_eq(status.refusals[0].error, -ENOSPC);
	fastpath_free(fastpath);
	shell("for n in $(seq 35); do ip link del a$n; done; ip link del last0");
}
END_TEST

static void is_refused(struct fastpath *fastpath, const char *name, int error)
{
	const struct fastpath_refusal *one = fastpath_unsaid(fastpath);
	ck_assert_ptr_nonnull(one);
	ck_assert_str_eq(one->name, name);
	ck_assert_int_eq(one->error, error);
}

/* Interfaces that the configuration names and that cannot have it: each is told of, once. */
START_TEST(names_that_cannot_be)
{
	struct fastpath_wish wish = {.count = 3, .names = {"lo", "nowhere0", "tunnel0"}};
	struct fastpath *fastpath = start(&fake_kernel);
	bool has_tunnel = system("ip link add tunnel0 type ipip local 127.0.0.1 remote 127.0.0.2 "
				 "2>/dev/null || ip link add tunnel0 type sit local 127.0.0.1 "
				 "remote 127.0.0.2 2>/dev/null") == 0;
	fastpath_configure(fastpath, &wish);
	ck_assert_uint_eq(links_named(fastpath, "lo"), 1);
	ck_assert_uint_eq(links_named(fastpath, "tunnel0"), 0);
	is_refused(fastpath, "nowhere0", -ENODEV);
	is_refused(fastpath, "tunnel0", has_tunnel ? -ENOTSUP : -ENODEV);
	ck_assert_ptr_null(fastpath_unsaid(fastpath));
	shell("ip link add nowhere0 type veth peer name nowhere1");
	fastpath_hear(fastpath);
	ck_assert_uint_eq(links_named(fastpath, "nowhere0"), 1);
	ck_assert_ptr_null(fastpath_unsaid(fastpath));
	shell("ip link del nowhere0");
	fastpath_hear(fastpath);
	is_refused(fastpath, "nowhere0", -ENODEV);
	fastpath_free(fastpath);
	if (has_tunnel)
		shell("ip link del tunnel0");
}
END_TEST

/* How often in so many seconds, a tick each, the program comes back that somebody takes away. */
static unsigned fought_over(struct fastpath *fastpath, uint64_t *now_ms, unsigned seconds)
{
	unsigned back = 0;
	for (unsigned i = 0; i < seconds; i++) {
		bool was_away = !fastpath_is_active(fastpath);
		*now_ms += 1000;
		fastpath_look(fastpath, *now_ms);
		back += was_away && fastpath_is_active(fastpath);
	}
	return back;
}

/* It comes back, and whoever takes it away again and again has it so ever longer. */
START_TEST(what_somebody_takes_away)
{
	struct fastpath *fastpath = start(&fake_kernel);
	uint64_t now_ms = 1000000;
	fastpath_look(fastpath, now_ms);
	ck_assert_uint_gt(fastpath_mtu(fastpath, LO), 0);
	fake_is_taken = true;
	ck_assert(fastpath_look(fastpath, now_ms += 5000));
	ck_assert_int_eq(fastpath->state, FASTPATH_UNAVAILABLE);
	ck_assert_str_eq(fastpath->why, fastpath_refusal_word(-EIDRM));
	ck_assert_uint_eq(fastpath_mtu(fastpath, LO), 0);
	ck_assert_uint_eq(links_named(fastpath, "lo"), 0);
	ck_assert_int_eq(fake_attached, 0);
	is_refused(fastpath, "lo", -EIDRM);
	ck_assert_ptr_null(fastpath_unsaid(fastpath));
	fake_is_taken = false;
	ck_assert(fastpath_look(fastpath, now_ms += 5000));
	ck_assert_int_eq(fastpath->state, FASTPATH_ACTIVE);
	ck_assert_uint_gt(fastpath_mtu(fastpath, LO), 0);
	ck_assert_int_eq(fake_attached, 1);
	ck_assert(!fastpath_look(fastpath, now_ms += 5000));
	fake_is_taken = true;
	ck_assert_uint_ge(fought_over(fastpath, &now_ms, 100), 2);
	ck_assert_uint_le(fought_over(fastpath, &now_ms, 3600), 15);
	fake_is_taken = false;
	fought_over(fastpath, &now_ms, 600);
	ck_assert(fastpath_is_active(fastpath));
	/* long ago */
	fake_is_taken = true;
	ck_assert_uint_ge(fought_over(fastpath, &now_ms, 100), 2);
	fake_is_taken = false;
	fastpath_free(fastpath);
	ck_assert_int_eq(fake_attached, 0);
}
END_TEST

/* One of several: the others go on, and it is told of when the one is back. */
START_TEST(one_that_somebody_takes_away)
{
	struct fastpath *fastpath = start(&fastpath_kernel_filters);
	shell("ip link add side0 type veth peer name side1; ip addr add 192.0.2.1/24 dev side0; "
	      "ip link set side0 up");
	fastpath_hear(fastpath);
	fastpath_look(fastpath, 10000);
	ck_assert_uint_eq(links_named(fastpath, "side0"), 1);
	shell("tc qdisc del dev side0 clsact");
	uint32_t changes = fastpath_changes(fastpath);
	ck_assert(!fastpath_look(fastpath, 15000));
	ck_assert_int_eq(fastpath->state, FASTPATH_ACTIVE);
	ck_assert_uint_eq(links_named(fastpath, "side0"), 0);
	ck_assert_uint_ne(fastpath_changes(fastpath), changes);
	is_refused(fastpath, "side0", -EIDRM);
	ck_assert(fastpath_look(fastpath, 20000));
	ck_assert_uint_eq(links_named(fastpath, "side0"), 1);
	ck_assert(filters_are_there(if_nametoindex("side0")));
	ck_assert_ptr_null(fastpath_unsaid(fastpath));
	fastpath_free(fastpath);
	shell("ip link del side0");
}
END_TEST

/* With policies of IPsec nothing is forwarded past them; when they go it is as before. */
START_TEST(policies_of_ipsec)
{
	struct fastpath_kernel kernel = fake_kernel;
	struct fastpath *fastpath = start(&kernel);
	fastpath_look(fastpath, 10000);
	fake_policy_count = 1;
	ck_assert(!fastpath_look(fastpath, 10001));
	ck_assert(fastpath_look(fastpath, 15000));
	ck_assert_int_eq(fastpath->state, FASTPATH_UNAVAILABLE);
	ck_assert_str_eq(fastpath->why, "IPsec policies");
	ck_assert(!fastpath_is_active(fastpath));
	ck_assert_int_eq(fake_attached, 0);
	fake_policy_count = -EACCES;
	ck_assert(fastpath_look(fastpath, 20000));
	ck_assert_ptr_nonnull(strstr(fastpath->why, "cannot be read"));
	fake_policy_count = 0;
	ck_assert(fastpath_look(fastpath, 25000));
	ck_assert_int_eq(fastpath->state, FASTPATH_ACTIVE);
	/* the kernel tells of them: there is no wait */
	kernel.policies = ipsec_policies;
	if (system("ip xfrm policy add dir fwd src 10.1.1.1 dst 10.1.1.2 2>/dev/null") == 0) {
		ck_assert(fastpath_look(fastpath, 25001));
		ck_assert_str_eq(fastpath->why, "IPsec policies");
		shell("ip xfrm policy flush");
		ck_assert(fastpath_look(fastpath, 25002));
		ck_assert_int_eq(fastpath->state, FASTPATH_ACTIVE);
	}
	fastpath_free(fastpath);
}
END_TEST

/* What the kernel's verifier says is not for want of capabilities. */
START_TEST(why_it_is_not)
{
	struct fastpath_config config = {
		.local_count = 1, .port_first = 20000, .port_last = 20003, .kernel = &fake_kernel};
	struct fastpath *fastpath;
	config.locals[0].v4.sin_family = AF_INET;
	fake_load_error = -EACCES;
	ck_assert_int_eq(fastpath_new(&fastpath, &config), 0);
	ck_assert_int_eq(fastpath->state, FASTPATH_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(fastpath->why, "verifier"));
	fastpath_free(fastpath);
	fake_load_error = 0;
	struct rlimit before, low = {.rlim_cur = 65536, .rlim_max = 65536};
	ck_assert_int_eq(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	low.rlim_max = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	ck_assert_ptr_null(strstr(fastpath_reason(-EPERM), "MEMLOCK"));
	/* a kernel that is, by its own words, older than 5.11 */
	personality(PER_LINUX | UNAME26);
	ck_assert_ptr_nonnull(strstr(fastpath_reason(-EPERM), "LimitMEMLOCK"));
	personality(PER_LINUX);
	setrlimit(RLIMIT_MEMLOCK, &before);
}
END_TEST

int main(void)
{
	const char *why = kernel_refuses();
	if (!why && (unshare(CLONE_NEWNET) < 0 || system("ip link set lo up") != 0))
		why = "no network namespace";
	if (why) {
		printf("skipped: the kernel's program cannot be loaded here: %s\n", why);
		return 77;
	}
	const TTest *all[] = {links_leave_nothing, filters_are_taken_away,
		filters_of_the_dead_are_found, filters_of_the_dead_go_anyway,
		the_qdisc_stays_while_the_server_does, filters_of_the_living_stay,
		names_that_strangers_hold, news_that_matter, interfaces_beyond_count,
		names_that_cannot_be, what_somebody_takes_away, one_that_somebody_takes_away,
		policies_of_ipsec, why_it_is_not};
	return testing_run("fastpath_life", all, ARRAY_LENGTH(all));
}
