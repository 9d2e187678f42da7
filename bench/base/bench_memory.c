/* SPDX-License-Identifier: Apache-2.0 */
/* bench_memory.c: slabs, buffers and arenas. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slab.h"
#include "lib/bench.h"

static struct slab slab;
static struct buffer_pool pool;
static struct arena arena;

static void take_and_give(uint64_t count)
{
	while (count--) {
		void *object = slab_take(&slab);
		BENCH_KEEP(object);
		slab_give(&slab, object);
	}
}

static void get_by_handle(uint64_t count)
{
	void *object = slab_take(&slab);
	uint64_t handle = slab_handle(&slab, object);
	while (count--) {
		BENCH_KEEP(handle);
		void *found = slab_get(&slab, handle);
		BENCH_KEEP(found);
	}
	slab_give(&slab, object);
}

static void buffer_of_600(uint64_t count)
{
	while (count--) {
		struct buffer *buffer = buffer_take(&pool, 600);
		BENCH_KEEP(buffer);
		buffer_unref(&pool, buffer);
	}
}

static void buffer_shrunk_to_600(uint64_t count)
{
	while (count--) {
		struct buffer *buffer = buffer_take(&pool, 4000);
		buffer->length = 600;
		buffer = buffer_shrink(&pool, buffer);
		BENCH_KEEP(buffer);
		buffer_unref(&pool, buffer);
	}
}

static void arena_of_100(uint64_t count)
{
	while (count--) {
		if (!arena_take(&arena, 100))
			arena_reset(&arena);
	}
}

int main(void)
{
	static _Alignas(16) char memory[65536];
	if (slab_init(&slab, "bench", 256, 1000) < 0 ||
		buffer_pool_init(&pool, BUFFER_DEFAULT_BYTES_PER_CLASS) < 0)
		return 1;
	arena_init(&arena, memory, sizeof(memory));
	bench_run("slab take + give", take_and_give, 10000000);
	bench_run("slab get by handle", get_by_handle, 10000000);
	bench_run("buffer take + unref, 600 bytes", buffer_of_600, 10000000);
	bench_run("buffer take 4000, shrink to 600, unref", buffer_shrunk_to_600, 3000000);
	bench_run("arena take, 100 bytes", arena_of_100, 10000000);
	slab_done(&slab);
	buffer_pool_done(&pool);
	return 0;
}
