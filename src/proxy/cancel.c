/* SPDX-License-Identifier: Apache-2.0 */
/* cancel.c — CANCEL of a request in progress (RFC 3261 §16.10). The transaction layer has answered
 * it already. */
#include "proxy/private.h"

void proxy_cancel(
	struct proxy *proxy, struct transaction *invite_server, const struct pv_message *cancel)
{
	proxy_fork_cancel(proxy, invite_server, pv_message_value(cancel, PV_HEADER_REASON));
}

void proxy_fork_cancel(
	struct proxy *proxy, struct transaction *invite_server, struct pv_span reason)
{
	struct fork *fork = fork_get(proxy, transaction_user_word(invite_server));
	if (!fork || fork->final_sent)
		return;
	fork_cancel(proxy, fork, reason);
	if (fork->live)
		return; /* the branches' own 487 go up */
	fork_send_best(proxy, fork);
	fork_settle(proxy, fork);
}
