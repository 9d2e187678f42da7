/* SPDX-License-Identifier: Apache-2.0 */
/* check.h — check's assertions as plain aborts, for programs that are no suites: fuzz targets. */
#ifndef TESTS_PLAIN_CHECK_H
#define TESTS_PLAIN_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define ck_abort_msg(...)                     \
	do {                                  \
		fprintf(stderr, __VA_ARGS__); \
		fprintf(stderr, "\n");        \
		abort();                      \
	} while (0)
#define ck_assert_msg(condition, ...)              \
	do {                                       \
		if (!(condition))                  \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)
#define ck_assert(condition)     ck_assert_msg(condition, "%s:%d: %s", __FILE__, __LINE__, #condition)
#define ck_assert_ptr_nonnull(p) ck_assert((p) != NULL)
#define ck_assert_uint_lt(a, b)  ck_assert((a) < (b))
#define ck_assert_int_eq(a, b)   ck_assert((a) == (b))

#endif
