/* SPDX-License-Identifier: Apache-2.0 */
/* check.h — who sent this request: digest credentials checked, challenges written (RFC 3261 §22,
 * RFC 7616, RFC 8760). */
#ifndef AUTH_CHECK_H
#define AUTH_CHECK_H

#include <stdatomic.h>

#include <portavoz/digest.h>
#include <portavoz/message.h>
#include <portavoz/writer.h>

#include "net/domain.h"
#include "auth/users.h"

/* Which pair of headers: a registrar and a user agent server ask by 401, a proxy by 407. */
enum auth_kind {
	AUTH_REGISTRAR, /* Authorization, WWW-Authenticate, 401 */
	AUTH_PROXY,     /* Proxy-Authorization, Proxy-Authenticate, 407 */
};

enum auth_result {
	AUTH_OK,
	AUTH_CHALLENGE,       /* no credentials, or wrong ones: answer with auth_challenge_write */
	AUTH_CHALLENGE_STALE, /* right password, worn-out nonce: the same with stale=true */
	AUTH_FORBIDDEN,       /* right credentials, but From or To is somebody else: 403 */
	AUTH_BAD_REQUEST,     /* malformed credentials: 400 */
	AUTH_WRONG_URI,       /* their uri is not the Request-URI: 400 (RFC 7616 §3.4.6) */
	AUTH_LIMITED, /* too many failures from this source; nothing was checked: 503, or drop */
	AUTH_RESULT_COUNT,
};

/* The answer that a result asks for; status 0 for AUTH_OK. */
struct auth_answer {
	uint16_t status;
	const char *phrase;
};
struct auth_answer auth_answer(enum auth_result result, enum auth_kind kind);

/* Who it is. Lifetime: the user table's, so until this event of the worker ends. */
struct auth_identity {
	const struct user *user;
	struct pv_span name; /* canonical */
};

struct auth_config {
	uint32_t nonce_lifetime_ms;
	uint32_t nonce_slots; /* logins that can be remembered at once; 4 x registrar.capacity is
				 ample */
	uint32_t
		source_failures; /* failed logins a minute that one source may have, 0 = no limit */
	uint32_t failure_sources;       /* how many sources are remembered */
	const struct domains *domains;  /* lives longer than the auth, or until it is swapped */
	const struct user_table *users; /* which algorithms are offered is up to the table */
	const struct pv_hash *hashes;   /* NULL: OpenSSL's */
};

/* Owner: main. Shared by all workers. */
struct auth;

/* 0 or -errno; -ENOTSUP when OpenSSL lacks a hash function. */
int auth_new(const struct auth_config *config, struct auth **ret);
void auth_free(struct auth *auth); /* not the users, not the domains */

/* Publishes another table and returns the old one, to be freed when every worker has run a task
 * after that. Any thread. */
const struct user_table *auth_users_swap(struct auth *auth, const struct user_table *users);
const struct user_table *auth_users(const struct auth *auth);
/* The same with the domains. */
const struct domains *auth_domains_swap(struct auth *auth, const struct domains *domains);
/* Both at a reload; any thread. */
void auth_set_nonce_lifetime(struct auth *auth, uint32_t lifetime_ms);
void auth_set_source_failures(struct auth *auth, uint32_t failures_a_minute);

/*
 * Checks `message`, a request that parsed. `source` (may be NULL) is where failures are counted;
 * `now_ms` is the monotonic clock. *ret (may be NULL) is filled for AUTH_OK. No allocation, no
 * lock. An unknown user costs the same hash work and gets the same answer as a wrong password.
 */
enum auth_result auth_check(struct auth *auth, const struct pv_message *message,
	enum auth_kind kind, const struct net_address *source, uint64_t now_ms,
	struct auth_identity *ret);

/* Writes one header line for each algorithm that is offered, all with one new nonce. */
void auth_challenge_write(
	struct auth *auth, enum auth_kind kind, bool stale, uint64_t now_ms, struct pv_writer *w);

/*
 * Does `uri` (of From or To) name `user`: sip or sips, canonical user equal, host and port ours?
 * For callers that know the sender by other means (auth.challenge = "register").
 */
bool auth_uri_is_user(const struct auth *auth, struct pv_span uri, struct pv_span user);

#endif
