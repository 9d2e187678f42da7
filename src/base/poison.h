/* SPDX-License-Identifier: Apache-2.0 */
/* poison.h: tells AddressSanitizer which pool memory is free, so that a use after give is found. */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#include <stddef.h>

#if defined(__has_feature)
#	if __has_feature(address_sanitizer)
#		define BASE_POISON 1
#	endif
#elif defined(__SANITIZE_ADDRESS__)
#	define BASE_POISON 1
#endif

#ifdef BASE_POISON
#	include <sanitizer/asan_interface.h>
#	define poison_memory(at, size)   ASAN_POISON_MEMORY_REGION(at, size)
#	define unpoison_memory(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#	define poison_memory(at, size)   ((void)(at), (void)(size))
#	define unpoison_memory(at, size) ((void)(at), (void)(size))
#endif

#endif
