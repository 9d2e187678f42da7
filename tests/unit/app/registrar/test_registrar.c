/* SPDX-License-Identifier: Apache-2.0 */
/* test_registrar.c: REGISTERs over a real socket: challenges, retransmissions, expiry, keep-alives.
 */
#include <event2/event.h>

#include "harness.h"

#include "auth/hash.h"

static int phone;
static struct net_address server, own;
static struct auth *auth;
static struct domains *auth_domains;
static struct user_table *users;
static struct pv_message scratch;

static void on_message(void *context, const char *bytes, size_t length, const struct path *path)
{
	if (pv_message_parse(&scratch, bytes, length, true) > 0)
		transaction_receive(layer, &scratch, path);
}

static bool on_admit(void *context, const struct pv_message *message, const struct path *path)
{
	return registrar_precheck(registrar, message, path);
}

static void on_request(void *context, struct transaction *t, const struct pv_message *message,
	const struct path *path)
{
	registrar_request(registrar, t, message, path);
}

static void on_again(void *context, struct transaction *t, const struct pv_message *message,
	const struct path *path)
{
	registrar_again(registrar, t, message, path);
}

static void ignore_terminated(void *context, struct transaction *t) {}

static void turn(void)
{
	workers.workers[0].slept = true;
	event_base_loop(workers.workers[0].base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	worker_run_once(&workers.workers[0]);
}

static void open_auth(void)
{
	static const struct pv_span names[] = {PV_SPAN_INIT("example.test")};
	static const enum pv_algorithm algorithms[] = {PV_ALGORITHM_MD5};
	static const struct user_input input[] = {
		{.name = "alice", .password = "secret"}, {.name = "bob", .password = "builder"}};
	const struct domains_config domains_config = {names, 1, &server, 1};
	ck_assert_int_eq(domains_new(&domains_config, &auth_domains), 0);
	const struct user_table_config table = {.realm = names[0],
		.algorithms = algorithms,
		.algorithm_count = 1,
		.users = input,
		.user_count = 2};
	ck_assert_int_eq(user_table_load(&table, NULL, &users), 0);
	const struct auth_config auth_config = {.nonce_lifetime_ms = 300000,
		.nonce_slots = 64,
		.failure_sources = 64,
		.domains = auth_domains,
		.users = users};
	ck_assert_int_eq(auth_new(&auth_config, &auth), 0);
	registrar->at.auth = auth;
	registrar->config.challenge = true;
}

static void open_all(bool challenge)
{
	struct path to = {.transport = PV_TRANSPORT_UDP,
		.peer.family = NET_IPV4,
		.peer.ip = {127, 0, 0, 1},
		.listener = NET_ANY_LISTENER};
	struct sockaddr_storage bound;
	socklen_t length = sizeof(bound);
	struct pv_span sent_by;
	uint32_t port;
	open_registrar(10);
	net_set_user(net_of(group, 0), &(struct net_user){.message = on_message});
	transaction_layer_set_user(layer, &(struct transaction_user){.admit = on_admit,
						  .request = on_request,
						  .again = on_again,
						  .terminated = ignore_terminated});
	ck_assert_int_eq(net_local(net_of(group, 0), &to, &sent_by), 0);
	ck_assert(pv_span_to_u32(
		pv_span_from(pv_span_find(sent_by, ':') + 1, pv_span_end(sent_by)), &port));
	ck_assert(net_address_parse(PV_SPAN("127.0.0.1"), (uint16_t)port, &server));
	phone = client_open(SOCK_DGRAM, "127.0.0.1", &server);
	getsockname(phone, (struct sockaddr *)&bound, &length);
	net_address_from_sockaddr((struct sockaddr *)&bound, &own);
	if (challenge)
		open_auth();
}

static void close_all(void)
{
	close(phone);
	close_registrar();
	auth_free(auth);
	user_table_free(users);
	domains_free(auth_domains);
}

static void say(const char *text)
{
	ck_assert_int_eq(send(phone, text, strlen(text), 0), (ssize_t)strlen(text));
	turn();
}

/* The next message that the phone gets, or NULL when nothing came at all. */
static const char *hear(void)
{
	for (unsigned i = 0; i < 200; i++) {
		ssize_t length = recv(phone, answer, sizeof(answer) - 1, MSG_DONTWAIT);
		if (length > 0) {
			answer[length] = 0;
			return answer;
		}
		turn();
	}
	return NULL;
}

static void write_register(
	const char *user, unsigned number, const char *contact, const char *lines)
{
	snprintf(request, sizeof(request),
		"REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP "
		"127.0.0.1:%u;branch=z9hG4bK%u;rport\r\n"
		"From: <sip:%s@example.test>;tag=f\r\nTo: <sip:%s@example.test>\r\nCall-ID: "
		"%s\r\nCSeq: %u REGISTER\r\n"
		"Contact: <sip:%s@%s>\r\n%s\r\n",
		own.port, number, user, user, user, number, user, contact, lines);
}

/* What stands between `name="` and the next quote of the answer. */
static struct pv_span quoted(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	ck_assert(at != NULL);
	at += strlen(name);
	return pv_span_from(at, strchr(at, '"'));
}

static void write_login(char *line, size_t size, const char *user, const char *password,
	struct pv_span nonce, unsigned nc)
{
	char value[512], response[2 * PV_HASH_MAX];
	uint8_t ha1[PV_HASH_MAX];
	struct pv_credentials credentials;
	const struct pv_hash *md5 = &auth_hashes()[PV_ALGORITHM_MD5];
	static const char form[] =
		"Digest  "
		"username=\"%s\",realm=\"example.test\",nonce=\"%.*s\",uri=\"sip:example.test\","
		"qop=auth,nc=%08x,cnonce=\"c\",response=\"%.32s\"";
	snprintf(value, sizeof(value), form, user, PV_SPAN_PRINT(nonce), nc,
		"00000000000000000000000000000000");
	ck_assert_int_eq(pv_credentials_parse(pv_span_of(value), &credentials), 0);
	pv_digest_ha1(md5, pv_span_of(user), PV_SPAN("example.test"), pv_span_of(password), ha1);
	pv_digest_response(md5, ha1, &credentials, PV_SPAN("REGISTER"), response);
	snprintf(line, size, "Authorization: ");
	snprintf(line + strlen(line), size - strlen(line), form, user, PV_SPAN_PRINT(nonce), nc,
		response);
	snprintf(line + strlen(line), size - strlen(line), "\r\n");
}

static uint32_t in_use(void)
{
	struct transaction_counts counts;
	transaction_counts(layer, &counts);
	return counts.in_use;
}

START_TEST(challenge_keeps_no_state)
{
	char first[2048];
	open_all(true);
	write_register("alice", 1, "192.0.2.1", "");
	say(request);
	snprintf(first, sizeof(first), "%s", hear());
	ASSERT_STATUS(401, first);
	ASSERT_HAS(first, "WWW-Authenticate: Digest realm=\"example.test\"");
	ASSERT_HAS(first, "rport=");
	ck_assert_uint_eq(in_use(), 0);
	say(request);
	const char *second = hear();
	ASSERT_STATUS(401, second);
	/* §8.2.7: the same To tag, whoever remembers */
	ck_assert(pv_span_equal(pv_span_from(strstr(first, "To: "), strstr(first, "\r\nCall-ID")),
		pv_span_from(strstr(second, "To: "), strstr(second, "\r\nCall-ID"))));
	close_all();
}
END_TEST

START_TEST(login_and_its_retransmission)
{
	char line[600], first[2048], nonce_text[200];
	open_all(true);
	write_register("alice", 1, "192.0.2.1", "");
	say(request);
	struct pv_span nonce = quoted(hear(), "nonce=\"");
	snprintf(nonce_text, sizeof(nonce_text), "%.*s", PV_SPAN_PRINT(nonce));
	nonce = pv_span_of(nonce_text);
	write_login(line, sizeof(line), "alice", "secret", nonce, 1);
	write_register("alice", 2, "192.0.2.1", line);
	say(request);
	snprintf(first, sizeof(first), "%s", hear());
	ASSERT_STATUS(200, first);
	ASSERT_HAS(first, "Contact: <sip:alice@192.0.2.1>;expires=3600\r\n");
	/* the nonce-count is used up, and yet the copy gets the same answer */
	say(request);
	ck_assert_str_eq(hear(), first);
	/* what was bound meanwhile is in it: it is made again, for nothing of it was kept */
	ck_assert_uint_eq(workers.workers[0].buffers.bytes_used, 0);
	fake_clock_advance(&fake, 5000);
	say(request);
	ASSERT_HAS(hear(), "Contact: <sip:alice@192.0.2.1>;expires=3595\r\n");
	/* in another request it is refused */
	write_register("alice", 3, "192.0.2.1", line);
	say(request);
	ASSERT_STATUS(401, hear());
	write_login(line, sizeof(line), "alice", "secret", nonce, 2);
	write_register("alice", 4, "192.0.2.1", line);
	say(request);
	ASSERT_STATUS(200, hear());
	write_login(line, sizeof(line), "alice", "wrong", nonce, 3);
	write_register("alice", 5, "192.0.2.1", line);
	say(request);
	ASSERT_STATUS(401, hear());
	write_login(line, sizeof(line), "bob", "builder", nonce, 4);
	write_register("alice", 6, "192.0.2.1", line);
	say(request);
	ASSERT_STATUS(403, hear());
	close_all();
}
END_TEST

/* Only what will be challenged may stay with a worker that is not its home. */
START_TEST(a_challenge_is_foreseen)
{
	open_all(true);
	ck_assert(registrar_will_challenge(registrar, PV_SPAN("REGISTER sip:a SIP/2.0\r\n\r\n")));
	ck_assert(!registrar_will_challenge(
		registrar, PV_SPAN("REGISTER sip:a SIP/2.0\r\nauthorization: Digest\r\n\r\n")));
	registrar->config.challenge = false;
	ck_assert(!registrar_will_challenge(registrar, PV_SPAN("REGISTER sip:a SIP/2.0\r\n\r\n")));
	close_all();
}
END_TEST

START_TEST(unknown_extension_comes_before_the_challenge)
{
	open_all(true);
	write_register("alice", 1, "192.0.2.1", "Require: teleport\r\n");
	say(request);
	ASSERT_STATUS(420, hear());
	close_all();
}
END_TEST

START_TEST(tick_expires)
{
	struct registry_counts counts;
	open_all(false);
	registrar_start(registrar);
	write_register("alice", 1, "192.0.2.1", "Expires: 60\r\n");
	say(request);
	ASSERT_STATUS(200, hear());
	registry_counts(registry, &counts);
	ck_assert_uint_eq(counts.bindings, 1);
	for (unsigned i = 0; i < 61 * 4; i++) {
		fake_clock_advance(&fake, 250);
		turn();
	}
	registry_counts(registry, &counts);
	ck_assert_uint_eq(counts.bindings, 0);
	close_all();
}
END_TEST

/* A phone behind NAT gets an OPTIONS through its hole once a period; its answer ends at the
 * stateless slot. */
START_TEST(keepalive_comes_through_the_hole)
{
	char contact[32], line[80];
	unsigned heard = 0;
	open_all(false);
	registrar_start(registrar);
	snprintf(contact, sizeof(contact), "127.0.0.1:%u", own.port);
	snprintf(line, sizeof(line), "OPTIONS sip:alice@%s SIP/2.0\r\n", contact);
	write_register("alice", 1, contact, "");
	memcpy(strstr(request, "127.0.0.1"), "127.9.9.9", 9); /* Via: somebody translated it */
	say(request);
	ASSERT_STATUS(200, hear());
	for (unsigned i = 0; i < 4 * 75; i++) {
		fake_clock_advance(&fake, 250);
		turn();
		const char *text;
		while (recv(phone, answer, sizeof(answer), MSG_DONTWAIT | MSG_PEEK) > 0 &&
			(text = hear()) != NULL) {
			struct pv_message message;
			ck_assert_int_gt(pv_message_parse(&message, text, strlen(text), true), 0);
			ck_assert_int_eq(message.method, PV_METHOD_OPTIONS);
			ASSERT_HAS(text, line);
			ck_assert(pv_span_starts_with(message.via.branch, PV_SPAN("z9hG4bKpv")));
			heard++;
		}
	}
	ck_assert_uint_eq(heard, 3);
	close_all();
}
END_TEST

TEST_MAIN("registrar", challenge_keeps_no_state, login_and_its_retransmission,
	a_challenge_is_foreseen, unknown_extension_comes_before_the_challenge, tick_expires,
	keepalive_comes_through_the_hole)
