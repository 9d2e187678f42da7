/* SPDX-License-Identifier: Apache-2.0 */
/* test_nonce.c — nonces prove themselves, age, and let no count pass twice. */
#include "auth/nonce.h"

#include <pthread.h>
#include <string.h>

#include "lib/testing.h"

#define LIFETIME 300000u
#define SLOTS    1024u
#define NOW      5000000u

static struct nonces *nonces;

static void begin(void)
{
	ck_assert_int_eq(nonces_new(LIFETIME, SLOTS, &nonces), 0);
}

static void end(void)
{
	nonces_free(nonces);
}

static enum nonce_state read_text(const char text[NONCE_LENGTH], uint64_t now, struct nonce *ret)
{
	return nonce_read(nonces, (struct pv_span){text, NONCE_LENGTH}, now, ret);
}

static struct nonce fresh(void)
{
	char text[NONCE_LENGTH];
	struct nonce nonce;

	nonce_write(nonces, NOW, text);
	ck_assert_int_eq(read_text(text, NOW, &nonce), NONCE_FRESH);
	return nonce;
}

START_TEST(a_nonce_lives_for_its_lifetime)
{
	char text[NONCE_LENGTH];
	struct nonce nonce;

	begin();
	nonce_write(nonces, NOW, text);
	ck_assert_int_eq(read_text(text, NOW, &nonce), NONCE_FRESH);
	ck_assert_uint_eq(nonce.issued_ms, NOW);
	ck_assert_int_eq(read_text(text, NOW + LIFETIME, &nonce), NONCE_FRESH);
	ck_assert_int_eq(read_text(text, NOW + LIFETIME + 1, &nonce), NONCE_STALE);
	ck_assert_int_eq(read_text(text, NOW - 20, &nonce), NONCE_FRESH); /* a clock behind */
	nonces_set_lifetime(nonces, 1000);
	ck_assert_int_eq(read_text(text, NOW + 1001, &nonce), NONCE_STALE);
	end();
}
END_TEST

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, NONCE_LENGTH);
}

START_TEST(no_nonce_is_issued_twice)
{
	static char text[3000][NONCE_LENGTH];

	begin();
	for (unsigned i = 0; i < 3000; i++)
		nonce_write(nonces, NOW, text[i]);
	qsort(text, 3000, NONCE_LENGTH, compare);
	for (unsigned i = 1; i < 3000; i++)
		ck_assert_int_ne(memcmp(text[i - 1], text[i], NONCE_LENGTH), 0);
	end();
}
END_TEST

START_TEST(every_changed_character_is_a_forgery)
{
	char text[NONCE_LENGTH], other[NONCE_LENGTH];
	struct nonce nonce;

	begin();
	nonce_write(nonces, NOW, text);
	for (unsigned i = 0; i < NONCE_LENGTH; i++) {
		for (unsigned c = 0; c < 256; c++) {
			memcpy(other, text, sizeof(text));
			other[i] = (char)c;
			if (other[i] != text[i])
				ck_assert_int_eq(read_text(other, NOW, &nonce), NONCE_FORGED);
		}
	}
	for (size_t length = 0; length < NONCE_LENGTH; length++)
		ck_assert_int_eq(nonce_read(nonces, (struct pv_span){text, length}, NOW, &nonce),
			NONCE_FORGED);
	end();
	begin(); /* another process has another key */
	ck_assert_int_eq(read_text(text, NOW, &nonce), NONCE_FORGED);
	end();
}
END_TEST

START_TEST(a_count_passes_once)
{
	begin();
	struct nonce a = fresh(), b = fresh();
	for (uint32_t count = 1; count < 40; count++) {
		ck_assert_int_eq(nonce_use(nonces, &a, count), NONCE_USED);
		for (uint32_t old = 0; old <= count; old++)
			ck_assert_int_eq(nonce_use(nonces, &a, old), NONCE_REPLAY);
	}
	ck_assert_int_eq(nonce_use(nonces, &b, 1), NONCE_USED);
	end();
}
END_TEST

START_TEST(counts_may_overtake_within_the_window)
{
	begin();
	struct nonce nonce = fresh();
	ck_assert_int_eq(nonce_use(nonces, &nonce, 20), NONCE_USED);
	ck_assert_int_eq(nonce_use(nonces, &nonce, 3), NONCE_REPLAY); /* too far below to tell */
	for (uint32_t count = 19; count >= 4; count--) {
		ck_assert_int_eq(nonce_use(nonces, &nonce, count), NONCE_USED);
		ck_assert_int_eq(nonce_use(nonces, &nonce, count), NONCE_REPLAY);
	}
	ck_assert_int_eq(nonce_use(nonces, &nonce, 22), NONCE_USED);
	ck_assert_int_eq(nonce_use(nonces, &nonce, 20), NONCE_REPLAY);
	ck_assert_int_eq(nonce_use(nonces, &nonce, 21), NONCE_USED);
	ck_assert_int_eq(nonce_use(nonces, &nonce, 38), NONCE_USED);
	ck_assert_int_eq(nonce_use(nonces, &nonce, 22), NONCE_REPLAY); /* just inside */
	ck_assert_int_eq(nonce_use(nonces, &nonce, 23), NONCE_USED);
	ck_assert_int_eq(nonce_use(nonces, &nonce, 500), NONCE_USED); /* a leap */
	ck_assert_int_eq(nonce_use(nonces, &nonce, 38), NONCE_REPLAY);
	ck_assert_int_eq(nonce_use(nonces, &nonce, 499), NONCE_USED);
	end();
}
END_TEST

/* The window against a list of all counts that ever passed. */
START_TEST(the_window_agrees_with_a_list)
{
	static bool seen[400];
	uint32_t highest = 0, state = 12345;

	begin();
	struct nonce nonce = fresh();
	for (unsigned i = 0; i < 20000; i++) {
		state = state * 1103515245 + 12345;
		uint32_t count = 1 + (state >> 16) % 8 + i / 60;
		bool expected = count > highest || (!seen[count] && highest - count <= 16);
		ck_assert_int_eq(nonce_use(nonces, &nonce, count) == NONCE_USED, expected);
		seen[count] = true;
		highest = count > highest ? count : highest;
	}
	end();
}
END_TEST

START_TEST(counts_have_an_end)
{
	begin();
	struct nonce nonce = fresh();
	ck_assert_int_eq(nonce_use(nonces, &nonce, NONCE_COUNT_MAX + 1), NONCE_LOST);
	ck_assert_int_eq(nonce_use(nonces, &nonce, UINT32_MAX), NONCE_LOST);
	ck_assert_int_eq(nonce_use(nonces, &nonce, NONCE_COUNT_MAX), NONCE_USED);
	ck_assert_int_eq(nonce_use(nonces, &nonce, NONCE_COUNT_MAX), NONCE_REPLAY);
	end();
}
END_TEST

/* Overflow: a nonce one round of the table later takes the word, and the older is told to ask
 * again. */
START_TEST(a_newer_nonce_takes_the_word_for_good)
{
	begin();
	struct nonce old = fresh();
	ck_assert_int_eq(nonce_use(nonces, &old, 1), NONCE_USED);
	struct nonce newer = old;
	for (unsigned i = 0; i < SLOTS; i++)
		newer = fresh();
	ck_assert_uint_eq(newer.sequence, old.sequence + SLOTS);
	ck_assert_int_eq(nonce_use(nonces, &old, 2), NONCE_USED); /* unused ones take nothing */
	ck_assert_int_eq(nonce_use(nonces, &newer, 1), NONCE_USED);
	ck_assert_int_eq(nonce_use(nonces, &old, 1), NONCE_LOST);
	ck_assert_int_eq(nonce_use(nonces, &old, 3), NONCE_LOST);
	ck_assert_int_eq(nonce_use(nonces, &newer, 1), NONCE_REPLAY);
	end();
}
END_TEST

static void *issue_three_rounds(void *unused)
{
	char text[NONCE_LENGTH];

	(void)unused;
	for (unsigned i = 0; i < 3 * SLOTS; i++) {
		struct nonce nonce;
		nonce_write(nonces, NOW, text);
		read_text(text, NOW, &nonce);
		nonce_use(nonces, &nonce, 1);
	}
	return NULL;
}

/* A worker that slept while others went round the table must not hand out numbers that are lost. */
START_TEST(an_idle_thread_issues_usable_nonces)
{
	pthread_t thread;

	begin();
	fresh(); /* draws a block */
	ck_assert_int_eq(pthread_create(&thread, NULL, issue_three_rounds, NULL), 0);
	pthread_join(thread, NULL);
	struct nonce nonce = fresh();
	ck_assert_int_eq(nonce_use(nonces, &nonce, 1), NONCE_USED);
	end();
	nonces_free(NULL);
}
END_TEST

TEST_MAIN("nonce", a_nonce_lives_for_its_lifetime, no_nonce_is_issued_twice,
	every_changed_character_is_a_forgery, a_count_passes_once,
	counts_may_overtake_within_the_window, the_window_agrees_with_a_list, counts_have_an_end,
	a_newer_nonce_takes_the_word_for_good, an_idle_thread_issues_usable_nonces)
