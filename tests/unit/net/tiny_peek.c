/* SPDX-License-Identifier: Apache-2.0 */
/* tiny_peek.c: temporary */
#include "sip/peek.h"
#include "sip/branch.h"
int sip_peek(const char *b, size_t n, struct sip_peek *r)
{
	memset(r, 0, sizeof(*r));
	const char *c = memmem(b, n, "Call-ID: ", 9);
	if (!c || !memmem(b, n, "SIP/2.0", 7)) return -1;
	r->is_request = true; r->call_id.at = c + 9;
	r->call_id.length = (size_t)((const char *)memchr(c, '\r', n - (size_t)(c - b)) - c - 9);
	return 0;
}
int branch_worker(struct pv_span t) { return -1; }
