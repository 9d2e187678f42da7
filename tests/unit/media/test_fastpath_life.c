/* SPDX-License-Identifier: Apache-2.0 */
/* test_fastpath_life.c: what is in the kernel while a server runs, after it stopped, and after it
 * was killed, by links and by the filters that older kernels have. In a network namespace of its
 * own. */
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "fastpath_fake.h"
#include "lib/testing.h"
#include "media/fastpath/filters.h"

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
		filters_of_the_dead_are_found, filters_of_the_living_stay};
	return testing_run("fastpath_life", all, ARRAY_LENGTH(all));
}
