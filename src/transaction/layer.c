/* SPDX-License-Identifier: Apache-2.0 */
/* layer.c — one worker's transactions: their slab, their life, their small fields. */
#include "transaction/layer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/metrics.h"

static void fire(struct transaction_layer *layer, struct transaction *t, enum timer_place place)
{
	unsigned timer = layer->timer_at[t->machine][t->state][place];
	if (timer < TIMER_COUNT)
		machine_event(layer, t, (enum transaction_event)timer);
}

static void fire_resend(void *context, struct lane_node *node, uint64_t now_ms)
{
	fire(context, container_of(node, struct transaction, timers[PLACE_RESEND]), PLACE_RESEND);
}

static void fire_life(void *context, struct lane_node *node, uint64_t now_ms)
{
	fire(context, container_of(node, struct transaction, timers[PLACE_LIFE]), PLACE_LIFE);
}

/* A user may leave out what it does not care for. */
static bool admit_all(void *context, const struct pv_message *request, const struct path *from)
{
	return true;
}

static void no_request(
	void *context, struct transaction *t, const struct pv_message *m, const struct path *from)
{
}
static void no_message(void *context, const struct pv_message *m, const struct path *from) {}
static void no_response(void *context, struct transaction *t, const struct pv_message *m) {}
static void no_event(void *context, struct transaction *t) {}
static void no_error(void *context, struct transaction *t, int error) {}

void transaction_layer_set_user(
	struct transaction_layer *layer, const struct transaction_user *user)
{
	struct transaction_user *to = &layer->user;
	*to = *user;
	to->admit = user->admit ? user->admit : admit_all;
	to->request = user->request ? user->request : no_request;
	to->again = user->again ? user->again : no_request;
	to->ack = user->ack ? user->ack : no_message;
	to->cancel = user->cancel ? user->cancel : no_response;
	to->response = user->response ? user->response : no_response;
	to->stateless_response = user->stateless_response ? user->stateless_response : no_message;
	to->timeout = user->timeout ? user->timeout : no_event;
	to->timer_c = user->timer_c ? user->timer_c : no_event;
	to->transport_error = user->transport_error ? user->transport_error : no_error;
	to->terminated = user->terminated ? user->terminated : no_event;
}

static void init_timers(struct transaction_layer *layer)
{
	static void (*const fire_at[PLACE_COUNT])(void *, struct lane_node *, uint64_t) = {
		[PLACE_RESEND] = fire_resend, [PLACE_LIFE] = fire_life};
	timers_init(&layer->timers, layer->worker, &layer->config, fire_at, layer);
	for (unsigned kind = 0; kind < MACHINE_COUNT; kind++)
		for (unsigned state = 0; state < STATE_COUNT; state++)
			for (unsigned place = 0; place < PLACE_COUNT; place++)
				layer->timer_at[kind][state][place] =
					(uint8_t)machine_timer(kind, state, place);
}

int transaction_layer_new(struct transaction_layer **ret, struct worker *worker, struct net *net,
	const struct transaction_config *config, const struct siphash_key *branch_key)
{
	unsigned workers = worker->group && worker->group->count ? worker->group->count : 1;
	uint32_t capacity = MIN((config->transactions + workers - 1) / workers, SLOTS_MAX);
	struct transaction_layer *layer = calloc(1, sizeof(*layer));
	if (!layer)
		return -ENOMEM;
	layer->worker = worker;
	layer->net = net;
	layer->config = *config;
	layer->branch_key = *branch_key;
	layer->reserve = capacity / 8;
	int error = slab_init(&layer->slab, "transactions", sizeof(struct transaction), capacity);
	if (!error)
		error = siphash_key_random(&layer->table_key);
	if (!error)
		error = siphash_key_random(&layer->tag_key);
	if (!error)
		error = transaction_match_init(layer);
	if (error) {
		transaction_layer_free(layer);
		return error;
	}
	transaction_layer_set_user(layer, &(struct transaction_user){0});
	init_timers(layer);
	*ret = layer;
	return 0;
}

void transaction_layer_free(struct transaction_layer *layer)
{
	if (!layer)
		return;
	for (uint32_t i = 0; i < layer->slab.touched; i++) {
		struct transaction *t = slab_at(&layer->slab, i);
		if (slab_is_taken(t))
			layer_release(layer, t);
	}
	transaction_match_done(layer);
	slab_done(&layer->slab);
	free(layer);
}

static void add(_Atomic uint32_t *value, int32_t change)
{
	uint32_t now = atomic_load_explicit(value, memory_order_relaxed);
	atomic_store_explicit(value, now + (uint32_t)change, memory_order_relaxed);
}

static void count(_Atomic uint64_t *value)
{
	atomic_store_explicit(
		value, atomic_load_explicit(value, memory_order_relaxed) + 1, memory_order_relaxed);
}

static void publish_use(struct transaction_layer *layer)
{
	atomic_store_explicit(&layer->in_use, layer->slab.used, memory_order_relaxed);
	atomic_store_explicit(&layer->peak, layer->slab.peak, memory_order_relaxed);
}

struct transaction *layer_take(
	struct transaction_layer *layer, enum pv_method method, bool server, uint32_t reserve)
{
	struct transaction *t = NULL;
	if (layer->slab.used + reserve < layer->slab.capacity)
		t = slab_take(&layer->slab);
	if (!t) {
		count(&layer->refused);
		metrics_add(METRIC_transaction_refused, 1);
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	t->machine = server ? (method == PV_METHOD_INVITE ? MACHINE_IST : MACHINE_NIST)
			    : (method == PV_METHOD_INVITE ? MACHINE_ICT : MACHINE_NICT);
	t->method = (uint8_t)method;
	if (!server)
		t->cancel = NO_SLOT;
	count(&layer->handled);
	publish_use(layer);
	return t;
}

void layer_release(struct transaction_layer *layer, struct transaction *t)
{
	layer_set_state(layer, t, STATE_TERMINATED);
	for (unsigned place = 0; place < PLACE_COUNT; place++)
		lane_cancel(&t->timers[place]);
	buffer_unref(&layer->worker->buffers, t->bytes);
	t->bytes = NULL;
	if (transaction_is_server(t))
		transaction_match_remove(layer, t);
	else
		cancel_unlink(layer, t);
	slab_give(&layer->slab, t);
	publish_use(layer);
}

/* Without a final response, in any of the four machines. */
static bool is_pending(unsigned state)
{
	return state == STATE_CALLING || state == STATE_TRYING || state == STATE_PROCEEDING ||
	       state == STATE_CANCELLING;
}

void layer_set_state(
	struct transaction_layer *layer, struct transaction *t, enum transaction_state next)
{
	int change = (int)is_pending(next) - (int)is_pending(t->state);
	if (change)
		add(&layer->pending, change);
	t->state = (uint8_t)next;
}

void transaction_counts(const struct transaction_layer *layer, struct transaction_counts *ret)
{
	*ret = (struct transaction_counts){
		.in_use = atomic_load_explicit(&layer->in_use, memory_order_relaxed),
		.peak = atomic_load_explicit(&layer->peak, memory_order_relaxed),
		.handled = atomic_load_explicit(&layer->handled, memory_order_relaxed),
		.refused = atomic_load_explicit(&layer->refused, memory_order_relaxed),
	};
}

uint32_t transaction_pending(const struct transaction_layer *layer)
{
	return atomic_load_explicit(&layer->pending, memory_order_relaxed);
}

uint64_t transaction_handle(const struct transaction_layer *layer, const struct transaction *t)
{
	return slab_handle(&layer->slab, t);
}

struct transaction *transaction_get(struct transaction_layer *layer, uint64_t handle)
{
	return slab_get(&layer->slab, handle);
}

enum pv_method transaction_method(const struct transaction *t)
{
	return t->method;
}

const struct path *transaction_path(const struct transaction *t)
{
	return &t->path;
}

uint64_t transaction_user_word(const struct transaction *t)
{
	return t->user_word;
}

void transaction_set_user_word(struct transaction *t, uint64_t word, uint8_t index)
{
	t->user_word = word;
	t->user_index = index;
}

uint8_t transaction_user_index(const struct transaction *t)
{
	return t->user_index;
}

uint64_t transaction_peer(const struct transaction *t)
{
	return transaction_is_server(t) ? 0 : t->peer;
}

void transaction_set_peer(struct transaction *t, uint64_t handle)
{
	assert(!transaction_is_server(t));
	t->peer = handle;
}
