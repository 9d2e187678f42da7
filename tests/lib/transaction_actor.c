/* SPDX-License-Identifier: Apache-2.0 */
/* transaction_actor.c — a transaction user that says what it is told and does what a script
 * commands. */
#include "lib/transaction_actor.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include <portavoz/build.h>

static const char *name_of(struct actor *actor, const struct transaction *t)
{
	static char name[16];
	uint64_t handle = transaction_handle(actor->layer, t);
	for (unsigned i = 0; i < actor->server_count; i++)
		if (actor->servers[i].handle == handle) {
			snprintf(name, sizeof(name), "s%u", i + 1);
			return name;
		}
	for (unsigned i = actor->client_count; i-- > 0;)
		if (actor->clients[i].handle == handle)
			return actor->clients[i].name;
	return "?";
}

static struct transaction *client_of(struct actor *actor, const char *name)
{
	for (unsigned i = actor->client_count; i-- > 0;)
		if (strcmp(actor->clients[i].name, name) == 0)
			return transaction_get(actor->layer, actor->clients[i].handle);
	return NULL;
}

/* ---- server side ---- */

/* How a response is given. */
enum given { KEPT, BIG, UNKEPT };

static void respond(struct actor *actor, unsigned server, unsigned status, enum given given)
{
	struct buffer_pool *pool = &actor->scenario.worker.worker->buffers;
	struct actor_server *s = &actor->servers[server];
	struct transaction *t = transaction_get(actor->layer, s->handle);
	struct buffer *bytes = t ? buffer_take(pool, given == BIG ? 8000 : 1000) : NULL;
	if (!bytes)
		return;
	struct transaction_via_text text;
	struct pv_response response = {.status = status, .to_tag = PV_SPAN("actor")};
	struct pv_writer w;
	pv_message_parse(&actor->again, s->request, s->length, true);
	transaction_via_fixup(&actor->again, &s->from, &text, &response.received, &response.rport);
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	pv_build_response(&w, &actor->again, &response);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	bytes->length = (uint32_t)pv_writer_length(&w);
	int error = given == UNKEPT ? transaction_respond_unkept(actor->layer, t, bytes)
				    : transaction_respond(actor->layer, t, bytes, status);
	if (error)
		scenario_told(&actor->scenario, "respond %d", error);
	buffer_unref(pool, bytes);
}

static bool on_admit(void *context, const struct pv_message *request, const struct path *from)
{
	return !((struct actor *)context)->drops;
}

static void on_request(void *context, struct transaction *server, const struct pv_message *request,
	const struct path *from)
{
	struct actor *actor = context;
	ck_assert_uint_lt(actor->server_count, ACTOR_TRANSACTIONS);
	struct actor_server *s = &actor->servers[actor->server_count++];
	s->handle = transaction_handle(actor->layer, server);
	s->from = *from;
	s->length = request->length;
	s->request = malloc(s->length);
	ck_assert_ptr_nonnull(s->request);
	memcpy(s->request, request->bytes, s->length);
	scenario_told(&actor->scenario, "request s%u %.*s", actor->server_count,
		PV_SPAN_PRINT(pv_message_span(request, request->method_name)));
	if (actor->says_merged && transaction_is_merged(actor->layer, request))
		scenario_told(&actor->scenario, "merged");
	if (actor->answer)
		respond(actor, actor->server_count - 1, actor->answer, KEPT);
}

static void on_again(void *context, struct transaction *server, const struct pv_message *request,
	const struct path *from)
{
	struct actor *actor = context;
	const char *name = name_of(actor, server);
	scenario_told(&actor->scenario, "again %s", name);
	respond(actor, (unsigned)atoi(name + 1) - 1, 200, UNKEPT);
}

static void on_ack(void *context, const struct pv_message *ack, const struct path *from)
{
	scenario_told(&((struct actor *)context)->scenario, "ack");
}

static void on_cancel(
	void *context, struct transaction *invite_server, const struct pv_message *cancel)
{
	struct actor *actor = context;
	scenario_told(&actor->scenario, "cancel %s", name_of(actor, invite_server));
}

/* ---- client side ---- */

static void on_response(
	void *context, struct transaction *client, const struct pv_message *response)
{
	struct actor *actor = context;
	scenario_told(&actor->scenario, "response %s %u", name_of(actor, client), response->status);
}

static void on_stateless_response(
	void *context, const struct pv_message *response, const struct path *from)
{
	scenario_told(&((struct actor *)context)->scenario, "stateless %u", response->status);
}

static void on_timeout(void *context, struct transaction *client)
{
	struct actor *actor = context;
	scenario_told(&actor->scenario, "timeout %s", name_of(actor, client));
}

static void on_timer_c(void *context, struct transaction *client)
{
	struct actor *actor = context;
	scenario_told(&actor->scenario, "timer_c %s", name_of(actor, client));
	if (actor->cancel_on_c)
		transaction_cancel(actor->layer, client, PV_SPAN(""));
}

static void on_transport_error(void *context, struct transaction *client, int error)
{
	struct actor *actor = context;
	scenario_told(&actor->scenario, "error %s", name_of(actor, client));
}

static void on_terminated(void *context, struct transaction *t)
{
	struct actor *actor = context;
	scenario_told(&actor->scenario, "end %s", name_of(actor, t));
}

/* A request of our own, as a proxy would write it, with two Via lines. */
static void write_request(struct actor *actor, const struct transaction *t, const char *method,
	const struct path *to, const char *header, struct pv_writer *w)
{
	pv_put_text(w, method);
	pv_put_text(w, " sip:bob@192.0.2.77 SIP/2.0\r\nVia: SIP/2.0/");
	pv_put(w, pv_transport_text(to->transport));
	pv_put_text(w, " 192.0.2.1:5060;branch=");
	transaction_branch(actor->layer, t, 7, w);
	pv_put_text(w, "\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK-up\r\nMax-Forwards: 69\r\n"
		       "From: <sip:alice@example.test>;tag=a\r\nTo: <sip:bob@example.test>\r\n"
		       "Call-ID: up\r\nCSeq: 1 ");
	pv_put_text(w, method);
	if (header) {
		pv_put_text(w, "\r\n");
		pv_put_text(w, header);
	}
	pv_put_text(w, "\r\nContent-Length: 0\r\n\r\n");
}

static void send_request(struct actor *actor, unsigned count, char **words)
{
	struct buffer_pool *pool = &actor->scenario.worker.worker->buffers;
	const char *where = scenario_value(count, words, "to");
	struct path to = fake_path(where ? where : "192.0.2.77:5060");
	struct transaction *t =
		transaction_client_take(actor->layer, pv_method_of(pv_span_of(words[2])));
	if (!t) {
		scenario_told(&actor->scenario, "full");
		return;
	}
	struct buffer *bytes = buffer_take(pool, 1000);
	if (!bytes) {
		transaction_client_drop(actor->layer, t);
		return;
	}
	ck_assert_uint_lt(actor->client_count, ACTOR_TRANSACTIONS);
	struct actor_client *client = &actor->clients[actor->client_count++];
	snprintf(client->name, sizeof(client->name), "%s", words[1]);
	client->handle = transaction_handle(actor->layer, t);
	struct pv_writer w;
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	write_request(actor, t, words[2], &to, scenario_value(count, words, "header"), &w);
	bytes->length = (uint32_t)pv_writer_length(&w);
	transaction_client_send(actor->layer, t, bytes, &to);
	buffer_unref(pool, bytes);
}

/* ---- the script's commands ---- */

static void check_counts(struct actor *actor, unsigned count, char **words)
{
	struct transaction_counts counts;
	const char *value;
	if (actor->scenario.lenient)
		return;
	transaction_counts(actor->layer, &counts);
	if ((value = scenario_value(count, words, "in_use")))
		ck_assert_uint_eq(counts.in_use, (unsigned)atoi(value));
	if ((value = scenario_value(count, words, "pending")))
		ck_assert_uint_eq(transaction_pending(actor->layer), (unsigned)atoi(value));
	if ((value = scenario_value(count, words, "buffers")))
		ck_assert_uint_eq(
			fake_worker_buffers_used(&actor->scenario.worker), (unsigned)atoi(value));
}

static void command_answer(struct actor *actor, const char *how)
{
	actor->drops = strcmp(how, "drop") == 0;
	actor->answer = (unsigned)atoi(how);
}

static bool client_command(struct actor *actor, unsigned count, char **words)
{
	struct transaction *t = count > 1 ? client_of(actor, words[1]) : NULL;
	if (strcmp(words[0], "cancel") == 0) {
		if (t)
			transaction_cancel(actor->layer, t, pv_span_of(count > 2 ? words[2] : ""));
	} else if (strcmp(words[0], "restart_c") == 0) {
		if (t)
			transaction_restart_c(actor->layer, t);
	} else if (strcmp(words[0], "drop") == 0) {
		if (t)
			transaction_client_drop(actor->layer, t);
	} else {
		return false;
	}
	return true;
}

static bool on_command(void *context, struct scenario *s, unsigned count, char **words)
{
	struct actor *actor = context;
	if (strcmp(words[0], "respond") == 0 && count > 2) {
		unsigned server = (unsigned)atoi(words[1] + 1);
		if (server > 0 && server <= actor->server_count)
			respond(actor, server - 1, (unsigned)atoi(words[2]),
				count < 4                      ? KEPT
				: strcmp(words[3], "big") == 0 ? BIG
							       : UNKEPT);
	} else if (strcmp(words[0], "answer") == 0 && count > 1) {
		command_answer(actor, words[1]);
	} else if (strcmp(words[0], "send") == 0 && count > 2) {
		send_request(actor, count, words);
	} else if (strcmp(words[0], "cancel_on_c") == 0) {
		actor->cancel_on_c = true;
	} else if (strcmp(words[0], "merged") == 0) {
		actor->says_merged = true;
	} else if (strcmp(words[0], "counts") == 0) {
		check_counts(actor, count, words);
	} else {
		return client_command(actor, count, words);
	}
	return true;
}

/* ---- life ---- */

static void on_message(void *context, const char *bytes, size_t length, const struct path *from)
{
	struct actor *actor = context;
	pv_message_parse(&actor->message, bytes, length, true);
	transaction_receive(actor->layer, &actor->message, from);
}

static void on_send_error(void *context, uint64_t sender, int error)
{
	transaction_send_error(((struct actor *)context)->layer, sender, error);
}

void actor_init(struct actor *actor, uint32_t transactions)
{
	static const struct siphash_key key = {1, 2};
	struct transaction_config config = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000, .transactions = transactions};
	memset(actor, 0, sizeof(*actor));
	scenario_init(&actor->scenario);
	actor->scenario.command = on_command;
	actor->scenario.context = actor;
	ck_assert_int_eq(transaction_layer_new(&actor->layer, actor->scenario.worker.worker,
				 actor->scenario.net, &config, &key),
		0);
	struct transaction_user user = {
		.admit = on_admit,
		.request = on_request,
		.again = on_again,
		.ack = on_ack,
		.cancel = on_cancel,
		.response = on_response,
		.stateless_response = on_stateless_response,
		.timeout = on_timeout,
		.timer_c = on_timer_c,
		.transport_error = on_transport_error,
		.terminated = on_terminated,
		.context = actor,
	};
	transaction_layer_set_user(actor->layer, &user);
	struct net_user net_user = {
		.message = on_message, .send_error = on_send_error, .context = actor};
	net_set_user(actor->scenario.net, &net_user);
}

void actor_check_clean(struct actor *actor)
{
	struct transaction_counts counts;
	const char *name = actor->scenario.name ? actor->scenario.name : "";
	transaction_counts(actor->layer, &counts);
	ck_assert_msg(counts.in_use == 0, "%s: %u transactions are left", name, counts.in_use);
	ck_assert_msg(transaction_pending(actor->layer) == 0, "%s: some are pending", name);
	ck_assert_msg(fake_worker_buffers_used(&actor->scenario.worker) == 0,
		"%s: %u buffers are left", name, fake_worker_buffers_used(&actor->scenario.worker));
	ck_assert_msg(fake_worker_timers_armed(&actor->scenario.worker) == 0, "%s: timers are left",
		name);
}

void actor_finish(struct actor *actor)
{
	actor->scenario.lenient = true;
	actor->cancel_on_c = true;
	for (unsigned i = 0; i < actor->server_count; i++)
		respond(actor, i, 500, KEPT);
	fake_worker_advance(&actor->scenario.worker, 600000);
}

void actor_done(struct actor *actor)
{
	transaction_layer_free(actor->layer);
	scenario_done(&actor->scenario);
	for (unsigned i = 0; i < actor->server_count; i++)
		free(actor->servers[i].request);
}
