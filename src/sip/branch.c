/* SPDX-License-Identifier: Apache-2.0 */
/* branch.c — our Via branch: 8 bits of worker, 32 of slot, generation and loop each, 24 of MAC, in
 * hexadecimal. */
#include "sip/branch.h"

#include "sip/lexer.h"

#define BRANCH_PREFIX "z9hG4bKpv" /* the magic cookie of RFC 3261 §8.1.1.7, and ours */
#define PREFIX_LENGTH (sizeof(BRANCH_PREFIX) - 1)
#define WORKER_DIGITS 2
#define WORD_DIGITS   8
#define MAC_DIGITS    6
#define SIGNED_DIGITS (WORKER_DIGITS + 3 * WORD_DIGITS)

_Static_assert(
	PREFIX_LENGTH + SIGNED_DIGITS + MAC_DIGITS == BRANCH_LENGTH, "the shape of a branch");

static uint32_t mac_of(const struct siphash_key *key, const struct branch *branch)
{
	uint32_t words[4] = {branch->worker, branch->slot, branch->generation, branch->loop};
	return (uint32_t)siphash24(key, words, sizeof(words)) & 0xffffff;
}

void branch_write(const struct siphash_key *key, const struct branch *branch, struct pv_writer *w)
{
	pv_put_bytes(w, BRANCH_PREFIX, PREFIX_LENGTH);
	pv_put_hex(w, branch->worker, WORKER_DIGITS);
	pv_put_hex(w, branch->slot, WORD_DIGITS);
	pv_put_hex(w, branch->generation, WORD_DIGITS);
	pv_put_hex(w, branch->loop, WORD_DIGITS);
	pv_put_hex(w, mac_of(key, branch), MAC_DIGITS);
}

static bool has_shape(struct pv_span text)
{
	return text.length == BRANCH_LENGTH && memcmp(text.at, BRANCH_PREFIX, PREFIX_LENGTH) == 0;
}

/* Takes `digits` off *at; clears *ret_good at anything else than lower-case hexadecimal. */
static uint32_t read_hex(const char **at, int digits, bool *ret_good)
{
	uint32_t value = 0;
	for (; digits > 0; digits--, (*at)++) {
		int digit = **at >= 'A' && **at <= 'F' ? -1 : lex_hex(**at);
		if (digit < 0)
			*ret_good = false;
		value = value << 4 | (uint32_t)(digit & 15);
	}
	return value;
}

bool branch_read(const struct siphash_key *key, struct pv_span text, struct branch *ret)
{
	struct branch branch;
	bool good = true;
	if (!has_shape(text))
		return false;
	const char *at = text.at + PREFIX_LENGTH;
	branch.worker = (uint8_t)read_hex(&at, WORKER_DIGITS, &good);
	branch.slot = read_hex(&at, WORD_DIGITS, &good);
	branch.generation = read_hex(&at, WORD_DIGITS, &good);
	branch.loop = read_hex(&at, WORD_DIGITS, &good);
	uint32_t mac = read_hex(&at, MAC_DIGITS, &good);
	if (!good || mac != mac_of(key, &branch))
		return false;
	*ret = branch;
	return true;
}

int branch_worker(struct pv_span text)
{
	bool good = true;
	if (!has_shape(text))
		return -1;
	const char *at = text.at + PREFIX_LENGTH;
	uint32_t worker = read_hex(&at, WORKER_DIGITS, &good);
	return good ? (int)worker : -1;
}
