/* SPDX-License-Identifier: Apache-2.0 */
/* shared_stack.h: many threads give things back, their owner collects all of them at once. */
#ifndef BASE_SHARED_STACK_H
#define BASE_SHARED_STACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Who may call what, when
 *
 *   shared_stack_push       any thread, as the last thing that it does with the object
 *   shared_stack_take_all   the owner, one thread
 *   shared_link_next        the owner, on links that take_all returned
 *
 * Nothing is ever popped singly, so there is no ABA. A push never fails.
 */
struct shared_link {
	_Atomic(struct shared_link *) next;
};

struct shared_stack {
	_Atomic(struct shared_link *) top; /* zeroed memory is an empty stack */
};

static inline void shared_stack_init(struct shared_stack *stack)
{
	atomic_init(&stack->top, NULL);
}

static inline void shared_stack_push(struct shared_stack *stack, struct shared_link *link)
{
	struct shared_link *top = atomic_load_explicit(&stack->top, memory_order_relaxed);
	do
		atomic_store_explicit(&link->next, top, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(
		&stack->top, &top, link, memory_order_release, memory_order_relaxed));
}

/* All links, the one pushed last first; NULL when empty (and then it costs one plain load). */
static inline struct shared_link *shared_stack_take_all(struct shared_stack *stack)
{
	if (!atomic_load_explicit(&stack->top, memory_order_relaxed))
		return NULL;
	return atomic_exchange_explicit(&stack->top, NULL, memory_order_acquire);
}

/* The link below, or NULL. Read it before the link's object is used for something else. */
static inline struct shared_link *shared_link_next(const struct shared_link *link)
{
	return atomic_load_explicit(&link->next, memory_order_relaxed);
}

#endif
