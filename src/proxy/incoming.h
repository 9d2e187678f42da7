/* SPDX-License-Identifier: Apache-2.0 */
/* incoming.h — one request while it is being looked at: what it asks for once our own routes are
 * off it (RFC 3261 §16.4). */
#ifndef PROXY_INCOMING_H
#define PROXY_INCOMING_H

#include <portavoz/uri.h>
#include "proxy/route_token.h"
#include "registry/registry.h"

/* A place to send the request to (§16.5). Spans live in the worker's scratch text until the request
 * is forwarded. */
struct target {
	struct pv_span uri;    /* the new Request-URI */
	struct pv_span routes; /* Path of the binding, joined by commas, or empty */
	struct path
		path; /* where to send, when has_path: a flow, or the hole of a phone behind NAT */
	bool has_path;
	bool behind_nat;
	bool pin;      /* the path belongs into the Record-Route: the Contact does not lead there */
	uint16_t q;    /* thousandths; equal ones ring together */
	uint8_t after; /* 1 + index of the target that must have failed first (flows of one
			  instance), 0 = none */
};

#define TARGETS_MAX 32

/* Longest Request-URI with a maddr of ours; what is longer is refused (414). */
#define STRIPPED_MAX 1024

/* What the Request-URI points at. */
enum incoming_kind {
	INCOMING_SERVER,    /* the server itself: our domain or address, no user */
	INCOMING_USER,      /* an address-of-record of ours */
	INCOMING_GROUP,     /* the same, and a push-to-talk group's: set by who knows the groups */
	INCOMING_DIALOG,    /* anywhere, inside a dialog that went through us */
	INCOMING_ELSEWHERE, /* anywhere else */
};

/* Owner: the worker; one a worker. Lifetime: until the next message. */
struct incoming {
	const struct pv_message *message;
	const struct path *from;
	enum incoming_kind kind;
	int refusal; /* status that the request must be refused with for its form, 0 = none */
	const char *refusal_phrase;

	struct pv_span request_uri; /* after §16.4 */
	struct pv_uri uri;          /* the same, parsed */
	struct pv_span last_route;  /* a strict router put our URI there, and the real one into
				       this Route value; else empty */
	unsigned routes_gone;       /* leading Route values that are ours */
	struct pv_span next_route;  /* the first that is left, empty = none */
	bool next_route_is_strict;
	struct route_token token; /* holder ROUTE_NOBODY: it brings none */
	bool in_dialog;           /* it goes from one end of the token's dialog to the other */
	bool from_caller;         /* direction within the dialog */
	bool is_spiral; /* it has been here, going elsewhere (RFC 5393 §3); since §16.3 */

	struct pv_span identity; /* canonical address-of-record of the local user who sends, empty =
				    a stranger */
	unsigned target_count;
	struct target targets[TARGETS_MAX];
	char stripped[STRIPPED_MAX]; /* the Request-URI, where it lost a maddr of ours */
};

#endif
