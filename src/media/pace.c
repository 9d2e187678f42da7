/* SPDX-License-Identifier: Apache-2.0 */
/* pace.c: how long a relay thread naps under load so that one wake serves many packets: media.tick.
 */
#include "media/pace.h"

#include "base/macros.h"

#define NS_PER_S UINT64_C(1000000000)

uint32_t pace_nap_us(struct pace *pace, uint64_t packets, uint64_t now_ns, uint32_t most_us)
{
	uint64_t passed_ns = now_ns - pace->window_ns;
	if (passed_ns < PACE_WINDOW_NS)
		return MIN(pace->nap_us, most_us);
	/* a thread that slept for long has a long window: the rate is over all of it */
	uint64_t rate = (packets - pace->packets) * NS_PER_S / passed_ns;
	uint64_t above = MIN(MAX(rate, PACE_FEW), PACE_MANY) - PACE_FEW;
	pace->nap_us = (uint32_t)(most_us * above / (PACE_MANY - PACE_FEW));
	pace->packets = packets;
	pace->window_ns = now_ns;
	return pace->nap_us;
}
