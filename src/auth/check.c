/* SPDX-License-Identifier: Apache-2.0 */
/* check.c — who sent this request: credentials found, checked in an order that tells nothing,
 * challenges written. */
#include "auth/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/failures.h"
#include "auth/hash.h"
#include "auth/match.h"
#include "auth/nonce.h"
#include "base/macros.h"
#include "base/metrics.h"
#include "base/random.h"

#define FAILURE_WINDOW_MS 60000

/* Shared by all workers; immutable but for what a reload publishes and what locks itself. */
struct auth {
	const struct domains *_Atomic domains;
	const struct pv_hash *hashes;
	struct nonces *nonces;
	struct failures *failures;
	const struct user_table *_Atomic users;
	uint8_t nobody[PV_HASH_MAX]; /* the HA1 of every user that there is not: random */
};

/* The headers of both kinds. */
static const struct {
	enum pv_header credentials;
	enum pv_header challenge;
	struct auth_answer challenged;
} kinds[] = {
	[AUTH_REGISTRAR] = {PV_HEADER_AUTHORIZATION, PV_HEADER_WWW_AUTHENTICATE,
		{401, "Unauthorized"}},
	[AUTH_PROXY] = {PV_HEADER_PROXY_AUTHORIZATION, PV_HEADER_PROXY_AUTHENTICATE,
		{407, "Proxy Authentication Required"}},
};

/* Answers that are the same for both kinds; status 0: the kind's challenge, or none. */
static const struct auth_answer answers[AUTH_RESULT_COUNT] = {
	[AUTH_FORBIDDEN] = {403, "Not Your Identity"},
	[AUTH_BAD_REQUEST] = {400, "Malformed Credentials"},
	[AUTH_WRONG_URI] = {400, "Digest URI Is Not The Request-URI"},
	[AUTH_LIMITED] = {503, "Too Many Failed Logins"},
};

struct auth_answer auth_answer(enum auth_result result, enum auth_kind kind)
{
	if (result == AUTH_CHALLENGE || result == AUTH_CHALLENGE_STALE)
		return kinds[kind].challenged;
	return answers[result];
}

int auth_new(const struct auth_config *config, struct auth **ret)
{
	struct auth *auth = calloc(1, sizeof(*auth));

	if (!auth)
		return -ENOMEM;
	atomic_init(&auth->domains, config->domains);
	auth->hashes = config->hashes ? config->hashes : auth_hashes();
	atomic_init(&auth->users, config->users);
	random_bytes(auth->nobody, sizeof(auth->nobody));
	int error = auth->hashes ? 0 : -ENOTSUP;
	if (!error)
		error = nonces_new(config->nonce_lifetime_ms, config->nonce_slots, &auth->nonces);
	if (!error)
		error = failures_new(config->failure_sources, config->source_failures,
			FAILURE_WINDOW_MS, &auth->failures);
	if (error)
		auth_free(auth);
	else
		*ret = auth;
	return error;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	nonces_free(auth->nonces);
	failures_free(auth->failures);
	free(auth);
}

const struct user_table *auth_users_swap(struct auth *auth, const struct user_table *users)
{
	return atomic_exchange_explicit(&auth->users, users, memory_order_acq_rel);
}

const struct user_table *auth_users(const struct auth *auth)
{
	return atomic_load_explicit(&auth->users, memory_order_acquire);
}

const struct domains *auth_domains_swap(struct auth *auth, const struct domains *domains)
{
	return atomic_exchange_explicit(&auth->domains, domains, memory_order_acq_rel);
}

static const struct domains *domains_of(const struct auth *auth)
{
	return atomic_load_explicit(&auth->domains, memory_order_acquire);
}

void auth_set_nonce_lifetime(struct auth *auth, uint32_t lifetime_ms)
{
	nonces_set_lifetime(auth->nonces, lifetime_ms);
}

void auth_set_source_failures(struct auth *auth, uint32_t failures_a_minute)
{
	failures_set_limit(auth->failures, failures_a_minute);
}

bool auth_uri_is_user(const struct auth *auth, struct pv_span uri, struct pv_span user)
{
	return match_user(domains_of(auth), uri, user);
}

/* Credentials for our realm, and what is known of them so far. */
struct login {
	struct pv_credentials credentials;
	enum nonce_state nonce_state;
	struct nonce nonce;
	bool found;
	bool malformed; /* some line of the header was */
};

/*
 * A request may carry credentials for several realms (RFC 3261 §22.3), and for ours by several
 * algorithms or with an old nonce beside the new one: the best nonce wins, then the first line.
 * Algorithms that are not offered are not looked at, so nobody can talk us down to one.
 */
static void find_login(const struct auth *auth, const struct user_table *users,
	const struct pv_message *message, enum pv_header header, uint64_t now_ms,
	struct login *login)
{
	struct pv_span realm = user_table_realm(users);
	uint16_t at = message->first[header];

	for (; at != PV_NO_FIELD; at = message->fields[at].next) {
		struct pv_credentials credentials;
		struct nonce nonce = {0};
		int error = pv_credentials_parse(
			pv_message_span(message, message->fields[at].value), &credentials);
		login->malformed = login->malformed || error == -1;
		if (error || !pv_span_equal(credentials.realm, realm) ||
			!user_table_offers(users, credentials.algorithm))
			continue;
		enum nonce_state state =
			nonce_read(auth->nonces, credentials.nonce, now_ms, &nonce);
		if (login->found && state >= login->nonce_state)
			continue;
		login->credentials = credentials;
		login->nonce_state = state;
		login->nonce = nonce;
		login->found = true;
	}
}

/* qop=auth is what we offer; with it come nc and cnonce (RFC 3261 §22.4 item 8). */
static bool is_complete(const struct pv_credentials *credentials)
{
	if (!credentials->has_qop)
		return true;
	return pv_span_equal_nocase(credentials->qop, PV_SPAN("auth")) && credentials->nc.length &&
	       credentials->cnonce.length;
}

/* The user whom the credentials name: inside quotes a backslash stands before what it escapes. */
static const struct user *find_user(const struct user_table *users, struct pv_span escaped)
{
	char name[USER_NAME_MAX + 1];
	size_t length = 0;

	if (!pv_span_find(escaped, '\\'))
		return user_table_find(users, escaped);
	for (size_t i = 0; i < escaped.length; i++) {
		if (escaped.at[i] == '\\' && i + 1 < escaped.length)
			i++;
		if (length == sizeof(name))
			return NULL;
		name[length++] = escaped.at[i];
	}
	return user_table_find(users, (struct pv_span){name, length});
}

/* The same work whether the user exists or not. NULL when he does not, or the response is wrong. */
static const struct user *verify(const struct auth *auth, const struct user_table *users,
	const struct pv_message *message, const struct pv_credentials *credentials)
{
	const struct pv_hash *hash = &auth->hashes[credentials->algorithm];
	const struct user *user = find_user(users, credentials->username);
	const uint8_t *ha1 = user ? user_ha1(user, credentials->algorithm) : NULL;
	char expected[2 * PV_HASH_MAX];

	pv_digest_response(hash, ha1 ? ha1 : auth->nobody, credentials,
		pv_message_span(message, message->method_name), expected);
	bool equal = pv_digest_response_equal(hash, expected, credentials->response);
	return equal && ha1 ? user : NULL;
}

/* Spends the nonce count. Without qop there is none, and a nonce serves once (RFC 2069). */
static enum auth_result spend(struct auth *auth, const struct login *login)
{
	uint32_t count = login->credentials.has_qop ? login->credentials.nonce_count : 1;

	if (login->nonce_state != NONCE_FRESH) {
		metrics_add(
			login->nonce_state == NONCE_FORGED ? METRIC_auth_forged : METRIC_auth_stale,
			1);
		return AUTH_CHALLENGE_STALE;
	}
	switch (nonce_use(auth->nonces, &login->nonce, count)) {
	case NONCE_USED:
		return AUTH_OK;
	case NONCE_REPLAY:
		metrics_add(METRIC_auth_replays, 1);
		return AUTH_CHALLENGE_STALE;
	case NONCE_LOST:
		metrics_add(METRIC_auth_stale, 1);
		return AUTH_CHALLENGE_STALE;
	}
	return AUTH_CHALLENGE_STALE;
}

/* From is who he says he is; of a REGISTER, To is whose bindings he changes (RFC 3261 §10.3 item
 * 4). */
static bool owns(const struct auth *auth, const struct pv_message *message, struct pv_span name)
{
	return match_user(domains_of(auth), message->from.uri, name) &&
	       (message->method != PV_METHOD_REGISTER ||
		       match_user(domains_of(auth), message->to.uri, name));
}

static enum auth_result fail(struct auth *auth, const struct login *login,
	const struct net_address *source, uint64_t now_ms)
{
	metrics_add(METRIC_auth_failures, 1);
	if (login->nonce_state == NONCE_FORGED)
		metrics_add(METRIC_auth_forged, 1);
	failures_add(auth->failures, source, now_ms);
	return AUTH_CHALLENGE;
}

/* What can be refused without looking at user or password; AUTH_OK means go on. */
static enum auth_result screen(const struct auth *auth, const struct pv_message *message,
	const struct login *login, const struct net_address *source, uint64_t now_ms)
{
	if (!login->found && !login->malformed)
		return AUTH_CHALLENGE;
	if (failures_limited(auth->failures, source, now_ms)) {
		metrics_add(METRIC_auth_limited, 1);
		return AUTH_LIMITED;
	}
	if (!login->found || !is_complete(&login->credentials)) {
		metrics_add(METRIC_auth_malformed, 1);
		return AUTH_BAD_REQUEST;
	}
	if (!match_request_uri(domains_of(auth), login->credentials.uri,
		    pv_message_span(message, message->request_uri))) {
		metrics_add(METRIC_auth_malformed, 1);
		return AUTH_WRONG_URI;
	}
	return AUTH_OK;
}

enum auth_result auth_check(struct auth *auth, const struct pv_message *message,
	enum auth_kind kind, const struct net_address *source, uint64_t now_ms,
	struct auth_identity *ret)
{
	const struct user_table *users = auth_users(auth);
	struct login login = {0};

	find_login(auth, users, message, kinds[kind].credentials, now_ms, &login);
	enum auth_result result = screen(auth, message, &login, source, now_ms);
	if (result != AUTH_OK)
		return result;
	const struct user *user = verify(auth, users, message, &login.credentials);
	if (!user)
		return fail(auth, &login, source, now_ms);
	result = spend(auth, &login);
	if (result != AUTH_OK)
		return result;
	if (!owns(auth, message, user_name(user))) {
		metrics_add(METRIC_auth_forbidden, 1);
		return AUTH_FORBIDDEN;
	}
	metrics_add(METRIC_auth_accepted, 1);
	if (ret)
		*ret = (struct auth_identity){.user = user, .name = user_name(user)};
	return AUTH_OK;
}

void auth_challenge_write(
	struct auth *auth, enum auth_kind kind, bool stale, uint64_t now_ms, struct pv_writer *w)
{
	char nonce[NONCE_LENGTH];
	uint32_t count;
	const struct user_table *users = auth_users(auth);
	const enum pv_algorithm *algorithms = user_table_algorithms(users, &count);

	nonce_write(auth->nonces, now_ms, nonce);
	for (uint32_t i = 0; i < count; i++) {
		pv_put(w, pv_header_name(kinds[kind].challenge));
		pv_put_text(w, ": ");
		pv_challenge_write(w, user_table_realm(users),
			(struct pv_span){nonce, sizeof(nonce)}, algorithms[i], stale);
		pv_put_text(w, "\r\n");
	}
	metrics_add(METRIC_auth_challenges, 1);
}
