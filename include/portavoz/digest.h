/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h — HTTP digest for SIP with qop=auth, hash functions passed in (RFC 7616, RFC 8760, RFC
 * 3261 §22). */
#ifndef PORTAVOZ_DIGEST_H
#define PORTAVOZ_DIGEST_H

#include <portavoz/message.h>
#include <portavoz/writer.h>

enum pv_algorithm {
	PV_ALGORITHM_MD5,
	PV_ALGORITHM_SHA256,
	PV_ALGORITHM_SHA512_256,
	PV_ALGORITHM_COUNT,
	PV_ALGORITHM_UNKNOWN = PV_ALGORITHM_COUNT,
};

#define PV_HASH_MAX 32 /* bytes of the longest hash */

/* A hash function over `count` spans, one after another, into `ret` (`size` bytes). Never fails. */
struct pv_hash {
	size_t size;
	void (*hash)(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX]);
};

/* An Authorization or Proxy-Authorization value. Quoted strings come without quotes, escapes kept.
 */
struct pv_credentials {
	struct pv_span username, realm, nonce, uri, response, cnonce, opaque, qop, nc,
		algorithm_text;
	enum pv_algorithm algorithm; /* absent = MD5 (RFC 7616 §3.4) */
	uint32_t nonce_count;
	bool has_qop;
	bool userhash;
};

/* 0; -1 when it is not a well-formed Digest value; -2 for another scheme. */
int pv_credentials_parse(struct pv_span value, struct pv_credentials *ret);

/* HA1 = H(user:realm:password). */
void pv_digest_ha1(const struct pv_hash *hash, struct pv_span user, struct pv_span realm,
	struct pv_span password, uint8_t ret[PV_HASH_MAX]);
/* The expected `response` in lower-case hex, 2 * hash->size bytes. */
void pv_digest_response(const struct pv_hash *hash, const uint8_t ha1[PV_HASH_MAX],
	const struct pv_credentials *credentials, struct pv_span method, char ret[2 * PV_HASH_MAX]);
/* Takes the same time wherever they differ; hex digits of either case. */
bool pv_digest_response_equal(
	const struct pv_hash *hash, const char expected[2 * PV_HASH_MAX], struct pv_span response);

struct pv_span pv_algorithm_text(enum pv_algorithm algorithm); /* "SHA-256" */
enum pv_algorithm pv_algorithm_of(struct pv_span text);

/* Writes the value of WWW-Authenticate or Proxy-Authenticate. */
void pv_challenge_write(struct pv_writer *w, struct pv_span realm, struct pv_span nonce,
	enum pv_algorithm algorithm, bool stale);

#endif
