/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_transaction.c — strings of events into the transaction layer: whatever comes, everything
 * ends and is given back. */
#include <errno.h>

#include "fuzz.h"
#include "lib/scenario.h"
#include "transaction/transaction.h"

/*
 * The input is text, so that a corpus can be read: a letter an event, then its arguments, a
 * character each. I M B O A K + branch     a request comes in: INVITE MESSAGE BYE OPTIONS ACK
 * CANCEL; small letters over TCP R + server + status      the user responds          D + flags what
 * the user does inside its callbacks S N + port               the user sends INVITE, MESSAGE; small
 * letters over TCP P + sent + status        a response to something that was sent comes in; Q: to
 * its CANCEL C T X + client           cancel, restart Timer C, take and drop W + how long time
 * passes                E + sent    it could not be sent L                        the TCP flow is
 * lost       Z + n       the n-th request for memory fails
 */

#define OBJECTS 64
#define SENT    256

struct object {
	uint64_t handle;
	bool is_server, has_final, ended;
};

static struct {
	struct scenario scenario;
	struct transaction_layer *layer;
	struct pv_message message;
	struct object objects[OBJECTS];
	unsigned count;
	const struct fake_sent *sent[SENT];
	unsigned sent_count;
	unsigned flags;
	bool finishing;
} fuzz;

#define FLAG_ANSWERS 1 /* responds inside `request` */
#define FLAG_CANCELS 2 /* cancels at the first response, and when Timer C asks */
#define FLAG_REFUSES 4 /* admits nothing */

static const unsigned statuses[] = {
	100, 180, 183, 200, 202, 302, 404, 408, 486, 487, 500, 503, 603, 699};
static const unsigned waits[] = {
	1, 100, 499, 500, 1000, 3500, 4000, 5000, 16000, 31999, 32000, 64000, 180000};

static struct object *find(uint64_t handle)
{
	for (unsigned i = 0; i < fuzz.count; i++)
		if (fuzz.objects[i].handle == handle)
			return &fuzz.objects[i];
	return NULL;
}

static struct object *find_live(const struct transaction *t)
{
	struct object *object = find(transaction_handle(fuzz.layer, t));
	MUST(object && !object->ended);
	return object;
}

/* ---- the user ---- */

static void respond(struct object *object, unsigned status)
{
	struct buffer_pool *pool = &fuzz.scenario.worker.worker->buffers;
	struct transaction *t = transaction_get(fuzz.layer, object->handle);
	struct buffer *bytes = t && object->is_server ? buffer_take(pool, 1000) : NULL;
	MUST(!t || !object->ended);
	if (!bytes)
		return;
	bytes->length = (uint32_t)snprintf(bytes->bytes, 1000, "SIP/2.0 %u X\r\n\r\n", status);
	int error = transaction_respond(fuzz.layer, t, bytes, status);
	if (object->has_final && !object->ended && status >= 300)
		MUST(error == -EALREADY);
	if (!error && status >= 200)
		object->has_final = true;
	buffer_unref(pool, bytes);
}

static bool on_admit(void *context, const struct pv_message *request, const struct path *from)
{
	return !(fuzz.flags & FLAG_REFUSES);
}

static struct object *add(struct transaction *t, bool is_server)
{
	uint64_t handle = transaction_handle(fuzz.layer, t);
	MUST(!find(handle));
	fuzz.objects[fuzz.count] = (struct object){.handle = handle, .is_server = is_server};
	return &fuzz.objects[fuzz.count++];
}

static void on_request(void *context, struct transaction *server, const struct pv_message *request,
	const struct path *from)
{
	struct object *object = add(server, true);
	MUST(transaction_method(server) == request->method && !transaction_has_final(server));
	transaction_is_merged(fuzz.layer, request);
	if (fuzz.flags & FLAG_ANSWERS)
		respond(object, fuzz.count % 2 ? 200 : 486);
}

static void on_cancel(void *context, struct transaction *server, const struct pv_message *cancel)
{
	struct object *object = find_live(server);
	MUST(object->is_server && !object->has_final);
	respond(object, 487);
}

static void on_response(
	void *context, struct transaction *client, const struct pv_message *response)
{
	struct object *object = find_live(client);
	MUST(!object->is_server);
	/* after a final response there is nothing but further 2xx of an INVITE (RFC 6026) */
	MUST(!object->has_final ||
		(response->status / 100 == 2 && transaction_method(client) == PV_METHOD_INVITE));
	if (response->status >= 200)
		object->has_final = true;
	if (fuzz.flags & FLAG_CANCELS)
		transaction_cancel(fuzz.layer, client, PV_SPAN(""));
}

static void on_end_of_client(struct transaction *client)
{
	struct object *object = find_live(client);
	MUST(!object->is_server && !object->has_final);
	object->has_final = true;
}

static void on_timeout(void *context, struct transaction *client)
{
	on_end_of_client(client);
	transaction_cancel(fuzz.layer, client, PV_SPAN(""));
}

static void on_transport_error(void *context, struct transaction *client, int error)
{
	on_end_of_client(client);
}

static void on_timer_c(void *context, struct transaction *client)
{
	MUST(!find_live(client)->has_final);
	if (fuzz.finishing || (fuzz.flags & FLAG_CANCELS))
		transaction_cancel(fuzz.layer, client, PV_SPAN("SIP;cause=408"));
}

static void on_terminated(void *context, struct transaction *t)
{
	struct object *object = find_live(t);
	MUST(object->is_server || object->has_final);
	object->ended = true;
}

/* ---- the network ---- */

static void on_sent(void *context, const struct fake_sent *sent)
{
	if (fuzz.sent_count < SENT)
		fuzz.sent[fuzz.sent_count++] = sent;
}

static void on_message(void *context, const char *bytes, size_t length, const struct path *from)
{
	pv_message_parse(&fuzz.message, bytes, length, true);
	transaction_receive(fuzz.layer, &fuzz.message, from);
}

static void on_send_error(void *context, uint64_t sender, int error)
{
	transaction_send_error(fuzz.layer, sender, error);
}

/* ---- the events ---- */

static void deliver_request(char letter, unsigned branch)
{
	static const char letters[] = "IMBOAK";
	static const char *const methods[] = {
		"INVITE", "MESSAGE", "BYE", "OPTIONS", "ACK", "CANCEL"};
	char text[2048], key[32];
	bool tcp = letter >= 'a';
	const char *which = strchr(letters, tcp ? letter - 32 : letter);
	char method[16];
	if (fuzz.count + 1 >= OBJECTS)
		return;
	snprintf(method, sizeof(method), "%s", methods[which - letters]);
	snprintf(key, sizeof(key), "branch=z9hG4bK-%u", branch);
	if (branch == 9)
		snprintf(key, sizeof(key), "branch=none");
	char *words[] = {method, key};
	struct path from = fake_path(tcp ? "tcp:10.0.0.2:4000/7" : "10.0.0.2:5060");
	size_t length = scenario_request(2, words, &from, text, sizeof(text));
	fake_net_deliver(fuzz.scenario.net, text, length, &from);
}

static bool is_request(const struct fake_sent *sent)
{
	return strncmp(sent->bytes, "SIP/2.0 ", 8) != 0;
}

static void deliver_response(unsigned which, unsigned status, bool to_cancel)
{
	char text[2048], number[8], cancel[] = "cseq=CANCEL";
	if (which >= fuzz.sent_count || !is_request(fuzz.sent[which]))
		return;
	snprintf(number, sizeof(number), "%u", status);
	char *words[] = {number, cancel};
	size_t length =
		scenario_response(to_cancel ? 2 : 1, words, fuzz.sent[which], text, sizeof(text));
	struct path from = fuzz.sent[which]->to;
	fake_net_deliver(fuzz.scenario.net, text, length, &from);
}

static void write_request(const struct transaction *t, const char *method, struct pv_writer *w)
{
	pv_put_text(w, method);
	pv_put_text(w, " sip:b@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=");
	transaction_branch(fuzz.layer, t, 1, w);
	pv_put_text(w, "\r\nFrom: <sip:a@a>;tag=a\r\nTo: <sip:b@b>\r\nCall-ID: x\r\nCSeq: 1 ");
	pv_put_text(w, method);
	pv_put_text(w, "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
}

static void send_request(enum pv_method method, bool tcp, unsigned port)
{
	struct buffer_pool *pool = &fuzz.scenario.worker.worker->buffers;
	struct transaction *t =
		fuzz.count + 1 < OBJECTS ? transaction_client_take(fuzz.layer, method) : NULL;
	struct buffer *bytes = t ? buffer_take(pool, 1000) : NULL;
	if (!bytes) {
		if (t)
			transaction_client_drop(fuzz.layer, t);
		return;
	}
	struct path to = fake_path(tcp ? "tcp:192.0.2.7:5060/7" : "192.0.2.7:5060");
	struct pv_writer w;
	to.peer.port = (uint16_t)(5060 + port);
	add(t, false);
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	write_request(t, method == PV_METHOD_INVITE ? "INVITE" : "MESSAGE", &w);
	bytes->length = (uint32_t)pv_writer_length(&w);
	transaction_client_send(fuzz.layer, t, bytes, &to);
	buffer_unref(pool, bytes);
}

static void act_on_client(char letter, unsigned which)
{
	struct object *object = which < fuzz.count ? &fuzz.objects[which] : NULL;
	struct transaction *t = object ? transaction_get(fuzz.layer, object->handle) : NULL;
	if (!t || object->is_server)
		return;
	if (letter == 'C')
		transaction_cancel(fuzz.layer, t, PV_SPAN(""));
	else
		transaction_restart_c(fuzz.layer, t);
}

struct input {
	const uint8_t *at, *end;
};

/* An argument: 0 to 9, a to z; anything else counts as well, so that no input is wasted. */
static unsigned next(struct input *input)
{
	if (input->at == input->end)
		return 0;
	unsigned char c = *input->at++;
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c % 64;
}

static void run_event(struct input *input)
{
	char letter = (char)*input->at++;
	unsigned first = next(input);
	if (letter && strchr("IMBOAKimboak", letter)) {
		deliver_request(letter, first);
	} else if (letter == 'S' || letter == 's' || letter == 'N' || letter == 'n') {
		send_request(letter == 'S' || letter == 's' ? PV_METHOD_INVITE : PV_METHOD_MESSAGE,
			letter >= 'a', first);
	} else if (letter == 'R' && first < fuzz.count) {
		respond(&fuzz.objects[first], statuses[next(input) % ARRAY_LENGTH(statuses)]);
	} else if (letter == 'P' || letter == 'Q') {
		deliver_response(
			first, statuses[next(input) % ARRAY_LENGTH(statuses)], letter == 'Q');
	} else if (letter == 'C' || letter == 'T') {
		act_on_client(letter, first);
	} else if (letter == 'X') {
		struct transaction *t = transaction_client_take(fuzz.layer, PV_METHOD_INVITE);
		if (t)
			transaction_client_drop(fuzz.layer, t);
	} else if (letter == 'W') {
		fake_worker_advance(&fuzz.scenario.worker, waits[first % ARRAY_LENGTH(waits)]);
	} else if (letter == 'E' && first < fuzz.sent_count) {
		transaction_send_error(fuzz.layer, fuzz.sent[first]->sender, ECONNREFUSED);
	} else if (letter == 'L') {
		fake_net_lose_flow(fuzz.scenario.net, 7);
	} else if (letter == 'Z') {
		slab_starve(first);
	} else if (letter == 'D') {
		fuzz.flags = first;
	}
}

/* Once: a clean layer is what every input must leave behind. */
static void set_up(void)
{
	static const struct siphash_key key = {3, 4};
	static const struct transaction_config config = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000, .transactions = 24};
	struct transaction_user user = {
		.admit = on_admit,
		.request = on_request,
		.cancel = on_cancel,
		.response = on_response,
		.timeout = on_timeout,
		.timer_c = on_timer_c,
		.transport_error = on_transport_error,
		.terminated = on_terminated,
	};
	struct net_user net_user = {.message = on_message, .send_error = on_send_error};
	scenario_init(&fuzz.scenario);
	fake_net_on_sent(fuzz.scenario.net, on_sent, NULL);
	MUST(transaction_layer_new(&fuzz.layer, fuzz.scenario.worker.worker, fuzz.scenario.net,
		     &config, &key) == 0);
	transaction_layer_set_user(fuzz.layer, &user);
	net_set_user(fuzz.scenario.net, &net_user);
}

/* Every call ends: the user answers what is open, ten minutes pass. */
static void finish(void)
{
	struct transaction_counts counts;
	fuzz.finishing = true;
	slab_starve(0);
	for (unsigned i = 0; i < fuzz.count; i++)
		if (!fuzz.objects[i].has_final)
			respond(&fuzz.objects[i], 500);
	fake_worker_advance(&fuzz.scenario.worker, 600000);
	transaction_counts(fuzz.layer, &counts);
	MUST(counts.in_use == 0);
	MUST(transaction_pending(fuzz.layer) == 0);
	MUST(fake_worker_buffers_used(&fuzz.scenario.worker) == 0);
	MUST(fake_worker_timers_armed(&fuzz.scenario.worker) == 0);
	for (unsigned i = 0; i < fuzz.count; i++)
		MUST(fuzz.objects[i].ended);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};
	if (!fuzz.layer)
		set_up();
	fake_net_forget(fuzz.scenario.net);
	fuzz.count = fuzz.sent_count = fuzz.flags = 0;
	fuzz.finishing = false;
	while (input.at < input.end)
		run_event(&input);
	finish();
	return 0;
}
