/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c — digest credentials read, responses computed, challenges written (RFC 7616, RFC 8760,
 * RFC 3261 §22.4). */
#include <portavoz/digest.h>

#include <stddef.h>

#include "base/macros.h"

static const struct pv_span algorithm_names[PV_ALGORITHM_COUNT] = {
	[PV_ALGORITHM_MD5] = PV_SPAN_INIT("MD5"),
	[PV_ALGORITHM_SHA256] = PV_SPAN_INIT("SHA-256"),
	[PV_ALGORITHM_SHA512_256] = PV_SPAN_INIT("SHA-512-256"),
};

enum parameter {
	USERNAME,
	REALM,
	NONCE,
	URI,
	RESPONSE,
	CNONCE,
	OPAQUE,
	QOP,
	NC,
	ALGORITHM,
	USERHASH,
	PARAMETER_COUNT,
};

/* Where each parameter goes; one that stands twice makes the value malformed. */
#define AT(member) offsetof(struct pv_credentials, member)
#define NOWHERE    SIZE_MAX
static const struct {
	struct pv_span name;
	size_t at;
} parameters[PARAMETER_COUNT] = {
	[USERNAME] = {PV_SPAN_INIT("username"), AT(username)},
	[REALM] = {PV_SPAN_INIT("realm"), AT(realm)},
	[NONCE] = {PV_SPAN_INIT("nonce"), AT(nonce)},
	[URI] = {PV_SPAN_INIT("uri"), AT(uri)},
	[RESPONSE] = {PV_SPAN_INIT("response"), AT(response)},
	[CNONCE] = {PV_SPAN_INIT("cnonce"), AT(cnonce)},
	[OPAQUE] = {PV_SPAN_INIT("opaque"), AT(opaque)},
	[QOP] = {PV_SPAN_INIT("qop"), AT(qop)},
	[NC] = {PV_SPAN_INIT("nc"), AT(nc)},
	[ALGORITHM] = {PV_SPAN_INIT("algorithm"), AT(algorithm_text)},
	[USERHASH] = {PV_SPAN_INIT("userhash"), NOWHERE},
};
#define REQUIRED (1u << USERNAME | 1u << REALM | 1u << NONCE | 1u << URI | 1u << RESPONSE)

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct pv_span *rest)
{
	while (rest->length && is_space(*rest->at))
		*rest = pv_span_skip(*rest, 1);
}

/* Takes what stands before `stop`, a space or a comma: tokens, and what phones forget to quote. */
static struct pv_span take_word(struct pv_span *rest, char stop)
{
	size_t length = 0;

	while (length < rest->length && rest->at[length] != stop && rest->at[length] != ',' &&
		!is_space(rest->at[length]))
		length++;
	struct pv_span word = {rest->at, length};
	*rest = pv_span_skip(*rest, length);
	return word;
}

/* `rest` starts at a quote. The text inside, escapes kept; false when the string does not end. */
static bool take_quoted(struct pv_span *rest, struct pv_span *ret_text)
{
	for (size_t i = 1; i < rest->length; i++) {
		if (rest->at[i] == '\\')
			i++;
		else if (rest->at[i] == '"') {
			*ret_text = (struct pv_span){rest->at + 1, i - 1};
			*rest = pv_span_skip(*rest, i + 1);
			return true;
		}
	}
	return false;
}

/* name "=" (token / quoted-string), spaces anywhere; phones quote what is a token and the reverse.
 */
static bool take_parameter(
	struct pv_span *rest, struct pv_span *ret_name, struct pv_span *ret_value)
{
	*ret_name = take_word(rest, '=');
	skip_space(rest);
	if (!ret_name->length || !rest->length || *rest->at != '=')
		return false;
	*rest = pv_span_skip(*rest, 1);
	skip_space(rest);
	if (rest->length && *rest->at == '"')
		return take_quoted(rest, ret_value);
	*ret_value = take_word(rest, ',');
	return ret_value->length > 0;
}

static bool store_parameter(
	struct pv_credentials *to, unsigned *seen, struct pv_span name, struct pv_span value)
{
	for (unsigned i = 0; i < PARAMETER_COUNT; i++) {
		if (!pv_span_equal_nocase(name, parameters[i].name))
			continue;
		if (*seen & 1u << i)
			return false;
		*seen |= 1u << i;
		if (parameters[i].at == NOWHERE)
			to->userhash = pv_span_equal_nocase(value, PV_SPAN("true"));
		else
			memcpy((char *)to + parameters[i].at, &value, sizeof(value));
		return true;
	}
	return true; /* unknown ones are ignored (RFC 7616 §3.4) */
}

static bool take_parameters(struct pv_span rest, struct pv_credentials *to, unsigned *seen)
{
	struct pv_span name, value;

	for (;;) {
		skip_space(&rest);
		while (rest.length && *rest.at == ',') {
			rest = pv_span_skip(rest, 1);
			skip_space(&rest);
		}
		if (!rest.length)
			return true;
		if (!take_parameter(&rest, &name, &value) ||
			!store_parameter(to, seen, name, value))
			return false;
		skip_space(&rest);
		if (rest.length && *rest.at != ',')
			return false;
	}
}

/* nc is eight hexadecimal digits (RFC 7616 §3.4); fewer are taken as well. */
static bool parse_nonce_count(struct pv_span text, uint32_t *ret)
{
	uint32_t value = 0;

	if (text.length == 0 || text.length > 8)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = pv_lower((unsigned char)text.at[i]);
		if (pv_is_digit((char)c))
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret = value;
	return true;
}

int pv_credentials_parse(struct pv_span value, struct pv_credentials *ret)
{
	struct pv_credentials credentials = {.algorithm = PV_ALGORITHM_MD5};
	unsigned seen = 0;

	skip_space(&value);
	struct pv_span scheme = take_word(&value, ',');
	if (!pv_span_equal_nocase(scheme, PV_SPAN("Digest")))
		return -2;
	if (!take_parameters(value, &credentials, &seen) || (seen & REQUIRED) != REQUIRED)
		return -1;
	if (seen & 1u << NC && !parse_nonce_count(credentials.nc, &credentials.nonce_count))
		return -1;
	if (seen & 1u << ALGORITHM)
		credentials.algorithm = pv_algorithm_of(credentials.algorithm_text);
	credentials.has_qop = credentials.qop.length > 0;
	*ret = credentials;
	return 0;
}

static size_t hex(const uint8_t *bytes, size_t count, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	return 2 * count;
}

void pv_digest_ha1(const struct pv_hash *hash, struct pv_span user, struct pv_span realm,
	struct pv_span password, uint8_t ret[PV_HASH_MAX])
{
	const struct pv_span parts[] = {user, PV_SPAN(":"), realm, PV_SPAN(":"), password};

	hash->hash(parts, ARRAY_LENGTH(parts), ret);
}

void pv_digest_response(const struct pv_hash *hash, const uint8_t ha1[PV_HASH_MAX],
	const struct pv_credentials *credentials, struct pv_span method, char ret[2 * PV_HASH_MAX])
{
	const struct pv_span colon = PV_SPAN(":");
	const struct pv_span request[] = {method, colon, credentials->uri};
	char ha1_text[2 * PV_HASH_MAX], ha2_text[2 * PV_HASH_MAX];
	uint8_t bytes[PV_HASH_MAX];

	hash->hash(request, ARRAY_LENGTH(request), bytes);
	struct pv_span h2 = {ha2_text, hex(bytes, hash->size, ha2_text)};
	struct pv_span h1 = {ha1_text, hex(ha1, hash->size, ha1_text)};
	const struct pv_span with_qop[] = {h1, colon, credentials->nonce, colon, credentials->nc,
		colon, credentials->cnonce, colon, credentials->qop, colon, h2};
	const struct pv_span without[] = {h1, colon, credentials->nonce, colon, h2};

	if (credentials->has_qop)
		hash->hash(with_qop, ARRAY_LENGTH(with_qop), bytes);
	else
		hash->hash(without, ARRAY_LENGTH(without), bytes); /* RFC 2069 */
	hex(bytes, hash->size, ret);
}

bool pv_digest_response_equal(
	const struct pv_hash *hash, const char expected[2 * PV_HASH_MAX], struct pv_span response)
{
	unsigned difference = 0;

	if (response.length != 2 * hash->size)
		return false;
	for (size_t i = 0; i < response.length; i++) {
		unsigned c = (unsigned char)response.at[i];
		c += (unsigned)(c - 'A' < 6) << 5;
		difference |= c ^ (unsigned char)expected[i];
	}
	return difference == 0;
}

struct pv_span pv_algorithm_text(enum pv_algorithm algorithm)
{
	return algorithm < PV_ALGORITHM_COUNT ? algorithm_names[algorithm] : (struct pv_span){0};
}

enum pv_algorithm pv_algorithm_of(struct pv_span text)
{
	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++)
		if (pv_span_equal_nocase(text, algorithm_names[i]))
			return (enum pv_algorithm)i;
	return PV_ALGORITHM_UNKNOWN;
}

static void put_quoted(struct pv_writer *w, struct pv_span text)
{
	pv_put_char(w, '"');
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			pv_put_char(w, '\\');
		pv_put_char(w, text.at[i]);
	}
	pv_put_char(w, '"');
}

void pv_challenge_write(struct pv_writer *w, struct pv_span realm, struct pv_span nonce,
	enum pv_algorithm algorithm, bool stale)
{
	pv_put_text(w, "Digest realm=");
	put_quoted(w, realm);
	pv_put_text(w, ", nonce=");
	put_quoted(w, nonce);
	pv_put_text(w, ", algorithm=");
	pv_put(w, pv_algorithm_text(algorithm));
	pv_put_text(w, ", qop=\"auth\"");
	if (stale)
		pv_put_text(w, ", stale=true");
}
