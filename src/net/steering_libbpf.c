/* SPDX-License-Identifier: Apache-2.0 */
/* steering_libbpf.c: loads the program that the build embedded (steering.bpf.c), through libbpf. */
#include <errno.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/capability.h"
#include "net/steering.h"

#include "net/net_steering.skel.h"

/* What went wrong is said once, by us. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return 0;
}

static const char *why_not(int error)
{
	struct capabilities has;
	capabilities_read(&has);
	if ((error == -EPERM || error == -EACCES) && !has.bpf)
		return "it needs CAP_BPF";
	if (error == -EPERM)
		return "bpf() is forbidden here";
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_loop, NULL) == 0)
		return "the kernel has no bpf_loop; Linux 5.17 has";
	return "the kernel refuses the program";
}

static int load(struct net_steering **ret, const struct siphash_key *key, unsigned workers)
{
	struct net_steering *program = net_steering__open();
	if (!program)
		return -errno;
	*ret = program;
	program->rodata->key.k0 = key->k0;
	program->rodata->key.k1 = key->k1;
	program->rodata->workers = workers;
	return net_steering__load(program);
}

int steering_program_load(
	void **ret, const struct siphash_key *key, unsigned workers, const char **ret_why)
{
	struct net_steering *program = NULL;
	libbpf_print_fn_t usual = libbpf_set_print(say_nothing);
	int error = load(&program, key, workers);
	if (error) {
		net_steering__destroy(program);
		*ret_why = why_not(error);
	} else {
		*ret = program;
	}
	libbpf_set_print(usual);
	return error;
}

int steering_program_fd(const void *program)
{
	return bpf_program__fd(((const struct net_steering *)program)->progs.steer);
}

int steering_program_attach(void *program, int fd)
{
	int steer = steering_program_fd(program);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &steer, sizeof(steer)) < 0
		       ? -errno
		       : 0;
}

const struct steering_counts *steering_program_counts(const void *program)
{
	return ((const struct net_steering *)program)->bss->counts;
}

void steering_program_free(void *program)
{
	net_steering__destroy(program);
}
