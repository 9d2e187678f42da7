/* SPDX-License-Identifier: Apache-2.0 */
/* muffle.h: sound that nobody is to hear is thrown away by the kernel, before it wakes the thread.
 */
#ifndef MEDIA_MUFFLE_H
#define MEDIA_MUFFLE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/address.h"

/*
 * All phones of a group send all the time, and all but one in vain; receiving that is half of what
 * forwarding costs. A filter on the socket (classic BPF, which needs no privilege) drops what comes
 * from the locked source and is plain sound. All else passes as ever: telephone-events, RTCP, what
 * comes from elsewhere (the latch must see a phone that moved), and one packet in
 * MUFFLE_SAMPLE, which says that the phone is alive. One that sends too few for that is let
 * through by time (member.c).
 */
#define MUFFLE_SAMPLE 64

struct muffle {
	struct media_address source;
	uint8_t voice_type; /* payload type of the sound */
	/* 0: all sound. Else a byte of G.711: only packets of 20 ms that hold nothing but it, for
	 * whoever speaks up must be heard at once. */
	uint8_t silence;
};

/* 0 or -errno: then everything comes as before. Replaces another one of that socket. */
int muffle_on(int fd, const struct muffle *muffle);
void muffle_off(int fd);

/* Packets that the kernel did not give us on this socket, ever (wraps): what was muffled, and what
 * had no room. */
uint32_t muffle_count(int fd);

#endif
