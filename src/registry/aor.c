/* SPDX-License-Identifier: Apache-2.0 */
/* aor.c — compares hosts with our domains, writes addresses-of-record. */
#include "registry/aor.h"

static bool port_is_ours(const struct aor_domains *domains, uint16_t port)
{
	for (unsigned i = 0; i < domains->port_count; i++)
		if (domains->port[i] == port)
			return true;
	return port == 0;
}

static bool host_is_local(const struct aor_domains *domains, const struct pv_uri *uri)
{
	struct net_address address;
	return (uri->host_is_ipv4 || uri->host_is_ipv6) && domains->is_local &&
	       net_address_parse(uri->host, uri->port, &address) &&
	       domains->is_local(domains->context, &address);
}

/* "example.test." is "example.test": the final dot only says that the name is complete. */
static struct pv_span without_dot(struct pv_span host)
{
	if (host.length > 1 && host.at[host.length - 1] == '.')
		host.length--;
	return host;
}

bool aor_is_ours(
	const struct aor_domains *domains, const struct pv_uri *uri, struct pv_span *ret_domain)
{
	struct pv_span found = {0}, host = without_dot(uri->host);
	if ((uri->scheme != PV_SCHEME_SIP && uri->scheme != PV_SCHEME_SIPS) ||
		!port_is_ours(domains, uri->port))
		return false;
	for (unsigned i = 0; i < domains->count && !found.at; i++)
		if (pv_span_equal_nocase(domains->name[i], host))
			found = domains->name[i];
	if (!found.at && host_is_local(domains, uri))
		found = domains->count ? domains->name[0] : uri->host;
	if (found.at && ret_domain)
		*ret_domain = found;
	return found.at != NULL;
}

enum aor_verdict aor_write(
	const struct aor_domains *domains, const struct pv_uri *uri, struct pv_writer *w)
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
