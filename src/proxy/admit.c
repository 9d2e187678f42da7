/* SPDX-License-Identifier: Apache-2.0 */
/* admit.c — who may send what where (RFC 3261 §16.3 item 6, §22.3): no relaying for strangers. */
#include "proxy/private.h"

#include <portavoz/build.h>

#define CHALLENGE_TEXT 2048

static bool refuse(
	struct proxy *proxy, const struct incoming *incoming, unsigned status, const char *phrase)
{
	metrics_add(METRIC_proxy_refused_identity, 1);
	proxy_reply(proxy, NULL, incoming->message, incoming->from, status, pv_span_of(phrase),
		PV_SPAN(""));
	return false;
}

static bool challenge(struct proxy *proxy, const struct incoming *incoming, bool stale)
{
	char text[CHALLENGE_TEXT];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	auth_challenge_write(proxy->at.auth, AUTH_PROXY, stale, proxy->at.worker->now_ms, &w);
	proxy_reply(proxy, NULL, incoming->message, incoming->from, 407, PV_SPAN(""),
		pv_writer_span(&w));
	return false;
}

/* The local user that From names, as an address-of-record; empty when From is not of our domain. */
static struct pv_span claimed_identity(
	const struct proxy *proxy, const struct incoming *incoming, struct pv_writer *w)
{
	struct pv_uri uri;
	if (pv_uri_parse(incoming->message->from.uri, &uri) < 0)
		return (struct pv_span){NULL, 0};
	return aor_write(proxy->at.domains, &uri, w) == AOR_OURS ? pv_writer_span(w)
								 : (struct pv_span){NULL, 0};
}

/* Our domain in a From that is no user's address: without a user, with one that nobody can have, or
 * with a port that is not ours. The phone that rings would show it as one of us. An address of this
 * machine with another port is another program on it. */
static bool bears_our_name(const struct proxy *proxy, const struct incoming *incoming)
{
	struct pv_uri uri;
	if (pv_uri_parse(incoming->message->from.uri, &uri) < 0)
		return false;
	if (!uri.host_is_ipv4 && !uri.host_is_ipv6)
		uri.port = 0;
	return aor_is_ours(proxy->at.domains, &uri, NULL);
}

/* Outsiders reach local users only, and only where the configuration lets them. */
static bool admit_stranger(struct proxy *proxy, struct incoming *incoming)
{
	if (!proxy->config.strangers_reach_users)
		return refuse(proxy, incoming, 403, NULL);
	if (bears_our_name(proxy, incoming))
		return refuse(proxy, incoming, 403, "Not Your Identity");
	bool is_local = incoming->kind == INCOMING_USER || incoming->kind == INCOMING_GROUP;
	if (!is_local || incoming->next_route.length)
		return refuse(proxy, incoming, 403, "Relaying Denied");
	return true;
}

static bool admit_by_credentials(
	struct proxy *proxy, struct incoming *incoming, struct pv_span claimed)
{
	enum auth_result result = auth_check(proxy->at.auth, incoming->message, AUTH_PROXY,
		&incoming->from->peer, proxy->at.worker->now_ms, NULL);
	if (result == AUTH_OK) {
		incoming->identity = claimed;
		return true;
	}
	if (result == AUTH_LIMITED) {
		proxy_reply_busy(proxy, NULL, incoming->message, incoming->from);
		return false;
	}
	struct auth_answer answer = auth_answer(result, AUTH_PROXY);
	if (answer.status == 407)
		return challenge(proxy, incoming, result == AUTH_CHALLENGE_STALE);
	return refuse(proxy, incoming, answer.status, answer.phrase);
}

/* auth.challenge = "register": only REGISTER was challenged, so a caller is known by where it sends
 * from. */
static bool admit_by_binding(struct proxy *proxy, struct incoming *incoming, struct pv_span claimed)
{
	if (!registry_has_source(proxy->at.registry, claimed, incoming->from))
		return refuse(proxy, incoming, 403, "Register First");
	incoming->identity = claimed;
	return true;
}

bool proxy_identify(struct proxy *proxy, struct incoming *incoming)
{
	/* the dialog's first request was let in, and only its two ends know the token */
	if (incoming->in_dialog)
		return true;
	struct pv_writer w;
	pv_writer_init(&w, proxy->identity, sizeof(proxy->identity));
	struct pv_span claimed = claimed_identity(proxy, incoming, &w);
	if (pv_span_is_empty(claimed))
		return admit_stranger(proxy, incoming);
	switch (proxy->config.challenge) {
	case PROXY_CHALLENGE_ALL:
		return admit_by_credentials(proxy, incoming, claimed);
	case PROXY_CHALLENGE_REGISTER:
		return admit_by_binding(proxy, incoming, claimed);
	case PROXY_CHALLENGE_NONE:
		incoming->identity = claimed;
		return true;
	}
	return false;
}

bool proxy_may_be_called(struct proxy *proxy, const struct incoming *incoming)
{
	struct pv_writer w;
	pv_writer_init(&w, proxy->identity, sizeof(proxy->identity));
	struct pv_span claimed = claimed_identity(proxy, incoming, &w);
	if (pv_span_is_empty(claimed))
		return proxy->config.strangers_reach_users && !bears_our_name(proxy, incoming);
	switch (proxy->config.challenge) {
	case PROXY_CHALLENGE_ALL:
		return auth_check(proxy->at.auth, incoming->message, AUTH_PROXY,
			       &incoming->from->peer, proxy->at.worker->now_ms, NULL) == AUTH_OK;
	case PROXY_CHALLENGE_REGISTER:
		return registry_has_source(proxy->at.registry, claimed, incoming->from);
	case PROXY_CHALLENGE_NONE:
		return true;
	}
	return false;
}
