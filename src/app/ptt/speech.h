/* SPDX-License-Identifier: Apache-2.0 */
/* speech.h — what an m-line says, read without a leg: for tests. */
#ifndef APP_PTT_SPEECH_H
#define APP_PTT_SPEECH_H

#include <portavoz/sdp.h>

#include "app/ptt/groups.h"
#include "media/group_command.h"

/* The codec of the group that comes first among those that the m-line offers, and what goes with
 * it; `sends` are the same numbers. False: none. */
bool speech_codec_read(
	const struct ptt_group *group, const struct pv_sdp_media *media, struct media_coding *ret);
/* Of an m=application ... MCPTT that is offered: what we answer. `cap`: the user's priority. */
void speech_terms_read(
	const struct pv_sdp_media *media, uint8_t cap, struct media_floor_terms *ret);

#endif
