/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c — OpenSSL's hash functions: fetched once, one context a thread, short input hashed in one
 * piece. */
#include "auth/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/macros.h"

static const char *const names[PV_ALGORITHM_COUNT] = {
	[PV_ALGORITHM_MD5] = "MD5",
	[PV_ALGORITHM_SHA256] = "SHA2-256",
	[PV_ALGORITHM_SHA512_256] = "SHA2-512/256",
};

/* Written by fetch_all, once; read by all threads after. */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static pthread_key_t contexts_key;
static EVP_MD *digests[PV_ALGORITHM_COUNT];
static bool all_here;

/* Owner: its thread. One context per algorithm, because changing a context's algorithm is slow. */
struct contexts {
	EVP_MD_CTX *context[PV_ALGORITHM_COUNT];
};
static _Thread_local struct contexts *contexts_here;

static void contexts_free(void *memory)
{
	struct contexts *contexts = memory;

	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++)
		EVP_MD_CTX_free(contexts->context[i]);
	free(contexts);
}

static void forget_all(void)
{
	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++)
		EVP_MD_free(digests[i]);
}

static void fetch_all(void)
{
	bool whole = pthread_key_create(&contexts_key, contexts_free) == 0;

	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++) {
		digests[i] = EVP_MD_fetch(NULL, names[i], NULL);
		whole = whole && digests[i];
	}
	atexit(forget_all);
	all_here = whole;
}

/* The contexts of this thread, made at its first hash. Without memory for them nothing can be
 * checked, and answering without a check is not an option. */
static struct contexts *contexts_make(void)
{
	struct contexts *contexts = calloc(1, sizeof(*contexts));

	if (!contexts || pthread_setspecific(contexts_key, contexts))
		abort();
	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++) {
		contexts->context[i] = EVP_MD_CTX_new();
		if (!contexts->context[i])
			abort();
	}
	contexts_here = contexts;
	return contexts;
}

/* Copies the parts together where they are short: one call into OpenSSL instead of eleven. */
static void hash(
	enum pv_algorithm algorithm, const struct pv_span *parts, size_t count, uint8_t *ret)
{
	struct contexts *here = LIKELY(contexts_here != NULL) ? contexts_here : contexts_make();
	EVP_MD_CTX *context = here->context[algorithm];
	char text[512];
	size_t used = 0;

	int good = EVP_DigestInit_ex2(context, digests[algorithm], NULL);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].length > sizeof(text) - used) {
			good &= EVP_DigestUpdate(context, text, used);
			used = 0;
		}
		if (parts[i].length > sizeof(text)) {
			good &= EVP_DigestUpdate(context, parts[i].at, parts[i].length);
		} else if (parts[i].length) {
			memcpy(text + used, parts[i].at, parts[i].length);
			used += parts[i].length;
		}
	}
	good &= EVP_DigestUpdate(context, text, used);
	good &= EVP_DigestFinal_ex(context, ret, NULL);
	if (UNLIKELY(!good))
		abort();
}

#define BIND(name, algorithm)                                                                 \
	static void name(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX]) \
	{                                                                                     \
		hash(algorithm, parts, count, ret);                                           \
	}
BIND(hash_md5, PV_ALGORITHM_MD5)
BIND(hash_sha256, PV_ALGORITHM_SHA256)
BIND(hash_sha512_256, PV_ALGORITHM_SHA512_256)
#undef BIND

static const struct pv_hash hashes[PV_ALGORITHM_COUNT] = {
	[PV_ALGORITHM_MD5] = {16, hash_md5},
	[PV_ALGORITHM_SHA256] = {32, hash_sha256},
	[PV_ALGORITHM_SHA512_256] = {32, hash_sha512_256},
};

const struct pv_hash *auth_hashes(void)
{
	pthread_once(&fetched, fetch_all);
	return all_here ? hashes : NULL;
}
