/* SPDX-License-Identifier: Apache-2.0 */
/* response.c — what comes back on a branch (RFC 3261 §16.7): responses, and the ends of waiting
 * (§16.8, §16.9). */
#include "proxy/private.h"

/* A 2xx for an INVITE whose fork is gone still goes up (§16.7 item 5, RFC 6026 §7): two phones may
 * answer at once. */
static void pass_late(
	struct proxy *proxy, struct transaction *client, const struct pv_message *response)
{
	uint64_t peer = transaction_peer(client);
	struct transaction *server = transaction_get(proxy->at.transactions, peer);
	bool is_success =
		transaction_method(client) == PV_METHOD_INVITE && response->status / 100 == 2;
	struct call_media_result media;
	if (!is_success || (!server && peer != HUNG_UP)) {
		metrics_add(METRIC_proxy_responses_dropped, 1);
		return;
	}
	if (peer == HUNG_UP || !proxy_call_late_response(proxy, response, &media)) {
		proxy_hang_up(proxy, client, response);
		return;
	}
	struct buffer *bytes = proxy_strip_via(proxy, NULL, response, &media);
	if (!bytes)
		return;
	transaction_respond(proxy->at.transactions, server, bytes, response->status);
	buffer_unref(&proxy->at.worker->buffers, bytes);
	metrics_add(METRIC_proxy_late_successes, 1);
}

/* §16.7 item 5: everything provisional but 100 goes up at once. */
static void pass_provisional(struct proxy *proxy, struct fork *fork, unsigned index,
	struct transaction *client, const struct pv_message *response)
{
	struct transaction *server = transaction_get(proxy->at.transactions, fork->server);
	if (response->status == 100)
		return;
	transaction_restart_c(proxy->at.transactions, client);
	if (!server || fork->final_sent || fork->method != PV_METHOD_INVITE)
		return; /* RFC 4320 §4.1: a provisional response helps nobody but the caller of an
			   INVITE */
	if (fork->has_user) {
		proxy->user->provisional(proxy->user->context, fork->word, client, response);
		return;
	}
	struct call_media_result media;
	if (!proxy_call_response(proxy, fork, index, response, &media)) {
		/* nobody may believe it; what the phone says in the end decides */
		fork->refusal.status = 0;
		metrics_add(METRIC_proxy_responses_dropped, 1);
		return;
	}
	struct buffer *bytes = proxy_strip_via(proxy, fork, response, &media);
	if (!bytes)
		return;
	transaction_respond(proxy->at.transactions, server, bytes, response->status);
	buffer_unref(&proxy->at.worker->buffers, bytes);
}

/* The fork and branch of a client transaction; NULL when the fork is over. */
static struct fork *fork_of(
	struct proxy *proxy, const struct transaction *client, unsigned *ret_index)
{
	struct fork *fork = fork_get(proxy, transaction_user_word(client));
	*ret_index = transaction_user_index(client);
	return fork && *ret_index < fork_store(fork)->count ? fork : NULL;
}

static bool is_current(const struct proxy *proxy, const struct fork *fork, unsigned index,
	const struct transaction *client)
{
	const struct fork_branch *branch = fork_branch(fork, index);
	return branch->state == BRANCH_TRYING &&
	       branch->client == transaction_handle(proxy->at.transactions, client);
}

/* A branch that was cancelled, by the caller or by Timer C, is not tried elsewhere. */
static bool may_fail_over(const struct fork *fork, unsigned index)
{
	return !fork->cancelled && !fork_branch(fork, index)->cancelled;
}

/* §16.7 item 3: a response that has no Via but ours was meant for nobody behind us. */
static bool is_for_us(const struct pv_message *response)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, response, PV_HEADER_VIA);
	return !pv_values_next(&walk, &value) || !pv_values_next(&walk, &value);
}

static bool is_users(const struct transaction *client)
{
	return transaction_peer(client) & FORK_USER_MARK;
}

/* A final response to what an application sent: once more, or the next address? */
static bool goes_on(struct proxy *proxy, struct fork *fork, unsigned index,
	struct transaction *client, const struct pv_message *response)
{
	/* RFC 3263 §4.3: 503 means that this server, not the service, is in trouble */
	if (response->status == 503 && may_fail_over(fork, index) &&
		branch_failover(proxy, fork, index))
		return true;
	return fork->has_user && response->status >= 300 && may_fail_over(fork, index) &&
	       proxy->user->retry(proxy->user->context, fork->word, client, response) &&
	       branch_send_again(proxy, fork, index);
}

void proxy_response(
	struct proxy *proxy, struct transaction *client, const struct pv_message *response)
{
	unsigned index;
	struct fork *fork = fork_of(proxy, client, &index);
	bool current = fork && is_current(proxy, fork, index, client);
	if (!current && is_users(client)) {
		proxy->user->late(proxy->user->context, client, response);
		return;
	}
	if (!is_users(client) && is_for_us(response)) {
		metrics_add(METRIC_proxy_responses_dropped, 1);
		if (current && response->status >= 200)
			fork_branch_done(proxy, fork, index, 502, NULL);
		return;
	}
	if (!current) {
		pass_late(proxy, client, response);
		return;
	}
	if (response->status < 200) {
		pass_provisional(proxy, fork, index, client, response);
		return;
	}
	if (goes_on(proxy, fork, index, client, response))
		return;
	/* §16.8: who rang too long never answered; the caller has terminated nothing */
	if (response->status == 487 && fork_branch(fork, index)->cancelled && !fork->cancelled)
		fork_branch_done(proxy, fork, index, 408, NULL);
	else
		fork_branch_done(proxy, fork, index, response->status, response);
}

static void branch_failed(struct proxy *proxy, struct transaction *client, unsigned status)
{
	unsigned index;
	struct fork *fork = fork_of(proxy, client, &index);
	if (!fork || !is_current(proxy, fork, index, client))
		return;
	if (may_fail_over(fork, index) && branch_failover(proxy, fork, index))
		return;
	fork_branch_done(proxy, fork, index, status, NULL);
}

void proxy_timeout(struct proxy *proxy, struct transaction *client)
{
	branch_failed(proxy, client, 408);
}

void proxy_transport_error(struct proxy *proxy, struct transaction *client, int error)
{
	metrics_add(METRIC_proxy_transport_errors, 1);
	branch_failed(proxy, client, 503);
}

/* §16.8: a phone that rang all this time is CANCELled; its 487, or the end of waiting for it, ends
 * the branch. */
void proxy_timer_c(struct proxy *proxy, struct transaction *client)
{
	unsigned index;
	struct fork *fork = fork_of(proxy, client, &index);
	metrics_add(METRIC_proxy_timer_c, 1);
	transaction_cancel(
		proxy->at.transactions, client, PV_SPAN("SIP;cause=408;text=\"No answer\""));
	if (fork)
		fork_branch(fork, index)->cancelled = true;
}

/* A 2xx that found no room, and did not come again. */
static void client_terminated(struct proxy *proxy, struct transaction *client)
{
	unsigned index;
	struct fork *fork = fork_of(proxy, client, &index);
	if (fork && is_current(proxy, fork, index, client))
		fork_branch_done(proxy, fork, index, 500, NULL);
}

/* Nothing of ours hangs on a transaction but the fork, which ends by its branches. A server
 * transaction that goes away under a fork (its transport died) leaves branches that nobody waits
 * for. */
void proxy_terminated(struct proxy *proxy, struct transaction *transaction)
{
	struct fork *fork = fork_get(proxy, transaction_user_word(transaction));
	if (fork && transaction_user_index(transaction) != NO_BRANCH) {
		client_terminated(proxy, transaction);
		return;
	}
	if (!fork || fork->final_sent)
		return;
	fork->final_sent = true;
	proxy_call_over(proxy, fork, CALL_VANISHED, 0);
	fork_cancel(proxy, fork, PV_SPAN(""));
	fork_settle(proxy, fork);
}
