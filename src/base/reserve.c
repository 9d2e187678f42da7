/* SPDX-License-Identifier: Apache-2.0 */
/* reserve.c: address space that costs memory only where it is touched. */
#include "base/reserve.h"

#include <sys/mman.h>

#include "base/macros.h"

#define PAGE 4096

void *reserve_take(size_t size, size_t *ret_size)
{
	size_t whole = ROUND_UP(size, PAGE);
	void *memory = mmap(NULL, whole, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	/* A huge page would make 2 MB real for one object. A kernel without them refuses: as good.
	 */
	madvise(memory, whole, MADV_NOHUGEPAGE);
	*ret_size = whole;
	return memory;
}

void reserve_give(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}
