/* SPDX-License-Identifier: Apache-2.0 */
/* capability.c: the two capabilities that programs of ours in the kernel take. */
#include "base/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* CAP_BPF is of 5.8; headers before that do not know it. */
#define CAPABILITY_BPF 39

struct sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3];
};

static int get(struct sets *sets)
{
	*sets = (struct sets){.header.version = _LINUX_CAPABILITY_VERSION_3};
	return syscall(SYS_capget, &sets->header, sets->words) < 0 ? -errno : 0;
}

static int set(struct sets *sets)
{
	return syscall(SYS_capset, &sets->header, sets->words) < 0 ? -errno : 0;
}

static bool has(const struct sets *sets, unsigned number)
{
	return sets->words[number / 32].effective >> number % 32 & 1;
}

void capabilities_read(struct capabilities *ret)
{
	struct sets sets;
	*ret = (struct capabilities){0};
	if (get(&sets) < 0)
		return;
	ret->bpf = has(&sets, CAPABILITY_BPF) || has(&sets, CAP_SYS_ADMIN);
	ret->net = has(&sets, CAP_NET_ADMIN);
}

/* The bits of both in each word of a set. */
static uint32_t network_of(unsigned word)
{
	uint32_t bits = 0;
	if (word == CAPABILITY_BPF / 32)
		bits |= UINT32_C(1) << CAPABILITY_BPF % 32;
	if (word == CAP_NET_ADMIN / 32)
		bits |= UINT32_C(1) << CAP_NET_ADMIN % 32;
	return bits;
}

int capabilities_keep_network(void)
{
	struct sets sets;
	int error = get(&sets);
	for (unsigned word = 0; word < _LINUX_CAPABILITY_U32S_3; word++) {
		sets.words[word].permitted &= network_of(word);
		sets.words[word].effective = sets.words[word].permitted;
		sets.words[word].inheritable = 0;
	}
	return error ? error : set(&sets);
}

void capabilities_forget_network(void)
{
	struct sets sets;
	if (get(&sets) < 0)
		return;
	for (unsigned word = 0; word < _LINUX_CAPABILITY_U32S_3; word++) {
		uint32_t others = ~network_of(word);
		sets.words[word].permitted &= others;
		sets.words[word].effective &= others;
		sets.words[word].inheritable &= others;
	}
	set(&sets);
}
