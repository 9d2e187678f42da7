/* SPDX-License-Identifier: Apache-2.0 */
/* steering_step.h: from what a glance found to a worker, as net does it. Compiled for the kernel's
 * program, and into the tests that hold it against sip_peek and worker_home. */
#ifndef NET_STEERING_STEP_H
#define NET_STEERING_STEP_H

#include "base/siphash_step.h"
#include "runtime/home.h"
#include "sip/glance.h"

#define STEERING_CALL_ID 128 /* bytes; a longer one is not hashed: the kernel chooses */
#define STEERING_UNSURE  UINT32_MAX

/* worker_home of the Call-ID. Unless it is visible ASCII: STEERING_UNSURE. */
static inline __attribute__((always_inline)) uint32_t steering_home(
	const struct glance *glance, const struct siphash_key *key, uint32_t workers)
{
	struct siphash_state state = siphash_begin(key);
	uint32_t length = glance->to - glance->from;
	/* to < from: the space behind the ':' was the CR's neighbour, there is no value */
	if (length == 0 || length > STEERING_CALL_ID)
		return STEERING_UNSURE;
	for (uint32_t i = 0; i <= STEERING_CALL_ID; i += 8) {
		uint64_t word = glance_word(glance->text, glance->from + i);
		uint32_t left = length - i;
		uint64_t in = left < 8 ? (UINT64_C(1) << 8 * (left & 7)) - 1 : UINT64_MAX;
		if (~word_within(word, '!', '~') & WORD_HIGHS & in)
			return STEERING_UNSURE;
		if (left < 8)
			return home_of_hash(siphash_end(&state, word & in, length, 1, 3), workers);
		siphash_word(&state, word, 1);
	}
	return STEERING_UNSURE;
}

/* The worker of a datagram that was glanced at to the end, or STEERING_UNSURE. */
static inline __attribute__((always_inline)) uint32_t steering_worker(
	const struct glance *glance, const struct siphash_key *key, uint32_t workers)
{
	uint32_t worker;
	switch ((enum glance_verdict)glance->verdict) {
	case GLANCE_CALL_ID:
		return steering_home(glance, key, workers);
	case GLANCE_BRANCH:
		worker = glance_worker(glance->text, glance->from);
		return worker < workers ? worker : STEERING_UNSURE;
	case GLANCE_UNSURE:
		break;
	}
	return STEERING_UNSURE;
}

#endif
