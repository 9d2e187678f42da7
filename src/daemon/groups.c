/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c — makes the application's groups out of the configuration's. */
#include "daemon/groups.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "codec/codec.h"
#include "conf/config.h"
#include "conf/report.h"

static const uint32_t triggers[] = {
	[CONFIG_TRIGGER_DTMF] = PTT_TRIGGER_DTMF,
	[CONFIG_TRIGGER_INFO] = PTT_TRIGGER_INFO,
	[CONFIG_TRIGGER_RTCP] = PTT_TRIGGER_RTCP,
	[CONFIG_TRIGGER_MESSAGE] = PTT_TRIGGER_MESSAGE,
	[CONFIG_TRIGGER_API] = PTT_TRIGGER_API,
	[CONFIG_TRIGGER_VOX] = PTT_TRIGGER_VOX,
	[CONFIG_TRIGGER_MUTE] = PTT_TRIGGER_MUTE,
	[CONFIG_TRIGGER_HOLD] = PTT_TRIGGER_HOLD,
	[CONFIG_TRIGGER_ED137] = PTT_TRIGGER_ED137,
};

static const enum ptt_preempt preempts[] = {
	[CONFIG_PREEMPT_PRIORITY] = PTT_PREEMPT_PRIORITY,
	[CONFIG_PREEMPT_EMERGENCY] = PTT_PREEMPT_EMERGENCY,
	[CONFIG_PREEMPT_NEVER] = PTT_PREEMPT_NEVER,
};

static const enum ptt_keepalive keepalives[] = {
	[CONFIG_KEEPALIVE_SILENCE] = PTT_KEEPALIVE_SILENCE,
	[CONFIG_KEEPALIVE_COMFORT] = PTT_KEEPALIVE_COMFORT,
	[CONFIG_KEEPALIVE_NONE] = PTT_KEEPALIVE_NONE,
};

static uint32_t mask_of(const struct config_words *words)
{
	uint32_t mask = 0;
	for (unsigned i = 0; i < words->count; i++)
		mask |= triggers[words->word[i]];
	return mask;
}

static struct ptt_names names_of(const struct config_strings *strings)
{
	return (struct ptt_names){strings->item, strings->count};
}

static char key_of(const char *text, char fallback)
{
	return text && *text ? *text : fallback;
}

static const enum codec_id codecs[] = {
	[CONFIG_CODEC_PCMU] = CODEC_PCMU,
	[CONFIG_CODEC_PCMA] = CODEC_PCMA,
	[CONFIG_CODEC_OPUS] = CODEC_OPUS,
	[CONFIG_CODEC_G722] = CODEC_G722,
};

static void add_codec(struct ptt_group_config *ret, enum codec_id codec)
{
	if (codec_is_built(codec))
		ret->codecs[ret->codec_count++] = (uint8_t)codec;
}

/* None that is built, which has been warned of: G.711, which everybody has. */
static void fill_codecs(const struct config_group *group, struct ptt_group_config *ret)
{
	for (uint32_t i = 0; i < group->codecs.count; i++)
		add_codec(ret, codecs[group->codecs.word[i]]);
	if (!ret->codec_count) {
		add_codec(ret, CODEC_PCMU);
		add_codec(ret, CODEC_PCMA);
	}
}

static void fill_member(const struct config_member *member, struct ptt_member_config *ret)
{
	*ret = (struct ptt_member_config){
		.name = pv_span_of(member->name),
		.priority = member->priority == CONFIG_UNSET ? PTT_PRIORITY_OF_USER
							     : (int)member->priority,
		.triggers = mask_of(&member->triggers),
	};
}

static void fill_group(const struct config_group *group, struct ptt_member_config *members,
	struct ptt_group_config *ret)
{
	*ret = (struct ptt_group_config){
		.name = pv_span_of(group->name),
		.display = group->display ? pv_span_of(group->display) : PV_SPAN(""),
		.members = members,
		.member_count = group->member_count,
		.is_open = group->floor == CONFIG_FLOOR_OPEN,
		.talkers = group->talkers,
		.triggers = mask_of(&group->triggers),
		.key_request = key_of(group->keys.request, '*'),
		.key_release = key_of(group->keys.release, '#'),
		.max_talk_ms = group->max_talk_ms,
		.hang_ms = group->hang_ms,
		.idle_timeout_ms = group->idle_timeout_ms,
		.max_duration_ms = group->max_duration_ms,
		.vox_hang_ms = group->vox_hang_ms,
		.queue = group->queue,
		.preempt = preempts[group->preempt],
		.listen_only = names_of(&group->listen_only),
		.call_out = names_of(&group->call_out),
		.emergency_members = names_of(&group->emergency_members),
		.broadcast = group->broadcast,
		.tones = group->tones,
		.refuse_tone = group->refuse_tone,
		.roger_tone = group->roger_tone,
		.legs = MAX(group->legs, 1),
		.max_members = group->max_members,
		.keepalive = keepalives[group->keepalive],
		.record = group->record,
	};
	fill_codecs(group, ret);
	for (uint32_t i = 0; i < group->member_count; i++)
		fill_member(&group->members[i], &members[i]);
}

/* ---- what is asked for and not to be had ---- */

static void check_codecs(const struct config_group *group, struct config_report *report)
{
	for (unsigned i = 0; i < group->codecs.count; i++) {
		enum codec_id codec = codecs[group->codecs.word[i]];
		if (!codec_is_built(codec))
			config_report_add(report, CONFIG_WARNING, group->origin.file,
				group->origin.line,
				"groups[].codecs: this server is built without %.*s: \"%s\" does "
				"without it",
				PV_SPAN_PRINT(codec_row(codec)->name), group->name);
	}
}

/* As the recorder will do it: one that is not there is made, if its parent is. */
static int try_folder(const char *folder)
{
	struct stat status;
	char parent[PATH_MAX];
	if (stat(folder, &status) == 0) {
		if (!S_ISDIR(status.st_mode))
			return -ENOTDIR;
		return access(folder, W_OK | X_OK) < 0 ? -errno : 0;
	}
	if (errno != ENOENT || snprintf(parent, sizeof(parent), "%s", folder) >= PATH_MAX)
		return -errno;
	return access(dirname(parent), W_OK | X_OK) < 0 ? -errno : 0;
}

static void check_record(const struct config_group *group, struct config_report *report)
{
	int error = group->record ? try_folder(group->record) : 0;
	if (error)
		config_report_add(report, CONFIG_WARNING, group->origin.file, group->origin.line,
			"groups[].record: \"%s\" cannot be written to: %s; \"%s\" will not be "
			"recorded",
			group->record, strerror(-error), group->name);
}

void group_set_check(const struct config *config, struct config_report *report)
{
	for (uint32_t i = 0; i < config->group_count; i++) {
		check_codecs(&config->groups[i], report);
		check_record(&config->groups[i], report);
	}
}

int group_set_make(
	const struct config *config, const struct siphash_key *key, struct group_set *ret)
{
	struct group_set set = {0};
	size_t members = 0;
	for (uint32_t i = 0; i < config->group_count; i++)
		members += config->groups[i].member_count;
	set.configs = calloc((size_t)config->group_count + 1, sizeof(*set.configs));
	set.members = calloc(members + 1, sizeof(*set.members));
	int error = set.configs && set.members ? 0 : -ENOMEM;
	members = 0;
	for (uint32_t i = 0; !error && i < config->group_count; i++) {
		fill_group(&config->groups[i], set.members + members, &set.configs[i]);
		members += config->groups[i].member_count;
	}
	if (!error)
		error = ptt_groups_new(&set.groups, key, set.configs, config->group_count);
	if (error)
		group_set_done(&set);
	else
		*ret = set;
	return error;
}

void group_set_done(struct group_set *set)
{
	ptt_groups_free(set->groups);
	free(set->configs);
	free(set->members);
	memset(set, 0, sizeof(*set));
}
