/* SPDX-License-Identifier: Apache-2.0 */
/* button.h: what a member presses, whatever way, becomes a request or a release of the floor. */
#ifndef MEDIA_BUTTON_H
#define MEDIA_BUTTON_H

#include "media/member.h"
#include "rtp/packet.h"

/* It joined: an implicit request (mc_implicit_request); later changes of direction count from here.
 */
void button_join(struct member *member);

/* A telephone-event packet. */
void button_event(struct member *member, const struct rtp_packet *packet);

/* A press by INFO, MESSAGE or the control interface. */
void button_press(struct member *member, const struct media_press *press);

/* It was described anew: hold and resume. */
void button_direction(struct member *member);

/* Each 20 ms while a key is down: keys that are held, or whose end was lost. */
void button_tick(struct member *member);

/* Asks for the floor, or gives it back, whatever the way; `came_ns` is when the trigger came. */
void button_request(struct member *member, const struct floor_ask *ask, uint64_t came_ns);
void button_release(struct member *member);

/* Whoever would let it go is not there any more. */
void button_lost(struct member *member);

/* Its last press came to nothing, or is answered: it is not waited for any more. */
void button_forget(struct member *member);

/* Whether that way counts for this member. */
static inline bool button_counts(const struct member *member, enum media_trigger trigger)
{
	return member->said->triggers >> trigger & 1;
}

#endif
