/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c — the groups of a configuration, found by the hash of their names. */
#include "app/ptt/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

uint64_t ptt_group_id(const struct siphash_key *key, struct pv_span name)
{
	return siphash13(key, name.at, name.length);
}

static int compare_names(struct pv_span a, struct pv_span b)
{
	size_t common = MIN(a.length, b.length);
	int order = common ? memcmp(a.at, b.at, common) : 0;
	return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_members(const void *a, const void *b)
{
	const struct ptt_member_config *const *one = a, *const *other = b;
	return compare_names((*one)->name, (*other)->name);
}

static int compare_groups(const void *a, const void *b)
{
	const struct ptt_group *one = a, *other = b;
	return (one->id > other->id) - (one->id < other->id);
}

static int group_init(struct ptt_group *group, const struct siphash_key *key,
	const struct ptt_group_config *config)
{
	group->config = *config;
	group->id = ptt_group_id(key, config->name);
	group->sorted = calloc((size_t)config->member_count + 1, sizeof(*group->sorted));
	if (!group->sorted)
		return -ENOMEM;
	for (unsigned i = 0; i < config->member_count; i++) {
		group->sorted[i] = &config->members[i];
		if (!pv_span_equal(config->members[i].name, PV_SPAN("*")))
			continue;
		group->for_all = true;
		group->all = config->members[i];
	}
	qsort(group->sorted, config->member_count, sizeof(*group->sorted), compare_members);
	return 0;
}

int ptt_groups_new(struct ptt_groups **ret, const struct siphash_key *key,
	const struct ptt_group_config *configs, unsigned count)
{
	struct ptt_groups *groups = calloc(1, sizeof(*groups));
	int error = groups ? 0 : -ENOMEM;
	if (groups)
		groups->list = calloc((size_t)count + 1, sizeof(*groups->list));
	if (groups && !groups->list)
		error = -ENOMEM;
	for (unsigned i = 0; !error && i < count; i++) {
		error = group_init(&groups->list[i], key, &configs[i]);
		groups->count += !error;
	}
	if (error) {
		ptt_groups_free(groups);
		return error;
	}
	qsort(groups->list, count, sizeof(*groups->list), compare_groups);
	for (unsigned i = 0; i < count; i++)
		groups->list[i].index = i;
	*ret = groups;
	return 0;
}

void ptt_groups_free(struct ptt_groups *groups)
{
	if (!groups)
		return;
	for (unsigned i = 0; groups->list && i < groups->count; i++)
		free(groups->list[i].sorted);
	free(groups->list);
	free(groups);
}

const struct ptt_group *ptt_groups_find(const struct ptt_groups *groups, uint64_t id)
{
	const struct ptt_group key = {.id = id};
	if (!groups || !groups->count)
		return NULL;
	return bsearch(&key, groups->list, groups->count, sizeof(*groups->list), compare_groups);
}

static const struct ptt_member_config *find_member(
	const struct ptt_group *group, struct pv_span name)
{
	const struct ptt_member_config key = {.name = name}, *at = &key;
	const struct ptt_member_config **found = bsearch(&at, group->sorted,
		group->config.member_count, sizeof(*group->sorted), compare_members);
	return found ? *found : NULL;
}

static bool is_listed(const struct ptt_names *names, struct pv_span name)
{
	for (unsigned i = 0; i < names->count; i++)
		if (pv_span_equal(pv_span_of(names->item[i]), name))
			return true;
	return false;
}

bool ptt_group_has(const struct ptt_group *group, struct pv_span name, struct ptt_membership *ret)
{
	const struct ptt_group_config *config = &group->config;
	const struct ptt_member_config *member = find_member(group, name);
	if (!member && group->for_all)
		member = &group->all;
	if (!member || !name.length)
		return false;
	*ret = (struct ptt_membership){
		.priority = member->priority,
		.triggers = member->triggers ? member->triggers : config->triggers,
		.listen_only = is_listed(&config->listen_only, name),
		.may_declare_emergency = !config->emergency_members.count ||
					 is_listed(&config->emergency_members, name),
		.is_called_out = is_listed(&config->call_out, name),
	};
	return true;
}
