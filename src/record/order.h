/* SPDX-License-Identifier: Apache-2.0 */
/* order.h: a talker's last packets, as long as one that is missing before them may still come. */
#ifndef RECORD_ORDER_H
#define RECORD_ORDER_H

#include "record/record.h"

/* A packet is waited for while so many behind it have come, ... */
#define ORDER_PACKETS 10
/* ... and for so long, where it is known when they came. */
#define ORDER_MS 200

/* Owner: the writer's thread, with its spurt. Zeroed memory holds none. */
struct order {
	unsigned count;
	struct order_place {
		bool is_taken;
		struct record_frame frame; /* of the bytes below */
		uint8_t payload[RECORD_PAYLOAD_MAX];
	} places[ORDER_PACKETS];
};

/* A copy of it. False: one of its number is there, or it is too long, or there is no room. */
bool order_put(struct order *order, const struct record_frame *frame);

/* The one of the lowest number, good until the next call; NULL: there is none. */
const struct record_frame *order_first(const struct order *order);

/* That one goes. */
void order_drop_first(struct order *order);

#endif
