/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.h: the one door into a thread: anyone posts, the owner takes, and a sleeper is rung. */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/shared_stack.h"

/*
 * Who may call what, when
 *
 *   mailbox_init, mailbox_done     the owner, while no other thread knows the mailbox
 *   mailbox_post, _post_chain      any thread, any time; gives up ownership of the mail
 *   mailbox_take                   the owner, while awake or after mailbox_wake
 *   mailbox_sleep, mailbox_wake    the owner, around its blocking wait
 *   mailbox_is_asleep              any thread; a hint
 *   mailbox_posts, mailbox_rings   any thread; exact as of the owner's last take / wake
 *
 * The owner's loop:
 *
 *   while ((mail = mailbox_take(mb)))     handle it
 *   asleep = mailbox_sleep(mb)            false: mail came in meanwhile, poll without blocking
 *   wait on mailbox_fd(mb) and the rest   block only if asleep
 *   if (asleep) mailbox_wake(mb)          from here on nobody rings
 *
 * Only the first post to a sleeping owner writes to the eventfd; posts to one that is awake cost
 * one compare-and-swap and no system call. Order: two posts of one thread arrive in their order.
 */
struct mail {
	uint32_t kind; /* what it is, for the receiver; the poster sets it */
	_Atomic(struct mail *) next;
};

struct mailbox {
	/* the owner's */
	_Alignas(CACHE_LINE) struct mail *waiting; /* taken from `top`, oldest first */
	_Atomic uint64_t posts;
	_Atomic uint64_t rings;
	uint64_t rings_owed; /* rings that were or will be written, and not read yet */
	bool asleep;
	bool is_edge; /* the owner polls edge-triggered: rings need not be read */
	/* all threads: the mail posted last, or NULL, or the mark of a sleeping owner */
	_Alignas(CACHE_LINE) _Atomic(struct mail *) top;
	int fd; /* constant; beside `top`, so that a poster needs one line only */
};

/* 0 or -errno (no eventfd to be had). */
int mailbox_init(struct mailbox *mailbox);

/* Mail still inside is forgotten: take it out first. NULL is accepted. */
void mailbox_done(struct mailbox *mailbox);

/* Never fails: the link is inside the mail. */
void mailbox_post(struct mailbox *mailbox, struct mail *mail);

/* Posts several at once, so that a sleeper is rung after the last of them and not in the middle:
 * each `next` leads from a newer mail to the one before it, from `newest` down to `oldest`. */
void mailbox_post_chain(struct mailbox *mailbox, struct mail *newest, struct mail *oldest);

/* The oldest mail, now the owner's, or NULL when empty. */
struct mail *mailbox_take(struct mailbox *mailbox);

/* Readable when the mailbox was rung. Poll it level-triggered; only mailbox_wake reads it. Or poll
 * it edge-triggered and set `is_edge`, once, before the first sleep: then nobody reads it. */
static inline int mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->fd;
}

/* Announces that the owner will block; false, and nothing announced, when there is mail. */
bool mailbox_sleep(struct mailbox *mailbox);

/* The owner is awake: nobody rings from here on. Reads the eventfd only if it was rung. */
void mailbox_wake(struct mailbox *mailbox);

/* Would a post ring now? A hint for posters who can wait for more mail. Any thread. */
bool mailbox_is_asleep(const struct mailbox *mailbox);

/* Mail received so far, and rings among it. */
static inline uint64_t mailbox_posts(const struct mailbox *mailbox)
{
	return atomic_load_explicit(&mailbox->posts, memory_order_relaxed);
}

static inline uint64_t mailbox_rings(const struct mailbox *mailbox)
{
	return atomic_load_explicit(&mailbox->rings, memory_order_relaxed);
}

#endif
