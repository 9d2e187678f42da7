/* SPDX-License-Identifier: Apache-2.0 */
/* aor.c — writes addresses-of-record. */
#include "registry/aor.h"

bool aor_is_ours(
	const struct domains *domains, const struct pv_uri *uri, struct pv_span *ret_domain)
{
	if (uri->scheme != PV_SCHEME_SIP && uri->scheme != PV_SCHEME_SIPS)
		return false;
	struct pv_span domain = domain_of(domains, uri->host, uri->port);
	if (domain.length && ret_domain)
		*ret_domain = domain;
	return domain.length > 0;
}

bool aor_leads_here(const struct domains *domains, const struct pv_uri *uri)
{
	bool sips = uri->scheme == PV_SCHEME_SIPS;
	return (sips || uri->scheme == PV_SCHEME_SIP) &&
	       domain_leads_here(domains, uri->host, uri->port, sips ? 5061 : 5060);
}

enum aor_verdict aor_write(
	const struct domains *domains, const struct pv_uri *uri, struct pv_writer *w)
{
	struct pv_span domain;
	if (!aor_is_ours(domains, uri, &domain))
		return AOR_FOREIGN;
	if (uri->user.length == 0)
		return AOR_NO_USER;
	if (!pv_uri_user_canonical(uri->user, w))
		return AOR_MALFORMED;
	pv_put_char(w, '@');
	pv_put(w, domain);
	return w->overflow ? AOR_MALFORMED : AOR_OURS;
}
