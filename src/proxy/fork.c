/* SPDX-License-Identifier: Apache-2.0 */
/* fork.c — the response context of a request and its branches: who rings when, and when it is over.
 */
#include "proxy/private.h"

#include "base/log.h"

static size_t store_size(const struct incoming *incoming)
{
	size_t size =
		sizeof(struct fork_store) + incoming->target_count * sizeof(struct fork_branch);
	for (unsigned i = 0; i < incoming->target_count; i++)
		size += incoming->targets[i].uri.length + incoming->targets[i].routes.length;
	return size + incoming->message->from_tag.length + incoming->message->to_tag.length;
}

static struct pv_ref store_text(struct buffer *store, struct pv_span text)
{
	struct pv_ref ref = {(uint16_t)store->length, (uint16_t)text.length};
	if (text.length)
		memcpy(store->bytes + store->length, text.at, text.length);
	store->length += (uint32_t)text.length;
	return ref;
}

static void store_target(struct buffer *bytes, unsigned index, const struct target *target)
{
	struct pv_ref uri = store_text(bytes, target->uri);
	struct pv_ref routes = store_text(bytes, target->routes);
	((struct fork_store *)bytes->bytes)->branches[index] = (struct fork_branch){
		.path = target->path,
		.uri = uri,
		.routes = routes,
		.q = target->q,
		.after = target->after,
		.has_path = target->has_path,
		.pin = target->pin,
		.behind_nat = target->behind_nat,
		.state = BRANCH_WAITING,
	};
}

static void store_targets(struct buffer *bytes, const struct incoming *incoming)
{
	struct fork_store *store = (struct fork_store *)bytes->bytes;
	store->count = incoming->target_count;
	bytes->length = (uint32_t)(sizeof(*store) + store->count * sizeof(store->branches[0]));
	for (unsigned i = 0; i < store->count; i++)
		store_target(bytes, i, &incoming->targets[i]);
}

struct buffer *proxy_copy(struct proxy *proxy, const struct pv_message *message)
{
	struct buffer *bytes = buffer_take(&proxy->at.worker->buffers, message->length);
	if (!bytes)
		return NULL;
	memcpy(bytes->bytes, message->bytes, message->length);
	bytes->length = message->length;
	return bytes;
}

struct fork *fork_new(
	struct proxy *proxy, const struct incoming *incoming, struct transaction *server)
{
	struct buffer_pool *pool = &proxy->at.worker->buffers;
	size_t size = store_size(incoming);
	struct buffer *store = size <= UINT16_MAX ? buffer_take(pool, size) : NULL;
	struct buffer *request = proxy_copy(proxy, incoming->message);
	struct fork *fork = store && request ? slab_take(&proxy->forks) : NULL;
	if (!fork) {
		buffer_unref(pool, store);
		buffer_unref(pool, request);
		return NULL;
	}
	store_targets(store, incoming);
	*fork = (struct fork){
		.server = transaction_handle(proxy->at.transactions, server),
		.request = request,
		.store = store,
		.from = *incoming->from,
		.method = (uint8_t)incoming->message->method,
		.is_local = incoming->identity.length,
	};
	const struct pv_message *m = incoming->message;
	fork->to_tag = store_text(store, m->to_tag);
	fork->from_tag = store_text(store, m->from_tag);
	transaction_set_user_word(server, slab_handle(&proxy->forks, fork), NO_BRANCH);
	return fork;
}

/* The texts lie behind the branches: they move, and what refers to them with them. */
static void move_texts(struct fork *fork, struct buffer *to, unsigned more)
{
	const struct buffer *from = fork->store;
	size_t head =
		sizeof(struct fork_store) + fork_store(fork)->count * sizeof(struct fork_branch);
	size_t shift = more * sizeof(struct fork_branch);
	memcpy(to->bytes, from->bytes, head);
	memcpy(to->bytes + head + shift, from->bytes + head, from->length - head);
	to->length = (uint32_t)(from->length + shift);
	struct fork_store *store = (struct fork_store *)to->bytes;
	for (unsigned i = 0; i < store->count; i++) {
		store->branches[i].uri.at += (uint16_t)shift;
		store->branches[i].routes.at += (uint16_t)shift;
	}
	fork->from_tag.at += (uint16_t)shift;
	fork->to_tag.at += (uint16_t)shift;
}

bool fork_add_targets(struct proxy *proxy, struct fork *fork, const struct incoming *incoming)
{
	struct buffer_pool *pool = &proxy->at.worker->buffers;
	unsigned first = fork_store(fork)->count, more = incoming->target_count;
	size_t size = fork->store->length + more * sizeof(struct fork_branch);
	for (unsigned i = 0; i < more; i++)
		size += incoming->targets[i].uri.length + incoming->targets[i].routes.length;
	struct buffer *store = size <= UINT16_MAX ? buffer_take(pool, size) : NULL;
	if (!store)
		return false;
	move_texts(fork, store, more);
	((struct fork_store *)store->bytes)->count += more;
	for (unsigned i = 0; i < more; i++)
		store_target(store, first + i, &incoming->targets[i]);
	buffer_unref(pool, fork->store);
	fork->store = store;
	return true;
}

void fork_free(struct proxy *proxy, struct fork *fork)
{
	struct buffer_pool *pool = &proxy->at.worker->buffers;
	for (unsigned i = 0; i < fork_store(fork)->count; i++)
		branch_resolve_give(proxy, fork_branch(fork, i)->resolving);
	buffer_unref(pool, fork->request);
	buffer_unref(pool, fork->store);
	buffer_unref(pool, fork->best);
	buffer_unref(pool, fork->challenges);
	user_calls_give(proxy->at.user_calls, fork->user_place);
	bool has_user = fork->has_user;
	uint64_t word = fork->word;
	proxy_call_over(proxy, fork, CALL_FAILED, fork->best_status);
	slab_give(&proxy->forks, fork);
	if (has_user)
		proxy->user->gone(proxy->user->context, word);
}

struct fork *fork_get(struct proxy *proxy, uint64_t handle)
{
	return slab_get(&proxy->forks, handle);
}

/* The highest q among the branches that may start, or -1. */
static int next_q(const struct fork *fork)
{
	int best = -1;
	for (unsigned i = 0; i < fork_store(fork)->count; i++) {
		const struct fork_branch *b = fork_branch(fork, i);
		if (b->state == BRANCH_WAITING && !b->after && b->q > best)
			best = b->q;
	}
	return best;
}

static void start(struct proxy *proxy, struct fork *fork, unsigned index, struct incoming *incoming)
{
	if (incoming)
		branch_start(proxy, fork, index, incoming);
	else
		branch_start_again(proxy, fork, index);
}

bool fork_start_next(struct proxy *proxy, struct fork *fork, struct incoming *incoming)
{
	int q = next_q(fork);
	if (q < 0)
		return false;
	/* marked first: a branch that fails at once must not be taken for one that waits */
	uint64_t group = 0;
	for (unsigned i = 0; i < fork_store(fork)->count; i++) {
		struct fork_branch *b = fork_branch(fork, i);
		if (b->state == BRANCH_WAITING && !b->after && b->q == q) {
			b->state = BRANCH_TRYING;
			fork->live++;
			group |= (uint64_t)1 << i;
		}
	}
	uint64_t handle = slab_handle(&proxy->forks, fork);
	for (unsigned i = 0; group; i++, group >>= 1)
		if ((group & 1) && fork_get(proxy, handle))
			start(proxy, fork, i, incoming);
	return true;
}

/* RFC 5626 §5.3.1: only a flow that is gone makes the next flow of the instance worth a try. */
static bool flow_failed(unsigned status)
{
	return status == 430 || status == 408 || status == 503;
}

/* The next flow of the same instance starts when this one is gone, and is forgotten otherwise. */
static void follow_flow(struct proxy *proxy, struct fork *fork, unsigned index, unsigned status)
{
	for (unsigned i = 0; i < fork_store(fork)->count; i++) {
		struct fork_branch *b = fork_branch(fork, i);
		if (b->state != BRANCH_WAITING || b->after != index + 1)
			continue;
		if (flow_failed(status) && !fork->cancelled && !fork->final_sent) {
			b->state = BRANCH_TRYING;
			fork->live++;
			branch_start_again(proxy, fork, i);
			return;
		}
		b->state = BRANCH_FINISHED;
		index = i;
	}
}

void fork_settle(struct proxy *proxy, struct fork *fork)
{
	if (!fork->live && fork->final_sent)
		fork_free(proxy, fork);
}

#define ELSEWHERE PV_SPAN("SIP;cause=200;text=\"Call completed elsewhere\"")

/* An application's own success: what becomes of it is for the application to say. May free the
 * fork. */
static enum fork_success tell_success(
	struct proxy *proxy, struct fork *fork, unsigned index, const struct pv_message *response)
{
	struct fork_branch *branch = fork_branch(fork, index);
	struct transaction *client = transaction_get(proxy->at.transactions, branch->client);
	return client ? proxy->user->success(proxy->user->context, fork->word, client, response)
		      : FORK_AGAIN;
}

/* Its application has answered the caller. */
static void end_others(struct proxy *proxy, struct fork *fork, unsigned index)
{
	fork_branch(fork, index)->state = BRANCH_FINISHED;
	fork->live--;
	fork->final_sent = true;
	fork_cancel(proxy, fork, ELSEWHERE);
	fork_settle(proxy, fork);
}

/* 2xx is passed on at once and ends the others (§16.7 items 5 and 10). */
static void pass_success(
	struct proxy *proxy, struct fork *fork, unsigned status, struct buffer *bytes)
{
	struct transaction *server = transaction_get(proxy->at.transactions, fork->server);
	/* said first: over a stream the server transaction may end while it responds */
	fork->final_sent = true;
	if (server)
		transaction_respond(proxy->at.transactions, server, bytes, status);
	buffer_unref(&proxy->at.worker->buffers, bytes);
	fork_cancel(proxy, fork, ELSEWHERE);
}

static void hang_up(
	struct proxy *proxy, struct fork *fork, unsigned index, const struct pv_message *response)
{
	struct transaction *client =
		transaction_get(proxy->at.transactions, fork_branch(fork, index)->client);
	if (client && fork->method == PV_METHOD_INVITE)
		proxy_hang_up(proxy, client, response);
}

static bool is_followed(
	struct proxy *proxy, struct fork *fork, unsigned status, const struct pv_message *response)
{
	return proxy->config.follows_redirects && response && status / 100 == 3 &&
	       fork->method == PV_METHOD_INVITE && !fork->cancelled && !fork->final_sent &&
	       fork_redirect(proxy, fork, response);
}

void fork_branch_done(struct proxy *proxy, struct fork *fork, unsigned index, unsigned status,
	const struct pv_message *response)
{
	struct fork_branch *branch = fork_branch(fork, index);
	uint64_t handle = slab_handle(&proxy->forks, fork);
	struct buffer *success = NULL;
	bool is_unwanted = branch->is_left;
	if (response && status < 300 && fork->has_user) {
		enum fork_success told = tell_success(proxy, fork, index, response);
		fork = fork_get(proxy, handle);
		if (fork && told == FORK_TAKEN)
			end_others(proxy, fork, index);
		if (!fork || told != FORK_UNWANTED)
			return;
		branch = fork_branch(fork, index);
		is_unwanted = true;
	}
	if (is_unwanted) {
		status = 487;
		response = NULL;
	}
	if (response && status < 300) {
		struct call_media_result media;
		bool good = proxy_call_response(proxy, fork, index, response, &media);
		success = good ? proxy_strip_via(proxy, fork, response, &media) : NULL;
		/* no room: an INVITE's comes again until it is acknowledged (§13.3.1.4) */
		if (good && !success && fork->method == PV_METHOD_INVITE)
			return;
		if (!good)
			hang_up(proxy, fork, index, response);
		if (!success) {
			status = good ? 500 : fork->refusal.status;
			response = NULL;
		}
	}
	branch->state = BRANCH_FINISHED;
	branch->status = (uint16_t)status;
	fork->live--;
	if (success) {
		pass_success(proxy, fork, status, success);
	} else {
		proxy_call_branch_over(proxy, fork, branch);
		if (status >= 600)
			fork_cancel(proxy, fork, PV_SPAN(""));
		if (!is_followed(proxy, fork, status, response))
			fork_collect(proxy, fork, status, response);
		follow_flow(proxy, fork, index, status);
		if (!fork_get(proxy, handle))
			return;
		if (!fork->live && !fork->cancelled && !fork->final_sent &&
			fork_start_next(proxy, fork, NULL))
			return;
		if (!fork->live && !fork->final_sent)
			fork_send_best(proxy, fork);
	}
	fork_settle(proxy, fork);
}

void fork_cancel(struct proxy *proxy, struct fork *fork, struct pv_span reason)
{
	fork->cancelled = true;
	for (unsigned i = 0; i < fork_store(fork)->count; i++) {
		struct fork_branch *b = fork_branch(fork, i);
		struct transaction *client;
		switch ((enum branch_state)b->state) {
		case BRANCH_RESOLVING:
			branch_resolve_give(proxy, b->resolving);
			b->resolving = 0;
			fork->live--;
			b->state = BRANCH_FINISHED;
			break;
		case BRANCH_WAITING:
			b->state = BRANCH_FINISHED;
			break;
		case BRANCH_TRYING:
			client = transaction_get(proxy->at.transactions, b->client);
			if (client && !b->cancelled && fork->method == PV_METHOD_INVITE)
				transaction_cancel(proxy->at.transactions, client, reason);
			b->cancelled = true;
			break;
		case BRANCH_FINISHED:
			break;
		}
	}
}
