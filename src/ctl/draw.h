/* SPDX-License-Identifier: Apache-2.0 */
/* draw.h — groups as a picture of lines: who talks, how loud, who waits. */
#ifndef PORTAVOZ_CTL_DRAW_H
#define PORTAVOZ_CTL_DRAW_H

#include <stdbool.h>
#include <stdio.h>

#include "ctl/tree.h"

struct draw_style {
	bool has_colours;
	bool has_blocks; /* the terminal shows UTF-8 */
	int rows;        /* that there is room for; 0: any number */
	const char *end; /* of each line */
};

/* `answer` is that of `group watch`. */
void draw_groups(const struct node *answer, const struct draw_style *style, FILE *out);

/* One group in a line of words: "ops taken: alice (dtmf, priority 5); waiting: bob". */
void draw_line(const struct node *group, FILE *out);

/* `level` in dBFS as a bar of DRAW_BAR columns: -60 is nothing, 0 all. */
#define DRAW_BAR 24
void draw_bar(int level, bool has_blocks, FILE *out);

#endif
