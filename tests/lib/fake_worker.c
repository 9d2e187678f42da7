/* SPDX-License-Identifier: Apache-2.0 */
/* fake_worker.c — a worker without a thread, whose time belongs to the test. */
#include "lib/fake_worker.h"
#include "lib/want.h"

void fake_worker_init(struct fake_worker *fake, uint64_t now_ms)
{
	fake_clock_init(&fake->clock, now_ms);
	WANT(worker_group_init(&fake->group, 1, &fake->clock.clock) == 0);
	fake->worker = &fake->group.workers[0];
	fake_worker_run(fake);
}

void fake_worker_done(struct fake_worker *fake)
{
	worker_group_done(&fake->group);
}

void fake_worker_run(struct fake_worker *fake)
{
	worker_run_once(fake->worker);
}

/* What a round posts to its own worker is for the next one. */
static void run_all(struct fake_worker *fake)
{
	uint64_t posts;
	fake_worker_run(fake);
	do {
		posts = mailbox_posts(&fake->worker->mailbox);
		fake_worker_run(fake);
	} while (mailbox_posts(&fake->worker->mailbox) != posts);
}

void fake_worker_advance(struct fake_worker *fake, uint64_t ms)
{
	uint64_t until = clock_now_ms(&fake->clock.clock) + ms;
	fake_worker_run(fake);
	for (;;) {
		uint64_t now = clock_now_ms(&fake->clock.clock);
		uint64_t next = MIN(worker_next_ms(fake->worker), until);
		if (next > now)
			fake_clock_advance(&fake->clock, next - now);
		run_all(fake);
		if (next == until)
			return;
	}
}

uint32_t fake_worker_buffers_used(const struct fake_worker *fake)
{
	uint32_t used = 0;
	for (unsigned i = 0; i < BUFFER_CLASS_COUNT; i++)
		used += fake->worker->buffers.classes[i].used;
	return used;
}

uint32_t fake_worker_timers_armed(const struct fake_worker *fake)
{
	uint32_t armed = 0;
	for (unsigned i = 0; i < fake->worker->lane_count; i++)
		LIST_EACH(link, &fake->worker->lanes[i]->lane.waiting)
	armed++;
	return armed;
}
