/* SPDX-License-Identifier: Apache-2.0 */
/* fake_media_group.c — groups on relay threads that relay nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/slab.h"
#include "lib/fake_media.h"

#define FIRST_PORT 30000

unsigned fake_media_groups(const struct media *media)
{
	unsigned count = 0;
	for (unsigned i = 0; i < FAKE_GROUPS; i++)
		count += media->groups[i].id != 0 && !media->groups[i].is_closed;
	return count;
}

unsigned fake_media_members(const struct media *media)
{
	unsigned count = 0;
	for (unsigned i = 0; i < FAKE_MEMBERS; i++)
		count += media->members[i].id != 0;
	return count;
}

struct fake_member *fake_media_member(struct media *media, unsigned n)
{
	for (unsigned i = 0; i < FAKE_MEMBERS; i++)
		if (media->members[i].id == n + 1)
			return &media->members[i];
	return NULL;
}

static struct fake_group *group_of(struct media *media, media_id id)
{
	for (unsigned i = 0; id && i < FAKE_GROUPS; i++)
		if (media->groups[i].id == id && !media->groups[i].is_closed)
			return &media->groups[i];
	return NULL;
}

struct fake_group *fake_media_group(struct media *media)
{
	return group_of(media, media->groups_opened);
}

static struct fake_member *member_of(struct media *media, media_id id)
{
	return id ? fake_media_member(media, (unsigned)id - 1) : NULL;
}

void fake_media_member_tell(struct media *media, unsigned n, uint32_t told)
{
	struct fake_member *member = fake_media_member(media, n);
	const struct media_group_user *user = &media->group_user;
	if (!member)
		return;
	member->is_silent = told & MEDIA_TOLD_SILENT;
	user->member_told(user->context, member->id, member->owner, told);
}

void fake_media_group_tell(struct media *media, uint32_t told)
{
	struct fake_group *group = fake_media_group(media);
	const struct media_group_user *user = &media->group_user;
	if (group)
		user->group_told(user->context, group->id, group->owner, told);
}

void fake_media_answer(struct media *media, unsigned n, const struct media_answer *answer)
{
	struct fake_member *member = fake_media_member(media, n);
	const struct media_group_user *user = &media->group_user;
	if (member)
		user->answered(user->context, member->id, member->owner, answer);
}

/* ---- group_command.h ---- */

void media_set_group_user(struct media *media, unsigned worker, const struct media_group_user *user)
{
	media->group_user = *user;
}

int media_group_open(struct media *media, unsigned worker,
	const struct media_group_settings *settings, uint64_t owner,
	struct media_group_lease *ret_lease)
{
	unsigned free = 0;
	while (free < FAKE_GROUPS && media->groups[free].id)
		free++;
	if (free == FAKE_GROUPS || slab_is_starved())
		return -ENOBUFS;
	media->groups[free] = (struct fake_group){.id = ++media->groups_opened,
		.owner = owner,
		.media = media,
		.settings = *settings};
	*ret_lease = (struct media_group_lease){.group = media->groups[free].id};
	if (media->on_open)
		media->on_open(media->press_context);
	return 0;
}

void media_group_set(struct media *media, unsigned worker, media_id id,
	const struct media_group_settings *settings)
{
	struct fake_group *group = group_of(media, id);
	if (group)
		group->settings = *settings;
}

static void run_ended(struct worker *worker, struct worker_task *task)
{
	struct fake_group *group = container_of(task, struct fake_group, task);
	const struct media_group_user *user = &group->media->group_user;
	media_id id = group->id;
	group->id = 0;
	user->group_ended(user->context, id, group->owner, &group->report);
}

void media_group_close(struct media *media, unsigned worker, media_id id)
{
	struct fake_group *group = group_of(media, id);
	if (!group)
		return;
	group->is_closed = true;
	group->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = run_ended};
	worker_post(media->worker, &group->task.mail);
}

int media_join(struct media *media, unsigned worker, const struct media_group_lease *group,
	unsigned local, bool wants_floor, uint64_t owner, struct media_member_lease *ret_lease)
{
	unsigned free = 0;
	while (free < FAKE_MEMBERS && media->members[free].id)
		free++;
	if (free == FAKE_MEMBERS || fake_media_members(media) >= media->member_limit ||
		slab_is_starved())
		return -ENOBUFS;
	struct fake_member *member = &media->members[free];
	uint16_t port = (uint16_t)(FIRST_PORT + 4 * media->joined);
	*member = (struct fake_member){
		.id = ++media->joined, .group = group->group, .owner = owner, .local = local};
	member->lease = (struct media_member_lease){.member = member->id,
		.port = port,
		.floor_port = wants_floor ? (uint16_t)(port + 2) : 0};
	*ret_lease = member->lease;
	return 0;
}

void media_member_set(struct media *media, unsigned worker, media_id id,
	const struct media_member_description *description)
{
	struct fake_member *member = member_of(media, id);
	if (!member)
		return;
	member->is_set = true;
	member->changes++;
	member->said = *description;
	snprintf(member->identity, sizeof(member->identity), "%s", description->identity);
	member->said.identity = member->identity;
}

void media_member_drop(struct media *media, unsigned worker, media_id id)
{
	struct fake_member *member = member_of(media, id);
	if (member)
		member->id = 0;
}

int media_member_press(
	struct media *media, unsigned worker, media_id id, const struct media_press *press)
{
	if (!member_of(media, id))
		return -ENOENT;
	if (slab_is_starved())
		return -EAGAIN;
	media->pressed = *press;
	if (media->on_press)
		media->on_press(media->press_context, (unsigned)id - 1, press);
	return 0;
}

int media_read_group(struct media *media, media_id id, struct media_group_report *ret_report)
{
	const struct fake_group *group = group_of(media, id);
	if (!group)
		return -ENOENT;
	*ret_report = group->report;
	return 0;
}

int media_read_member(struct media *media, media_id id, struct media_member_report *ret_report)
{
	const struct fake_member *member = member_of(media, id);
	if (!member || !member->is_set)
		return -ENOENT;
	*ret_report = (struct media_member_report){.member = id,
		.codec = member->said.audio.coding.codec,
		.is_silent = member->is_silent};
	return 0;
}
