/* SPDX-License-Identifier: Apache-2.0 */
/* overload.c: how many new requests a worker may take, judged by how long messages wait for it. */
#include "net/overload.h"

#include "base/macros.h"

/* What is left of the share after an interval in which nothing waited less than `wait_ns`, in
 * 32nds. */
static uint32_t shrink(uint64_t wait_ns)
{
	if (wait_ns > 4 * OVERLOAD_DELAY_NS)
		return 4;
	return wait_ns > 2 * OVERLOAD_DELAY_NS ? 12 : 24;
}

/* `intervals` are over: more than one where nobody came for so long. */
static void judge(struct overload *overload, uint64_t intervals)
{
	uint32_t share = OVERLOAD_ALL - overload->refused;
	if (overload->shortest_ns > OVERLOAD_DELAY_NS)
		share = MAX(share * shrink(overload->shortest_ns) / 32, (uint32_t)OVERLOAD_LEAST);
	else
		share = (uint32_t)MIN(share + intervals * OVERLOAD_GROWTH, OVERLOAD_ALL);
	overload->refused = OVERLOAD_ALL - share;
}

static void begin(struct overload *overload, uint64_t now_ns)
{
	overload->since_ns = now_ns;
	overload->shortest_ns = UINT64_MAX;
}

bool overload_note(struct overload *overload, uint64_t now_ns, uint64_t delay_ns)
{
	bool before = overload->refused > 0;
	if (!overload->since_ns)
		begin(overload, now_ns);
	overload->shortest_ns = MIN(overload->shortest_ns, delay_ns);
	if (now_ns - overload->since_ns < OVERLOAD_INTERVAL_NS)
		return false;
	judge(overload, (now_ns - overload->since_ns) / OVERLOAD_INTERVAL_NS);
	begin(overload, now_ns);
	return before != (overload->refused > 0);
}

bool overload_admits(struct overload *overload)
{
	if (!overload->refused)
		return true;
	overload->credit += OVERLOAD_ALL - overload->refused;
	if (overload->credit < OVERLOAD_ALL)
		return false;
	overload->credit -= OVERLOAD_ALL;
	return true;
}
