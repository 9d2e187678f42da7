/* SPDX-License-Identifier: Apache-2.0 */
/* place.h: how many relay threads there are and which core each one runs on. */
#ifndef MEDIA_PLACE_H
#define MEDIA_PLACE_H

#include <sched.h>

#define PLACE_ANYWHERE (-1)

struct place_input {
	cpu_set_t allowed;      /* the affinity mask of the process: no thread ever leaves it */
	cpu_set_t worker_cores; /* that the SIP workers are pinned to; may be empty */
	unsigned workers;       /* how many there are */
	unsigned threads;       /* asked for; 0 = as many as fit */
	const unsigned *pin;    /* cores asked for */
	unsigned pin_count;
};

/*
 * Fills ret_cores[0 .. returned - 1] with a core or PLACE_ANYWHERE, `most` of them at most (at
 * least 1 is returned). The cores asked for, in order, as far as we may use them; without any,
 * those that the workers leave: what is not in worker_cores or, where workers are not pinned, the
 * highest ones beyond their number. Where they leave none the threads run anywhere. More threads
 * than cores go round.
 */
unsigned place_threads(const struct place_input *input, int *ret_cores, unsigned most);

#endif
