/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c: the time, passed in, so that tests own it. */
#include "base/clock.h"

#include <time.h>

#include "base/macros.h"

#define NS_PER_S  1000000000u
#define NS_PER_MS 1000000u

/* 2026-01-01 00:00:00 UTC: any fixed moment would do. */
#define FAKE_WALL_S 1767225600u

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t system_now_ns(const struct clock *clock)
{
	return read_clock(CLOCK_MONOTONIC);
}

static uint64_t system_wall_ns(const struct clock *clock)
{
	return read_clock(CLOCK_REALTIME);
}

const struct clock *clock_monotonic(void)
{
	static const struct clock system_clock = {system_now_ns, system_wall_ns};
	return &system_clock;
}

static uint64_t fake_now_ns(const struct clock *clock)
{
	return container_of(clock, const struct fake_clock, clock)->now;
}

static uint64_t fake_wall_ns(const struct clock *clock)
{
	return container_of(clock, const struct fake_clock, clock)->wall;
}

void fake_clock_init(struct fake_clock *fake, uint64_t now_ms)
{
	fake->clock.now_ns = fake_now_ns;
	fake->clock.wall_ns = fake_wall_ns;
	fake->now = now_ms * NS_PER_MS;
	fake->wall = (uint64_t)FAKE_WALL_S * NS_PER_S;
}

void fake_clock_advance_ns(struct fake_clock *fake, uint64_t ns)
{
	fake->now += ns;
	fake->wall += ns;
}

void fake_clock_advance(struct fake_clock *fake, uint64_t ms)
{
	fake_clock_advance_ns(fake, ms * NS_PER_MS);
}
