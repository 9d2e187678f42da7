/* SPDX-License-Identifier: Apache-2.0 */
/* fastpath_fake.h: the fast path without a kernel: memory of the test's own, and interfaces that
 * are attached in name only. */
#ifndef TESTS_MEDIA_FASTPATH_FAKE_H
#define TESTS_MEDIA_FASTPATH_FAKE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/fastpath/fastpath.h"

/* What the next load and attachments return, how many interfaces are attached, how many policies
 * of IPsec there are. */
static int fake_load_error, fake_attach_error;
static int fake_attached, fake_policy_count;
static bool fake_is_taken; /* somebody takes away what is attached */

static inline int fake_load(const struct fastpath_size *size, struct fastpath_program **ret_program,
	struct fastpath_memory *ret_memory)
{
	if (fake_load_error)
		return fake_load_error;
	*ret_memory = (struct fastpath_memory){
		.flows = calloc(size->flows, sizeof(struct fastpath_flow)),
		.entries = calloc(2 * (size_t)size->flows, sizeof(struct fastpath_entry)),
		.beats = calloc(FASTPATH_THREADS, sizeof(struct fastpath_beat)),
		.counts = calloc((size_t)FASTPATH_CPUS * FASTPATH_ROWS, sizeof(uint64_t)),
		.flow_count = size->flows,
	};
	*ret_program = (struct fastpath_program *)ret_memory;
	return 0;
}

static inline int fake_clean(void)
{
	return 0;
}

static inline void fake_unload(struct fastpath_program *program, struct fastpath_memory *memory)
{
	free(memory->flows);
	free(memory->entries);
	free(memory->beats);
	free(memory->counts);
	*memory = (struct fastpath_memory){0};
}

static inline int fake_attach(
	struct fastpath_program *program, uint32_t interface, struct fastpath_link *ret_link)
{
	if (fake_attach_error)
		return fake_attach_error;
	*ret_link = (struct fastpath_link){.fd = -1, .index = interface};
	fake_attached++;
	return 0;
}

static inline void fake_detach(struct fastpath_program *program, struct fastpath_link *link)
{
	fake_attached--;
}

static inline bool fake_holds(struct fastpath_program *program, const struct fastpath_link *link)
{
	return !fake_is_taken;
}

static inline int fake_policies(void)
{
	return fake_policy_count;
}

static const struct fastpath_kernel fake_kernel = {fake_load, fake_clean, fake_unload, fake_attach,
	fake_detach, fake_holds, fake_policies, NULL};

/* NULL, or why the real program cannot be loaded here. */
static inline const char *kernel_refuses(void)
{
	struct fastpath_size size = {
		.port_first = 20000, .port_last = 20001, .locals = 1, .flows = 1};
	struct fastpath_program *program;
	struct fastpath_memory memory;
	int error = fastpath_kernel.load(&size, &program, &memory);
	if (error)
		return strerror(-error);
	fastpath_kernel.unload(program, &memory);
	return NULL;
}

/* The entry that is installed in a flow; NULL: none. */
static inline const struct fastpath_entry *fake_entry(
	const struct fastpath *fastpath, const struct fastpath_flow *flow)
{
	uint32_t index = (uint32_t)(flow - fastpath->memory.flows);
	if (flow->generation == 0)
		return NULL;
	return &fastpath->memory.entries[2 * index + (flow->generation & 1)];
}

#endif
