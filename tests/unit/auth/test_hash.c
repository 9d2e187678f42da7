/* SPDX-License-Identifier: Apache-2.0 */
/* test_hash.c — OpenSSL bound right: known hashes, input in parts, long input, threads of their
 * own. */
#include "auth/hash.h"

#include <pthread.h>
#include <stdio.h>

#include "lib/testing.h"

static const char *hex_of(enum pv_algorithm algorithm, const struct pv_span *parts, size_t count)
{
	static _Thread_local char text[2 * PV_HASH_MAX + 1];
	const struct pv_hash *hash = &auth_hashes()[algorithm];
	uint8_t bytes[PV_HASH_MAX];

	hash->hash(parts, count, bytes);
	for (size_t i = 0; i < hash->size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

START_TEST(known_hashes)
{
	const struct pv_span abc[] = {PV_SPAN("a"), PV_SPAN(""), PV_SPAN("bc")};

	ck_assert_ptr_nonnull(auth_hashes());
	ck_assert_str_eq(hex_of(PV_ALGORITHM_MD5, abc, 3), "900150983cd24fb0d6963f7d28e17f72");
	ck_assert_str_eq(hex_of(PV_ALGORITHM_SHA256, abc, 3),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_str_eq(hex_of(PV_ALGORITHM_SHA512_256, abc, 3),
		"53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
	ck_assert_str_eq(hex_of(PV_ALGORITHM_MD5, NULL, 0), "d41d8cd98f00b204e9800998ecf8427e");
}
END_TEST

/* However the text is cut, the hash is the same: parts go together where they are short. */
START_TEST(parts_are_one_text)
{
	static char text[2000];
	memset(text, 'x', sizeof(text));
	for (unsigned a = 0; a < PV_ALGORITHM_COUNT; a++) {
		char whole[2 * PV_HASH_MAX + 1];
		struct pv_span all = {text, sizeof(text)};
		strcpy(whole, hex_of((enum pv_algorithm)a, &all, 1));
		for (size_t cut = 0; cut < sizeof(text); cut += 37) {
			struct pv_span parts[] = {
				{text, cut / 3}, {text, cut - cut / 3}, {text, sizeof(text) - cut}};
			ck_assert_str_eq(hex_of((enum pv_algorithm)a, parts, 3), whole);
		}
	}
}
END_TEST

static void *hash_in_thread(void *ret)
{
	const struct pv_span abc = PV_SPAN("abc");

	strcpy(ret, hex_of(PV_ALGORITHM_MD5, &abc, 1));
	return NULL;
}

START_TEST(threads_have_contexts_of_their_own)
{
	char text[2][2 * PV_HASH_MAX + 1];
	pthread_t thread[2];

	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, hash_in_thread, text[i]), 0);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		ck_assert_str_eq(text[i], "900150983cd24fb0d6963f7d28e17f72");
	}
}
END_TEST

TEST_MAIN("hash", known_hashes, parts_are_one_text, threads_have_contexts_of_their_own)
