/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.c: the one door into a thread: anyone posts, the owner takes, and a sleeper is rung. */
#include "base/mailbox.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * Posts push onto a stack; the owner takes the whole stack with one exchange and turns it round.
 * Nothing is popped singly, so there is no ABA, and no poster can leave a gap for others to wait
 * on. A sleeping owner leaves this mark as the top: the one poster who replaces it must ring. That
 * makes "asleep" and "empty" one word, so no ring can be missed and none is rung twice.
 */
static struct mail asleep_mark;
#define ASLEEP (&asleep_mark)

int mailbox_init(struct mailbox *mailbox)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	memset(mailbox, 0, sizeof(*mailbox));
	mailbox->fd = fd;
	return 0;
}

void mailbox_done(struct mailbox *mailbox)
{
	if (!mailbox || mailbox->fd <= 0) /* never opened, or done already */
		return;
	close(mailbox->fd);
	mailbox->fd = -1;
}

static void count(_Atomic uint64_t *counter)
{
	/* One writer, the owner: no locked add needed. */
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

static void ring_bell(int fd)
{
	uint64_t one = 1;
	ssize_t written;
	/* EAGAIN would mean 2^64 - 2 unread rings: the owner is woken anyway. */
	do
		written = write(fd, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
}

void mailbox_post_chain(struct mailbox *mailbox, struct mail *newest, struct mail *oldest)
{
	struct mail *top = atomic_load_explicit(&mailbox->top, memory_order_relaxed);
	int fd = mailbox->fd;
	do
		atomic_store_explicit(
			&oldest->next, top == ASLEEP ? NULL : top, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(
		&mailbox->top, &top, newest, memory_order_release, memory_order_relaxed));
	if (top == ASLEEP)
		ring_bell(fd);
}

void mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
	mailbox_post_chain(mailbox, mail, mail);
}

bool mailbox_is_asleep(const struct mailbox *mailbox)
{
	return atomic_load_explicit(&mailbox->top, memory_order_relaxed) == ASLEEP;
}

static struct mail *turn_round(struct mail *top)
{
	struct mail *oldest = NULL;
	while (top) {
		struct mail *below = atomic_load_explicit(&top->next, memory_order_relaxed);
		atomic_store_explicit(&top->next, oldest, memory_order_relaxed);
		oldest = top;
		top = below;
	}
	return oldest;
}

static struct mail *collect(struct mailbox *mailbox)
{
	struct mail *top = atomic_load_explicit(&mailbox->top, memory_order_relaxed);
	if (!top || top == ASLEEP)
		return NULL;
	return turn_round(atomic_exchange_explicit(&mailbox->top, NULL, memory_order_acquire));
}

struct mail *mailbox_take(struct mailbox *mailbox)
{
	struct mail *mail = mailbox->waiting;
	if (!mail)
		mail = collect(mailbox);
	if (!mail)
		return NULL;
	mailbox->waiting = atomic_load_explicit(&mail->next, memory_order_relaxed);
	count(&mailbox->posts);
	return mail;
}

bool mailbox_sleep(struct mailbox *mailbox)
{
	struct mail *empty = NULL;
	if (mailbox->waiting)
		return false;
	mailbox->asleep = atomic_compare_exchange_strong_explicit(
		&mailbox->top, &empty, ASLEEP, memory_order_acq_rel, memory_order_relaxed);
	return mailbox->asleep;
}

/*
 * The poster that replaced the mark may not have written yet: its ring stays owed, and is read at
 * the end of the next wait, which it cuts short at worst.
 */
static void read_rings(struct mailbox *mailbox)
{
	uint64_t rung;
	if (read(mailbox->fd, &rung, sizeof(rung)) == sizeof(rung))
		mailbox->rings_owed -= rung;
}

void mailbox_wake(struct mailbox *mailbox)
{
	struct mail *mark = ASLEEP;
	if (!mailbox->asleep)
		return;
	mailbox->asleep = false;
	if (!atomic_compare_exchange_strong_explicit(
		    &mailbox->top, &mark, NULL, memory_order_acq_rel, memory_order_relaxed)) {
		mailbox->rings_owed += !mailbox->is_edge;
		count(&mailbox->rings);
	}
	if (mailbox->rings_owed)
		read_rings(mailbox);
}
