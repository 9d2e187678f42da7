/* SPDX-License-Identifier: Apache-2.0 */
/* route_token.h — the user part of our Record-Route: proves the dialog is ours, and names the flows
 * of phones behind NAT. */
#ifndef PROXY_ROUTE_TOKEN_H
#define PROXY_ROUTE_TOKEN_H

#include <portavoz/writer.h>
#include "base/siphash.h"
#include "net/net.h"

/*
 * A request with a To tag and a Route is believed to be of a dialog that went through us only when
 * the Route carries a token whose MAC covers the Call-ID. Where an end cannot be reached by its
 * Contact (behind NAT, or over a connection of its own) the token holds the path to it, as the
 * flow tokens of RFC 5626 §5.3 do.
 */
struct route_token {
	bool has_caller, has_callee;
	struct path caller, callee;
	uint16_t caller_tag; /* hash of the From tag of the dialog's first request */
};

#define ROUTE_TOKEN_MAX 160 /* characters */

uint16_t route_token_tag(const struct siphash_key *key, struct pv_span tag);
void route_token_write(const struct siphash_key *key, const struct route_token *token,
	struct pv_span call_id, struct pv_writer *w);
/* False when `user` is not a token of ours for this Call-ID. */
bool route_token_read(const struct siphash_key *key, struct pv_span user, struct pv_span call_id,
	struct route_token *ret);

#endif
