/* SPDX-License-Identifier: Apache-2.0 */
/* nap.c: whether a worker that has done its work lets more gather before it looks again. */
#include "runtime/nap.h"

/* A window is long enough to see a rate and short enough to follow it. Above DENSE_WAKES naps
 * begin; below DENSE_WORK they end. Both are counts in one window. */
#define WINDOW_NS UINT64_C(8000000)
#define DENSE_WAKES                                                                             \
	18 /* wakes that naps would halve: a call each 4 ms makes 12, and is better answered at \
	      once */
#define DENSE_WORK 24 /* less work than this: most naps would end with little */

#define HISTORY_MASK   ((1u << NAP_HISTORY) - 1)
#define DOUBT_MOST     3
#define DOUBT_TOO_MUCH 2

static void judge_window(struct nap *nap, uint64_t now_ns)
{
	uint64_t length_ns = now_ns - nap->window_ns;
	if (length_ns >= 2 * WINDOW_NS)
		nap->is_dense = false; /* it slept through most of it */
	else if (nap->is_dense)
		nap->is_dense = nap->work >= DENSE_WORK;
	else
		nap->is_dense = nap->wakes >= DENSE_WAKES;
	nap->window_ns = now_ns;
	nap->wakes = nap->work = 0;
}

static void learn(struct nap *nap, bool followed)
{
	uint8_t *doubt = &nap->doubt[nap->history & HISTORY_MASK];
	if (followed && *doubt > 0)
		--*doubt;
	else if (!followed && *doubt < DOUBT_MOST)
		++*doubt;
	nap->history = (uint8_t)(nap->history << 1 | followed);
	nap->since_ns = 0;
}

/* Half a nap of grace: whether we napped or waited, that is how late a wake may come. */
static bool is_soon(const struct nap *nap, uint64_t now_ns)
{
	return now_ns < nap->since_ns + NAP_NS + NAP_NS / 2;
}

static bool will_follow(const struct nap *nap)
{
	return nap->is_dense && nap->doubt[nap->history & HISTORY_MASK] < DOUBT_TOO_MUCH;
}

bool nap_before(struct nap *nap, uint64_t now_ns)
{
	if (nap->since_ns)
		learn(nap, is_soon(nap, now_ns));
	nap->napped_first = will_follow(nap);
	return nap->napped_first;
}

uint32_t nap_length(struct nap *nap, uint32_t work, uint64_t begun_ns, uint64_t now_ns)
{
	if (nap->napped_first)
		learn(nap, work > 1);
	else if (nap->since_ns)
		learn(nap, work > 0 && is_soon(nap, begun_ns));
	nap->napped_first = false;
	nap->work += work;
	nap->wakes += work > 0;
	if (now_ns - nap->window_ns >= WINDOW_NS)
		judge_window(nap, now_ns);
	/* a nap that brought nothing is not followed by another */
	if (work == 0)
		return 0;
	nap->since_ns = now_ns;
	return will_follow(nap) ? (uint32_t)(NAP_NS / 1000) : 0;
}
