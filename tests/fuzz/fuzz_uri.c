/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_uri.c — two URIs, parted by a line end: parts inside, equality reflexive, symmetric and
 * blind to canonical users. */
#include <portavoz/uri.h>

#include "fuzz.h"

static char canonical[PV_MESSAGE_MAX], second[PV_MESSAGE_MAX];

static bool parse(struct pv_span text, struct pv_uri *uri)
{
	if (pv_uri_parse(text, uri))
		return false;
	MUST(uri->whole.at == text.at && uri->whole.length == text.length);
	must_be_within(uri->user, text);
	must_be_within(uri->password, text);
	must_be_within(uri->host, text);
	must_be_within(uri->params, text);
	must_be_within(uri->headers, text);
	must_be_within(uri->transport, text);
	must_be_within(uri->maddr, text);
	MUST(uri->scheme == PV_SCHEME_TEL || uri->scheme == PV_SCHEME_OTHER || uri->host.length);
	MUST(!(uri->host_is_ipv4 && uri->host_is_ipv6));
	MUST(!uri->params.length || uri->params.at[0] == ';');
	MUST(!uri->headers.length || uri->headers.at[0] == '?');
	MUST(pv_uri_equal(uri, uri));
	return true;
}

/* Canonical users of equal URIs are equal bytes. */
static void check_users(const struct pv_uri *a, const struct pv_uri *b)
{
	struct pv_writer v, w;
	pv_writer_init(&v, canonical, sizeof(canonical));
	pv_writer_init(&w, second, sizeof(second));
	bool good = pv_uri_user_canonical(a->user, &v);
	MUST(good == pv_uri_user_canonical(b->user, &w));
	MUST(!good || pv_span_equal(pv_writer_span(&v), pv_writer_span(&w)));
	MUST(pv_writer_length(&v) <= a->user.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_span text = {(const char *)data, size};
	struct pv_uri a, b;
	if (size > PV_MESSAGE_MAX)
		return 0;
	const char *cut = pv_span_find(text, '\n');
	struct pv_span first = cut ? pv_span_from(text.at, cut) : text;
	struct pv_span rest = cut ? pv_span_from(cut + 1, pv_span_end(text)) : text;
	bool both = parse(first, &a);
	both = parse(rest, &b) && both;
	if (!both)
		return 0;
	bool equal = pv_uri_equal(&a, &b);
	MUST(equal == pv_uri_equal(&b, &a));
	if (equal && (a.scheme == PV_SCHEME_SIP || a.scheme == PV_SCHEME_SIPS))
		check_users(&a, &b);
	return 0;
}
