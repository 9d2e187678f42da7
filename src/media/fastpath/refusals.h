/* SPDX-License-Identifier: Apache-2.0 */
/* refusals.h: interfaces that are wanted and have no program, and who was told of them. */
#ifndef MEDIA_FASTPATH_REFUSALS_H
#define MEDIA_FASTPATH_REFUSALS_H

#include <net/if.h>
#include <stdbool.h>

#define FASTPATH_REFUSALS_MAX 32

struct fastpath_refusal {
	char name[IF_NAMESIZE];
	int error;    /* -errno: fastpath_refusal_word */
	bool is_said; /* refusals_unsaid has returned it */
};

/* Owner: main. */
struct fastpath_refusals {
	struct fastpath_refusal rows[FASTPATH_REFUSALS_MAX]; /* the first ones */
	unsigned count;
};

void refusals_add(struct fastpath_refusals *refusals, const char *name, int error);
/* What was said of those `before` need not be said again. */
void refusals_keep_said(struct fastpath_refusals *refusals, const struct fastpath_refusals *before);
/* The next one that was not told of yet; NULL: all were. */
const struct fastpath_refusal *refusals_unsaid(struct fastpath_refusals *refusals);

/* Why there is no program on an interface. */
const char *fastpath_refusal_word(int error);

#endif
