/* SPDX-License-Identifier: Apache-2.0 */
/* count_malloc.c: stands before the C library's allocator and counts, in a file that a test maps,
 * who called it. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CALLERS 8192

enum { ARMED_ALL = 1, ARMED_ALL_BUT_MAIN = 2 };

/* Shared with malloc_test.py: the layout is known there. */
struct count {
	_Atomic uint64_t armed; /* the test writes one of these to begin */
	_Atomic uint64_t calls;
	_Atomic uint64_t caller[CALLERS]; /* return addresses of the first calls */
};

static struct count *count;

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static int (*next_posix_memalign)(void **, size_t, size_t);
static void *(*next_aligned_alloc)(size_t, size_t);

/* dlsym() itself may call calloc before we know the real one. */
static char early[8192];
static size_t early_used;

static void *early_take(size_t size)
{
	void *taken = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	if (early_used > sizeof(early))
		abort();
	return taken;
}

static void note(void *caller)
{
	uint64_t armed = count ? atomic_load_explicit(&count->armed, memory_order_acquire) : 0;
	if (!armed || (armed == ARMED_ALL_BUT_MAIN && gettid() == getpid()))
		return;
	uint64_t n = atomic_fetch_add_explicit(&count->calls, 1, memory_order_relaxed);
	if (n < CALLERS)
		atomic_store_explicit(&count->caller[n], (uintptr_t)caller, memory_order_relaxed);
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("PORTAVOZ_MALLOC_COUNT");

	next_realloc = dlsym(RTLD_NEXT, "realloc");
	next_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
	next_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
	next_calloc = dlsym(RTLD_NEXT, "calloc");
	next_malloc = dlsym(RTLD_NEXT, "malloc");
	int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (file < 0)
		return;
	void *map = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	if (map != MAP_FAILED)
		count = map;
}

void *malloc(size_t size)
{
	note(__builtin_return_address(0));
	if (!next_malloc)
		next_malloc = dlsym(RTLD_NEXT, "malloc");
	return next_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	note(__builtin_return_address(0));
	return next_calloc ? next_calloc(n, size) : early_take(n * size);
}

void *realloc(void *old, size_t size)
{
	note(__builtin_return_address(0));
	if (!next_realloc)
		next_realloc = dlsym(RTLD_NEXT, "realloc");
	return next_realloc(old, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	note(__builtin_return_address(0));
	return next_posix_memalign(ret, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	note(__builtin_return_address(0));
	return next_aligned_alloc(alignment, size);
}

void free(void *old)
{
	static void (*next_free)(void *);

	if ((char *)old >= early && (char *)old < early + sizeof(early))
		return;
	if (!next_free)
		next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	next_free(old);
}
