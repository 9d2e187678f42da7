/* SPDX-License-Identifier: Apache-2.0 */
/* info_key.h: the key in the body of an INFO request. */
#ifndef SOUND_INFO_KEY_H
#define SOUND_INFO_KEY_H

#include <stdint.h>

#include <portavoz/span.h>

struct info_key {
	char key;             /* '0' to '9', '*', '#', 'A' to 'D' */
	uint32_t duration_ms; /* 0: not said. It decides nothing: an INFO is always a toggle */
};

/*
 * `type`: the value of Content-Type, with its parameters or without; application/dtmf-relay
 * ("Signal=5", "Duration=160", a line each) or application/dtmf (the key alone). Keys may be
 * written as the numbers of RFC 4733, too: 10 is the star, 11 the hash, 12 to 15 are A to D. 0;
 * -ENOTSUP: the type is neither (415), or -EBADMSG: no key in the body (400). *ret is untouched
 * then.
 */
int info_key_parse(struct pv_span type, struct pv_span body, struct info_key *ret);

#endif
