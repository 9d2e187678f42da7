/* SPDX-License-Identifier: Apache-2.0 */
/* ed137.c: push-to-talk bits in the header extension of RTP, in the style of EUROCAE ED-137. */
#include "sound/ed137.h"

#include "base/macros.h"
#include "rtp/bytes.h"

#define MS_NS UINT64_C(1000000)

/* The first 16 bits: PTT-type(3) SQU(1) PTT-id(6) PM(1) PTTS(1) SCT(1) reserved(2) X(1). */
#define TYPE_SHIFT   13
#define SQUELCH_BIT  0x1000
#define ID_SHIFT     6
#define ID_MASK      0x3f
#define MUTE_BIT     0x0020
#define SUMMED_BIT   0x0010
#define TOGETHER_BIT 0x0008
/* In the first edition: PTT-type(3) SQU(1) PTT-id(4) SCT(1), and other things. */
#define FIRST_ID_SHIFT     8
#define FIRST_ID_MASK      0x0f
#define FIRST_TOGETHER_BIT 0x0080

/* In words, behind the extension's four bytes. */
#define WORDS 1

#define PERIOD_MS_LEAST  20
#define PERIOD_MS_MOST   1000
#define MULTIPLIER_LEAST 2
#define MULTIPLIER_MOST  50

bool ed137_read(const struct rtp_packet *packet, struct ed137 *ret)
{
	bool is_first = packet->extension_profile == ED137_PROFILE_FIRST;
	if (!packet->has_extension || packet->extension_length < 2 ||
		(!is_first && packet->extension_profile != ED137_PROFILE))
		return false;
	unsigned bits = bytes_u16(packet->extension), ptt = bits >> TYPE_SHIFT;
	struct ed137 found = {.ptt = ptt <= ED137_PTT_TEST ? (enum ed137_ptt)ptt : ED137_PTT_OFF,
		.squelch = bits & SQUELCH_BIT};
	if (is_first) {
		found.id = bits >> FIRST_ID_SHIFT & FIRST_ID_MASK;
		found.simultaneous = bits & FIRST_TOGETHER_BIT;
	} else {
		found.id = bits >> ID_SHIFT & ID_MASK;
		found.mute = bits & MUTE_BIT;
		found.summation = bits & SUMMED_BIT;
		found.simultaneous = bits & TOGETHER_BIT;
	}
	*ret = found;
	return true;
}

size_t ed137_write(const struct ed137 *ed137, uint8_t ret_bytes[ED137_SIZE])
{
	unsigned bits = (unsigned)ed137->ptt << TYPE_SHIFT | (ed137->id & ID_MASK) << ID_SHIFT;
	bits |= ed137->squelch ? SQUELCH_BIT : 0;
	bits |= ed137->mute ? MUTE_BIT : 0;
	bits |= ed137->summation ? SUMMED_BIT : 0;
	bits |= ed137->simultaneous ? TOGETHER_BIT : 0;
	bytes_put_u16(ret_bytes, ED137_PROFILE);
	bytes_put_u16(ret_bytes + 2, WORDS);
	bytes_put_u32(ret_bytes + 4, bits << 16);
	return ED137_SIZE;
}

/* ---- R2S keep-alive ---- */

uint32_t ed137_period_ms(uint32_t asked_ms)
{
	asked_ms = asked_ms ? asked_ms : ED137_PERIOD_MS;
	return MAX(PERIOD_MS_LEAST, MIN(asked_ms, PERIOD_MS_MOST));
}

uint32_t ed137_multiplier(uint32_t asked)
{
	asked = asked ? asked : ED137_MULTIPLIER;
	return MAX(MULTIPLIER_LEAST, MIN(asked, MULTIPLIER_MOST));
}

void ed137_link_begin(
	struct ed137_link *link, uint32_t period_ms, uint32_t multiplier, uint64_t now_ns)
{
	*link = (struct ed137_link){
		.period_ms = ed137_period_ms(period_ms),
		.multiplier = ed137_multiplier(multiplier),
		.heard_ns = now_ns,
	};
}

bool ed137_link_heard(struct ed137_link *link, uint64_t now_ns)
{
	bool is_back = link->is_lost;
	link->heard_ns = now_ns;
	link->is_lost = false;
	return is_back;
}

bool ed137_link_is_lost(struct ed137_link *link, uint64_t now_ns)
{
	uint64_t most_ns = link->period_ms * link->multiplier * MS_NS;
	if (link->is_lost || now_ns - link->heard_ns < most_ns)
		return false;
	link->is_lost = true;
	return true;
}
