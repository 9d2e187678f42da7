/* SPDX-License-Identifier: Apache-2.0 */
/* overload.c: whether a worker is behind, judged by how long messages wait for it. */
#include "net/overload.h"

bool overload_note(struct overload *overload, uint64_t now_ns, uint64_t delay_ns)
{
	bool before = overload->is_on;
	if (delay_ns <= OVERLOAD_DELAY_NS)
		overload->high_since_ns = 0;
	else if (!overload->high_since_ns)
		overload->high_since_ns = now_ns;
	if (delay_ns > OVERLOAD_DELAY_NS / 2)
		overload->low_since_ns = 0;
	else if (!overload->low_since_ns)
		overload->low_since_ns = now_ns;
	if (overload->high_since_ns && now_ns - overload->high_since_ns >= OVERLOAD_INTERVAL_NS)
		overload->is_on = true;
	if (overload->low_since_ns && now_ns - overload->low_since_ns >= OVERLOAD_CALM_NS)
		overload->is_on = false;
	return overload->is_on != before;
}
