/* SPDX-License-Identifier: Apache-2.0 */
/* list.h: an intrusive doubly linked list; the links live inside the objects. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

#include "base/macros.h"

/*
 * One struct is both the head and the link. A head points at itself when empty. A link that is in
 * no list holds NULLs, so zeroed memory is a link in no list. Owner: one thread.
 */
struct list {
	struct list *next;
	struct list *previous;
};

/* Makes an empty head. */
static inline void list_init(struct list *head)
{
	head->next = head->previous = head;
}

/* Makes a link that is in no list. */
static inline void list_link_init(struct list *link)
{
	link->next = link->previous = NULL;
}

static inline bool list_is_linked(const struct list *link)
{
	return link->next != NULL;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_insert_between(struct list *link, struct list *previous, struct list *next)
{
	link->previous = previous;
	link->next = next;
	previous->next = link;
	next->previous = link;
}

static inline void list_push_tail(struct list *head, struct list *link)
{
	list_insert_between(link, head->previous, head);
}

static inline void list_push_head(struct list *head, struct list *link)
{
	list_insert_between(link, head, head->next);
}

/* Takes the link out of the list that it is in. Safe on a link that is in none. */
static inline void list_remove(struct list *link)
{
	if (!link->next)
		return;
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_link_init(link);
}

/* The first link, or NULL when empty. */
static inline struct list *list_first(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->next;
}

/* The last link, or NULL when empty. */
static inline struct list *list_last(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->previous;
}

/* Removes and returns the first link, or NULL. */
static inline struct list *list_pop_head(struct list *head)
{
	struct list *link = list_first(head);
	if (link)
		list_remove(link);
	return link;
}

/* Moves all links of `from` to the tail of `to`; `from` is empty afterwards. */
static inline void list_move_all(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->previous = to->previous;
	to->previous->next = from->next;
	from->previous->next = to;
	to->previous = from->previous;
	list_init(from);
}

/* for each link; the body must not remove `link` */
#define LIST_EACH(link, head) \
	for (struct list *link = (head)->next; link != (head); link = link->next)

/* for each link; the body may remove `link` itself */
#define LIST_EACH_SAFE(link, head)                                                        \
	for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
		link = link##_next, link##_next = link->next)

#endif
