/* SPDX-License-Identifier: Apache-2.0 */
/* steering.h: a program in the kernel that finds a datagram's home worker, where we may have one.
 */
#ifndef NET_STEERING_H
#define NET_STEERING_H

#include "net/net.h"
#include "net/steering_counts.h"

/*
 * Owner: main. Lifetime: the group's. The program is loaded once and attached to each address that
 * the workers share by SO_REUSEPORT; it stays attached as long as the sockets live, whatever
 * privileges are given up later.
 *
 * It is right about what it is sure of (glance.h). About the rest, and wherever it is missing, the
 * kernel chooses by addresses and ports, and receive.c posts the message home.
 */
struct steering {
	void *program;   /* NULL: none is loaded */
	const char *why; /* NULL: it steers; else in words why it does not */
	unsigned addresses;
};

/* Starts for the UDP addresses that `group` has bound, and logs once what came of it. A failure is
 * no error: the mailbox does without. */
void steering_start(struct net_group *group);
/* NULL within, and a zeroed struct, are accepted. */
void steering_stop(struct steering *steering);
/* Of all CPUs, since the start; zeros where nothing steers. */
struct steering_counts steering_counts(const struct steering *steering);

/* ---- steering_libbpf.c, or steering_none.c where the build has no libbpf ---- */

/* `key` and `workers` as worker_home has them. 0; -ENOTSUP: not built; or -errno of the kernel's,
 * and in *ret_why what it is for want of. */
int steering_program_load(
	void **ret, const struct siphash_key *key, unsigned workers, const char **ret_why);
/* To all sockets that share the address of `fd`, bound in the order of the workers. 0 or -errno. */
int steering_program_attach(void *program, int fd);
/* The program's descriptor, for tests. */
int steering_program_fd(const void *program);
const struct steering_counts *steering_program_counts(const void *program);
void steering_program_free(void *program);

#endif
