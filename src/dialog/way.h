/* SPDX-License-Identifier: Apache-2.0 */
/* way.h — where a request of ours goes, and where next when nobody is there (RFC 3263). */
#ifndef DIALOG_WAY_H
#define DIALOG_WAY_H

#include "dialog/dialog.h"

/* Owner: the worker. Lifetime: its request's. Zeroed memory is a way that was not looked for. */
struct way {
	struct path path; /* that it goes by, once it is known */
	struct resolve resolve;
	unsigned next; /* target to try next; 0: the path is the dialog's own */
	bool is_resolving;
};

/* Of a request inside `dialog` (§12.2.1.1, §8.1.2). 1: `way->path` is known; 0: `done` will be
 * called with `&way->resolve`, and asks way_found; < 0: there is none. */
int way_find(struct way *way, struct net *net, const struct dialog *dialog,
	void (*done)(struct resolve *resolve));
/* False: nothing was found. */
bool way_found(struct way *way);
/* To the next address, when this one is in trouble (RFC 3263 §4.3). False: there is none. */
bool way_next(struct way *way);
/* Nobody is called any more. */
void way_done(struct way *way);

#endif
