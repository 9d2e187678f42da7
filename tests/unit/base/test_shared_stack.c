/* SPDX-License-Identifier: Apache-2.0 */
/* test_shared_stack.c: pushes come back all at once, the last one first. */
#include "base/shared_stack.h"

#include "lib/testing.h"

START_TEST(all_links_come_back_the_last_first)
{
	struct shared_stack stack;
	struct shared_link links[3];
	struct shared_link *link;

	shared_stack_init(&stack);
	ck_assert_ptr_null(shared_stack_take_all(&stack));
	for (int i = 0; i < 3; i++)
		shared_stack_push(&stack, &links[i]);
	link = shared_stack_take_all(&stack);
	for (int i = 2; i >= 0; i--) {
		ck_assert_ptr_eq(link, &links[i]);
		link = shared_link_next(link);
	}
	ck_assert_ptr_null(link);
	ck_assert_ptr_null(shared_stack_take_all(&stack));
}
END_TEST

TEST_MAIN("shared_stack", all_links_come_back_the_last_first)
