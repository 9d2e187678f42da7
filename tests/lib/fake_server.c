/* SPDX-License-Identifier: Apache-2.0 */
/* fake_server.c — the whole SIP server of one worker on the fake net and clock, for scripts. */
#include "lib/fake_server.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "proxy/private.h"
#include "app/registrar/private.h"
#include "auth/hash.h"
#include "base/metrics.h"
#include "call/private.h"
#include "lib/fake_server_call.h"
#include "lib/fake_server_ptt.h"

static const struct siphash_key route_key = {5, 6}, branch_key = {7, 8}, tag_key = {9, 10};

/* ---- the script's commands ---- */

static bool set_challenge(struct fake_server *server, const char *how)
{
	static const char *const names[] = {"all", "register", "none"};
	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(how, names[i]) == 0)
			server->proxy->config.challenge = (enum proxy_challenge)i;
	server->registrar->config.challenge =
		server->proxy->config.challenge != PROXY_CHALLENGE_NONE;
	return true;
}

static struct pv_span aor_of(const char *user, char *text, size_t size)
{
	const char *domain = strchr(user, '@') ? "" : "@example.test";
	return (struct pv_span){text, (size_t)snprintf(text, size, "%s%s", user, domain)};
}

static struct path binding_path(unsigned count, char **words, const char *uri)
{
	const char *text = scenario_value(count, words, "nat");
	struct pv_uri parsed;
	struct path path = {.transport = PV_TRANSPORT_UDP};
	if (!text)
		text = scenario_value(count, words, "flow");
	if (text)
		return fake_path(text);
	if (pv_uri_parse(pv_span_of(uri), &parsed) == 0)
		net_address_parse(parsed.host, parsed.port ? parsed.port : 5060, &path.peer);
	return path;
}

static struct pv_span span_or_empty(const char *text)
{
	return text ? pv_span_of(text) : (struct pv_span){NULL, 0};
}

static bool add_binding(struct fake_server *server, unsigned count, char **words)
{
	char key[REGISTRY_KEY];
	const char *q = scenario_value(count, words, "q");
	const char *reg = scenario_value(count, words, "reg");
	struct registry_change change = {
		.binding = {
			.contact = pv_span_of(words[2]),
			.path = span_or_empty(scenario_value(count, words, "path")),
			.instance = span_or_empty(scenario_value(count, words, "instance")),
			.reg_id = reg ? (uint32_t)atoi(reg) : 0,
			.q = q ? (uint16_t)atoi(q) : 1000,
			.received = binding_path(count, words, words[2]),
			.behind_nat = scenario_value(count, words, "nat"),
		}};
	uint64_t now = clock_now_ms(&server->scenario.worker.clock.clock);
	change.binding.expires_ms = now + 3600000;
	/* the registry has slabs of its own: they are not what is starved here */
	uint32_t countdown = slab_starve_countdown;
	slab_starve(0);
	ck_assert_int_eq(registry_update(server->registry, aor_of(words[1], key, sizeof(key)),
				 &change, 1, false, 1, ++server->cseq),
		REGISTRY_OK);
	slab_starve(countdown);
	/* the newest is tried first: no two of one moment */
	fake_clock_advance(&server->scenario.worker.clock, 1);
	fake_worker_run(&server->scenario.worker);
	return true;
}

static bool remove_bindings(struct fake_server *server, const char *user)
{
	char key[REGISTRY_KEY];
	registry_update(
		server->registry, aor_of(user, key, sizeof(key)), NULL, 0, true, 1, ++server->cseq);
	return true;
}

static bool add_name(struct fake_server *server, unsigned count, char **words)
{
	struct path targets[RESOLVE_TARGETS];
	unsigned targets_count = 0;
	for (unsigned i = 2; i < count && targets_count < RESOLVE_TARGETS; i++) {
		targets[targets_count] = fake_path(words[i]);
		targets[targets_count++].listener = NET_ANY_LISTENER;
	}
	fake_net_resolve_add(server->scenario.net, words[1], targets, targets_count);
	return true;
}

/* login USER METHOD URI LABEL */
static bool log_in(struct fake_server *server, unsigned count, char **words)
{
	const struct pv_hash *hash = &auth_hashes()[PV_ALGORITHM_MD5];
	const struct fake_sent *challenge = scenario_label(&server->scenario, words[4]);
	const char *password = scenario_value(count, words, "password");
	const char *at = challenge ? strstr(challenge->bytes, "nonce=\"") : NULL;
	struct pv_credentials c = {.cnonce = PV_SPAN("c0ffee"),
		.qop = PV_SPAN("auth"),
		.has_qop = true,
		.uri = pv_span_of(words[3])};
	char nc[9], response[2 * PV_HASH_MAX];
	uint8_t ha1[PV_HASH_MAX];
	if (!at)
		return server->scenario.lenient;
	c.nonce = pv_span_from(at + 7, strchr(at + 7, '"'));
	c.nc = (struct pv_span){nc, (size_t)snprintf(nc, sizeof(nc), "%08x", ++server->logins)};
	pv_digest_ha1(hash, pv_span_of(words[1]), PV_SPAN("example.test"),
		pv_span_of(password ? password : "secret"), ha1);
	pv_digest_response(hash, ha1, &c, pv_span_of(words[2]), response);
	snprintf(server->credentials, sizeof(server->credentials),
		"Digest username=\"%s\", realm=\"example.test\", nonce=\"%.*s\", uri=\"%s\", "
		"response=\"%.*s\", algorithm=MD5, cnonce=\"c0ffee\", qop=auth, nc=%s",
		words[1], PV_SPAN_PRINT(c.nonce), words[3], (int)(2 * hash->size), response, nc);
	return true;
}

/* "|" stands for CRLF. */
static size_t write_raw(char *bytes, size_t room, const char *text)
{
	struct pv_writer w;
	pv_writer_init(&w, bytes, room);
	for (; *text; text++)
		if (*text == '|')
			pv_put_text(&w, "\r\n");
		else
			pv_put_char(&w, *text);
	return pv_writer_length(&w);
}

static bool deliver_raw(struct fake_server *server, const char *from, const char *text)
{
	char bytes[4096];
	struct path path = fake_path(from);
	size_t length = write_raw(bytes, sizeof(bytes), text);
	fake_net_deliver(server->scenario.net, bytes, length, &path);
	return true;
}

/* What was sent comes in: from ourselves, as when a request spirals. */
static bool deliver_again(struct fake_server *server, const char *label)
{
	const struct fake_sent *sent = scenario_label(&server->scenario, label);
	struct path from = fake_path("192.0.2.1:5060");
	if (sent)
		fake_net_deliver(server->scenario.net, sent->bytes, sent->length, &from);
	return sent || server->scenario.lenient;
}

static bool count_forks(struct fake_server *server, unsigned expected)
{
	if (!server->scenario.lenient)
		ck_assert_msg(server->proxy->forks.used == expected, "%s: %u forks",
			server->scenario.name, server->proxy->forks.used);
	return true;
}

static bool deliver_elsewhere(
	struct fake_server *server, const char *from, const char *text, const char *wanted)
{
	static const char *const names[] = {"home", "here", "drop"};
	char bytes[4096];
	struct path path = fake_path(from);
	size_t length = write_raw(bytes, sizeof(bytes), text);
	enum net_claim claim = fake_net_claim(server->scenario.net, bytes, length, &path);
	ck_assert_msg(server->scenario.lenient || strcmp(names[claim], wanted) == 0,
		"line %u: claimed \"%s\"", server->scenario.line, names[claim]);
	return true;
}

/* What calls of the b2bua begin with from now on. */
static bool configure_b2bua(struct fake_server *server, unsigned count, char **words)
{
	const char *duration = scenario_value(count, words, "duration");
	const char *sessions = scenario_value(count, words, "sessions");
	const struct call_limits limits = {
		.max_duration_ms = duration ? (uint64_t)atoi(duration) * 1000 : 600000};
	call_shared_set_limits(&server->shared, &limits);
	if (sessions)
		server->b2bua_config.session_expires_s = (uint32_t)atoi(sessions);
	b2bua_configure(server->b2bua, &server->b2bua_config);
	server->dispatch.b2bua = server->b2bua;
	return true;
}

static bool count_legs(struct fake_server *server, unsigned expected)
{
	struct b2bua_counts counts = b2bua_counts(server->b2bua);
	if (!server->scenario.lenient)
		ck_assert_msg(counts.legs == expected, "%s: %u legs, %u bridges",
			server->scenario.name, counts.legs, counts.bridges);
	/* and the gauges say so too */
	ck_assert(metrics_sum(METRIC_b2bua_legs) == counts.legs);
	ck_assert(metrics_sum(METRIC_b2bua_bridges) == counts.bridges);
	return true;
}

static bool on_command(void *context, struct scenario *s, unsigned count, char **words)
{
	struct fake_server *server = context;
	if (strcmp(words[0], "challenge") == 0 && count == 2)
		return set_challenge(server, words[1]);
	if (strcmp(words[0], "strangers") == 0 && count == 2) {
		server->proxy->config.strangers_reach_users = strcmp(words[1], "users") == 0;
		return true;
	}
	if (strcmp(words[0], "targets") == 0 && count == 2) {
		server->proxy->config.targets = (uint32_t)atoi(words[1]);
		return true;
	}
	if (strcmp(words[0], "redirects") == 0 && count == 2) {
		server->proxy->config.follows_redirects = strcmp(words[1], "follow") == 0;
		return true;
	}
	if (strcmp(words[0], "register") == 0 && count > 2)
		return add_binding(server, count, words);
	if (strcmp(words[0], "unregister") == 0 && count == 2)
		return remove_bindings(server, words[1]);
	if (strcmp(words[0], "name") == 0 && count > 1)
		return add_name(server, count, words);
	if (strcmp(words[0], "login") == 0 && count > 4)
		return log_in(server, count, words);
	if (strcmp(words[0], "raw") == 0 && count == 3)
		return deliver_raw(server, words[1], words[2]);
	if (strcmp(words[0], "elsewhere") == 0 && count == 4)
		return deliver_elsewhere(server, words[1], words[2], words[3]);
	if (strcmp(words[0], "again") == 0 && count == 2)
		return deliver_again(server, words[1]);
	if (strcmp(words[0], "failstream") == 0 && count == 2) {
		fake_net_fail_stream(s->net, (uint16_t)atoi(words[1]), ECONNREFUSED);
		return true;
	}
	if (strcmp(words[0], "farewell") == 0 && count == 1) {
		dispatch_farewell(&server->dispatch);
		return true;
	}
	if (strcmp(words[0], "forks") == 0 && count == 2)
		return count_forks(server, (unsigned)atoi(words[1]));
	if (strcmp(words[0], "b2bua") == 0)
		return configure_b2bua(server, count, words);
	if (strcmp(words[0], "legs") == 0 && count == 2)
		return count_legs(server, (unsigned)atoi(words[1]));
	return fake_server_ptt_command(server, count, words) ||
	       fake_server_call_command(server, count, words);
}

static const char *variable(void *context, const char *name)
{
	struct fake_server *server = context;
	static char large[1401];
	memset(large, 'x', sizeof(large) - 1);
	if (strcmp(name, "large") == 0)
		return large;
	if (strcmp(name, "end") == 0)
		return "\r\n";
	if (strcmp(name, "instance") == 0)
		return "\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
	if (strncmp(name, "sdp ", 4) == 0)
		return fake_server_sdp(server, name + 4);
	return strcmp(name, "credentials") == 0 ? server->credentials : NULL;
}

/* ---- life ---- */

static void init_auth(struct fake_server *server)
{
	static const struct pv_span names[] = {
		PV_SPAN_INIT("example.test"), PV_SPAN_INIT("second.test")};
	static const enum pv_algorithm algorithms[] = {PV_ALGORITHM_MD5};
	static const struct user_input users[] = {{.name = "alice", .password = "secret"},
		{.name = "bob", .password = "secret"}, {.name = "carol", .password = "secret"}};
	struct net_address listen[2];
	net_address_parse(PV_SPAN("192.0.2.1"), 5060, &listen[0]);
	net_address_parse(PV_SPAN("2001:db8::1"), 5060, &listen[1]);
	const struct domains_config own = {.names = names,
		.name_count = ARRAY_LENGTH(names),
		.listen = listen,
		.listen_count = 2};
	ck_assert_int_eq(domains_new(&own, &server->own), 0);
	const struct user_table_config table = {.realm = names[0],
		.algorithms = algorithms,
		.algorithm_count = ARRAY_LENGTH(algorithms),
		.users = users,
		.user_count = ARRAY_LENGTH(users)};
	ck_assert_int_eq(user_table_load(&table, NULL, &server->users), 0);
	const struct auth_config auth = {.nonce_lifetime_ms = 300000,
		.nonce_slots = 1024,
		.failure_sources = 64,
		.domains = server->own,
		.users = server->users};
	ck_assert_int_eq(auth_new(&auth, &server->auth), 0);
}

static void init_applications(struct fake_server *server)
{
	struct scenario *s = &server->scenario;
	const struct proxy_floors at = {.worker = s->worker.worker,
		.net = s->net,
		.transactions = server->transactions,
		.registry = server->registry,
		.auth = server->auth,
		.domains = server->own,
		.calls = server->calls,
		.route_key = &route_key,
		.branch_key = &branch_key};
	const struct proxy_config proxy = {.challenge = PROXY_CHALLENGE_NONE,
		.targets = 16,
		.forks = 256,
		.retry_after_s = 5,
		.dialog_minutes = 720};
	const struct registrar_floors registrar_at = {.worker = at.worker,
		.net = at.net,
		.transactions = at.transactions,
		.registry = at.registry,
		.auth = at.auth,
		.domains = at.domains};
	const struct registrar_config registrar = {.min_expires_s = 60,
		.max_expires_s = 7200,
		.default_expires_s = 3600,
		.retry_after_s = 5};
	ck_assert_int_eq(proxy_new(&server->proxy, &proxy, &at), 0);
	ck_assert_int_eq(registrar_new(&server->registrar, &registrar, &registrar_at), 0);
	const struct b2bua_floors b2bua_at = {.worker = at.worker,
		.net = at.net,
		.transactions = at.transactions,
		.proxy = server->proxy,
		.calls = server->calls,
		.tag_key = &tag_key};
	server->b2bua_config = (struct b2bua_config){.calls = 64, .t1 = 500, .t2 = 4000};
	ck_assert_int_eq(b2bua_new(&server->b2bua, &server->b2bua_config, &b2bua_at), 0);
	fake_server_ptt_init(server);
	dispatch_init(&server->dispatch, at.worker, at.net, at.transactions, server->proxy,
		server->registrar, NULL, server->ptt);
}

void fake_server_init(struct fake_server *server, uint32_t transactions)
{
	const struct transaction_config timers = {.t1 = 500,
		.t2 = 4000,
		.t4 = 5000,
		.c = 180000,
		.transactions = transactions ? transactions : 1024};
	const struct registry_config registry = {.capacity = 64, .max_contacts = 32, .shards = 1};
	memset(server, 0, sizeof(*server));
	struct scenario *s = &server->scenario;
	scenario_init(s);
	s->command = on_command;
	s->variable = variable;
	s->context = server;
	ck_assert_int_eq(transaction_layer_new(&server->transactions, s->worker.worker, s->net,
				 &timers, &branch_key),
		0);
	ck_assert_int_eq(registry_new(&server->registry, &registry, &s->worker.clock.clock), 0);
	init_auth(server);
	fake_server_call_init(server);
	init_applications(server);
}

const char *fake_server_leak(const struct fake_server *server)
{
	const struct worker *worker = server->scenario.worker.worker;
	const struct b2bua_counts calls = b2bua_counts(server->b2bua);
	const struct ptt_counts groups = ptt_counts(server->ptt);
	struct transaction_counts counts;
	transaction_counts(server->transactions, &counts);
	const struct {
		const char *what;
		uint32_t count;
	} left[] = {
		{"forks", server->proxy->forks.used},
		{"calls", server->calls->calls.used},
		{"media of calls", server->calls->media.used},
		{"dialogs of calls", server->calls->dialogs.used},
		{"streams of calls", server->calls->streams.used},
		{"media sessions", fake_media_in_use(&server->media)},
		{"resolves", server->proxy->resolves.used},
		{"bridges", calls.bridges},
		{"legs", calls.legs},
		{"exchanges", calls.exchanges},
		{"groups' legs", groups.legs},
		{"groups' requests", groups.requests},
		{"rooms", groups.rooms},
		{"members", groups.members},
		{"subscriptions", groups.subscriptions},
		{"notes", groups.errands},
		{"media groups", fake_media_groups(&server->media)},
		{"media members", fake_media_members(&server->media)},
		{"transactions", counts.in_use},
		{"pending transactions", transaction_pending(server->transactions)},
		{"buffers", fake_worker_buffers_used(&server->scenario.worker)},
		{"timers", fake_worker_timers_armed(&server->scenario.worker)},
		{"bytes of buffers", (uint32_t)worker->buffers.bytes_used},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(left); i++)
		if (left[i].count)
			return left[i].what;
	return NULL;
}

void fake_server_settle(struct fake_server *server)
{
	struct scenario *s = &server->scenario;
	/* a name that is never found ends a group, and the next one may have a name as well */
	for (unsigned i = 0; i < 4; i++) {
		fake_net_resolve_now(s->net);
		fake_worker_advance(&s->worker, 300000);
	}
}

void fake_server_finish(struct fake_server *server)
{
	fake_server_settle(server);
	const char *leak = fake_server_leak(server);
	ck_assert_msg(!leak, "%s: %s are left", server->scenario.name, leak);
}

void fake_server_done(struct fake_server *server)
{
	fake_server_ptt_done(server);
	b2bua_free(server->b2bua);
	registrar_free(server->registrar);
	proxy_free(server->proxy);
	calls_free(server->calls);
	transaction_layer_free(server->transactions);
	registry_free(server->registry);
	auth_free(server->auth);
	user_table_free(server->users);
	domains_free(server->own);
	scenario_done(&server->scenario);
}
