/* SPDX-License-Identifier: Apache-2.0 */
/* play.h — programs that play the scripts of their arguments, strictly or with memory that fails.
 */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include <check.h>

#include "lib/scenario.h"

/* What scripts are played on. Lifetime: the program's. */
struct stage {
	const char *name;
	struct scenario *scenario;    /* made by `open` */
	void (*open)(uint32_t limit); /* of transactions; 0 = ample */
	void (*close)(void);          /* lets all end by itself; aborts when something is left */
};

/* Plays each script once; every line must hold. The program's exit code. */
int play_main(const struct stage *stage, int argc, char **argv);

/*
 * Plays each script again and again, the n-th request for memory failing each time, until there are
 * no more of them: fewer than `most`. Only that nothing is left matters then. `tests` are run
 * beside. The program's exit code.
 */
int play_starved_main(const struct stage *stage, uint32_t most, int argc, char **argv,
	const TTest *const *tests, size_t test_count);

#endif
