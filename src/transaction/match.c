/* SPDX-License-Identifier: Apache-2.0 */
/* match.c — finds the server transaction of a request (RFC 3261 §17.2.3, §9.2, §8.2.2.2). */
#include <errno.h>
#include <sys/mman.h>

#include "transaction/layer.h"

/*
 * A chained hash table of 32-bit slots that grows a bucket at a time (linear hashing): memory
 * follows the transactions in use, and no insert ever waits for a rehash. The bucket is chosen by
 * what all messages of one transaction share (Call-ID, From tag, CSeq number), so one chain answers
 * all questions: retransmission, ACK, CANCEL, merged request. The key's text is not kept, its keyed
 * hash of 96 bits is: nobody outside can make two keys collide.
 */
#define BUCKETS_FIRST 64 /* a power of two */

int transaction_match_init(struct transaction_layer *layer)
{
	uint32_t most = MAX(layer->slab.capacity * 2, (uint32_t)BUCKETS_FIRST);
	layer->bucket_bytes = (size_t)most * sizeof(uint32_t);
	void *map = mmap(NULL, layer->bucket_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	layer->buckets = map;
	layer->bucket_count = BUCKETS_FIRST;
	layer->bucket_mask = BUCKETS_FIRST - 1;
	return 0;
}

void transaction_match_done(struct transaction_layer *layer)
{
	if (layer->buckets)
		munmap(layer->buckets, layer->bucket_bytes);
}

/* Separated by a byte that no header value holds, so that parts cannot shift into one another. */
static void add_part(struct pv_writer *w, struct pv_span part)
{
	pv_put(w, part);
	pv_put_char(w, '\0');
}

static void add_lower(struct pv_writer *w, struct pv_span part)
{
	for (size_t i = 0; i < part.length; i++)
		pv_put_char(w, (char)pv_lower((unsigned char)part.at[i]));
	pv_put_char(w, '\0');
}

static uint64_t hash_of(const struct transaction_layer *layer, const struct pv_writer *w)
{
	return siphash13(&layer->table_key, w->start, pv_writer_length(w));
}

/* A branch of RFC 3261, unique by itself; the cookie alone is not. */
static bool has_cookie(struct pv_span branch)
{
	return branch.length > 7 && pv_span_starts_with(branch, PV_SPAN("z9hG4bK"));
}

/*
 * The method is no part of the key: ACK and CANCEL look for another's (an unknown method has only
 * its name, which is). RFC 2543 clients: the To tag is left out as well, for an ACK carries the one
 * of the answer.
 */
void transaction_match_key_of(
	struct transaction_layer *layer, const struct pv_message *request, struct match_key *ret)
{
	struct pv_writer w;
	pv_writer_init(&w, layer->scratch, sizeof(layer->scratch));
	add_part(&w, request->call_id);
	add_part(&w, request->from_tag);
	pv_put_bytes(&w, &request->cseq, sizeof(request->cseq));
	ret->call = hash_of(layer, &w);

	const struct pv_via *via = &request->via;
	pv_writer_init(&w, layer->scratch, sizeof(layer->scratch));
	if (has_cookie(via->branch)) {
		add_part(&w, via->branch);
		add_lower(&w, via->host);
		pv_put_bytes(&w, &via->port, sizeof(via->port));
	} else {
		add_part(&w, pv_message_span(request, request->request_uri));
		add_part(&w, via->whole);
	}
	if (request->method == PV_METHOD_OTHER)
		add_part(&w, pv_message_span(request, request->method_name));
	ret->via = (uint32_t)hash_of(layer, &w);
}

void transaction_match_key_again(
	struct transaction_layer *layer, const struct pv_message *request, struct match_key *ret)
{
	if (layer->keyed == request)
		*ret = layer->key;
	else
		transaction_match_key_of(layer, request, ret);
}

/* `bucket_mask` is the round's: bucket_count lies in (mask + 1) / 2 < count <= mask + 1, and what
 * would fall behind the last bucket is still with the one that it will be split from. */
static uint32_t *bucket_of(struct transaction_layer *layer, uint64_t call)
{
	uint32_t index = (uint32_t)call & layer->bucket_mask;
	if (index >= layer->bucket_count)
		index &= layer->bucket_mask >> 1;
	return &layer->buckets[index];
}

static struct transaction *at(struct transaction_layer *layer, uint32_t link)
{
	return link ? slab_at(&layer->slab, link - 1) : NULL;
}

/* One bucket more: the chain that it is split from is dealt out again between the two. */
static void grow(struct transaction_layer *layer)
{
	if (((size_t)layer->bucket_count + 1) * sizeof(uint32_t) > layer->bucket_bytes)
		return;
	if (layer->bucket_count > layer->bucket_mask)
		layer->bucket_mask = layer->bucket_mask * 2 + 1;
	uint32_t *old = &layer->buckets[layer->bucket_count & layer->bucket_mask >> 1];
	uint32_t link = *old;
	layer->bucket_count++;
	*old = 0;
	while (link) {
		struct transaction *t = at(layer, link);
		uint32_t *bucket = bucket_of(layer, t->call);
		uint32_t next = t->next;
		t->next = *bucket;
		*bucket = link;
		link = next;
	}
}

void transaction_match_insert(struct transaction_layer *layer, struct transaction *server)
{
	/* half full: the first look at a bucket is mostly the last, and each further one is a cache
	 * miss */
	for (unsigned i = 0; i < 2 && layer->slab.used * 2 > layer->bucket_count; i++)
		grow(layer);
	uint32_t *bucket = bucket_of(layer, server->call);
	server->next = *bucket;
	*bucket = slab_index(&layer->slab, server) + 1;
}

void transaction_match_remove(struct transaction_layer *layer, struct transaction *server)
{
	uint32_t own = slab_index(&layer->slab, server) + 1;
	uint32_t *link = bucket_of(layer, server->call);
	while (*link && *link != own)
		link = &at(layer, *link)->next;
	if (*link)
		*link = server->next;
}

struct transaction *transaction_match_find(
	struct transaction_layer *layer, const struct match_key *key, enum pv_method method)
{
	struct transaction *t = at(layer, *bucket_of(layer, key->call));
	while (t && !(t->call == key->call && t->via == key->via && t->method == method))
		t = at(layer, t->next);
	return t;
}

struct transaction *transaction_match_cancelled(
	struct transaction_layer *layer, const struct match_key *key)
{
	struct transaction *t = at(layer, *bucket_of(layer, key->call));
	while (t && !(t->call == key->call && t->via == key->via && t->method != PV_METHOD_CANCEL))
		t = at(layer, t->next);
	return t;
}

bool transaction_match_is_merged(
	struct transaction_layer *layer, const struct match_key *key, enum pv_method method)
{
	struct transaction *t = at(layer, *bucket_of(layer, key->call));
	while (t && !(t->call == key->call && t->via != key->via && t->method == method))
		t = at(layer, t->next);
	return t != NULL;
}
