/* SPDX-License-Identifier: Apache-2.0 */
/* copier_kernel_libbpf.c: loads the program that copies by libbpf, and attaches it to lo. */
#include "media/fastpath/copier_kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "media/fastpath/entry.h"
#include "media/fastpath/kernel.h"
#include "media_copy.skel.h"

struct copier_program {
	struct media_copy *skeleton;
	struct copy_batch *batches;
	size_t size; /* of them, mapped */
	struct fastpath_program *beside;
	struct fastpath_link link;
};

static void unload(struct copier_program *program)
{
	if (!program)
		return;
	if (program->batches)
		munmap(program->batches, program->size);
	media_copy__destroy(program->skeleton);
	free(program);
}

static int load_skeleton(struct copier_program *program, uint32_t batches)
{
	program->skeleton = media_copy__open();
	if (!program->skeleton)
		return -errno;
	int error = bpf_map__set_max_entries(program->skeleton->maps.batches, batches);
	return error ? error : media_copy__load(program->skeleton);
}

static int map_batches(struct copier_program *program, uint32_t batches)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	program->size = ROUND_UP(batches * sizeof(struct copy_batch), page);
	void *memory = mmap(NULL, program->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		bpf_map__fd(program->skeleton->maps.batches), 0);
	if (memory == MAP_FAILED)
		return -errno;
	program->batches = memory;
	return 0;
}

static int load(struct fastpath_program *beside, uint32_t batches,
	struct copier_program **ret_program, struct copy_batch **ret_batches)
{
	struct copier_program *program = calloc(1, sizeof(*program));
	if (!program)
		return -ENOMEM;
	program->beside = beside;
	int error = load_skeleton(program, batches);
	if (!error)
		error = map_batches(program, batches);
	if (error) {
		unload(program);
		return error;
	}
	*ret_program = program;
	*ret_batches = program->batches;
	return 0;
}

static int know(struct copier_program *program, const struct copy_socket *socket)
{
	static const uint32_t yes = 1;
	return bpf_map__update_elem(program->skeleton->maps.sockets, socket, sizeof(*socket), &yes,
		sizeof(yes), BPF_ANY);
}

static int attach(struct copier_program *program)
{
	return fastpath_kernel_attach_other(program->beside,
		bpf_program__fd(program->skeleton->progs.portavoz_copy), FASTPATH_LOOPBACK,
		&program->link);
}

static void detach(struct copier_program *program)
{
	fastpath_kernel_detach_other(program->beside, &program->link);
}

static bool holds(struct copier_program *program)
{
	return fastpath_kernel_holds_other(program->beside, &program->link);
}

const struct copier_kernel copier_kernel = {load, unload, know, attach, detach, holds};
