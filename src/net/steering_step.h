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
#define STEERING_STEPS   512

/* One datagram's. All between two steps lies here: the kernel's verifier then looks at a step, not
 * at the ways through all of them. */
struct steering_desk {
	struct glance glance;
	struct siphash_state hash;
	uint32_t hashed; /* bytes of the Call-ID */
	uint32_t worker; /* the answer, or STEERING_UNSURE */
	bool in_hash;
};

/* glance.text holds the first `length` bytes. */
static inline void steering_begin(struct steering_desk *desk, uint32_t length)
{
	desk->worker = STEERING_UNSURE;
	desk->in_hash = false;
	glance_begin(&desk->glance, length);
}

/* Eight bytes of worker_home; true: that was it. What is not visible ASCII has no answer. */
static inline bool steering_hash_step(
	struct steering_desk *desk, const struct siphash_key *key, uint32_t workers)
{
	const struct glance *glance = &desk->glance;
	uint64_t word = glance_word(glance->text, glance->from + desk->hashed);
	uint32_t length = glance->to - glance->from, left = length - desk->hashed;
	uint64_t in = left < 8 ? (UINT64_C(1) << 8 * (left & 7)) - 1 : UINT64_MAX;
	struct siphash_state hash = desk->hash;
	if (~word_within(word, '!', '~') & WORD_HIGHS & in)
		return true;
	if (left < 8) {
		desk->worker = home_of_hash(siphash_end(&hash, word & in, length, 1, 3), workers);
		return true;
	}
	siphash_word(&hash, word, 1);
	desk->hash = hash;
	desk->hashed += 8;
	return false;
}

/* What was found, when the glance is at its end; true: there is nothing to hash. */
static inline bool steering_found(
	struct steering_desk *desk, const struct siphash_key *key, uint32_t workers)
{
	const struct glance *glance = &desk->glance;
	uint32_t length = glance->to - glance->from, worker;
	switch ((enum glance_verdict)glance->verdict) {
	case GLANCE_CALL_ID:
		desk->hash = siphash_begin(key);
		desk->hashed = 0;
		/* to < from: the one space was the CR's neighbour, and is no value */
		desk->in_hash = length != 0 && length <= STEERING_CALL_ID;
		return !desk->in_hash;
	case GLANCE_BRANCH:
		worker = glance_worker(glance->text, glance->via.at);
		if (worker < workers)
			desk->worker = worker;
		return true;
	case GLANCE_UNSURE:
		break;
	}
	return true;
}

/* True: this is the end, `worker` stands. At most STEERING_STEPS; then it is not sure. */
static inline bool steering_step(
	struct steering_desk *desk, const struct siphash_key *key, uint32_t workers)
{
	if (desk->in_hash)
		return steering_hash_step(desk, key, workers);
	return glance_step(&desk->glance) && steering_found(desk, key, workers);
}

#endif
