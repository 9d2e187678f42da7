/* SPDX-License-Identifier: Apache-2.0 */
/* errand.h — what a worker has to say to another, which comes home again. */
#ifndef APP_PTT_ERRAND_H
#define APP_PTT_ERRAND_H

#include "runtime/worker.h"

struct ptt;

/*
 * Who lives where. A leg (a member's dialog), a subscription (a watcher's dialog) and a request
 * live on the worker that their Call-ID hashes to. A room (an open group), its members and watchers
 * as the roster has them live on the worker that the group's name hashes to. What one has to say to
 * the other goes by an errand, which comes home again: it is part of what sends it, so it cannot be
 * lost, and there is one at a time.
 */
struct errand {
	struct worker_task task;
	struct ptt *home, *to;
	void (*there)(struct ptt *p, struct errand *errand);
	void (*back)(struct ptt *p, struct errand *errand);
	bool is_away;
};

/* To that worker, and home again; `errand` must be at home. */
void errand_send(struct ptt *p, struct errand *errand, unsigned worker,
	void (*there)(struct ptt *, struct errand *), void (*back)(struct ptt *, struct errand *));
/* `there` is done with it; whoever keeps it does this later. */
void errand_return(struct errand *errand);

#endif
