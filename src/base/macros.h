/* SPDX-License-Identifier: Apache-2.0 */
/* macros.h: the few macros that every floor may use. */
#ifndef BASE_MACROS_H
#define BASE_MACROS_H

#include <stddef.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of type `type` whose member `member` is at `pointer`. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* What two threads write to must not share one of these. */
#define CACHE_LINE 64

/* `size` rounded up to a multiple of `step`, a power of two. */
#define ROUND_UP(size, step) (((size) + ((step)-1)) & ~((size_t)(step)-1))

/* For thread-local variables of the hot path: no call to find them, in position-independent code.
 */
#define INITIAL_EXEC __attribute__((tls_model("initial-exec")))

#endif
