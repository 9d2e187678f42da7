/* SPDX-License-Identifier: Apache-2.0 */
/* aor.h — which URIs are ours, and the one canonical spelling of an address-of-record. */
#ifndef REGISTRY_AOR_H
#define REGISTRY_AOR_H

#include <portavoz/span.h>
#include <portavoz/uri.h>
#include <portavoz/writer.h>
#include "net/domain.h"

enum aor_verdict {
	AOR_OURS,
	AOR_FOREIGN,   /* another host, port or scheme */
	AOR_NO_USER,   /* our host itself */
	AOR_MALFORMED, /* an escape in the user part that is none, or stands for a control
			  character; too long */
};

/* Is the host of `uri` (sip or sips) ours? ret_domain (may be NULL): the domain that it stands for.
 */
bool aor_is_ours(
	const struct domains *domains, const struct pv_uri *uri, struct pv_span *ret_domain);

/* Does a URI that says where to send, a Contact, Route or Request-URI, lead to us? A numeric host
 * without a port is at 5060, or 5061 with sips. */
bool aor_leads_here(const struct domains *domains, const struct pv_uri *uri);

/* Writes "user@domain": the user part unescaped, the domain in lower case, no port. */
enum aor_verdict aor_write(
	const struct domains *domains, const struct pv_uri *uri, struct pv_writer *w);

#endif
