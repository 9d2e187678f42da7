/* SPDX-License-Identifier: Apache-2.0 */
/* test_order.c: packets go in as they come and out by their numbers. */
#include "record/order.h"

#include "base/macros.h"
#include "lib/testing.h"

static bool put(struct order *order, uint16_t sequence, size_t length)
{
	static uint8_t payload[RECORD_PAYLOAD_MAX + 1];
	memset(payload, sequence & 0xff, length);
	struct record_frame frame = {.sequence = sequence, .payload = payload, .length = length};
	return order_put(order, &frame);
}

START_TEST(by_number)
{
	static const uint16_t numbers[] = {1, 65535, 3, 0, 65533, 2};
	static const uint16_t sorted[] = {65533, 65535, 0, 1, 2, 3};
	static struct order order;
	ck_assert_ptr_null(order_first(&order));
	order_drop_first(&order);
	for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++)
		ck_assert(put(&order, numbers[i], 160));
	ck_assert(!put(&order, 65533, 160));
	for (unsigned i = 0; i < ARRAY_LENGTH(sorted); i++) {
		const struct record_frame *first = order_first(&order);
		ck_assert_uint_eq(order.count, ARRAY_LENGTH(sorted) - i);
		ck_assert_uint_eq(first->sequence, sorted[i]);
		ck_assert_uint_eq(first->length, 160);
		ck_assert_uint_eq(*(const uint8_t *)first->payload, sorted[i] & 0xff);
		order_drop_first(&order);
	}
	ck_assert_ptr_null(order_first(&order));
}
END_TEST

START_TEST(bounds)
{
	static struct order order;
	ck_assert(!put(&order, 1, RECORD_PAYLOAD_MAX + 1));
	for (unsigned i = 0; i < ORDER_PACKETS; i++)
		ck_assert(put(&order, (uint16_t)i, RECORD_PAYLOAD_MAX));
	ck_assert(!put(&order, ORDER_PACKETS, 1));
	order_drop_first(&order);
	ck_assert(put(&order, ORDER_PACKETS, 0));
	ck_assert_uint_eq(order_first(&order)->sequence, 1);
}
END_TEST

TEST_MAIN("order", by_number, bounds)
