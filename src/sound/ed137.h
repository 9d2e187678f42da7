/* SPDX-License-Identifier: Apache-2.0 */
/* ed137.h: push-to-talk bits in the header extension of RTP, in the style of EUROCAE ED-137. */
#ifndef SOUND_ED137_H
#define SOUND_ED137_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/packet.h"

#define ED137_PROFILE        0x0167 /* ED-137A and later */
#define ED137_PROFILE_FIRST  0x0067 /* the first edition; read, never written */
#define ED137_SIZE           8   /* of the extension that is written, its four bytes in front too */
#define ED137_KEEPALIVE_TYPE 123 /* payload type of R2S/8000 where an SDP has no other */

enum ed137_ptt {
	ED137_PTT_OFF,
	ED137_PTT_NORMAL,
	ED137_PTT_COUPLING,
	ED137_PTT_PRIORITY,
	ED137_PTT_EMERGENCY,
	ED137_PTT_TEST,
};

struct ed137 {
	enum ed137_ptt ptt;                 /* what is reserved (6, 7) reads as off */
	bool squelch;                       /* something is received: listeners are to hear it */
	uint8_t id;                         /* PTT-id, 0 to 63 */
	bool mute, summation, simultaneous; /* PM, PTTS, SCT */
};

/* False: the packet has no such extension, or one that is too short. */
bool ed137_read(const struct rtp_packet *packet, struct ed137 *ret);

/* The whole extension, to be put behind a header with the X bit. Returns ED137_SIZE. */
size_t ed137_write(const struct ed137 *ed137, uint8_t ret_bytes[ED137_SIZE]);

/* ---- R2S keep-alive ---- */

#define ED137_PERIOD_MS  200 /* R2S-KeepAlivePeriod: 20 to 1000 */
#define ED137_MULTIPLIER 10  /* R2S-KeepAliveMultiplier: 2 to 50 */

/* What is out of range is brought into it; 0: the default. */
uint32_t ed137_period_ms(uint32_t asked_ms);
uint32_t ed137_multiplier(uint32_t asked);

/* Owner: the relay thread. Lifetime: the leg's. */
struct ed137_link {
	uint32_t period_ms, multiplier;
	uint64_t heard_ns;
	bool is_lost;
};

void ed137_link_begin(
	struct ed137_link *link, uint32_t period_ms, uint32_t multiplier, uint64_t now_ns);

/* A packet came, of sound or keep-alive. True: the link had been lost and is back. */
bool ed137_link_heard(struct ed137_link *link, uint64_t now_ns);

/* True once, when nothing came for period times multiplier. */
bool ed137_link_is_lost(struct ed137_link *link, uint64_t now_ns);

#endif
