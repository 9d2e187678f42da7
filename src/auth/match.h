/* SPDX-License-Identifier: Apache-2.0 */
/* match.h — whether a URI names one of our users, and whether a digest uri names a Request-URI. */
#ifndef AUTH_MATCH_H
#define AUTH_MATCH_H

#include <portavoz/span.h>

#include "net/domain.h"

/* sip or sips, the canonical user is `user`, host and port are ours. */
bool match_user(const struct domains *domains, struct pv_span uri, struct pv_span user);

/*
 * Do both name the same resource (RFC 3261 §22.4 item 5, RFC 7616 §3.4.6)? Liberal: parameters and
 * headers do not count, an absent port is the default one, and all that is ours is one host.
 */
bool match_request_uri(
	const struct domains *domains, struct pv_span digest_uri, struct pv_span request_uri);

#endif
