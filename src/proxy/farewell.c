/* SPDX-License-Identifier: Apache-2.0 */
/* farewell.c — the server stops: nobody is left to wait for an answer that will not come. */
#include "proxy/private.h"

/* Whom the caller had cancelled gets its 487 (§9.2), or what a phone said to end the others (6xx);
 * the rest is told to try elsewhere, or here again later (§21.5.4). */
static void answer(struct proxy *proxy, struct fork *fork, bool was_cancelled)
{
	struct transaction *server = transaction_get(proxy->at.transactions, fork->server);
	struct pv_message *m = &proxy->scratch;
	if (was_cancelled) {
		fork_send_best(proxy, fork);
		return;
	}
	/* said first: over a stream the server transaction may end while it responds */
	fork->final_sent = true;
	proxy_call_over(proxy, fork, CALL_STOPPED, 503);
	if (server && pv_message_parse(m, fork->request->bytes, fork->request->length, true) > 0)
		proxy_reply_busy(proxy, server, m, &fork->from);
}

/* A phone that has said nothing yet gets no CANCEL (§9.1), and rings until its Timer C or user ends
 * it. */
void proxy_farewell(struct proxy *proxy)
{
	for (uint32_t i = 0; i < proxy->forks.touched; i++) {
		struct fork *fork = slab_at(&proxy->forks, i);
		if (!slab_is_taken(fork) || fork->final_sent)
			continue;
		bool was_cancelled = fork->cancelled;
		fork_cancel(proxy, fork, PV_SPAN("SIP;cause=503;text=\"Server stops\""));
		answer(proxy, fork, was_cancelled);
		fork_settle(proxy, fork);
	}
}
