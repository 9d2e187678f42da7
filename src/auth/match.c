/* SPDX-License-Identifier: Apache-2.0 */
/* match.c — URIs of credentials compared with those of the request that carries them. */
#include "auth/match.h"

#include <portavoz/uri.h>

#define USER_SIZE 512

/* Canonical, without user parameters (";phone-context=..."); false when it is malformed or too
 * long. */
static bool canonical_user(const struct pv_uri *uri, struct pv_writer *w)
{
	const char *semicolon = pv_span_find(uri->user, ';');
	struct pv_span user = uri->user;

	if (semicolon)
		user = pv_span_from(user.at, semicolon);
	return pv_uri_user_canonical(user, w) && !w->overflow;
}

static bool is_sip(const struct pv_uri *uri)
{
	return uri->scheme == PV_SCHEME_SIP || uri->scheme == PV_SCHEME_SIPS;
}

bool match_user(const struct domains *domains, struct pv_span text, struct pv_span user)
{
	char buffer[USER_SIZE];
	struct pv_writer w;
	struct pv_uri uri;

	pv_writer_init(&w, buffer, sizeof(buffer));
	return pv_uri_parse(text, &uri) == 0 && is_sip(&uri) && uri.has_user &&
	       canonical_user(&uri, &w) && pv_span_equal(pv_writer_span(&w), user) &&
	       domain_is_ours(domains, uri.host, uri.port);
}

static bool users_equal(const struct pv_uri *a, const struct pv_uri *b)
{
	char a_buffer[USER_SIZE], b_buffer[USER_SIZE];
	struct pv_writer a_writer, b_writer;

	if (a->has_user != b->has_user)
		return false;
	if (pv_span_equal(a->user, b->user))
		return true;
	pv_writer_init(&a_writer, a_buffer, sizeof(a_buffer));
	pv_writer_init(&b_writer, b_buffer, sizeof(b_buffer));
	return canonical_user(a, &a_writer) && canonical_user(b, &b_writer) &&
	       pv_span_equal(pv_writer_span(&a_writer), pv_writer_span(&b_writer));
}

static uint16_t port_of(const struct pv_uri *uri)
{
	if (uri->port)
		return uri->port;
	return uri->scheme == PV_SCHEME_SIPS ? 5061 : 5060;
}

static bool hosts_equal(
	const struct domains *domains, const struct pv_uri *a, const struct pv_uri *b)
{
	if (pv_span_equal_nocase(a->host, b->host) && port_of(a) == port_of(b))
		return true;
	return domain_is_ours(domains, a->host, a->port) &&
	       domain_is_ours(domains, b->host, b->port);
}

bool match_request_uri(
	const struct domains *domains, struct pv_span digest_uri, struct pv_span request_uri)
{
	struct pv_uri a, b;

	if (pv_span_equal(digest_uri, request_uri))
		return true;
	if (pv_uri_parse(digest_uri, &a) || pv_uri_parse(request_uri, &b) || a.scheme != b.scheme)
		return false;
	if (a.scheme == PV_SCHEME_TEL)
		return pv_span_equal_nocase(a.user, b.user);
	return is_sip(&a) && users_equal(&a, &b) && hosts_equal(domains, &a, &b);
}
