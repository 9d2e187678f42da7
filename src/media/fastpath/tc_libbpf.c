/* SPDX-License-Identifier: Apache-2.0 */
/* tc_libbpf.c: programs as filters of tc, and what dead servers have left of theirs, by libbpf. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/random.h"
#include "media/fastpath/filters.h"
#include "media/fastpath/tc.h"

/* Numbers of servers. */
#define SERVERS 16

/* ---- numbers ---- */

/* Holds a server's number for as long as the process lives. The socket, or -errno. */
static int claim(uint32_t number)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int length = snprintf(
		name.sun_path + 1, sizeof(name.sun_path) - 1, "portavoz-fastpath-%u", number);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	if (bind(fd, (struct sockaddr *)&name, size) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

/* Any user may hold the names of all servers. What a server leaves behind that has another number
 * is not found by the next one. */
static void choose_another(struct tc *tc)
{
	for (unsigned n = 0; n < SERVERS && tc->claim < 0; n++) {
		tc->handle = SERVERS + 1 + random_below(UINT32_MAX - SERVERS);
		tc->claim = claim(tc->handle);
	}
}

/* The first number that nobody living has. */
static int choose_handle(struct tc *tc)
{
	for (uint32_t number = 1; number <= SERVERS && tc->claim < 0; number++) {
		tc->claim = claim(number);
		tc->handle = number;
	}
	if (tc->claim < 0)
		choose_another(tc);
	return tc->claim < 0 ? -EBUSY : 0;
}

/* ---- filters ---- */

static int query(uint32_t handle, uint32_t interface, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = handle, .priority = priority);
	return bpf_tc_query(&hook, &options);
}

static int detach(uint32_t handle, uint32_t interface, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = handle, .priority = priority);
	return bpf_tc_detach(&hook, &options);
}

void tc_detach(const struct tc *tc, uint32_t interface, uint32_t priority)
{
	detach(tc->handle, interface, priority);
}

bool tc_holds(const struct tc *tc, uint32_t interface, uint32_t priority)
{
	return query(tc->handle, interface, priority) == 0;
}

/* ---- qdiscs ---- */

/* Those of interfaces that are gone went with them. */
static void forget_gone(struct tc *tc)
{
	char name[IF_NAMESIZE];
	unsigned kept = 0;
	for (unsigned i = 0; i < tc->qdisc_count; i++)
		if (if_indextoname(tc->qdiscs[i], name))
			tc->qdiscs[kept++] = tc->qdiscs[i];
	tc->qdisc_count = kept;
}

/* Without memory for it, it is left there: an empty one does nothing. */
static void keep_qdisc(struct tc *tc, uint32_t interface)
{
	forget_gone(tc);
	for (unsigned i = 0; i < tc->qdisc_count; i++)
		if (tc->qdiscs[i] == interface)
			return;
	uint32_t *more = realloc(tc->qdiscs, (tc->qdisc_count + 1) * sizeof(*more));
	if (!more)
		return;
	tc->qdiscs = more;
	tc->qdiscs[tc->qdisc_count++] = interface;
}

static void drop_qdisc(uint32_t interface)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface,
		.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	if (!filters_are_there(interface))
		bpf_tc_hook_destroy(&hook);
}

int tc_attach(struct tc *tc, int fd, uint32_t interface, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface, .attach_point = BPF_TC_INGRESS);
	int error = tc->claim < 0 ? choose_handle(tc) : 0;
	if (error)
		return error;
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = tc->handle, .priority = priority, .prog_fd = fd,
		.flags = BPF_TC_F_REPLACE);
	error = bpf_tc_hook_create(&hook);
	if (error && error != -EEXIST)
		return error;
	if (!error)
		keep_qdisc(tc, interface);
	return bpf_tc_attach(&hook, &options);
}

/* ---- those of the dead ---- */

static int clean_place(struct tc *tc, uint32_t number, uint32_t interface, uint32_t priority)
{
	if (query(number, interface, priority) < 0)
		return 0;
	int error = detach(number, interface, priority);
	if (error)
		return error;
	keep_qdisc(tc, interface);
	return 1;
}

static int clean_places(struct tc *tc, uint32_t number, uint32_t interface)
{
	int first = clean_place(tc, number, interface, TC_PRIORITY);
	int second = clean_place(tc, number, interface, TC_PRIORITY + 1);
	return first < 0 ? first : second < 0 ? second : first + second;
}

/* While a number is ours nobody living has it. */
static int clean_interface(struct tc *tc, uint32_t interface)
{
	int count = 0, error = 0;
	if (!filters_are_there(interface))
		return 0;
	for (uint32_t number = 1; number <= SERVERS; number++) {
		int fd = claim(number);
		if (fd < 0)
			continue;
		int found = clean_places(tc, number, interface);
		close(fd);
		error = MIN(error, found);
		count += MAX(found, 0);
	}
	return error ? error : count;
}

int tc_clean(struct tc *tc)
{
	struct if_nameindex *all = if_nameindex();
	int count = 0, error = 0;
	if (!all)
		return -errno;
	for (struct if_nameindex *one = all; one->if_index; one++) {
		int found = clean_interface(tc, one->if_index);
		error = MIN(error, found);
		count += MAX(found, 0);
	}
	if_freenameindex(all);
	return error ? error : count;
}

/* ---- life ---- */

void tc_init(struct tc *tc)
{
	*tc = (struct tc){.claim = -1};
}

void tc_done(struct tc *tc)
{
	for (unsigned i = 0; i < tc->qdisc_count; i++)
		drop_qdisc(tc->qdiscs[i]);
	if (tc->claim >= 0)
		close(tc->claim);
	free(tc->qdiscs);
	tc_init(tc);
}
