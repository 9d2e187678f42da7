/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_libbpf.c: loads the program by libbpf, attaches it by links or filters. */
#include "media/fastpath/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/macros.h"
#include "media/fastpath/copier_kernel.h"
#include "media/fastpath/ipsec.h"
#include "media/fastpath/tc.h"
#include "media_forward.skel.h"

/* linux/bpf.h of 6.6, which the headers that we are built with may not be. */
#define ATTACH_TCX_INGRESS 46

/* Of what libbpf says: bytes of a line, and in all. */
#define PRINT_LINE 500
#define PRINT_MAX  65536

struct fastpath_program {
	struct media_forward *skeleton;
	bool by_filters;
	struct tc tc;
};

/* What is attached where. */
struct attachment {
	int fd;
	uint32_t interface, priority;
};

static void print_line(struct pv_span line)
{
	char quoted[2 * PRINT_LINE + 64];
	line.length = MIN(line.length, PRINT_LINE);
	if (line.length)
		log_event(LOG_LEVEL_DEBUG, "libbpf", "text=%s",
			log_quote(quoted, sizeof(quoted), line));
}

/* The verifier's words come in one piece, of which the last ones say what is wrong. */
__attribute__((format(printf, 2, 0))) static int print_debug(
	enum libbpf_print_level level, const char *format, va_list values)
{
	char *text = NULL;
	if (level == LIBBPF_DEBUG || !log_is_enabled(LOG_LEVEL_DEBUG))
		return 0;
	int length = vasprintf(&text, format, values);
	if (length < 0)
		return 0;
	const char *at = length > PRINT_MAX ? text + length - PRINT_MAX : text;
	while (*at) {
		size_t line = strcspn(at, "\n");
		print_line((struct pv_span){at, line});
		at += line + (at[line] == '\n');
	}
	free(text);
	return 0;
}

/* ---- memory ---- */

static size_t map_size(const struct bpf_map *map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (size_t)bpf_map__max_entries(map) * ROUND_UP(bpf_map__value_size(map), 8);
	return ROUND_UP(size, page);
}

static void *map_memory(const struct bpf_map *map)
{
	void *memory =
		mmap(NULL, map_size(map), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void unmap(const struct bpf_map *map, void *memory)
{
	if (memory)
		munmap(memory, map_size(map));
}

static int map_all(struct media_forward *skeleton, struct fastpath_memory *memory)
{
	memory->flows = map_memory(skeleton->maps.flows);
	memory->entries = map_memory(skeleton->maps.entries);
	memory->beats = map_memory(skeleton->maps.beats);
	memory->counts = map_memory(skeleton->maps.counts);
	return memory->flows && memory->entries && memory->beats && memory->counts ? 0 : -errno;
}

/* ---- links ---- */

/* Behind the programs that are there. Not in libbpf before 1.3. */
static int attach_link(const struct attachment *what, struct fastpath_link *ret_link)
{
	union bpf_attr attr = {0};
	attr.link_create.prog_fd = (uint32_t)what->fd;
	attr.link_create.target_ifindex = what->interface;
	attr.link_create.attach_type = ATTACH_TCX_INGRESS;
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	*ret_link = (struct fastpath_link){.fd = (int)fd, .index = what->interface};
	return 0;
}

static int attach_any(struct fastpath_program *program, const struct attachment *what,
	struct fastpath_link *ret_link)
{
	if (!program->by_filters) {
		int error = attach_link(what, ret_link);
		/* -EINVAL: a kernel before 6.6 */
		if (error != -EINVAL)
			return error;
	}
	*ret_link = (struct fastpath_link){.fd = -1, .index = what->interface};
	return tc_attach(&program->tc, what->fd, what->interface, what->priority);
}

static void detach_any(
	const struct fastpath_program *program, struct fastpath_link *link, uint32_t priority)
{
	if (link->fd >= 0)
		close(link->fd);
	else
		tc_detach(&program->tc, link->index, priority);
	link->fd = -1;
}

/* A link whose interface has none of it any more is there, and hangs on nothing. */
static bool is_linked(int fd)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return true;
	/* at the same place for each kind of link that hangs on an interface; headers before 6.6
	 * lack tcx */
	return info.xdp.ifindex != 0;
}

static bool holds_any(
	const struct fastpath_program *program, const struct fastpath_link *link, uint32_t priority)
{
	return link->fd >= 0 ? is_linked(link->fd) : tc_holds(&program->tc, link->index, priority);
}

static int attach(
	struct fastpath_program *program, uint32_t interface, struct fastpath_link *ret_link)
{
	struct attachment what = {.fd = bpf_program__fd(program->skeleton->progs.portavoz_media),
		.interface = interface,
		.priority = TC_PRIORITY};
	return attach_any(program, &what, ret_link);
}

static void detach(struct fastpath_program *program, struct fastpath_link *link)
{
	detach_any(program, link, TC_PRIORITY);
}

static bool holds(struct fastpath_program *program, const struct fastpath_link *link)
{
	return holds_any(program, link, TC_PRIORITY);
}

int fastpath_kernel_attach_other(struct fastpath_program *program, int fd, uint32_t interface,
	struct fastpath_link *ret_link)
{
	struct attachment what = {.fd = fd, .interface = interface, .priority = TC_PRIORITY + 1};
	return attach_any(program, &what, ret_link);
}

void fastpath_kernel_detach_other(struct fastpath_program *program, struct fastpath_link *link)
{
	detach_any(program, link, TC_PRIORITY + 1);
}

bool fastpath_kernel_holds_other(struct fastpath_program *program, const struct fastpath_link *link)
{
	return holds_any(program, link, TC_PRIORITY + 1);
}

/* ---- loading ---- */

static void unload(struct fastpath_program *program, struct fastpath_memory *memory)
{
	if (!program)
		return;
	if (program->skeleton) {
		unmap(program->skeleton->maps.flows, memory->flows);
		unmap(program->skeleton->maps.entries, memory->entries);
		unmap(program->skeleton->maps.beats, memory->beats);
		unmap(program->skeleton->maps.counts, memory->counts);
	}
	*memory = (struct fastpath_memory){0};
	media_forward__destroy(program->skeleton);
	tc_done(&program->tc);
	free(program);
}

static int set_up(struct media_forward *skeleton, const struct fastpath_size *size)
{
	skeleton->rodata->port_first = size->port_first;
	skeleton->rodata->port_last = size->port_last;
	skeleton->rodata->locals = size->locals;
	int error = bpf_map__set_max_entries(skeleton->maps.flows, size->flows);
	if (!error)
		error = bpf_map__set_max_entries(skeleton->maps.entries, 2 * size->flows);
	return error ? error : media_forward__load(skeleton);
}

static int load_by(bool by_filters, const struct fastpath_size *size,
	struct fastpath_program **ret_program, struct fastpath_memory *ret_memory)
{
	struct fastpath_memory memory = {.flow_count = size->flows};
	struct fastpath_program *program = calloc(1, sizeof(*program));
	if (!program)
		return -ENOMEM;
	libbpf_set_print(print_debug);
	tc_init(&program->tc);
	program->by_filters = by_filters;
	program->skeleton = media_forward__open();
	int error = program->skeleton ? set_up(program->skeleton, size) : -errno;
	if (!error)
		error = map_all(program->skeleton, &memory);
	if (error) {
		unload(program, &memory);
		return error;
	}
	/* their qdiscs are ours now: the filters may be where ours are to be */
	tc_clean(&program->tc);
	*ret_program = program;
	*ret_memory = memory;
	return 0;
}

static int clean(void)
{
	struct tc tc;
	libbpf_set_print(print_debug);
	tc_init(&tc);
	int count = tc_clean(&tc);
	tc_done(&tc);
	return count;
}

static int load(const struct fastpath_size *size, struct fastpath_program **ret_program,
	struct fastpath_memory *ret_memory)
{
	return load_by(false, size, ret_program, ret_memory);
}

static int load_for_filters(const struct fastpath_size *size, struct fastpath_program **ret_program,
	struct fastpath_memory *ret_memory)
{
	return load_by(true, size, ret_program, ret_memory);
}

const struct fastpath_kernel fastpath_kernel = {
	load, clean, unload, attach, detach, holds, ipsec_policies, &copier_kernel};
const struct fastpath_kernel fastpath_kernel_filters = {
	load_for_filters, clean, unload, attach, detach, holds, ipsec_policies, &copier_kernel};

int fastpath_kernel_try(struct fastpath_program *program, struct fastpath_trial *trial)
{
	struct __sk_buff context = {
		.ifindex = trial->interface, .ingress_ifindex = trial->interface};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = trial->bytes,
		.data_size_in = trial->length, .data_out = trial->bytes,
		.data_size_out = trial->room, .ctx_in = &context, .ctx_size_in = sizeof(context),
		.ctx_out = &context, .ctx_size_out = sizeof(context));
	int error = bpf_prog_test_run_opts(
		bpf_program__fd(program->skeleton->progs.portavoz_media), &options);
	if (error)
		return error < 0 ? error : -errno;
	trial->length = options.data_size_out;
	trial->priority = context.priority;
	return (int)options.retval;
}
