/* SPDX-License-Identifier: Apache-2.0 */
/* nonce.h — nonces that carry their own proof, and the table that refuses a nonce count twice. */
#ifndef AUTH_NONCE_H
#define AUTH_NONCE_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>

/*
 * Who may call what, when
 *
 *   nonces_new, nonces_free              main, at start and stop
 *   nonce_write, nonce_read, nonce_use   any thread, any time; lock-free
 *
 * A nonce is time (48 bits), sequence number (48) and MAC (96), in base64url: issuing one stores
 * nothing. A used one takes the word `sequence % slots` of one table: generation (28 bits, sequence
 * / slots), highest count (20), and which of the 16 counts below it were seen. A newer generation
 * takes the word over; its older owner is told `stale`. So only logins that succeed take room,
 * however many challenges a stranger asks for, and a word that was taken over cannot be replayed.
 */
struct nonces;

#define NONCE_LENGTH 32

struct nonce {
	uint64_t issued_ms;
	uint64_t sequence;
};

enum nonce_state {
	NONCE_FRESH,
	NONCE_STALE,  /* ours, but too old */
	NONCE_FORGED, /* not ours, or of an earlier process */
};

enum nonce_use {
	NONCE_USED,   /* this count was not seen before; now it is */
	NONCE_REPLAY, /* this count was seen, or is too far below the highest to tell */
	NONCE_LOST,   /* a newer nonce has the word, or the count is over NONCE_COUNT_MAX: answer
			 stale */
};

#define NONCE_COUNT_MAX ((1u << 20) - 1)

/* `slots` is rounded up to a power of two; memory is 8 bytes a slot, touched as used. 0 or -errno.
 */
int nonces_new(uint32_t lifetime_ms, uint32_t slots, struct nonces **ret);
void nonces_free(struct nonces *nonces);
void nonces_set_lifetime(struct nonces *nonces, uint32_t lifetime_ms); /* any thread: reload */

/* A new nonce, issued at `now_ms` of the monotonic clock. */
void nonce_write(struct nonces *nonces, uint64_t now_ms, char ret[NONCE_LENGTH]);
/* Checks the MAC, then the age. *ret is filled unless forged. */
enum nonce_state nonce_read(
	const struct nonces *nonces, struct pv_span text, uint64_t now_ms, struct nonce *ret);
/* Marks `count` (1 or more) of a nonce that nonce_read accepted and whose response was right. */
enum nonce_use nonce_use(struct nonces *nonces, const struct nonce *nonce, uint32_t count);

#endif
