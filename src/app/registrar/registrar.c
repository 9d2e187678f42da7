/* SPDX-License-Identifier: Apache-2.0 */
/* registrar.c — the registrar's doors: what dispatch calls, and the worker's tick. */
#include "app/registrar/registrar.h"

#include <errno.h>
#include <stdlib.h>

#include <portavoz/build.h>

#include "app/registrar/private.h"
#include "base/log.h"

/* Expiry slots are half a second wide: with this a binding is gone within a second. */
#define TICK_MS       250
#define TICK_SLACK_MS 100

static void on_tick(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct registrar *r = context;
	registry_expire(r->at.registry, r->at.worker->index, now_ms);
	registrar_keepalive(r, now_ms);
	worker_lane_arm(r->at.worker, &r->lane, node);
}

int registrar_new(struct registrar **ret, const struct registrar_config *config,
	const struct registrar_floors *floors)
{
	struct registrar *r = calloc(1, sizeof(*r));
	if (!r || siphash_key_random(&r->key) != 0) {
		free(r);
		return -ENOMEM;
	}
	r->config = *config;
	r->at = *floors;
	worker_lane_add(r->at.worker, &r->lane, TICK_MS, TICK_SLACK_MS, on_tick, r);
	*ret = r;
	return 0;
}

void registrar_free(struct registrar *registrar)
{
	free(registrar);
}

void registrar_configure(struct registrar *registrar, const struct registrar_config *config,
	const struct domains *domains)
{
	registrar->config = *config;
	registrar->at.domains = domains;
}

void registrar_start(struct registrar *registrar)
{
	worker_lane_arm(registrar->at.worker, &registrar->lane, &registrar->tick);
}

void registration_init(struct registration *reg, struct registrar *r,
	const struct pv_message *request, const struct path *from)
{
	*reg = (struct registration){.registrar = r,
		.request = request,
		.from = from,
		.now_ms = clock_now_ms(r->at.worker->clock)};
	pv_writer_init(&reg->scratch, r->scratch, sizeof(r->scratch));
}

/* One line in the log for each that is refused; challenges are everyday. */
static void log_refused(const struct pv_message *request, const struct path *from, unsigned status,
	const char *phrase)
{
	char to[128], call_id[96], source[NET_ADDRESS_TEXT];
	struct pv_writer w;
	if (!log_is_enabled(LOG_LEVEL_INFO))
		return;
	pv_writer_init(&w, source, sizeof(source));
	net_address_write(&from->peer, &w);
	log_write(LOG_LEVEL_INFO, "register_refused",
		"status=%u reason=\"%s\" to=%s source=%.*s call_id=%s", status,
		phrase ? phrase : pv_reason_phrase(status),
		log_quote(to, sizeof(to), request->to.uri), PV_SPAN_PRINT(pv_writer_span(&w)),
		log_quote(call_id, sizeof(call_id), request->call_id));
}

/* §8.2.7: a challenge keeps no state. */
static void challenge(
	struct registrar *r, const struct pv_message *request, const struct path *from, bool stale)
{
	char tag[TRANSACTION_TAG];
	struct transaction_via_text fixup;
	struct pv_response response = {.status = 401};
	struct path to;
	struct pv_writer w;
	response.to_tag = transaction_local_tag(r->at.transactions, request, tag);
	transaction_via_fixup(request, from, &fixup, &response.received, &response.rport);
	transaction_response_path(request, from, &to);
	pv_writer_init(&w, r->answer, sizeof(r->answer));
	pv_build_response(&w, request, &response);
	auth_challenge_write(
		r->at.auth, AUTH_REGISTRAR, stale, clock_now_ms(r->at.worker->clock), &w);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	metrics_add(METRIC_registrar_challenged, 1);
	if (!w.overflow)
		net_send_copy(r->at.net, &to, pv_writer_span(&w));
}

static bool check_credentials(
	struct registrar *r, const struct pv_message *request, const struct path *from)
{
	enum auth_result result = auth_check(r->at.auth, request, AUTH_REGISTRAR, &from->peer,
		clock_now_ms(r->at.worker->clock), NULL);
	if (result == AUTH_OK)
		return true;
	struct auth_answer answer = auth_answer(result, AUTH_REGISTRAR);
	if (answer.status == 401) {
		challenge(r, request, from, result == AUTH_CHALLENGE_STALE);
		return false;
	}
	metrics_add(METRIC_registrar_refused, 1);
	log_refused(request, from, answer.status, answer.phrase);
	transaction_refuse(r->at.transactions, request, from, answer.status,
		pv_span_of(answer.phrase), answer.status == 503 ? r->config.retry_after_s : 0);
	return false;
}

bool registrar_will_challenge(const struct registrar *registrar, struct pv_span message)
{
	static const char credentials[] = "uthorization:";
	return registrar->config.challenge &&
	       !memmem(message.at, message.length, credentials, sizeof(credentials) - 1);
}

/* §8.2.2.2: the same request came by another way as well, and is being or was just answered there.
 * Asked before credentials, whose nonce-count is used up by now. */
static bool refuse_merged(
	struct registrar *r, const struct pv_message *request, const struct path *from)
{
	if (!transaction_is_merged(r->at.transactions, request))
		return false;
	metrics_add(METRIC_registrar_refused, 1);
	log_refused(request, from, 482, NULL);
	transaction_refuse(r->at.transactions, request, from, 482, PV_SPAN(""), 0);
	return true;
}

bool registrar_precheck(
	struct registrar *registrar, const struct pv_message *request, const struct path *from)
{
	struct registration reg;
	if (refuse_merged(registrar, request, from))
		return false;
	if (!registrar->config.challenge)
		return true;
	/* step 2 comes before step 3: what we do not understand is refused unasked, by
	 * registrar_request */
	registration_init(&reg, registrar, request, from);
	if (registration_require(&reg).status)
		return true;
	return check_credentials(registrar, request, from);
}

/* No room to keep the answer: it goes out once, and nobody would end the transaction later. */
static void respond_without_buffer(
	struct registration *reg, struct transaction *server, struct pv_span text)
{
	struct registrar *r = reg->registrar;
	struct path to;
	metrics_add(METRIC_registrar_answers_lost, 1);
	transaction_response_path(reg->request, reg->from, &to);
	if (text.length)
		net_send_copy(r->at.net, &to, text);
	else
		transaction_refuse(r->at.transactions, reg->request, reg->from, 500,
			PV_SPAN("Answer Too Long"), 0);
	transaction_abandon(r->at.transactions, server);
}

/* The answer in a buffer of its own; NULL when there is no room. ret_text: the answer all the same,
 * empty when it is too long. */
static struct buffer *answer(
	struct registration *reg, const struct verdict *verdict, struct pv_span *ret_text)
{
	struct pv_span text = *ret_text = registration_answer(reg, verdict);
	struct buffer *bytes =
		text.length ? buffer_take(&reg->registrar->at.worker->buffers, text.length) : NULL;
	if (bytes) {
		memcpy(bytes->bytes, text.at, text.length);
		bytes->length = (uint32_t)text.length;
	}
	return bytes;
}

static void respond(
	struct registration *reg, struct transaction *server, const struct verdict *verdict)
{
	struct registrar *r = reg->registrar;
	struct pv_span text;
	struct buffer *bytes = answer(reg, verdict, &text);
	if (!bytes) {
		respond_without_buffer(reg, server, text);
		return;
	}
	/* A success can be made again from what is bound, so nothing of it is kept for the 32 s in
	 * which it may be asked for: a storm of registrations must not fill memory. */
	if (verdict->status == 200)
		transaction_respond_unkept(r->at.transactions, server, bytes);
	else
		transaction_respond(r->at.transactions, server, bytes, verdict->status);
	buffer_unref(&r->at.worker->buffers, bytes);
}

static void log_accepted(const struct registration *reg, const struct pv_message *request)
{
	char aor[160], call_id[160];
	log_event(LOG_LEVEL_DEBUG, "registered", "aor=%s contacts=%u call_id=%s",
		log_quote(aor, sizeof(aor), reg->aor), reg->count,
		log_quote(call_id, sizeof(call_id), request->call_id));
}

bool registrar_request(struct registrar *registrar, struct transaction *server,
	const struct pv_message *request, const struct path *from)
{
	struct registration reg;
	registration_init(&reg, registrar, request, from);
	struct verdict verdict = registration_run(&reg);
	metrics_add(
		verdict.status == 200 ? METRIC_registrar_accepted : METRIC_registrar_refused, 1);
	if (verdict.status != 200)
		log_refused(request, from, verdict.status, verdict.phrase);
	else if (reg.count || reg.remove_all)
		log_accepted(&reg, request);
	respond(&reg, server, &verdict);
	return verdict.status == 200;
}

void registrar_again(struct registrar *registrar, struct transaction *server,
	const struct pv_message *request, const struct path *from)
{
	struct registration reg;
	struct pv_span text;
	registration_init(&reg, registrar, request, from);
	struct verdict verdict = registration_read(&reg);
	struct buffer *bytes = answer(&reg, &verdict, &text);
	if (!bytes) {
		metrics_add(METRIC_registrar_answers_lost, 1); /* the client asks once more */
		return;
	}
	transaction_respond_unkept(registrar->at.transactions, server, bytes);
	buffer_unref(&registrar->at.worker->buffers, bytes);
}

void registrar_flow_gone(struct registrar *registrar, uint64_t flow)
{
	unsigned touched = registry_flow_gone(registrar->at.registry, flow);
	if (touched)
		metrics_add(METRIC_registrar_flows_lost, touched);
}
