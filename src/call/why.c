/* SPDX-License-Identifier: Apache-2.0 */
/* why.c: why a call ended, as records and Reason headers say it (RFC 3326). */
#include "call/call.h"

static const struct {
	struct pv_span name, reason;
} rows[CALL_WHY_COUNT] = {
#define ROW(id, name, reason) [CALL_##id] = {PV_SPAN_INIT(name), PV_SPAN_INIT(reason)},
	CALL_WHYS(ROW)
#undef ROW
};

struct pv_span call_why_name(enum call_why why)
{
	return rows[why].name;
}

struct pv_span call_why_reason(enum call_why why)
{
	return rows[why].reason;
}
