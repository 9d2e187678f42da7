/* SPDX-License-Identifier: Apache-2.0 */
/* bench_shared.c: what threads share, first undisturbed, then between two threads. */
#include <pthread.h>
#include <sched.h>

#include "base/lock.h"
#include "base/mailbox.h"
#include "base/ring.h"
#include "base/seqlock.h"
#include "base/shared_stack.h"
#include "lib/bench.h"

#define WORDS 32 /* a binding of 256 bytes */
#define MAILS 256

static struct seqlock seqlock;
static _Atomic uint64_t words[WORDS];
static struct lock lock;
static struct ring ring;
static struct mailbox mailbox;
static struct mail mails[MAILS];
static struct shared_stack stack;

static void seqlock_reads(uint64_t count)
{
	uint64_t copy[WORDS];
	while (count--) {
		uint32_t begun = seqlock_read_begin(&seqlock);
		seqlock_load_words(copy, words, WORDS);
		BENCH_KEEP(seqlock_read_retry(&seqlock, begun));
		BENCH_KEEP(copy);
	}
}

static void seqlock_writes(uint64_t count)
{
	uint64_t copy[WORDS] = {0};
	while (count--) {
		lock_take(&lock);
		seqlock_write_begin(&seqlock);
		seqlock_store_words(words, copy, WORDS);
		seqlock_write_end(&seqlock);
		lock_give(&lock);
	}
}

static void lock_uncontended(uint64_t count)
{
	while (count--) {
		lock_take(&lock);
		lock_give(&lock);
	}
}

static void ring_alone(uint64_t count)
{
	while (count--) {
		ring_push(&ring, &count);
		ring_pop(&ring, &count);
	}
}

static void mailbox_awake(uint64_t count)
{
	while (count--) {
		mailbox_post(&mailbox, &mails[0]);
		BENCH_KEEP(mailbox_take(&mailbox));
	}
}

static void mailbox_asleep(uint64_t count)
{
	while (count--) {
		mailbox_sleep(&mailbox);
		mailbox_post(&mailbox, &mails[0]);
		mailbox_wake(&mailbox);
		BENCH_KEEP(mailbox_take(&mailbox));
	}
}

static void *push_all(void *count)
{
	for (uint64_t left = *(uint64_t *)count; left; left--)
		while (!ring_push(&ring, &left))
			sched_yield();
	return NULL;
}

static void ring_across(uint64_t count)
{
	pthread_t producer;
	uint64_t element;
	if (pthread_create(&producer, NULL, push_all, &count))
		return;
	for (uint64_t left = count; left; left--)
		while (!ring_pop(&ring, &element))
			sched_yield();
	pthread_join(producer, NULL);
}

struct letter {
	struct mail mail;
	struct shared_link back;
};

static struct letter letters[MAILS];

static void *post_all(void *count)
{
	struct shared_link *chain = NULL;
	uint64_t posted = 0;
	while (posted < *(uint64_t *)count) {
		struct letter *letter = &letters[posted];
		if (posted >= MAILS) {
			while (!chain && !(chain = shared_stack_take_all(&stack)))
				sched_yield();
			letter = container_of(chain, struct letter, back);
			chain = shared_link_next(chain);
		}
		mailbox_post(&mailbox, &letter->mail);
		posted++;
	}
	return NULL;
}

/* There and back: posted, taken, given back over the return stack. */
static void mailbox_across(uint64_t count)
{
	pthread_t poster;
	uint64_t taken = 0;
	if (pthread_create(&poster, NULL, post_all, &count))
		return;
	while (taken < count) {
		struct mail *mail = mailbox_take(&mailbox);
		if (!mail) {
			sched_yield();
			continue;
		}
		shared_stack_push(&stack, &container_of(mail, struct letter, mail)->back);
		taken++;
	}
	pthread_join(poster, NULL);
	shared_stack_take_all(&stack);
}

int main(void)
{
	if (ring_init(&ring, sizeof(uint64_t), 1024) < 0 || mailbox_init(&mailbox) < 0)
		return 1;
	bench_run("seqlock read, 256 bytes", seqlock_reads, 3000000);
	bench_run("seqlock write under the lock, 256 bytes", seqlock_writes, 3000000);
	bench_run("lock take + give, uncontended", lock_uncontended, 5000000);
	bench_run("ring push + pop, one thread", ring_alone, 5000000);
	bench_run("ring push + pop, two threads", ring_across, 2000000);
	bench_run("mailbox post + take, owner awake", mailbox_awake, 3000000);
	bench_run("mailbox sleep, post, wake, take", mailbox_asleep, 200000);
	bench_run("mailbox there and back, two threads", mailbox_across, 1000000);
	ring_done(&ring);
	mailbox_done(&mailbox);
	return 0;
}
