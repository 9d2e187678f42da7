/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_order.c: in which order the servers of a name are tried (RFC 2782, RFC 3263 §4). */
#include "net/resolver_order.h"

#include <stdbool.h>

/* A handful of entries: insertion keeps what is equal in its order. */
static void insert_sorted(struct resolver_target *targets, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct resolver_target moved = targets[i];
		unsigned at = i;
		for (; at > 0; at--) {
			const struct resolver_target *before = &targets[at - 1];
			/* RFC 2782: weight 0 stands first among equals, so that it is drawn by 0 */
			bool is_later = before->rank > moved.rank ||
					(before->rank == moved.rank && before->weight > 0 &&
						moved.weight == 0);
			if (!is_later)
				break;
			targets[at] = *before;
		}
		targets[at] = moved;
	}
}

/* Which of `count` equals is next. */
static unsigned draw(
	const struct resolver_target *equals, unsigned count, uint32_t (*random)(uint32_t))
{
	uint32_t total = 0, sum = 0;
	for (unsigned i = 0; i < count; i++)
		total += equals[i].weight;
	uint32_t lot = total ? random(total + 1) : 0;
	for (unsigned i = 0; i < count; i++) {
		sum += equals[i].weight;
		if (sum >= lot)
			return i;
	}
	return 0;
}

static void shuffle(struct resolver_target *equals, unsigned count, uint32_t (*random)(uint32_t))
{
	for (; count > 1; equals++, count--) {
		unsigned next = draw(equals, count, random);
		struct resolver_target drawn = equals[next];
		for (unsigned i = next; i > 0; i--)
			equals[i] = equals[i - 1];
		equals[0] = drawn;
	}
}

void resolver_order(struct resolver_target *targets, unsigned count, uint32_t (*random)(uint32_t))
{
	insert_sorted(targets, count);
	for (unsigned first = 0; first < count;) {
		unsigned end = first + 1;
		while (end < count && targets[end].rank == targets[first].rank)
			end++;
		shuffle(&targets[first], end - first, random);
		first = end;
	}
}
