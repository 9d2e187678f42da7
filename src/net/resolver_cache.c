/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_cache.c: what names led to, for as long as their records say. */
#include "net/resolver_cache.h"

#include <string.h>

#include "base/macros.h"

bool resolver_key_init(
	struct resolver_key *key, struct pv_span name, uint16_t port, enum pv_transport transport)
{
	if (name.length == 0 || name.length >= RESOLVER_NAME || memchr(name.at, 0, name.length))
		return false;
	memset(key, 0, sizeof(*key));
	for (size_t i = 0; i < name.length; i++)
		key->name[i] = (char)pv_lower((unsigned char)name.at[i]);
	key->port = port;
	key->transport = (uint8_t)transport;
	return true;
}

static bool is_equal(const struct resolver_key *a, const struct resolver_key *b)
{
	return a->port == b->port && a->transport == b->transport && strcmp(a->name, b->name) == 0;
}

static size_t place(const struct resolver_cache *cache, const struct resolver_key *key)
{
	return siphash13(&cache->hash_key, key->name, strlen(key->name)) % RESOLVER_CACHE;
}

const struct resolver_answer *resolver_cache_find(
	const struct resolver_cache *cache, const struct resolver_key *key, uint64_t now_ms)
{
	size_t at = place(cache, key);
	const struct resolver_answer *answer = &cache->entries[at].answer;
	if (answer->until_ms <= now_ms || !is_equal(&cache->entries[at].key, key))
		return NULL;
	return answer;
}

void resolver_cache_put(struct resolver_cache *cache, const struct resolver_key *key,
	const struct resolver_answer *answer, uint32_t ttl, uint64_t now_ms)
{
	size_t at = place(cache, key);
	cache->entries[at].key = *key;
	cache->entries[at].answer = *answer;
	cache->entries[at].answer.until_ms =
		now_ms + MIN(ttl, (uint32_t)RESOLVER_TTL_MAX) * UINT64_C(1000);
}
