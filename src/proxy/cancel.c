/* SPDX-License-Identifier: Apache-2.0 */
/* cancel.c — CANCEL of a request in progress (RFC 3261 §16.10). The transaction layer has answered
 * it already. */
#include "proxy/private.h"

void proxy_cancel(
	struct proxy *proxy, struct transaction *invite_server, const struct pv_message *cancel)
{
	proxy_fork_cancel(proxy, invite_server, pv_message_value(cancel, PV_HEADER_REASON));
}

/* Flows that wait for this one to fail are the same phone (RFC 5626). */
static bool has_others(const struct fork *fork, unsigned index)
{
	for (unsigned i = 0; i < fork_store(fork)->count; i++) {
		const struct fork_branch *b = fork_branch(fork, i);
		bool goes_on = b->state == BRANCH_TRYING || b->state == BRANCH_RESOLVING;
		bool waits = b->state == BRANCH_WAITING && !b->after;
		if (i != index && !b->is_left && (goes_on || waits))
			return true;
	}
	return false;
}

enum fork_leaving proxy_fork_leave(struct proxy *proxy, struct transaction *invite_server,
	unsigned index, struct pv_span reason)
{
	struct fork *fork = fork_get(proxy, transaction_user_word(invite_server));
	if (!fork || index >= fork_store(fork)->count)
		return FORK_LEFT_LONG;
	struct fork_branch *branch = fork_branch(fork, index);
	struct transaction *client = transaction_get(proxy->at.transactions, branch->client);
	if (branch->state != BRANCH_TRYING || branch->is_left || !client)
		return FORK_LEFT_LONG;
	if (!has_others(fork, index))
		return FORK_LAST;
	bool is_cancelled = branch->cancelled;
	branch->cancelled = branch->is_left = true;
	if (!is_cancelled)
		transaction_cancel(proxy->at.transactions, client, reason);
	return FORK_LEFT;
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
