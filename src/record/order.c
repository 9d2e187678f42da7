/* SPDX-License-Identifier: Apache-2.0 */
/* order.c: a talker's last packets, as long as one that is missing before them may still come. */
#include "record/order.h"

#include <string.h>

static int ahead(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

static const struct order_place *find_first(const struct order *order)
{
	const struct order_place *first = NULL;
	for (unsigned i = 0; i < ORDER_PACKETS; i++) {
		const struct order_place *place = &order->places[i];
		if (!place->is_taken)
			continue;
		if (!first || ahead(place->frame.sequence, first->frame.sequence) < 0)
			first = place;
	}
	return first;
}

bool order_put(struct order *order, const struct record_frame *frame)
{
	struct order_place *free = NULL;
	for (unsigned i = 0; i < ORDER_PACKETS; i++) {
		struct order_place *place = &order->places[i];
		if (!place->is_taken)
			free = place;
		else if (place->frame.sequence == frame->sequence)
			return false;
	}
	if (!free || frame->length > sizeof(free->payload))
		return false;
	free->is_taken = true;
	free->frame = *frame;
	free->frame.payload = free->payload;
	if (frame->length)
		memcpy(free->payload, frame->payload, frame->length);
	order->count++;
	return true;
}

const struct record_frame *order_first(const struct order *order)
{
	const struct order_place *first = find_first(order);
	return first ? &first->frame : NULL;
}

void order_drop_first(struct order *order)
{
	struct order_place *first = (struct order_place *)find_first(order);
	if (!first)
		return;
	first->is_taken = false;
	order->count--;
}
