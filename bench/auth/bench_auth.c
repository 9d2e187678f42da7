/* SPDX-License-Identifier: Apache-2.0 */
/* bench_auth.c: hashes, one REGISTER checked, one challenge, one user found among 200,000. */
#include <stdlib.h>

#include "auth/check.h"
#include "auth/hash.h"
#include "lib/bench.h"

#define USERS 200000u
#define NOW   1000u

static char names[USERS][12];
static struct domains *domains;
static struct user_table *users;
static struct auth *auth;
static struct pv_message messages[2]; /* by algorithm */
static char hundred[100];

#define HASH(name, algorithm)                                           \
	static void name(uint64_t count)                                \
	{                                                               \
		const struct pv_span text = {hundred, sizeof(hundred)}; \
		uint8_t bytes[PV_HASH_MAX];                             \
		while (count--) {                                       \
			auth_hashes()[algorithm].hash(&text, 1, bytes); \
			BENCH_KEEP(bytes[0]);                           \
		}                                                       \
	}
HASH(md5, PV_ALGORITHM_MD5)
HASH(sha256, PV_ALGORITHM_SHA256)

/* The nonce count is spent after the first round: the same work but for one store. */
static void check(uint64_t count, enum pv_algorithm algorithm)
{
	while (count--) {
		enum auth_result result =
			auth_check(auth, &messages[algorithm], AUTH_REGISTRAR, NULL, NOW, NULL);
		if (result != AUTH_CHALLENGE_STALE && result != AUTH_OK)
			abort();
	}
}

static void check_md5(uint64_t count)
{
	check(count, PV_ALGORITHM_MD5);
}

static void check_sha256(uint64_t count)
{
	check(count, PV_ALGORITHM_SHA256);
}

static void challenge(uint64_t count)
{
	char text[512];
	struct pv_writer w;

	while (count--) {
		pv_writer_init(&w, text, sizeof(text));
		auth_challenge_write(auth, AUTH_REGISTRAR, false, NOW, &w);
		BENCH_KEEP(w.at);
	}
}

static void find(uint64_t count)
{
	while (count--) {
		const char *name = names[count * 7919 % USERS];
		const struct user *user = user_table_find(users, (struct pv_span){name, 10});
		BENCH_KEEP(user);
	}
}

static void ours(uint64_t count)
{
	while (count--) {
		bool is = domain_is_ours(domains, PV_SPAN("Example.TEST"), 5060);
		BENCH_KEEP(is);
	}
}

static void ours_numeric(uint64_t count)
{
	while (count--) {
		bool is = domain_is_ours(domains, PV_SPAN("127.0.0.1"), 5060);
		BENCH_KEEP(is);
	}
}

static void make_users(void)
{
	static const enum pv_algorithm both[] = {PV_ALGORITHM_SHA256, PV_ALGORITHM_MD5};
	struct user_input *input = calloc(USERS, sizeof(*input));
	struct user_table_config config = {
		.realm = domains_realm(domains), .algorithms = both, .algorithm_count = 2};

	for (uint32_t i = 0; i < USERS; i++) {
		snprintf(names[i], sizeof(names[i]), "user%06u", i);
		input[i] = (struct user_input){.name = names[i], .password = "secret"};
	}
	config.users = input;
	config.user_count = USERS;
	if (user_table_load(&config, NULL, &users))
		abort();
	free(input);
}

static void make_message(enum pv_algorithm algorithm)
{
	static char texts[2][1024];
	char *text = texts[algorithm], challenges[512], response[2 * PV_HASH_MAX];
	const struct pv_hash *hash = &auth_hashes()[algorithm];
	struct pv_credentials credentials = {.uri = PV_SPAN("sip:example.test"),
		.cnonce = PV_SPAN("0a4f113b0a4f113b"),
		.qop = PV_SPAN("auth"),
		.nc = PV_SPAN("00000001"),
		.has_qop = true};
	struct pv_writer w;

	pv_writer_init(&w, challenges, sizeof(challenges));
	auth_challenge_write(auth, AUTH_REGISTRAR, false, NOW, &w);
	*w.at = '\0';
	credentials.nonce = (struct pv_span){strstr(challenges, "nonce=\"") + 7, 32};
	pv_digest_response(hash, user_ha1(user_table_find(users, PV_SPAN("user000007")), algorithm),
		&credentials, PV_SPAN("REGISTER"), response);
	int length = snprintf(text, sizeof(texts[0]),
		"REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP "
		"10.0.0.1:5060;branch=z9hG4bKx\r\n"
		"From: <sip:user000007@example.test>;tag=1\r\nTo: <sip:user000007@example.test>\r\n"
		"Call-ID: 1@10.0.0.1\r\nCSeq: 2 REGISTER\r\nMax-Forwards: 70\r\n"
		"Contact: <sip:user000007@10.0.0.1>\r\n"
		"Authorization: Digest username=\"user000007\", realm=\"example.test\", "
		"nonce=\"%.*s\", uri=\"sip:example.test\", response=\"%.*s\", algorithm=%.*s, "
		"cnonce=\"0a4f113b0a4f113b\", qop=auth, nc=00000001\r\nContent-Length: 0\r\n\r\n",
		PV_SPAN_PRINT(credentials.nonce), (int)(2 * hash->size), response,
		PV_SPAN_PRINT(pv_algorithm_text(algorithm)));
	if (pv_message_parse(&messages[algorithm], text, (size_t)length, true) <= 0)
		abort();
}

int main(void)
{
	static const struct pv_span name[] = {PV_SPAN_INIT("example.test")};
	static const struct net_address listen[] = {
		{.family = NET_IPV4, .ip = {127, 0, 0, 1}, .port = 5060}};
	struct domains_config names_config = {
		.names = name, .name_count = 1, .listen = listen, .listen_count = 1};

	if (domains_new(&names_config, &domains))
		abort();
	make_users();
	struct auth_config config = {.nonce_lifetime_ms = 300000,
		.nonce_slots = 1u << 20,
		.failure_sources = 4096,
		.source_failures = 30,
		.domains = domains,
		.users = users};
	if (auth_new(&config, &auth))
		abort();
	make_message(PV_ALGORITHM_MD5);
	make_message(PV_ALGORITHM_SHA256);
	bench_run("MD5 of 100 bytes", md5, 300000);
	bench_run("SHA-256 of 100 bytes", sha256, 300000);
	bench_run("REGISTER checked, MD5", check_md5, 100000);
	bench_run("REGISTER checked, SHA-256", check_sha256, 100000);
	bench_run("challenge written, two algorithms", challenge, 300000);
	bench_run("user found among 200,000", find, 500000);
	bench_run("domain_is_ours, a name", ours, 2000000);
	bench_run("domain_is_ours, numeric", ours_numeric, 1000000);
	auth_free(auth);
	user_table_free(users);
	domains_free(domains);
	return 0;
}
