/* SPDX-License-Identifier: Apache-2.0 */
/* guard_page.h — puts text right before a page that must not be touched, so that reading one byte
 * too far ends the test. */
#ifndef TESTS_GUARD_PAGE_H
#define TESTS_GUARD_PAGE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_ROOM (80 * 1024)

/* A copy of `text` that ends where the page begins. One at a time; good until the next call. */
static inline const char *guard_page_put(const void *text, size_t length)
{
	static char *room;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = GUARD_ROOM / page * page;
	if (!room) {
		room = (char *)mmap(NULL, size + page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (room == MAP_FAILED || mprotect(room + size, page, PROT_NONE))
			abort();
	}
	if (length > size)
		abort();
	char *at = room + size - length;
	memcpy(at, text, length);
	return at;
}

#endif
