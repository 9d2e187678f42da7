/* SPDX-License-Identifier: Apache-2.0 */
/* test_check.c — logins as phones send them: accepted, challenged, refused, and telling nothing. */
#include "auth/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/hash.h"
#include "base/macros.h"
#include "base/metrics.h"
#include "lib/testing.h"

#define NOW      1000000u
#define LIFETIME 300000u

static const enum pv_algorithm offered[] = {PV_ALGORITHM_SHA256, PV_ALGORITHM_MD5};
static struct domains *domains;
static struct user_table *users;
static struct auth *auth;
static struct auth_identity identity;

/* Counts what is hashed: equal work is equal time, and no clock is needed to see it. */
static unsigned hashed, hashed_bytes;

static void count_hash(enum pv_algorithm algorithm, const struct pv_span *parts, size_t count,
	uint8_t ret[PV_HASH_MAX])
{
	hashed++;
	for (size_t i = 0; i < count; i++)
		hashed_bytes += (unsigned)parts[i].length;
	auth_hashes()[algorithm].hash(parts, count, ret);
}

static void count_md5(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	count_hash(PV_ALGORITHM_MD5, parts, count, ret);
}

static void count_sha256(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	count_hash(PV_ALGORITHM_SHA256, parts, count, ret);
}

static const struct pv_hash counting[PV_ALGORITHM_COUNT] = {
	[PV_ALGORITHM_MD5] = {16, count_md5},
	[PV_ALGORITHM_SHA256] = {32, count_sha256},
};

static struct user_table *make_users(const enum pv_algorithm *algorithms, uint32_t count)
{
	static const struct user_input input[] = {{.name = "alice", .password = "wonder land"},
		{.name = "bob", .password = "builder", .priority = 9},
		{.name = "q\"b\\", .password = "quoted"}};
	struct user_table *table;

	ck_assert_int_eq(
		user_table_load(&(struct user_table_config){.realm = domains_realm(domains),
					.algorithms = algorithms,
					.algorithm_count = count,
					.users = input,
					.user_count = ARRAY_LENGTH(input)},
			NULL, &table),
		0);
	return table;
}

static void begin_limited(uint32_t failures)
{
	static const struct pv_span names[] = {PV_SPAN_INIT("example.test")};
	static const struct net_address listen[] = {
		{.family = NET_IPV4, .ip = {127, 0, 0, 1}, .port = 5060}};

	ck_assert_int_eq(domains_new(&(struct domains_config){.names = names,
					     .name_count = 1,
					     .listen = listen,
					     .listen_count = 1},
				 &domains),
		0);
	users = make_users(offered, ARRAY_LENGTH(offered));
	ck_assert_int_eq(auth_new(&(struct auth_config){.nonce_lifetime_ms = LIFETIME,
					  .nonce_slots = 1024,
					  .source_failures = failures,
					  .failure_sources = 64,
					  .domains = domains,
					  .users = users,
					  .hashes = counting},
				 &auth),
		0);
}

static void begin(void)
{
	begin_limited(0);
}

static void end(void)
{
	auth_free(auth);
	user_table_free(users);
	domains_free(domains);
}

/* A phone: what it is set to, and what it learned from a challenge. NULL fields take the usual. */
struct phone {
	const char *method, *uri, *digest_uri, *from, *to, *user, *password;
	char nonce[64];
	enum pv_algorithm algorithm;
	unsigned count;    /* nc of the last request */
	bool plain;        /* no qop (RFC 2069) */
	const char *extra; /* header lines before the credentials */
	const char *tail;  /* parameters behind the others */
	enum auth_kind kind;
};

static const char * or (const char *given, const char *usual)
{
	return given ? given : usual;
}

/* Takes the nonce of a challenge written now. */
static void learn(struct phone *phone, uint64_t now)
{
	char text[512];
	struct pv_writer w;

	pv_writer_init(&w, text, sizeof(text) - 1);
	auth_challenge_write(auth, phone->kind, false, now, &w);
	ck_assert(!w.overflow);
	*w.at = '\0';
	ck_assert_int_eq(sscanf(strstr(text, "nonce=\"") + 7, "%63[^\"]", phone->nonce), 1);
	phone->count = 0;
}

static size_t put_credentials(const struct phone *phone, char *to, size_t size)
{
	const struct pv_hash *hash = &auth_hashes()[phone->algorithm];
	char response[2 * PV_HASH_MAX], nc[9];
	uint8_t ha1[PV_HASH_MAX];
	struct pv_span uri =
		pv_span_of(or (phone->digest_uri, or (phone->uri, "sip:example.test")));
	struct pv_credentials credentials = {.nonce = pv_span_of(phone->nonce),
		.uri = uri,
		.cnonce = PV_SPAN("c0ffee"),
		.qop = PV_SPAN("auth"),
		.nc = {nc, 8},
		.has_qop = !phone->plain};

	snprintf(nc, sizeof(nc), "%08x", phone->count);
	pv_digest_ha1(hash, pv_span_of(or (phone->user, "alice")), PV_SPAN("example.test"),
		pv_span_of(or (phone->password, "wonder land")), ha1);
	pv_digest_response(
		hash, ha1, &credentials, pv_span_of(or (phone->method, "REGISTER")), response);
	return (size_t)snprintf(to, size,
		"%s: Digest  realm=\"example.test\",nonce=\"%s\",algorithm=%.*s%s%s%s,uri=\"%.*s\","
		"username=\"%s\",response=\"%.*s\"%s\r\n",
		phone->kind == AUTH_PROXY ? "Proxy-Authorization" : "Authorization", phone->nonce,
		PV_SPAN_PRINT(pv_algorithm_text(phone->algorithm)),
		phone->plain ? "" : ",cnonce=\"c0ffee\",qop=auth,nc=", phone->plain ? "" : nc, "",
		PV_SPAN_PRINT(uri), or (phone->user, "alice"), (int)(2 * hash->size), response,
		or (phone->tail, ""));
}

/* What the server says to this request at `now`, from `source`; `login` with or without
 * credentials. */
static enum auth_result send_from(
	const struct phone *phone, bool login, uint64_t now, const struct net_address *source)
{
	static struct pv_message message;
	static char text[4096];
	const char *method = or (phone->method, "REGISTER");
	size_t used = (size_t)snprintf(text, sizeof(text),
		"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5066;branch=z9hG4bK1\r\n"
		"From: %s;tag=1\r\nTo: %s\r\nCall-ID: 1@x\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\n%s",
		method, or (phone->uri, "sip:example.test"),
		or (phone->from, "<sip:alice@example.test>"),
		or (phone->to, "<sip:alice@example.test>"), method, or (phone->extra, ""));

	if (login)
		used += put_credentials(phone, text + used, sizeof(text) - used);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "Content-Length: 0\r\n\r\n");
	ck_assert_int_gt(pv_message_parse(&message, text, used, true), 0);
	hashed = hashed_bytes = 0;
	identity = (struct auth_identity){0};
	return auth_check(auth, &message, phone->kind, source, now, &identity);
}

static enum auth_result login_again(struct phone *phone)
{
	phone->count++;
	return send_from(phone, true, NOW, NULL);
}

/* A new nonce, then a login with it. */
static enum auth_result login(struct phone *phone)
{
	learn(phone, NOW);
	return login_again(phone);
}

START_TEST(right_credentials_are_accepted)
{
	begin();
	for (unsigned kind = 0; kind < 2; kind++) {
		for (unsigned i = 0; i < ARRAY_LENGTH(offered); i++) {
			struct phone phone = {
				.algorithm = offered[i], .kind = (enum auth_kind)kind};
			ck_assert_int_eq(send_from(&phone, false, NOW, NULL), AUTH_CHALLENGE);
			ck_assert_int_eq(login(&phone), AUTH_OK);
			ck_assert(pv_span_equal(identity.name, PV_SPAN("alice")));
			ck_assert_ptr_eq(identity.user, user_table_find(users, PV_SPAN("alice")));
			phone.password = "wrong";
			ck_assert_int_eq(login(&phone), AUTH_CHALLENGE);
			ck_assert_ptr_null(identity.user);
		}
	}
	end();
}
END_TEST

START_TEST(a_nonce_serves_on_with_higher_counts)
{
	/* linphone's BYE carries the nonce of the INVITE and nc=2 */
	struct phone phone = {.method = "INVITE",
		.uri = "sip:bob@example.test",
		.to = "<sip:bob@example.test>",
		.kind = AUTH_PROXY};

	begin();
	ck_assert_int_eq(login(&phone), AUTH_OK);
	phone.method = "BYE";
	ck_assert_int_eq(login_again(&phone), AUTH_OK);
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_CHALLENGE_STALE);
	phone.count = 1;
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_CHALLENGE_STALE);
	phone.count = 4;
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_OK);
	phone.count = 3;
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_OK);
	phone.count = 0;
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_CHALLENGE_STALE);
	end();
}
END_TEST

START_TEST(without_qop_a_nonce_serves_once)
{
	struct phone phone = {.plain = true};

	begin();
	ck_assert_int_eq(login(&phone), AUTH_OK);
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_CHALLENGE_STALE);
	ck_assert_int_eq(login(&phone), AUTH_OK);
	end();
}
END_TEST

START_TEST(worn_nonces_are_stale_only_with_the_right_password)
{
	struct phone phone = {.kind = AUTH_PROXY};

	begin();
	learn(&phone, NOW);
	phone.count = 1;
	ck_assert_int_eq(send_from(&phone, true, NOW + LIFETIME + 1, NULL), AUTH_CHALLENGE_STALE);
	phone.password = "wrong";
	ck_assert_int_eq(send_from(&phone, true, NOW + LIFETIME + 1, NULL), AUTH_CHALLENGE);
	/* after a restart a phone goes on with the nonce of the process before */
	strcpy(phone.nonce, "dcd98b7102dd2f0e8b11d0f600bfb0c093");
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_CHALLENGE);
	phone.password = NULL;
	ck_assert_int_eq(send_from(&phone, true, NOW, NULL), AUTH_CHALLENGE_STALE);
	auth_set_nonce_lifetime(auth, 2 * LIFETIME);
	learn(&phone, NOW);
	phone.count = 1;
	ck_assert_int_eq(send_from(&phone, true, NOW + 2 * LIFETIME, NULL), AUTH_OK);
	end();
}
END_TEST

/* A stranger who guesses cannot tell a user's name from nobody's, nor by how long it takes. */
START_TEST(an_unknown_user_looks_like_a_wrong_password)
{
	static const enum pv_algorithm all[] = {PV_ALGORITHM_MD5, PV_ALGORITHM_SHA256};
	begin();
	for (unsigned i = 0; i < ARRAY_LENGTH(all); i++) {
		struct phone known = {.algorithm = all[i], .user = "alice", .password = "wrong"};
		struct phone unknown = {.algorithm = all[i], .user = "alicf", .password = "wrong"};
		ck_assert_int_eq(login(&known), AUTH_CHALLENGE);
		unsigned work = hashed, bytes = hashed_bytes;
		ck_assert_uint_eq(work, 2);
		ck_assert_int_eq(login(&unknown), AUTH_CHALLENGE);
		ck_assert_uint_eq(hashed, work);
		ck_assert_uint_eq(hashed_bytes, bytes);
		strcpy(known.nonce, "forged");
		strcpy(unknown.nonce, "forged");
		ck_assert_int_eq(login_again(&known), AUTH_CHALLENGE);
		work = hashed;
		ck_assert_int_eq(login_again(&unknown), AUTH_CHALLENGE);
		ck_assert_uint_eq(hashed, work);
	}
	/* the right one costs the same again */
	struct phone right = {0};
	ck_assert_int_eq(login(&right), AUTH_OK);
	ck_assert_uint_eq(hashed, 2);
	end();
}
END_TEST

START_TEST(from_and_to_belong_to_the_credentials)
{
	static const struct {
		const char *method, *from, *to;
		enum auth_result result;
	} rows[] = {
		{"REGISTER", NULL, NULL, AUTH_OK},
		{"REGISTER", "Alice <sip:%61lice@EXAMPLE.test:5060>", "sip:alice@127.0.0.1",
			AUTH_OK},
		{"REGISTER", NULL, "<sip:bob@example.test>", AUTH_FORBIDDEN},
		{"REGISTER", "<sip:bob@example.test>", NULL, AUTH_FORBIDDEN},
		{"REGISTER", NULL, "<sip:alice@example.org>", AUTH_FORBIDDEN},
		{"INVITE", NULL, "<sip:bob@example.test>", AUTH_OK},
		{"INVITE", "<sip:bob@example.test>", NULL, AUTH_FORBIDDEN},
		{"INVITE", "\"<sip:alice@example.test>\" <sip:bob@example.test>", NULL,
			AUTH_FORBIDDEN},
		{"INVITE", "\"sip:alice@example.test\" <sip:alice@example.org>", NULL,
			AUTH_FORBIDDEN},
		{"INVITE", "<tel:+1234>", NULL, AUTH_FORBIDDEN},
		{"INVITE", "<sip:anonymous@anonymous.invalid>", NULL, AUTH_FORBIDDEN},
		{"INVITE", "<sip:example.test>", NULL, AUTH_FORBIDDEN},
	};

	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct phone phone = {
			.method = rows[i].method, .from = rows[i].from, .to = rows[i].to};
		ck_assert_msg(login(&phone) == rows[i].result, "row %zu", i);
		ck_assert_int_eq(identity.user != NULL, rows[i].result == AUTH_OK);
		phone.password = "wrong"; /* who has no password learns nothing of From */
		ck_assert_int_eq(login(&phone), AUTH_CHALLENGE);
	}
	ck_assert(auth_uri_is_user(auth, PV_SPAN("sip:bob@example.test"), PV_SPAN("bob")));
	ck_assert(!auth_uri_is_user(auth, PV_SPAN("sip:bob@example.org"), PV_SPAN("bob")));
	end();
}
END_TEST

/* The realm is that of the users' HA1s, so a challenge never asks for what no HA1 answers. */
START_TEST(other_domains_are_published_with_their_users)
{
	static const struct pv_span names[] = {
		PV_SPAN_INIT("new.test"), PV_SPAN_INIT("example.test")};
	const struct domains_config config = {.names = names, .name_count = 2};
	struct phone phone = {.from = "<sip:alice@new.test>"};
	struct domains *before = NULL, *after;
	struct pv_writer w;
	char text[1024];

	begin();
	before = domains;
	ck_assert_int_eq(login(&phone), AUTH_FORBIDDEN);
	ck_assert_int_eq(domains_new(&config, &after), 0);
	ck_assert_ptr_eq(auth_domains_swap(auth, after), before);
	ck_assert_int_eq(login(&phone), AUTH_OK);
	pv_writer_init(&w, text, sizeof(text));
	auth_challenge_write(auth, AUTH_PROXY, false, NOW, &w);
	ck_assert_ptr_nonnull(memmem(text, pv_writer_length(&w), "realm=\"example.test\"", 20));
	domains = after;
	struct user_table *next = make_users(offered, ARRAY_LENGTH(offered));
	ck_assert(pv_span_equal(user_table_realm(next), PV_SPAN("new.test")));
	ck_assert_ptr_eq(auth_users_swap(auth, next), users);
	pv_writer_init(&w, text, sizeof(text));
	auth_challenge_write(auth, AUTH_PROXY, false, NOW, &w);
	ck_assert_ptr_nonnull(memmem(text, pv_writer_length(&w), "realm=\"new.test\"", 16));
	ck_assert_int_eq(login(&phone), AUTH_CHALLENGE); /* the old realm's are not for us */
	user_table_free(users);
	users = next;
	domains_free(before);
	end();
}
END_TEST

START_TEST(the_digest_uri_is_the_request_uri)
{
	struct phone phone = {.method = "INVITE", .uri = "sip:bob@example.test"};

	begin();
	phone.digest_uri = "sip:bob@example.test:5060;transport=udp";
	ck_assert_int_eq(login(&phone), AUTH_OK);
	phone.digest_uri = "sip:carol@example.test";
	ck_assert_int_eq(login(&phone), AUTH_WRONG_URI);
	phone.password = "wrong";
	ck_assert_int_eq(login(&phone), AUTH_WRONG_URI);
	ck_assert_uint_eq(hashed, 0);
	end();
}
END_TEST

/* A response is good for its method alone. */
START_TEST(a_response_is_for_one_method)
{
	struct phone phone = {.method = "FOO"};

	begin();
	ck_assert_int_eq(login(&phone), AUTH_OK);
	end();
}
END_TEST

#define OTHER                                                                      \
	"Authorization: Digest username=\"x\", realm=\"other.test\", nonce=\"n\"," \
	" uri=\"sip:example.test\", response=\"0\"\r\n"
#define OLD(nonce, algorithm)                                                                    \
	"Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"" nonce "\"," \
	" uri=\"sip:example.test\", response=\"0\", algorithm=" algorithm "\r\n"

START_TEST(our_credentials_are_found_among_others)
{
	static const char *const extras[] = {OTHER, OTHER OTHER, OLD("old", "MD5"),
		OLD("old", "SHA-256") OTHER, OLD("old", "SHA-512-256"), OLD("old", "MD5-sess"),
		"Authorization: Basic YWxpY2U6eA==\r\n", "Authorization: Digest nonsense\r\n"};

	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(extras); i++) {
		struct phone phone = {.extra = extras[i]};
		ck_assert_msg(login(&phone) == AUTH_OK, "%s", extras[i]);
	}
	end();
}
END_TEST

START_TEST(what_is_not_for_us_is_challenged)
{
	static const struct {
		const char *extra;
		enum auth_result result;
	} rows[] = {
		{OTHER, AUTH_CHALLENGE},
		{"Authorization: Basic YWxpY2U6eA==\r\n", AUTH_CHALLENGE},
		{OLD("n", "SHA-512-256"), AUTH_CHALLENGE}, /* not offered */
		{OLD("n", "MD5-sess"), AUTH_CHALLENGE},
		{OLD("n", "MD5"), AUTH_CHALLENGE},
		{"Authorization: Digest nonsense\r\n", AUTH_BAD_REQUEST},
		{"Authorization: Digest\r\n", AUTH_BAD_REQUEST},
		{"Proxy-Authorization: Digest nonsense\r\n", AUTH_CHALLENGE}, /* not ours to read */
		{OLD("n", "MD5, qop=auth"), AUTH_BAD_REQUEST},                /* no nc, no cnonce */
		{OLD("n", "MD5, qop=auth, nc=1"), AUTH_BAD_REQUEST},
		{OLD("n", "MD5, qop=auth-int, nc=1, cnonce=\"c\""), AUTH_BAD_REQUEST},
	};

	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct phone phone = {.extra = rows[i].extra};
		ck_assert_msg(send_from(&phone, false, NOW, NULL) == rows[i].result, "row %zu", i);
	}
	end();
}
END_TEST

START_TEST(escaped_names_are_found)
{
	/* HA1 is over the name as it is; the escapes are only how it is written between quotes */
	char text[1024];
	struct phone phone = {.user = "q\"b\\", .password = "quoted"};

	begin();
	learn(&phone, NOW);
	phone.count = 1;
	put_credentials(&phone, text, sizeof(text));
	char *at = strstr(text, "username=\"q\"b\\\"");
	ck_assert_ptr_nonnull(at);
	char escaped[1100];
	snprintf(escaped, sizeof(escaped), "%.*susername=\"q\\\"b\\\\\"%s", (int)(at - text), text,
		at + strlen("username=\"q\"b\\\""));
	phone.extra = escaped;
	phone.from = phone.to = "<sip:q%22b%5c@example.test>";
	ck_assert_int_eq(send_from(&phone, false, NOW, NULL), AUTH_OK);
	ck_assert(pv_span_equal(identity.name, PV_SPAN("q\"b\\")));
	end();
}
END_TEST

START_TEST(an_algorithm_withdrawn_is_refused)
{
	struct phone phone = {.algorithm = PV_ALGORITHM_MD5};

	begin();
	ck_assert_int_eq(login(&phone), AUTH_OK);
	struct user_table *strong = make_users(offered, 1); /* SHA-256 alone */
	ck_assert_ptr_eq(auth_users_swap(auth, strong), users);
	ck_assert_int_eq(login(&phone), AUTH_CHALLENGE);
	phone.algorithm = PV_ALGORITHM_SHA256;
	ck_assert_int_eq(login(&phone), AUTH_OK);
	ck_assert_ptr_eq(identity.user, user_table_find(strong, PV_SPAN("alice")));
	ck_assert_ptr_eq(auth_users_swap(auth, users), strong);
	user_table_free(strong);
	end();
}
END_TEST

START_TEST(guessing_is_limited_by_source)
{
	struct net_address guesser = {.family = NET_IPV4, .ip = {192, 0, 2, 66}};
	struct net_address other = {.family = NET_IPV4, .ip = {192, 0, 2, 67}};
	struct phone phone = {.password = "guess"}, owner = {0};
	unsigned tries = 0;

	begin_limited(30);
	learn(&phone, NOW);
	while (tries < 100 && send_from(&phone, true, NOW, &guesser) == AUTH_CHALLENGE)
		tries++;
	ck_assert_uint_eq(tries, 30);
	ck_assert_int_eq(send_from(&phone, true, NOW, &guesser), AUTH_LIMITED);
	ck_assert_uint_eq(hashed, 0);
	/* a hit at last does not show while limited */
	learn(&owner, NOW);
	owner.count = 1;
	ck_assert_int_eq(send_from(&owner, true, NOW, &guesser), AUTH_LIMITED);
	ck_assert_int_eq(send_from(&owner, true, NOW, &other), AUTH_OK);
	ck_assert_int_eq(send_from(&phone, false, NOW, &guesser), AUTH_CHALLENGE);
	ck_assert_int_eq(send_from(&phone, true, NOW + 2000, &guesser), AUTH_CHALLENGE);
	auth_set_source_failures(auth, 0);
	ck_assert_int_eq(send_from(&phone, true, NOW, &guesser), AUTH_CHALLENGE);
	end();
}
END_TEST

START_TEST(right_logins_are_never_failures)
{
	struct net_address source = {.family = NET_IPV4, .ip = {192, 0, 2, 66}};
	struct phone phone = {0};

	begin_limited(5);
	learn(&phone, NOW);
	for (unsigned i = 0; i < 50; i++) {
		ck_assert_int_eq(send_from(&phone, false, NOW, &source), AUTH_CHALLENGE);
		phone.count = 1; /* a replay from the second on: stale, which is no guess */
		ck_assert_int_eq(
			send_from(&phone, true, NOW, &source), i ? AUTH_CHALLENGE_STALE : AUTH_OK);
	}
	end();
}
END_TEST

START_TEST(challenges_offer_all_algorithms_with_one_nonce)
{
	static const char *const starts[] = {
		"WWW-Authenticate: Digest realm=\"example.test\", nonce=\"",
		"Proxy-Authenticate: Digest realm=\"example.test\", nonce=\""};
	char text[512], first[33], second[33];
	struct pv_writer w;
	int length;

	begin();
	for (unsigned kind = 0; kind < 2; kind++) {
		pv_writer_init(&w, text, sizeof(text) - 1);
		auth_challenge_write(auth, (enum auth_kind)kind, kind, NOW, &w);
		*w.at = '\0';
		ck_assert_int_eq(strncmp(text, starts[kind], strlen(starts[kind])), 0);
		const char *sha = strstr(text, "algorithm=SHA-256"),
			   *md5 = strstr(text, "algorithm=MD5");
		ck_assert(sha && md5 && sha < md5); /* the strongest first (RFC 8760 §2.4) */
		ck_assert_int_eq(strstr(text, ", stale=true\r\n") != NULL, kind);
		ck_assert_int_eq(
			sscanf(strstr(text, "nonce=\""), "nonce=\"%32[^\"]%n", first, &length), 1);
		ck_assert_int_eq(sscanf(strstr(sha, "nonce=\""), "nonce=\"%32[^\"]", second), 1);
		ck_assert_str_eq(first, second);
		ck_assert_str_eq(text + strlen(text) - 2, "\r\n");
	}
	end();
}
END_TEST

START_TEST(results_have_answers)
{
	ck_assert_uint_eq(auth_answer(AUTH_OK, AUTH_PROXY).status, 0);
	ck_assert_uint_eq(auth_answer(AUTH_CHALLENGE, AUTH_REGISTRAR).status, 401);
	ck_assert_uint_eq(auth_answer(AUTH_CHALLENGE_STALE, AUTH_PROXY).status, 407);
	for (unsigned i = AUTH_CHALLENGE; i < AUTH_RESULT_COUNT; i++) {
		ck_assert_uint_ge(auth_answer((enum auth_result)i, AUTH_PROXY).status, 400);
		ck_assert_ptr_nonnull(auth_answer((enum auth_result)i, AUTH_PROXY).phrase);
	}
}
END_TEST

START_TEST(counters_count)
{
	struct phone phone = {0};

	begin();
	uint64_t accepted = metrics_sum(METRIC_auth_accepted);
	uint64_t failures = metrics_sum(METRIC_auth_failures);
	uint64_t replays = metrics_sum(METRIC_auth_replays);
	uint64_t challenges = metrics_sum(METRIC_auth_challenges);
	ck_assert_int_eq(login(&phone), AUTH_OK);
	send_from(&phone, true, NOW, NULL);
	phone.password = "wrong";
	login_again(&phone);
	ck_assert_uint_eq(metrics_sum(METRIC_auth_accepted) - accepted, 1);
	ck_assert_uint_eq(metrics_sum(METRIC_auth_replays) - replays, 1);
	ck_assert_uint_eq(metrics_sum(METRIC_auth_failures) - failures, 1);
	ck_assert_uint_eq(metrics_sum(METRIC_auth_challenges) - challenges, 1);
	end();
}
END_TEST

TEST_MAIN("check", right_credentials_are_accepted, a_nonce_serves_on_with_higher_counts,
	without_qop_a_nonce_serves_once, worn_nonces_are_stale_only_with_the_right_password,
	an_unknown_user_looks_like_a_wrong_password, from_and_to_belong_to_the_credentials,
	other_domains_are_published_with_their_users, the_digest_uri_is_the_request_uri,
	a_response_is_for_one_method, our_credentials_are_found_among_others,
	what_is_not_for_us_is_challenged, escaped_names_are_found,
	an_algorithm_withdrawn_is_refused, guessing_is_limited_by_source,
	right_logins_are_never_failures, challenges_offer_all_algorithms_with_one_nonce,
	results_have_answers, counters_count)
