/* SPDX-License-Identifier: Apache-2.0 */
/* group_name.c: what triggers, and the ends of talk spurts, are called in records. */
#include "base/macros.h"
#include "media/group_command.h"

static const char *const triggers[MEDIA_TRIGGER_COUNT] = {
	[MEDIA_TRIGGER_DTMF] = "dtmf",
	[MEDIA_TRIGGER_INFO] = "info",
	[MEDIA_TRIGGER_RTCP] = "rtcp",
	[MEDIA_TRIGGER_MESSAGE] = "message",
	[MEDIA_TRIGGER_API] = "api",
	[MEDIA_TRIGGER_VOX] = "vox",
	[MEDIA_TRIGGER_MUTE] = "mute",
	[MEDIA_TRIGGER_HOLD] = "hold",
	[MEDIA_TRIGGER_ED137] = "ed137",
};

static const char *const ends[] = {
	[MEDIA_SPURT_RELEASED] = "released",
	[MEDIA_SPURT_MEDIA_ENDED] = "media_ended",
	[MEDIA_SPURT_TIME_OVER] = "max_talk",
	[MEDIA_SPURT_PREEMPTED] = "preempted",
	[MEDIA_SPURT_REVOKED] = "revoked",
	[MEDIA_SPURT_LEFT] = "left",
	[MEDIA_SPURT_CLOSED] = "closed",
	[MEDIA_SPURT_GRANTED_AWAY] = "granted_away",
};

const char *media_trigger_name(unsigned trigger)
{
	return trigger < ARRAY_LENGTH(triggers) ? triggers[trigger] : "none";
}

const char *media_spurt_end_name(unsigned end)
{
	return end < ARRAY_LENGTH(ends) ? ends[end] : "none";
}
