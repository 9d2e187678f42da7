/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the time, passed in, so that tests own it. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Any thread may read clock_monotonic; a fake clock belongs to one thread. */
struct clock {
	uint64_t (*now_ns)(const struct clock *clock);  /* never goes backwards */
	uint64_t (*wall_ns)(const struct clock *clock); /* since 1970, may jump */
};

/* The system's clock. */
const struct clock *clock_monotonic(void);

static inline uint64_t clock_now_ns(const struct clock *clock)
{
	return clock->now_ns(clock);
}

static inline uint64_t clock_now_ms(const struct clock *clock)
{
	return clock->now_ns(clock) / 1000000;
}

/* Seconds since 1970: for nonces, expiries that outlive a restart, logs. */
static inline uint64_t clock_wall_s(const struct clock *clock)
{
	return clock->wall_ns(clock) / 1000000000;
}

static inline uint64_t clock_wall_ms(const struct clock *clock)
{
	return clock->wall_ns(clock) / 1000000;
}

/* A clock that stands still until it is told to go. Pass &fake->clock. */
struct fake_clock {
	struct clock clock;
	uint64_t now;  /* ns */
	uint64_t wall; /* ns since 1970 */
};

/* Starts at `now_ms`; the wall clock starts at 2026-01-01 00:00:00 UTC. */
void fake_clock_init(struct fake_clock *fake, uint64_t now_ms);

/* Both clocks go forward by `ms` milliseconds. */
void fake_clock_advance(struct fake_clock *fake, uint64_t ms);
void fake_clock_advance_ns(struct fake_clock *fake, uint64_t ns);

#endif
