/* SPDX-License-Identifier: Apache-2.0 */
/* counted.h: stands before the C library's allocator and counts what other threads than main ask
 * for. */
#ifndef TESTS_MALLOC_COUNTED_H
#define TESTS_MALLOC_COUNTED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static pthread_t main_thread;
static _Atomic uint64_t allocations;

static void note(void)
{
	if (main_thread && !pthread_equal(pthread_self(), main_thread))
		atomic_fetch_add(&allocations, 1);
}

void *malloc(size_t size)
{
	note();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	note();
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	note();
	return __libc_realloc(old, size);
}

static unsigned lines;
static bool is_bad;

static void report(bool is_good, const char *text, uint64_t number)
{
	printf("%s %u - %s: %llu\n", is_good ? "ok" : "not ok", ++lines, text,
		(unsigned long long)number);
	is_bad |= !is_good;
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

#endif
