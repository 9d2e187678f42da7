/* SPDX-License-Identifier: Apache-2.0 */
/* route_token.c — writes and checks the tokens in our Record-Route. */
#include "proxy/route_token.h"

/*
 * "pv" and the hexadecimal digits of
 *   flags (1)  caller_tag (2)  [caller path]  [callee path]  mac (8)
 * A path: family (1) transport (1) listener (1) port (2) address (4 or 16), and for streams flow
 * (8).
 */
#define PREFIX         "pv"
#define HAS_CALLER     1
#define HAS_CALLEE     2
#define PATH_BYTES_MAX 29
#define TOKEN_BYTES    (3 + 2 * PATH_BYTES_MAX + 8)

static size_t address_length(uint8_t family)
{
	return family == NET_IPV4 ? 4 : 16;
}

static size_t path_put(uint8_t *to, const struct path *path)
{
	size_t length = address_length(path->peer.family);
	to[0] = path->peer.family;
	to[1] = path->transport;
	to[2] = path->listener;
	to[3] = (uint8_t)(path->peer.port >> 8);
	to[4] = (uint8_t)path->peer.port;
	memcpy(to + 5, path->peer.ip, length);
	if (path->transport == PV_TRANSPORT_UDP)
		return 5 + length;
	memcpy(to + 5 + length, &path->flow, sizeof(path->flow));
	return 5 + length + sizeof(path->flow);
}

/* Bytes taken, 0 when they are no path. The MAC was checked: this guards against our own mistakes
 * only. */
static size_t path_get(const uint8_t *from, size_t size, struct path *ret)
{
	if (size < 5 || (from[0] != NET_IPV4 && from[0] != NET_IPV6))
		return 0;
	size_t length = address_length(from[0]);
	size_t whole = 5 + length + (from[1] == PV_TRANSPORT_UDP ? 0 : sizeof(ret->flow));
	if (size < whole)
		return 0;
	memset(ret, 0, sizeof(*ret));
	ret->peer.family = from[0];
	ret->transport = from[1];
	ret->listener = from[2];
	ret->peer.port = (uint16_t)(from[3] << 8 | from[4]);
	memcpy(ret->peer.ip, from + 5, length);
	if (whole > 5 + length)
		memcpy(&ret->flow, from + 5 + length, sizeof(ret->flow));
	return whole;
}

/* Over the token's bytes and the Call-ID. A Call-ID longer than the buffer counts by its own hash.
 */
static uint64_t token_mac(
	const struct siphash_key *key, const uint8_t *bytes, size_t length, struct pv_span call_id)
{
	uint8_t text[TOKEN_BYTES + 8];
	uint64_t id = siphash24(key, call_id.at, call_id.length);
	memcpy(text, bytes, length);
	memcpy(text + length, &id, sizeof(id));
	return siphash24(key, text, length + sizeof(id));
}

uint16_t route_token_tag(const struct siphash_key *key, struct pv_span tag)
{
	return (uint16_t)siphash13(key, tag.at, tag.length);
}

void route_token_write(const struct siphash_key *key, const struct route_token *token,
	struct pv_span call_id, struct pv_writer *w)
{
	uint8_t bytes[TOKEN_BYTES];
	size_t length = 3;
	bytes[0] = (uint8_t)((token->has_caller ? HAS_CALLER : 0) |
			     (token->has_callee ? HAS_CALLEE : 0));
	bytes[1] = (uint8_t)(token->caller_tag >> 8);
	bytes[2] = (uint8_t)token->caller_tag;
	if (token->has_caller)
		length += path_put(bytes + length, &token->caller);
	if (token->has_callee)
		length += path_put(bytes + length, &token->callee);
	uint64_t mac = token_mac(key, bytes, length, call_id);
	memcpy(bytes + length, &mac, sizeof(mac));
	pv_put_text(w, PREFIX);
	pv_put_hex_bytes(w, bytes, length + sizeof(mac));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes behind the prefix; 0 when the text has not the shape of a token. */
static size_t token_bytes(struct pv_span user, uint8_t bytes[TOKEN_BYTES])
{
	if (!pv_span_starts_with(user, PV_SPAN(PREFIX)))
		return 0;
	struct pv_span digits = pv_span_skip(user, sizeof(PREFIX) - 1);
	size_t count = digits.length / 2;
	if (digits.length % 2 || count < 11 || count > TOKEN_BYTES)
		return 0;
	for (size_t i = 0; i < count; i++) {
		int high = hex_digit(digits.at[2 * i]), low = hex_digit(digits.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return 0;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return count;
}

bool route_token_read(const struct siphash_key *key, struct pv_span user, struct pv_span call_id,
	struct route_token *ret)
{
	uint8_t bytes[TOKEN_BYTES];
	size_t count = token_bytes(user, bytes);
	if (!count)
		return false;
	size_t length = count - 8, at = 3;
	uint64_t mac = token_mac(key, bytes, length, call_id);
	if (memcmp(bytes + length, &mac, sizeof(mac)) != 0)
		return false;
	struct route_token token = {
		.has_caller = bytes[0] & HAS_CALLER, .has_callee = bytes[0] & HAS_CALLEE};
	token.caller_tag = (uint16_t)(bytes[1] << 8 | bytes[2]);
	if (token.has_caller) {
		size_t used = path_get(bytes + at, length - at, &token.caller);
		if (!used)
			return false;
		at += used;
	}
	if (token.has_callee && !path_get(bytes + at, length - at, &token.callee))
		return false;
	*ret = token;
	return true;
}
