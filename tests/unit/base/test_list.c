/* SPDX-License-Identifier: Apache-2.0 */
/* test_list.c: the intrusive list. */
#include "base/list.h"

#include "lib/testing.h"

struct item {
	int number;
	struct list link;
};

static struct list head;
static struct item items[4];

static void start(void)
{
	list_init(&head);
	for (int i = 0; i < 4; i++)
		items[i] = (struct item){.number = i};
}

static int number_of(const struct list *link)
{
	return link ? container_of(link, const struct item, link)->number : -1;
}

/* The numbers in the list, read forwards and backwards, as digits. */
static void expect(const struct list *list, int digits)
{
	int forwards = 0;
	int backwards = 0;
	int unit = 1;

	LIST_EACH(link, list)
	forwards = forwards * 10 + number_of(link);
	for (const struct list *link = list->previous; link != list; link = link->previous) {
		backwards += unit * number_of(link);
		unit *= 10;
	}
	ck_assert_int_eq(forwards, digits);
	ck_assert_int_eq(backwards, digits);
}

START_TEST(pushes_at_both_ends)
{
	start();
	ck_assert(list_is_empty(&head));
	ck_assert_ptr_null(list_first(&head));
	ck_assert_ptr_null(list_last(&head));
	list_push_tail(&head, &items[2].link);
	list_push_tail(&head, &items[3].link);
	list_push_head(&head, &items[1].link);
	expect(&head, 123);
	ck_assert_int_eq(number_of(list_first(&head)), 1);
	ck_assert_int_eq(number_of(list_last(&head)), 3);
}
END_TEST

START_TEST(a_link_knows_whether_it_is_in_a_list)
{
	start();
	ck_assert(!list_is_linked(&items[1].link));
	list_remove(&items[1].link);
	list_push_tail(&head, &items[1].link);
	ck_assert(list_is_linked(&items[1].link));
	list_remove(&items[1].link);
	ck_assert(!list_is_linked(&items[1].link));
	ck_assert(list_is_empty(&head));
}
END_TEST

START_TEST(removes_from_the_middle_and_pops_the_head)
{
	start();
	for (int i = 1; i < 4; i++)
		list_push_tail(&head, &items[i].link);
	list_remove(&items[2].link);
	expect(&head, 13);
	ck_assert_int_eq(number_of(list_pop_head(&head)), 1);
	ck_assert_int_eq(number_of(list_pop_head(&head)), 3);
	ck_assert_int_eq(number_of(list_pop_head(&head)), -1);
}
END_TEST

START_TEST(moves_all_to_the_tail_of_another)
{
	struct list other;
	start();
	list_init(&other);
	list_move_all(&other, &head);
	ck_assert(list_is_empty(&other));
	list_push_tail(&other, &items[1].link);
	list_push_tail(&head, &items[2].link);
	list_push_tail(&head, &items[3].link);
	list_move_all(&other, &head);
	expect(&other, 123);
	ck_assert(list_is_empty(&head));
}
END_TEST

START_TEST(the_safe_walk_may_remove)
{
	start();
	for (int i = 1; i < 4; i++)
		list_push_tail(&head, &items[i].link);
	LIST_EACH_SAFE(link, &head)
	if (number_of(link) != 2)
		list_remove(link);
	expect(&head, 2);
}
END_TEST

TEST_MAIN("list", pushes_at_both_ends, a_link_knows_whether_it_is_in_a_list,
	removes_from_the_middle_and_pops_the_head, moves_all_to_the_tail_of_another,
	the_safe_walk_may_remove)
