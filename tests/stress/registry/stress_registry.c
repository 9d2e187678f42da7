/* SPDX-License-Identifier: Apache-2.0 */
/* stress_registry.c: readers, writers, expiry and lost flows at once; a copied binding is always of
 * one piece. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "registry/registry.h"

#define AORS    40
#define SHARDS  2
#define WRITERS 2
#define READERS 2
#define STEPS   8000
#define GROWN   4000

static struct registry *registry;
static _Atomic bool stop;
static _Atomic uint64_t copies, wrong;
static _Atomic uint32_t grown;

/* Every value of a binding follows from one number, so a mixture of two shows. */
static void make(
	struct registry_binding *b, char *text, size_t size, unsigned contact, uint64_t seed)
{
	size_t params = (size_t)(seed % 300), path = (size_t)(seed % 170);
	memset(b, 0, sizeof(*b));
	char *at = text;
	at += snprintf(at, size, "sip:c%u@192.0.2.1", contact);
	b->contact = pv_span_from(text, at);
	memset(at, 'a' + (int)(seed % 26), params + path);
	b->params = (struct pv_span){at, params};
	b->path = (struct pv_span){at + params, path};
	b->q = (uint16_t)(seed % 1001);
	b->behind_nat = seed & 1;
	b->received.peer.port = (uint16_t)seed;
	b->received.peer.family = NET_IPV4;
	memcpy(b->received.peer.ip, &seed, sizeof(seed));
	b->received.flow = seed % 7;
}

static bool is_whole(const struct registry_binding *b)
{
	uint64_t seed;
	char letter;
	memcpy(&seed, b->received.peer.ip, sizeof(seed));
	letter = (char)('a' + (int)(seed % 26));
	if (b->params.length != seed % 300 || b->path.length != seed % 170 || b->q != seed % 1001 ||
		b->received.peer.port != (uint16_t)seed || b->cseq != (uint32_t)seed ||
		b->call_id != seed || b->behind_nat != (seed & 1) ||
		(b->received.flow != 0 && b->received.flow != seed % 7))
		return false;
	for (size_t i = 0; i < b->params.length; i++)
		if (b->params.at[i] != letter)
			return false;
	for (size_t i = 0; i < b->path.length; i++)
		if (b->path.at[i] != letter)
			return false;
	return true;
}

static void *write_on(void *unused)
{
	char text[1024], aor[32];
	for (unsigned step = 0; step < STEPS; step++) {
		struct registry_change change;
		uint64_t seed = random_u64();
		make(&change.binding, text, sizeof(text), random_below(4), seed);
		change.binding.expires_ms = clock_now_ms(clock_monotonic()) + 1 + random_below(600);
		change.remove = random_below(5) == 0;
		int length = snprintf(aor, sizeof(aor), "u%u@example.test", random_below(AORS));
		int result = registry_update(registry, (struct pv_span){aor, (size_t)length},
			&change, 1, false, seed, (uint32_t)seed);
		if (result != REGISTRY_OK)
			atomic_fetch_add(&wrong, 1);
		if (random_below(50) == 0)
			registry_flow_gone(registry, random_below(7));
	}
	return unused;
}

static void check(const struct registry_binding *b)
{
	atomic_fetch_add_explicit(&copies, 1, memory_order_relaxed);
	if (!is_whole(b))
		atomic_fetch_add(&wrong, 1);
}

/* Buckets are split while these come: who has come is found, whatever moves. */
static void *grow_on(void *unused)
{
	char text[1024], aor[32];
	for (unsigned i = 0; i < GROWN; i++) {
		struct registry_change change = {0};
		uint64_t seed = random_u64();
		make(&change.binding, text, sizeof(text), 0, seed);
		change.binding.expires_ms = clock_now_ms(clock_monotonic()) + 3600000;
		change.binding.received.flow = 0; /* which cannot be lost */
		int length = snprintf(aor, sizeof(aor), "u-grown%u@example.test", i);
		if (registry_update(registry, (struct pv_span){aor, (size_t)length}, &change, 1,
			    false, seed, (uint32_t)seed) != REGISTRY_OK)
			atomic_fetch_add(&wrong, 1);
		atomic_store(&grown, i + 1);
	}
	return unused;
}

static void look_for_grown(struct registry_binding *found, char *text)
{
	uint32_t most = atomic_load(&grown);
	char aor[32];
	if (most == 0)
		return;
	int length = snprintf(aor, sizeof(aor), "u-grown%u@example.test", random_below(most));
	if (registry_lookup(registry, (struct pv_span){aor, (size_t)length}, found,
		    REGISTRY_CONTACTS, text, REGISTRY_TEXT_ALL) != 1)
		atomic_fetch_add(&wrong, 1);
	else
		check(&found[0]);
}

static void remove_grown(void)
{
	char aor[32];
	for (unsigned i = 0; i < GROWN; i++) {
		int length = snprintf(aor, sizeof(aor), "u-grown%u@example.test", i);
		registry_update(registry, (struct pv_span){aor, (size_t)length}, NULL, 0, true, 0,
			UINT32_MAX);
	}
}

static void *read_on(void *unused)
{
	struct registry_binding found[REGISTRY_CONTACTS];
	char *text = malloc(REGISTRY_TEXT_ALL), aor[32];
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		int length = snprintf(aor, sizeof(aor), "u%u@example.test", random_below(AORS));
		struct pv_span key = {aor, (size_t)length};
		int count = registry_lookup(
			registry, key, found, REGISTRY_CONTACTS, text, REGISTRY_TEXT_ALL);
		for (int i = 0; i < count; i++)
			check(&found[i]);
		if (count > 4)
			atomic_fetch_add(&wrong, 1);
		registry_has_source(registry, key, &found[0].received);
		look_for_grown(found, text);
	}
	free(text);
	return unused;
}

static bool walk_visit(void *context, struct pv_span aor, const struct registry_binding *b)
{
	if (aor.length < 4 || aor.at[0] != 'u')
		atomic_fetch_add(&wrong, 1);
	check(b);
	return true;
}

static void keepalive_visit(void *context, const struct registry_binding *b)
{
	check(b);
}

/* What the workers' ticks do, and an administrator. */
static void *tick_on(void *unused)
{
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		uint64_t now_ms = clock_now_ms(clock_monotonic());
		for (uint32_t i = 0; i < SHARDS; i++) {
			registry_expire(registry, i, now_ms);
			registry_keepalive(registry, i, now_ms, 100, keepalive_visit, NULL);
		}
		registry_walk(registry, (struct pv_span){0}, walk_visit, NULL);
	}
	return unused;
}

static void start(pthread_t *thread, void *(*run)(void *))
{
	if (pthread_create(thread, NULL, run, NULL) != 0)
		abort();
}

int main(void)
{
	struct registry_config config = {
		.capacity = AORS + GROWN, .max_contacts = 10, .shards = SHARDS};
	pthread_t writers[WRITERS], readers[READERS], tick, growth;
	struct registry_counts counts;
	if (registry_new(&registry, &config, clock_monotonic()) != 0)
		return 2;
	for (unsigned i = 0; i < READERS; i++)
		start(&readers[i], read_on);
	start(&tick, tick_on);
	for (unsigned i = 0; i < WRITERS; i++)
		start(&writers[i], write_on);
	start(&growth, grow_on);
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	pthread_join(growth, NULL);
	atomic_store(&stop, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	pthread_join(tick, NULL);
	remove_grown();
	for (uint32_t i = 0; i < SHARDS; i++)
		registry_expire(registry, i, clock_now_ms(clock_monotonic()) + 2000);
	registry_counts(registry, &counts);
	printf("copies=%llu wrong=%llu locks=%llu expired=%llu left=%llu\n",
		(unsigned long long)copies, (unsigned long long)wrong,
		(unsigned long long)counts.lookup_locks, (unsigned long long)counts.expired,
		(unsigned long long)counts.bindings);
	registry_free(registry);
	return wrong != 0 || counts.bindings != 0 || counts.aors != 0 || copies == 0;
}
