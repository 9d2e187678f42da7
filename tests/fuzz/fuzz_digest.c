/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_digest.c — credentials: their parts lie inside, and what was read is read again when written
 * anew. */
#include <portavoz/digest.h>

#include "fuzz.h"

/* Stands in for a hash: any function of all the bytes will do. */
static void sum(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	memset(ret, 0, PV_HASH_MAX);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < parts[i].length; k++)
			ret[k % 16] = (uint8_t)(ret[k % 16] * 31 + (uint8_t)parts[i].at[k]);
}

static const struct pv_hash hash = {16, sum};

static void put(struct pv_writer *w, const char *name, struct pv_span value)
{
	if (!value.at)
		return;
	pv_put_text(w, name);
	pv_put_text(w, "=\"");
	pv_put(w, value);
	pv_put_text(w, "\",");
}

/* An unquoted value may hold a quote or end in a backslash, which quoting would change. */
static bool survives_quotes(struct pv_span value)
{
	return !pv_span_find(value, '"') && !pv_span_find(value, '\\');
}

static void must_read_again(const struct pv_credentials *c)
{
	static char text[1 << 17];
	struct pv_credentials again;
	struct pv_writer w;

	pv_writer_init(&w, text, sizeof(text));
	pv_put_text(&w, "Digest ");
	put(&w, "username", c->username);
	put(&w, "realm", c->realm);
	put(&w, "nonce", c->nonce);
	put(&w, "uri", c->uri);
	put(&w, "response", c->response);
	put(&w, "cnonce", c->cnonce);
	put(&w, "qop", c->qop);
	put(&w, "nc", c->nc);
	put(&w, "algorithm", c->algorithm_text);
	if (w.overflow)
		return;
	MUST(pv_credentials_parse(pv_writer_span(&w), &again) == 0);
	MUST(pv_span_equal(again.username, c->username));
	MUST(pv_span_equal(again.nonce, c->nonce) && pv_span_equal(again.uri, c->uri));
	MUST(again.nonce_count == c->nonce_count && again.has_qop == c->has_qop);
	MUST(again.algorithm == c->algorithm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_span text = {(const char *)data, size};
	char response[2 * PV_HASH_MAX];
	uint8_t ha1[PV_HASH_MAX] = {0};
	struct pv_credentials c;

	if (pv_credentials_parse(text, &c))
		return 0;
	const struct pv_span parts[] = {c.username, c.realm, c.nonce, c.uri, c.response, c.cnonce,
		c.opaque, c.qop, c.nc, c.algorithm_text};
	bool plain = true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		must_be_within(parts[i], text);
		plain = plain && survives_quotes(parts[i]);
	}
	MUST(c.algorithm <= PV_ALGORITHM_UNKNOWN);
	MUST(c.has_qop == (c.qop.length > 0));
	pv_digest_response(&hash, ha1, &c, PV_SPAN("INVITE"), response);
	MUST(pv_digest_response_equal(&hash, response, (struct pv_span){response, 32}));
	if (plain)
		must_read_again(&c);
	return 0;
}
