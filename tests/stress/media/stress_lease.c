/* SPDX-License-Identifier: Apache-2.0 */
/* stress_lease.c: one worker says, one relay thread hears and tells: descriptions are whole, the
 * last one arrives, mail is never under way twice, no bit is lost. */
#include "media/lease.h"

#include <poll.h>

#include "lib/threads.h"

#define DESCRIPTIONS 400000

static struct lease_pool pool;
static struct lease *lease;
static struct mailbox to_relay, to_worker;
static _Atomic uint32_t heard_last;
static _Atomic bool is_over;

/* All of it says the same number. */
static void fill(struct media_description *description, uint32_t number)
{
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		struct media_end *end = &description->ends[i];
		end->offer = number;
		end->payload_types[0] = number;
		end->formats[MEDIA_FORMATS_MAX - 1].rate = number;
	}
	description->dscp = (uint8_t)number;
}

static bool is_whole(const struct media_description *description)
{
	uint32_t number = description->ends[0].offer;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		const struct media_end *end = &description->ends[i];
		if (end->offer != number || end->payload_types[0] != number ||
			end->formats[MEDIA_FORMATS_MAX - 1].rate != number)
			return false;
	}
	return description->dscp == (uint8_t)number;
}

static void sleep_on(struct mailbox *mailbox)
{
	struct pollfd bell = {.fd = mailbox_fd(mailbox), .events = POLLIN};
	if (!mailbox_sleep(mailbox))
		return;
	MUST(poll(&bell, 1, 20000) == 1);
	mailbox_wake(mailbox);
}

static void say_all(unsigned unused)
{
	struct media_description description = {0};
	for (uint32_t i = 1; i <= DESCRIPTIONS; i++) {
		fill(&description, i);
		if (lease_say(lease, &description))
			mailbox_post(&to_relay, &lease->mail);
		if (i % 61 == 0)
			sched_yield();
	}
	if (lease_say(lease, NULL))
		mailbox_post(&to_relay, &lease->mail);
	for (uint32_t told = 0; !(told & MEDIA_TOLD_ENDED);) {
		struct mail *mail = mailbox_take(&to_worker);
		if (!mail) {
			sleep_on(&to_worker);
			continue;
		}
		MUST(mail == &lease->task.mail);
		told = lease_told(lease);
		MUST(told != 0);
	}
	MUST(mailbox_take(&to_worker) == NULL);
	MUST(mailbox_take(&to_relay) == NULL);
}

static void tell(uint32_t bits)
{
	if (lease_tell(lease, bits))
		mailbox_post(&to_worker, &lease->task.mail);
}

static void hear_all(unsigned unused)
{
	uint32_t last = 0;
	for (;;) {
		struct mail *mail = mailbox_take(&to_relay);
		if (!mail) {
			sleep_on(&to_relay);
			continue;
		}
		MUST(mail == &lease->mail);
		const struct lease_said *said = lease_hear(lease);
		if (said->is_dropped)
			break;
		uint32_t number = said->description.ends[0].offer;
		MUST(is_whole(&said->description));
		MUST(number > last);
		last = number;
		atomic_store(&heard_last, last);
		struct media_report report = {
			.session = lease->id, .age_ms = last, .ends[1].latch = (uint8_t)last};
		lease_publish(lease, &report);
		tell(1u << number % 6);
	}
	tell(MEDIA_TOLD_ENDED);
	atomic_store(&is_over, true);
}

static void read_all(unsigned unused)
{
	uint64_t last = 0;
	/* however few the relay thread came to hear */
	while (!atomic_load(&is_over)) {
		struct media_report report;
		int error = lease_read(lease, LEASE_SESSION, lease->id, &report);
		sched_yield();
		if (error)
			continue;
		MUST(report.age_ms >= last);
		MUST(report.ends[1].latch == (uint8_t)report.age_ms);
		last = report.age_ms;
	}
}

int main(void)
{
	MUST(lease_pool_init(&pool, 0, 4) == 0);
	MUST(mailbox_init(&to_relay) == 0 && mailbox_init(&to_worker) == 0);
	lease = lease_take(&pool, LEASE_SESSION);
	threads_add(1, say_all);
	threads_add(1, hear_all);
	threads_add(1, read_all);
	threads_run();
	printf("heard up to %u of %u\n", atomic_load(&heard_last), DESCRIPTIONS);
	mailbox_done(&to_relay);
	mailbox_done(&to_worker);
	lease_pool_done(&pool);
	return 0;
}
