/* SPDX-License-Identifier: Apache-2.0 */
/* route_token.c — writes and checks the tokens in our Record-Route. */
#include "proxy/route_token.h"

#include <portavoz/uri.h>

/*
 * "pv" and, in the letters of RFC 4648 §5 (all of them may stand in a user part), the bytes
 *   flags (1)  minute (3)  [the caller's end]  the callee's end  mac (8)
 * An end: hop (4), or a path: family (1) transport (1) listener (1) port (2) address (4 or 16), and
 * for streams flow (8).
 */
#define PREFIX         "pv"
#define IS_CALLERS     1
#define HAS_CALLER     2
#define HAS_CALLEE     4
#define FLAGS_ALL      7
#define HEAD_BYTES     4
#define MAC_BYTES      8
#define HOP_BYTES      4
#define PATH_BYTES_MAX 29
#define TOKEN_BYTES    (HEAD_BYTES + 2 * PATH_BYTES_MAX + MAC_BYTES)
#define PARTY_TEXT     512
/* Of the dialog's names what is longer counts by its hash. */
#define NAME_MAX_BYTES 120
#define LONG_NAME      0xff
#define DIALOG_NAMES   4

static size_t address_length(uint8_t family)
{
	return family == NET_IPV4 ? 4 : 16;
}

static size_t end_put(uint8_t *to, const struct route_end *end)
{
	const struct path *path = &end->path;
	if (!end->has_path) {
		memcpy(to, &end->hop, HOP_BYTES);
		return HOP_BYTES;
	}
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

/* Bytes taken, 0 when they are no path. */
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

static size_t end_get(const uint8_t *from, size_t size, bool has_path, struct route_end *ret)
{
	ret->has_path = has_path;
	if (has_path)
		return path_get(from, size, &ret->path);
	if (size < HOP_BYTES)
		return 0;
	memcpy(&ret->hop, from, HOP_BYTES);
	return HOP_BYTES;
}

/* Who a URI is, in one spelling: phones repeat it with other parameters, or none. False: it has no
 * other spelling. */
static bool put_party(struct pv_writer *w, struct pv_span text)
{
	struct pv_uri uri;
	if (pv_uri_parse(text, &uri) < 0 ||
		(uri.scheme != PV_SCHEME_SIP && uri.scheme != PV_SCHEME_SIPS) ||
		!pv_uri_user_canonical(uri.user, w))
		return false;
	uint16_t port = uri.port ? uri.port : 5060;
	char *to = pv_writer_take(w, 1 + uri.host.length + sizeof(port));
	if (!to)
		return false;
	*to++ = '@';
	for (size_t i = 0; i < uri.host.length; i++)
		*to++ = (char)pv_lower((unsigned char)uri.host.at[i]);
	memcpy(to, &port, sizeof(port));
	return true;
}

/* One of the texts that name the dialog, its length in front, so that none can end where another
 * one begins. */
static void put_name(struct pv_writer *w, const struct siphash_key *key, struct pv_span name)
{
	if (name.length > NAME_MAX_BYTES) {
		uint64_t hash = siphash24(key, name.at, name.length);
		pv_put_char(w, (char)LONG_NAME);
		pv_put_bytes(w, &hash, sizeof(hash));
		return;
	}
	pv_put_char(w, (char)name.length);
	pv_put(w, name);
}

static void put_party_name(struct pv_writer *w, const struct siphash_key *key, struct pv_span uri)
{
	char text[PARTY_TEXT];
	struct pv_writer party;
	pv_writer_init(&party, text, sizeof(text));
	put_name(w, key, put_party(&party, uri) ? pv_writer_span(&party) : uri);
}

uint64_t route_dialog_hash(const struct siphash_key *key, const struct route_dialog *dialog)
{
	char text[DIALOG_NAMES * (1 + NAME_MAX_BYTES)];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	put_name(&w, key, dialog->call_id);
	put_name(&w, key, dialog->caller.tag);
	put_party_name(&w, key, dialog->caller.uri);
	put_party_name(&w, key, dialog->callee.uri);
	return siphash24(key, text, pv_writer_length(&w));
}

void route_proof_init(struct route_proof *proof, const struct siphash_key *key, uint64_t dialog,
	struct pv_span callee_tag)
{
	proof->key = *key;
	proof->dialog = dialog;
	proof->callee_tag = siphash24(key, callee_tag.at, callee_tag.length);
}

/* Over the token's bytes and the dialog. The callee has no tag when its own token is made. */
static uint64_t token_mac(const struct route_proof *proof, const uint8_t *bytes, size_t length)
{
	struct {
		uint64_t dialog, callee_tag;
		uint8_t bytes[TOKEN_BYTES];
	} text;
	text.dialog = proof->dialog;
	text.callee_tag = bytes[0] & IS_CALLERS ? proof->callee_tag : 0;
	memcpy(text.bytes, bytes, length);
	return siphash24(&proof->key, &text, offsetof(typeof(text), bytes) + length);
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* How many letters so many bytes take. */
static size_t letter_count(size_t bytes)
{
	return (bytes * 8 + 5) / 6;
}

static void put_letters(struct pv_writer *w, const uint8_t *bytes, size_t length)
{
	char *to = pv_writer_take(w, letter_count(length));
	uint32_t held = 0;
	unsigned bits = 0;
	for (size_t i = 0; to && i < length; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*to++ = letters[held >> (bits - 6) & 63];
	}
	if (to && bits)
		*to = letters[held << (6 - bits) & 63];
}

void route_token_write(
	const struct route_proof *proof, const struct route_token *token, struct pv_writer *w)
{
	uint8_t bytes[TOKEN_BYTES];
	bool is_callers = token->holder == ROUTE_CALLER;
	size_t length = HEAD_BYTES;
	bytes[0] = (uint8_t)((is_callers ? IS_CALLERS : 0) |
			     (!is_callers && token->caller.has_path ? HAS_CALLER : 0) |
			     (token->callee.has_path ? HAS_CALLEE : 0));
	bytes[1] = (uint8_t)(token->minute >> 16);
	bytes[2] = (uint8_t)(token->minute >> 8);
	bytes[3] = (uint8_t)token->minute;
	if (!is_callers)
		length += end_put(bytes + length, &token->caller);
	length += end_put(bytes + length, &token->callee);
	uint64_t mac = token_mac(proof, bytes, length);
	memcpy(bytes + length, &mac, sizeof(mac));
	pv_put_text(w, PREFIX);
	put_letters(w, bytes, length + sizeof(mac));
}

/* What a letter stands for, plus one. A table, since no processor foresees branches on letters that
 * are as good as random. */
/* clang-format off */
static const uint8_t values[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['-'] = 63, ['_'] = 64,
};
/* clang-format on */

/* -1: none of them. */
static int value_of(char letter)
{
	return values[(unsigned char)letter] - 1;
}

/* The bytes behind the prefix, `size` at most; 0 when the text has not the shape of a token. One
 * text alone stands for the same bytes: no letter is left over, and no bit. */
static size_t token_bytes(struct pv_span user, uint8_t *bytes, size_t size)
{
	uint32_t held = 0;
	unsigned bits = 0;
	size_t count = 0;
	if (!pv_span_starts_with(user, PV_SPAN(PREFIX)))
		return 0;
	struct pv_span text = pv_span_skip(user, sizeof(PREFIX) - 1);
	if (text.length > letter_count(size))
		return 0;
	for (size_t i = 0; i < text.length; i++) {
		int value = value_of(text.at[i]);
		if (value < 0)
			return 0;
		held = held << 6 | (uint32_t)value;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		bytes[count++] = (uint8_t)(held >> bits);
	}
	bool rest = held & ((1u << bits) - 1);
	return rest || letter_count(count) != text.length ? 0 : count;
}

enum route_holder route_token_holder(struct pv_span user)
{
	uint8_t flags;
	if (user.length < sizeof(PREFIX) + 1 || !pv_span_starts_with(user, PV_SPAN(PREFIX)))
		return ROUTE_NOBODY;
	int high = value_of(user.at[2]), low = value_of(user.at[3]);
	if (high < 0 || low < 0)
		return ROUTE_NOBODY;
	flags = (uint8_t)(high << 2 | low >> 4);
	if (flags & ~FLAGS_ALL)
		return ROUTE_NOBODY;
	return flags & IS_CALLERS ? ROUTE_CALLER : ROUTE_CALLEE;
}

bool route_token_read(const struct route_proof *proof, struct pv_span user, struct route_token *ret)
{
	uint8_t bytes[TOKEN_BYTES];
	size_t count = token_bytes(user, bytes, sizeof(bytes));
	if (count < HEAD_BYTES + HOP_BYTES + MAC_BYTES)
		return false;
	size_t length = count - MAC_BYTES, at = HEAD_BYTES, used;
	uint64_t mac = token_mac(proof, bytes, length);
	if (memcmp(bytes + length, &mac, sizeof(mac)) != 0)
		return false;
	/* it is ours: what follows guards against our own mistakes only */
	struct route_token token = {
		.holder = bytes[0] & IS_CALLERS ? ROUTE_CALLER : ROUTE_CALLEE,
		.minute = (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3],
	};
	if (token.holder == ROUTE_CALLEE) {
		used = end_get(bytes + at, length - at, bytes[0] & HAS_CALLER, &token.caller);
		if (!used)
			return false;
		at += used;
	}
	used = end_get(bytes + at, length - at, bytes[0] & HAS_CALLEE, &token.callee);
	if (!used || at + used != length)
		return false;
	*ret = token;
	return true;
}
