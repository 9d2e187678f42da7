/* SPDX-License-Identifier: Apache-2.0 */
/* audience.c: what those who listen to a group can take, as far as it is shared among them. */
#include "media/audience.h"

#include "base/macros.h"
#include "media/member.h"

#define RATE_LEAST 8000

void audience_change(struct group *group)
{
	group->audience.is_known = false;
}

bool audience_has(const struct group *group, unsigned codec)
{
	return !list_is_empty(&group->listeners[codec]) || group->away.threads[codec];
}

static const struct codec_settings *settings_of(const struct member *member)
{
	return &member->said->audio.coding.settings;
}

/* One who hears Opus: no other codec has any settings. */
static void count_in(struct group_audience *audience, const struct member *member)
{
	const struct codec_settings *its = settings_of(member);
	struct codec_settings *shared = &audience->shared;
	audience->rate = MAX(audience->rate, codec_playback_rate(CODEC_OPUS, its));
	if (its->bitrate && (!shared->bitrate || its->bitrate < shared->bitrate))
		shared->bitrate = its->bitrate;
	shared->has_fec = shared->has_fec && its->has_fec;
	shared->is_constant = shared->is_constant || its->is_constant;
	shared->playback_rate = MAX(shared->playback_rate, codec_playback_rate(CODEC_OPUS, its));
}

static void look_at_listeners(const struct group *group, struct group_audience *audience)
{
	for (unsigned codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++)
		if (codec != CODEC_OPUS && audience_has(group, codec))
			audience->rate = MAX(audience->rate, codec_row((enum codec_id)codec)->rate);
	LIST_EACH(link, &group->listeners[CODEC_OPUS])
	{
		count_in(audience, container_of(link, struct member, listening));
	}
	if (!group->away.threads[CODEC_OPUS])
		return;
	LIST_EACH(link, &group->away.listeners)
	{
		const struct member *member = container_of(link, struct member, listening);
		if (member->away_codec == CODEC_OPUS)
			count_in(audience, member);
	}
}

/* Who listens, and who speaks. */
static void look(struct group *group)
{
	struct group_audience *audience = &group->audience;
	*audience = (struct group_audience){
		.is_known = true, .rate = RATE_LEAST, .shared = {.has_fec = true}};
	look_at_listeners(group, audience);
	for (unsigned i = 0; i < group->speaker_count; i++) {
		const struct member *speaker = group->speakers[i];
		audience->rate = MAX(audience->rate,
			codec_capture_rate((enum codec_id)speaker->codec, settings_of(speaker)));
	}
}

uint32_t audience_rate(struct group *group)
{
	if (UNLIKELY(!group->audience.is_known))
		look(group);
	return group->audience.rate;
}

const struct codec_settings *audience_settings(struct group *group, unsigned codec)
{
	static const struct codec_settings none;
	if (codec != CODEC_OPUS)
		return &none;
	if (UNLIKELY(!group->audience.is_known))
		look(group);
	return &group->audience.shared;
}
