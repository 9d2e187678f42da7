/* SPDX-License-Identifier: Apache-2.0 */
/* test_machine.c — the order of actions, and users who act while they are told
 * (src/transaction/machine.c). */
#include <portavoz/build.h>

#include "lib/testing.h"
#include "lib/transaction_actor.h"
#include "transaction/layer.h"

static struct {
	struct fake_worker worker;
	struct net *net;
	struct transaction_layer *layer;
	struct pv_message message;
	uint64_t client;
	unsigned sent, sent_when_told, timers_when_told, state_when_told;
	bool alive_at_end, cancels;
	unsigned responses, ends, timeouts;
	char request[1024];
	size_t length;
} test;

static void on_sent(void *context, const struct fake_sent *sent)
{
	test.sent++;
}

static void on_response(
	void *context, struct transaction *client, const struct pv_message *response)
{
	test.responses++;
	test.sent_when_told = test.sent;
	test.timers_when_told = fake_worker_timers_armed(&test.worker);
	test.state_when_told = client->state;
	if (test.cancels)
		transaction_cancel(test.layer, client, PV_SPAN(""));
}

static void on_terminated(void *context, struct transaction *t)
{
	test.ends++;
	test.alive_at_end = transaction_get(test.layer, test.client) == t;
}

static void on_timeout(void *context, struct transaction *client)
{
	test.timeouts++;
	transaction_cancel(test.layer, client, PV_SPAN(""));
	transaction_restart_c(test.layer, client);
}

static void on_message(void *context, const char *bytes, size_t length, const struct path *from)
{
	pv_message_parse(&test.message, bytes, length, true);
	transaction_receive(test.layer, &test.message, from);
}

static void set_up(const char *to)
{
	static const struct siphash_key key = {1, 2};
	static const struct transaction_config config = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000, .transactions = 10};
	struct transaction_user user = {
		.response = on_response, .terminated = on_terminated, .timeout = on_timeout};
	struct net_user net_user = {.message = on_message};
	struct path path = fake_path(to);
	struct pv_writer w;
	memset(&test, 0, sizeof(test));
	fake_worker_init(&test.worker, 1000);
	test.net = fake_net_new(&test.worker);
	fake_net_on_sent(test.net, on_sent, NULL);
	net_set_user(test.net, &net_user);
	ck_assert_int_eq(
		transaction_layer_new(&test.layer, test.worker.worker, test.net, &config, &key), 0);
	transaction_layer_set_user(test.layer, &user);
	struct transaction *t = transaction_client_take(test.layer, PV_METHOD_INVITE);
	struct buffer *bytes = buffer_take(&test.worker.worker->buffers, sizeof(test.request));
	test.client = transaction_handle(test.layer, t);
	pv_writer_init(&w, test.request, sizeof(test.request));
	pv_put_text(&w, "INVITE sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=");
	transaction_branch(test.layer, t, 0, &w);
	pv_put_text(&w,
		"\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	test.length = pv_writer_length(&w);
	memcpy(bytes->bytes, test.request, test.length);
	bytes->length = (uint32_t)test.length;
	transaction_client_send(test.layer, t, bytes, &path);
	buffer_unref(&test.worker.worker->buffers, bytes);
}

static void tear_down(void)
{
	transaction_layer_free(test.layer);
	ck_assert_uint_eq(fake_worker_buffers_used(&test.worker), 0);
	fake_net_free(test.net);
	fake_worker_done(&test.worker);
}

static void answer(unsigned status, const char *from)
{
	static struct pv_message request;
	char text[1024];
	struct pv_writer w;
	struct pv_response response = {.status = status, .to_tag = PV_SPAN("x")};
	struct path path = fake_path(from);
	pv_message_parse(&request, test.request, test.length, true);
	pv_writer_init(&w, text, sizeof(text));
	pv_build_response(&w, &request, &response);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	fake_net_deliver(test.net, text, pv_writer_length(&w), &path);
}

START_TEST(acts_in_the_documented_order)
{
	set_up("192.0.2.7:5060");
	ck_assert_uint_eq(fake_worker_timers_armed(&test.worker), 2); /* A, B */
	answer(486, "192.0.2.7:5060");
	ck_assert_uint_eq(test.responses, 1);
	ck_assert_uint_eq(test.sent_when_told, 2);   /* the ACK is out */
	ck_assert_uint_eq(test.timers_when_told, 1); /* A and B have stopped, D runs */
	ck_assert_uint_eq(test.state_when_told, STATE_COMPLETED);
	fake_worker_advance(&test.worker, 32000);
	ck_assert_uint_eq(test.ends, 1);
	ck_assert(test.alive_at_end);
	ck_assert_ptr_null(transaction_get(test.layer, test.client));
	tear_down();
}
END_TEST

START_TEST(a_timer_of_zero_fires_after_the_user_was_told)
{
	set_up("tcp:192.0.2.7:5060/3");
	answer(486, "tcp:192.0.2.7:5060/3");
	ck_assert_uint_eq(test.responses, 1);
	ck_assert_uint_eq(test.state_when_told, STATE_COMPLETED);
	ck_assert_uint_eq(test.ends, 1);
	ck_assert_ptr_null(transaction_get(test.layer, test.client));
	tear_down();
}
END_TEST

START_TEST(the_user_may_cancel_while_it_is_told)
{
	set_up("192.0.2.7:5060");
	test.cancels = true;
	answer(180, "192.0.2.7:5060");
	ck_assert_uint_eq(test.sent, 2); /* INVITE, CANCEL */
	ck_assert_uint_eq(transaction_get(test.layer, test.client)->state, STATE_CANCELLING);
	answer(180, "192.0.2.7:5060");
	ck_assert_uint_eq(test.sent, 2);
	fake_worker_advance(&test.worker, 32000);
	ck_assert_uint_eq(test.timeouts, 1);
	ck_assert_uint_eq(test.ends, 1);
	tear_down();
}
END_TEST

/* In its last word's company everything is ignored: the machine has no cells any more. */
START_TEST(what_the_user_does_at_the_end_has_no_effect)
{
	set_up("192.0.2.7:5060");
	fake_worker_advance(&test.worker, 32000);
	ck_assert_uint_eq(test.timeouts, 1);
	ck_assert_uint_eq(test.ends, 1);
	ck_assert_uint_eq(test.sent, 7); /* seven INVITEs, no CANCEL */
	ck_assert_uint_eq(fake_worker_timers_armed(&test.worker), 0);
	tear_down();
}
END_TEST

TEST_MAIN("machine", acts_in_the_documented_order, a_timer_of_zero_fires_after_the_user_was_told,
	the_user_may_cancel_while_it_is_told, what_the_user_does_at_the_end_has_no_effect)
