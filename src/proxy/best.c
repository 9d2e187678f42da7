/* SPDX-License-Identifier: Apache-2.0 */
/* best.c — the best of the final responses, and the challenges of all of them (RFC 3261 §16.7 items
 * 6 to 8). */
#include "proxy/private.h"

#include <errno.h>

#define CHALLENGES_ROOM 4000

/* Lower is better. 6xx wins, then the lowest class; within 4xx what lets the caller mend the
 * request comes first, and what only says that somebody did not answer comes last. */
static unsigned rank(unsigned status)
{
	static const struct {
		uint16_t status;
		uint16_t rank;
	} exceptions[] = {
		{401, 400},
		{407, 400},
		{415, 401},
		{420, 401},
		{484, 401}, /* §16.7 item 6 */
		{480, 450},
		{487, 451},
		{408, 452},
		{430, 453},
		{503, 599},
	};
	if (status >= 600)
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(exceptions); i++)
		if (exceptions[i].status == status)
			return exceptions[i].rank;
	return status / 100 * 100 + 10;
}

struct buffer *proxy_strip_via(struct proxy *proxy, const struct fork *fork,
	const struct pv_message *response, const struct call_media_result *media)
{
	struct buffer_pool *pool = &proxy->at.worker->buffers;
	char content_length[CONTENT_LENGTH_LINE];
	struct dialog_tokens tokens;
	struct patch patch;
	struct pv_writer w;
	patch_init(&patch, response);
	proxy_remove_asserted(&patch);
	patch_remove_top_via(&patch);
	dialog_token_turn(proxy, fork, response, &patch, &tokens);
	if (media && media->verdict == CALL_MEDIA_CHANGED)
		call_media_patch(media, &patch, content_length);
	else
		proxy_add_content_length(&patch, content_length);
	struct buffer *bytes = buffer_take(pool, patch_length(&patch));
	if (!bytes) {
		metrics_add(METRIC_proxy_replies_lost, 1);
		return NULL;
	}
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	if (patch_write(&patch, &w) < 0) {
		buffer_unref(pool, bytes);
		return NULL;
	}
	bytes->length = (uint32_t)pv_writer_length(&w);
	return bytes;
}

static bool is_challenge(unsigned status)
{
	return status == 401 || status == 407;
}

static void collect_lines(
	struct buffer *into, const struct pv_message *response, enum pv_header header)
{
	for (uint16_t i = response->first[header]; i != PV_NO_FIELD; i = response->fields[i].next) {
		const struct pv_field *field = &response->fields[i];
		size_t length = (size_t)(field->line_end - field->line);
		if (into->length + length > buffer_capacity(into))
			return;
		memcpy(into->bytes + into->length, response->bytes + field->line, length);
		into->length += (uint32_t)length;
	}
}

/* §16.7 item 7: the challenges of all branches go up together. */
static void collect_challenges(
	struct proxy *proxy, struct fork *fork, const struct pv_message *response)
{
	if (!fork->challenges)
		fork->challenges = buffer_take(&proxy->at.worker->buffers, CHALLENGES_ROOM);
	if (!fork->challenges)
		return;
	collect_lines(fork->challenges, response, PV_HEADER_WWW_AUTHENTICATE);
	collect_lines(fork->challenges, response, PV_HEADER_PROXY_AUTHENTICATE);
}

void fork_collect(
	struct proxy *proxy, struct fork *fork, unsigned status, const struct pv_message *response)
{
	if (fork->final_sent)
		return;
	if (response && is_challenge(status))
		collect_challenges(proxy, fork, response);
	if (fork->best_status && rank(fork->best_status) <= rank(status))
		return;
	buffer_unref(&proxy->at.worker->buffers, fork->best);
	/* of an application's request there is no Via but ours, and a message needs one */
	fork->best = !response        ? NULL
		     : fork->has_user ? proxy_copy(proxy, response)
				      : proxy_strip_via(proxy, fork, response, NULL);
	fork->best_status = (uint16_t)status;
}

/* The chosen 401 or 407 with everybody's challenges in place of its own. */
static struct buffer *with_all_challenges(struct proxy *proxy, struct fork *fork)
{
	struct buffer_pool *pool = &proxy->at.worker->buffers;
	struct pv_message *m = &proxy->scratch;
	struct patch patch;
	struct pv_writer w;
	if (pv_message_parse(m, fork->best->bytes, fork->best->length, true) <= 0)
		return NULL;
	patch_init(&patch, m);
	patch_insert(&patch, m->head_end,
		(struct pv_span){fork->challenges->bytes, fork->challenges->length});
	patch_remove_header(&patch, PV_HEADER_WWW_AUTHENTICATE);
	patch_remove_header(&patch, PV_HEADER_PROXY_AUTHENTICATE);
	struct buffer *bytes = buffer_take(pool, patch_length(&patch));
	if (!bytes)
		return NULL;
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	if (patch_write(&patch, &w) < 0) {
		buffer_unref(pool, bytes);
		return NULL;
	}
	bytes->length = (uint32_t)pv_writer_length(&w);
	return bytes;
}

static void merge_challenges(struct proxy *proxy, struct fork *fork)
{
	if (!fork->best || !fork->challenges || !is_challenge(fork->best_status))
		return;
	struct buffer *merged = with_all_challenges(proxy, fork);
	if (!merged)
		return;
	buffer_unref(&proxy->at.worker->buffers, fork->best);
	fork->best = merged;
}

/* What the caller is told instead of what we would say ourselves. */
static unsigned outward_status(const struct fork *fork)
{
	unsigned status = fork->best_status;
	if (fork->cancelled && status == 408)
		return 487; /* the caller gave up, the phone never answered the CANCEL */
	if (status == 503 && fork->refusal.status != 503)
		return 500; /* §16.7 item 6: one phone's trouble is not the caller's whole world */
	if (status == 430)
		return 480; /* RFC 5626 §5.3.1: flows are between us and the phone */
	return status;
}

#define REFUSAL_TEXT 200

/* Warning and Retry-After, where our own refusal is what the caller gets. */
static struct pv_span refusal_lines(
	struct proxy *proxy, const struct fork *fork, unsigned status, char text[REFUSAL_TEXT])
{
	struct pv_writer w;
	struct pv_span agent;
	struct path back = fork->from;
	const struct call_media_result result = {.status = fork->refusal.status,
		.retry_after = fork->refusal.retry_after,
		.sdp_verdict = fork->refusal.sdp_verdict};
	pv_writer_init(&w, text, REFUSAL_TEXT);
	if (status != fork->refusal.status || net_local(proxy->at.net, &back, &agent) < 0)
		return PV_SPAN("");
	call_media_refusal_write(&result, agent, &w);
	return w.overflow ? PV_SPAN("") : pv_writer_span(&w);
}

static void send_own(
	struct proxy *proxy, struct fork *fork, struct transaction *server, unsigned status)
{
	char text[REFUSAL_TEXT];
	if (pv_message_parse(&proxy->scratch, fork->request->bytes, fork->request->length, true) >
		0)
		proxy_reply(proxy, server, &proxy->scratch, &fork->from, status, PV_SPAN(""),
			refusal_lines(proxy, fork, status, text));
}

/* What the application's caller is to hear. The fork may be gone afterwards. */
static void tell_failure(struct proxy *proxy, struct fork *fork, unsigned status)
{
	struct pv_message *m = &proxy->scratch;
	bool told = fork->best && status == fork->best_status &&
		    pv_message_parse(m, fork->best->bytes, fork->best->length, true) > 0;
	proxy->user->failure(proxy->user->context, fork->word, status, told ? m : NULL);
}

void fork_send_best(struct proxy *proxy, struct fork *fork)
{
	struct transaction *server = transaction_get(proxy->at.transactions, fork->server);
	unsigned status = fork->best_status ? outward_status(fork) : 487;
	fork->final_sent = true;
	proxy_call_over(proxy, fork, fork->cancelled ? CALL_CANCELLED : CALL_FAILED, status);
	if (!server)
		return;
	merge_challenges(proxy, fork);
	if (fork->has_user)
		tell_failure(proxy, fork, status);
	else if (fork->best && status == fork->best_status)
		transaction_respond(proxy->at.transactions, server, fork->best, status);
	else
		send_own(proxy, fork, server, status);
}
