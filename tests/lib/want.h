/* SPDX-License-Identifier: Apache-2.0 */
/* want.h — an assertion for test helpers that fuzz targets use too, where check's own cannot be
 * called. */
#ifndef TESTS_WANT_H
#define TESTS_WANT_H

#include <stdio.h>
#include <stdlib.h>

/* Says what did not hold and ends the process; check reports the signal. */
#define WANT(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

#endif
