/* SPDX-License-Identifier: Apache-2.0 */
/* match.c — finds the server transaction of a request (RFC 3261 §17.2.3, §9.2, §8.2.2.2). */
#include <errno.h>
#include <sys/mman.h>

#include "transaction/layer.h"

/*
 * A chained hash table that grows a bucket at a time (linear hashing): memory follows the
 * transactions in use, and no insert ever waits for a rehash. The bucket is chosen by what all
 * messages of one transaction share (Call-ID, From tag, CSeq number), so one chain answers all
 * questions: retransmission, ACK, CANCEL, merged request. The key's text is not kept, its keyed
 * hash of 96 bits is: nobody outside can make two keys collide.
 *
 * A bucket knows 31 bits of the hash of its first transaction, and whether more follow. Most
 * requests are new: that nobody waits for them, and where a lone transaction goes when its bucket
 * is split, is known without a look at the transaction, which would be a cache miss.
 */
#define BUCKETS_FIRST 64 /* a power of two */

int transaction_match_init(struct transaction_layer *layer)
{
	uint32_t most = MAX(layer->slab.capacity * 2, (uint32_t)BUCKETS_FIRST);
	layer->bucket_bytes = (size_t)most * sizeof(struct match_bucket);
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
	/* its answer is made again from what is bound to its To: nobody else's may match, nor be
	 * taken for the same that came another way */
	if (request->method == PV_METHOD_REGISTER)
		add_part(&w, request->to.uri);
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

#define FOLLOWED  (UINT32_C(1) << 31)
#define HASH_MASK (FOLLOWED - 1)

/* `bucket_mask` is the round's: bucket_count lies in (mask + 1) / 2 < count <= mask + 1, and what
 * would fall behind the last bucket is still with the one that it will be split from. `hash`: at
 * least the low 31 bits of a key's call. */
static struct match_bucket *bucket_of(struct transaction_layer *layer, uint32_t hash)
{
	uint32_t index = hash & layer->bucket_mask;
	if (index >= layer->bucket_count)
		index &= layer->bucket_mask >> 1;
	return &layer->buckets[index];
}

static struct transaction *at(struct transaction_layer *layer, uint32_t link)
{
	return link ? slab_at(&layer->slab, link - 1) : NULL;
}

static void push(struct match_bucket *bucket, struct transaction *t, uint32_t link)
{
	t->next = bucket->first;
	bucket->hash = ((uint32_t)t->call & HASH_MASK) | (bucket->first ? FOLLOWED : 0);
	bucket->first = link;
}

/* One bucket more: the chain that it is split from is dealt out again between the two. */
static void grow(struct transaction_layer *layer)
{
	if (((size_t)layer->bucket_count + 1) * sizeof(struct match_bucket) > layer->bucket_bytes)
		return;
	if (layer->bucket_count > layer->bucket_mask)
		layer->bucket_mask = layer->bucket_mask * 2 + 1;
	struct match_bucket *from = &layer->buckets[layer->bucket_count & layer->bucket_mask >> 1];
	struct match_bucket old = *from;
	layer->bucket_count++;
	*from = (struct match_bucket){0};
	if (old.first && !(old.hash & FOLLOWED)) {
		*bucket_of(layer, old.hash) = old;
		return;
	}
	while (old.first) {
		struct transaction *t = at(layer, old.first);
		uint32_t next = t->next;
		push(bucket_of(layer, (uint32_t)t->call), t, old.first);
		old.first = next;
	}
}

void transaction_match_insert(struct transaction_layer *layer, struct transaction *server)
{
	/* half full: the first look at a bucket is mostly the last */
	for (unsigned i = 0; i < 2 && layer->slab.used * 2 > layer->bucket_count; i++)
		grow(layer);
	push(bucket_of(layer, (uint32_t)server->call), server,
		slab_index(&layer->slab, server) + 1);
}

/* The first has changed, or the one behind it. */
static void describe(struct transaction_layer *layer, struct match_bucket *bucket)
{
	struct transaction *t = at(layer, bucket->first);
	bucket->hash = t ? ((uint32_t)t->call & HASH_MASK) | (t->next ? FOLLOWED : 0) : 0;
}

void transaction_match_remove(struct transaction_layer *layer, struct transaction *server)
{
	uint32_t own = slab_index(&layer->slab, server) + 1;
	struct match_bucket *bucket = bucket_of(layer, (uint32_t)server->call);
	uint32_t *link = &bucket->first;
	while (*link && *link != own)
		link = &at(layer, *link)->next;
	if (!*link)
		return;
	*link = server->next;
	describe(layer, bucket);
}

/* The chain in which a key's transactions can be; NULL when there are none. */
static struct transaction *chain_of(struct transaction_layer *layer, const struct match_key *key)
{
	const struct match_bucket *bucket = bucket_of(layer, (uint32_t)key->call);
	bool is_candidate =
		(bucket->hash & FOLLOWED) || bucket->hash == ((uint32_t)key->call & HASH_MASK);
	return is_candidate ? at(layer, bucket->first) : NULL;
}

struct transaction *transaction_match_find(
	struct transaction_layer *layer, const struct match_key *key, enum pv_method method)
{
	struct transaction *t = chain_of(layer, key);
	while (t && !(t->call == key->call && t->via == key->via && t->method == method))
		t = at(layer, t->next);
	return t;
}

struct transaction *transaction_match_cancelled(
	struct transaction_layer *layer, const struct match_key *key)
{
	struct transaction *t = chain_of(layer, key);
	while (t && !(t->call == key->call && t->via == key->via && t->method != PV_METHOD_CANCEL))
		t = at(layer, t->next);
	return t;
}

bool transaction_match_is_merged(
	struct transaction_layer *layer, const struct match_key *key, enum pv_method method)
{
	struct transaction *t = chain_of(layer, key);
	while (t && !(t->call == key->call && t->via != key->via && t->method == method))
		t = at(layer, t->next);
	return t != NULL;
}

bool transaction_match_is_accepted(struct transaction_layer *layer, const struct match_key *key)
{
	struct transaction *t = chain_of(layer, key);
	while (t &&
		!(t->call == key->call && t->machine == MACHINE_IST && t->state == STATE_ACCEPTED))
		t = at(layer, t->next);
	return t != NULL;
}
