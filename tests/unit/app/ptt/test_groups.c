/* SPDX-License-Identifier: Apache-2.0 */
/* test_groups.c — groups found by their names, and who is a member of which. */
#include "app/ptt/groups.h"
#include "base/macros.h"
#include "lib/testing.h"

static const struct siphash_key key = {1, 2};

static const char *const listeners[] = {"carol"};
static const char *const chiefs[] = {"alice"};

static const struct ptt_member_config of_ops[] = {
	{.name = PV_SPAN_INIT("carol"), .priority = PTT_PRIORITY_OF_USER},
	{.name = PV_SPAN_INIT("alice"), .priority = 7, .triggers = PTT_TRIGGER_VOX},
	{.name = PV_SPAN_INIT("al"), .priority = 0},
};
static const struct ptt_member_config of_all[] = {
	{.name = PV_SPAN_INIT("*"), .priority = 2},
	{.name = PV_SPAN_INIT("alice"), .priority = 9},
};
static const struct ptt_group_config configs[] = {
	{.name = PV_SPAN_INIT("ops"),
		.members = of_ops,
		.member_count = ARRAY_LENGTH(of_ops),
		.triggers = PTT_TRIGGER_DTMF,
		.listen_only = {listeners, 1},
		.emergency_members = {chiefs, 1},
		.call_out = {chiefs, 1}},
	{.name = PV_SPAN_INIT("all"), .members = of_all, .member_count = ARRAY_LENGTH(of_all)},
	{.name = PV_SPAN_INIT("nobody")},
};

static struct ptt_groups *groups;

static void open_groups(void)
{
	ck_assert_int_eq(ptt_groups_new(&groups, &key, configs, ARRAY_LENGTH(configs)), 0);
}

static const struct ptt_group *find(const char *name)
{
	return ptt_groups_find(groups, ptt_group_id(&key, pv_span_of(name)));
}

static bool has(const char *group, const char *user, struct ptt_membership *ret)
{
	return ptt_group_has(find(group), pv_span_of(user), ret);
}

START_TEST(every_group_is_found_by_its_name)
{
	open_groups();
	for (size_t i = 0; i < ARRAY_LENGTH(configs); i++) {
		const struct ptt_group *group =
			ptt_groups_find(groups, ptt_group_id(&key, configs[i].name));
		ck_assert_ptr_nonnull(group);
		ck_assert(pv_span_equal(group->config.name, configs[i].name));
		ck_assert_ptr_eq(group, &groups->list[group->index]);
	}
	ck_assert_ptr_null(find("OPS"));
	ck_assert_ptr_null(find("op"));
	ck_assert_ptr_null(find(""));
	ptt_groups_free(groups);
}
END_TEST

START_TEST(members_have_what_the_group_says_of_them)
{
	struct ptt_membership m;
	open_groups();
	ck_assert(has("ops", "alice", &m));
	ck_assert_int_eq(m.priority, 7);
	ck_assert_uint_eq(m.triggers, PTT_TRIGGER_VOX);
	ck_assert(m.may_declare_emergency && m.is_called_out && !m.listen_only);
	ck_assert(has("ops", "carol", &m));
	ck_assert_int_eq(m.priority, PTT_PRIORITY_OF_USER);
	ck_assert_uint_eq(m.triggers, PTT_TRIGGER_DTMF);
	ck_assert(!m.may_declare_emergency && !m.is_called_out && m.listen_only);
	ck_assert(has("ops", "al", &m));
	ck_assert_int_eq(m.priority, 0);
	ptt_groups_free(groups);
}
END_TEST

START_TEST(who_is_no_member)
{
	struct ptt_membership m;
	open_groups();
	ck_assert(!has("ops", "bob", &m));
	ck_assert(!has("ops", "Alice", &m));
	ck_assert(!has("ops", "ali", &m));
	ck_assert(!has("ops", "*", &m));
	ck_assert(!has("ops", "", &m));
	ck_assert(!has("nobody", "alice", &m));
	ptt_groups_free(groups);
}
END_TEST

START_TEST(a_star_is_everybody_and_a_name_beside_it_counts_more)
{
	struct ptt_membership m;
	open_groups();
	ck_assert(has("all", "bob", &m));
	ck_assert_int_eq(m.priority, 2);
	ck_assert(m.may_declare_emergency);
	ck_assert(has("all", "alice", &m));
	ck_assert_int_eq(m.priority, 9);
	ck_assert(!has("all", "", &m)); /* a stranger */
	ptt_groups_free(groups);
}
END_TEST

START_TEST(no_groups_at_all)
{
	ck_assert_int_eq(ptt_groups_new(&groups, &key, NULL, 0), 0);
	ck_assert_ptr_null(find("ops"));
	ptt_groups_free(groups);
	ptt_groups_free(NULL);
	ck_assert_ptr_null(ptt_groups_find(NULL, 1));
}
END_TEST

TEST_MAIN("ptt_groups", every_group_is_found_by_its_name, members_have_what_the_group_says_of_them,
	who_is_no_member, a_star_is_everybody_and_a_name_beside_it_counts_more, no_groups_at_all)
