/* SPDX-License-Identifier: Apache-2.0 */
/* speech.h — what is said in SDP: a leg's half of it, read, agreed on, written. */
#ifndef APP_PTT_SPEECH_H
#define APP_PTT_SPEECH_H

#include <portavoz/sdp.h>

#include "app/ptt/groups.h"
#include "call/end.h"
#include "media/group_command.h"

struct ptt;
struct ptt_leg;

enum ptt_offering {
	PTT_NO_OFFER,
	PTT_OFFER_IN_2XX, /* ours waits for the ACK */
	PTT_OFFER_IN_INVITE,
};

#define PTT_NO_LINE 0xff

/* Owner: its leg. */
struct ptt_speech {
	struct call_place place; /* our address towards it */
	struct buffer *bytes;    /* our last description */
	uint64_t id;
	uint32_t version;
	uint8_t offering;   /* enum ptt_offering */
	uint8_t audio_line; /* index of the m-line, PTT_NO_LINE: none yet */
	uint8_t floor_line;
	uint8_t radio_type; /* payload type of R2S, 0: not offered */
	bool is_forwarded;  /* its messages come through another proxy */
	bool is_asking;     /* media were told of its offer, which is not answered yet */
	bool is_granted;    /* and that answer is to say that it has the floor */
	struct media_member_description agreed; /* what media were told last */
};

/* Beside the verdicts of sdp.h: no memory. */
#define PTT_SDP_NO_ROOM    (-10000)
#define PTT_SDP_OTHER_TYPE (-10001) /* a body, and no description: 415 */

/* ---- speech.c: what two ends agree on ---- */
/* What stands in a message. */
enum ptt_sdp_verdict {
	PTT_SDP_NONE,  /* no description */
	PTT_SDP_THERE, /* in p->sdp */
	PTT_SDP_BAD,   /* *ret_error: a verdict of sdp.h */
};
enum ptt_sdp_verdict speech_find(struct ptt *p, const struct pv_message *message, int *ret_error);
/* Whether p->sdp can be answered in this group: 0 or a verdict of sdp.h. */
int speech_judge(struct ptt *p, const struct ptt_leg *leg);
/* Is a floor channel offered in p->sdp, and wanted? */
bool speech_wants_floor(struct ptt *p, const struct ptt_leg *leg);
/* p->sdp is the first offer of one who joins. When it asks for the floor and wants to read in our
 * answer whether it is granted (mc_implicit_request, mc_granted), media are told now: 1, and
 * speech_answer is to follow when they have decided. 0: there is nothing to wait for; or a verdict
 * of sdp.h. */
int speech_ask(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source);
/* p->sdp is their offer: our answer, kept in speech->bytes, and media are told. 0, a verdict of
 * sdp.h, or PTT_SDP_NO_ROOM. */
int speech_answer(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source);
/* An offer of ours, kept in speech->bytes: all that the group may speak, or what was agreed last.
 * 0 or PTT_SDP_NO_ROOM. */
int speech_offer(struct ptt *p, struct ptt_leg *leg);
/* p->sdp is their answer to it. 0 or a verdict. */
int speech_accept(struct ptt *p, struct ptt_leg *leg, const struct pv_message *answer,
	const struct path *source);

/* May it have a floor channel, as the group is now? */
bool speech_may_have_floor(const struct ptt_leg *leg);

/* ---- speech_read.c: what an m-line says ---- */
/* What is forwarded, mixed or made at start is packets of that length; who says that he cannot take
 * those is not sent them. */
#define SPEECH_PACKET_MS 20
bool speech_takes_packets(const struct pv_sdp_media *media);
/* An audio stream that we may answer; a floor channel (TS 24.380 §12). */
bool speech_is_encrypted(const struct pv_sdp_media *media);
bool speech_is_audio(const struct pv_sdp_media *media);
bool speech_is_floor(const struct pv_sdp_media *media);
/* The codec of the group that comes first among those that the m-line offers, and what goes with
 * it; `sends` are the same numbers. False: none. */
bool speech_codec_read(
	const struct ptt_group *group, const struct pv_sdp_media *media, struct media_coding *ret);
/* Of an m=application ... MCPTT that is offered: what we answer. `cap`: the user's priority. */
void speech_terms_read(
	const struct pv_sdp_media *media, uint8_t cap, struct media_floor_terms *ret);
/* The number of the audio level's header extension, 0: not offered (RFC 6464 §4). */
uint8_t speech_level_read(const struct pv_sdp_media *media);
/* Is it a radio's (ED-137), and the payload type of its keep-alive, 0: none? */
bool speech_is_radio(const struct pv_sdp_media *media);
uint8_t speech_radio_type(const struct pv_sdp_media *media);
/* Of one of its attributes, R2S-KeepAlivePeriod ...; 0: it has none. */
uint16_t speech_radio_number(const struct pv_sdp_media *media, struct pv_span name);

/* ---- speech_write.c: ours ---- */
#define SPEECH_LEVEL_URN "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
/* The answer to p->sdp, by what is agreed; an offer; what was said last, as a new offer, with or
 * without the floor channel. */
void speech_put_answer(struct ptt *p, const struct ptt_leg *leg, struct pv_writer *w);
void speech_put_offer(struct pv_writer *w, const struct ptt_leg *leg);
void speech_put_again(struct pv_writer *w, const struct ptt_leg *leg);

#endif
