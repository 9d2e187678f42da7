/* SPDX-License-Identifier: Apache-2.0 */
/* steering_sides.h: a datagram's home as user space finds it, and as the kernel's program would. */
#ifndef TESTS_STEERING_SIDES_H
#define TESTS_STEERING_SIDES_H

#include <string.h>

#include "base/macros.h"
#include "net/private.h"
#include "net/steering_step.h"

/* The worker, or -1: nobody, or it is no SIP at all. */
static inline int steering_user_side(
	const struct worker_group *workers, const char *text, size_t length)
{
	const char *end = text + length;
	struct sip_peek peek;
	while (text < end && (*text == '\r' || *text == '\n'))
		text++;
	return sip_peek(text, (size_t)(end - text), &peek) < 0 ? -1 : receive_home(workers, &peek);
}

/* True where the two do not contradict: nobody's message may go to anyone. */
static inline bool steering_agrees(int user_side, uint32_t other)
{
	return user_side < 0 || other == STEERING_UNSURE || (uint32_t)user_side == other;
}

/* What steering.bpf.c does, by this compiler: the worker, or STEERING_UNSURE. */
static inline uint32_t steering_kernel_side(
	const struct worker_group *workers, const char *text, size_t length)
{
	static struct steering_desk desk; /* the last one's text lies behind, as in the kernel */
	if (length < GLANCE_LEAST)
		return STEERING_UNSURE;
	length = MIN(length, (size_t)GLANCE_REACH);
	memcpy(desk.glance.text, text, length);
	steering_begin(&desk, (uint32_t)length);
	for (unsigned i = 0; i < STEERING_STEPS; i++)
		if (steering_step(&desk, &workers->home_key, workers->count))
			break;
	return desk.worker;
}

#endif
