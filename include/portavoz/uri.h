/* SPDX-License-Identifier: Apache-2.0 */
/* uri.h — SIP, SIPS and tel URIs: parts by reference, comparison, canonical user (RFC 3261 §19.1,
 * RFC 3966). */
#ifndef PORTAVOZ_URI_H
#define PORTAVOZ_URI_H

#include <portavoz/message.h>
#include <portavoz/writer.h>

enum pv_scheme {
	PV_SCHEME_SIP,
	PV_SCHEME_SIPS,
	PV_SCHEME_TEL,
	PV_SCHEME_OTHER, /* a well-formed absolute URI: only scheme and whole are filled */
};

struct pv_uri {
	enum pv_scheme scheme;
	struct pv_span user; /* as written, escapes and user parameters included; tel: the number */
	struct pv_span password;
	struct pv_span host; /* IPv6 without its brackets */
	bool has_user;       /* "sip:host" has none; "sip:@host" is malformed */
	bool host_is_ipv6;
	bool host_is_ipv4;
	uint16_t port;            /* 0 = not given */
	struct pv_span params;    /* from the first ';' behind the host */
	struct pv_span headers;   /* from the '?' */
	struct pv_span transport; /* value of the parameter, empty = absent */
	struct pv_span maddr;
	bool lr; /* loose router */
	struct pv_span whole;
};

/* 0, or -1 when malformed. A scheme that is not ours gives 0 with PV_SCHEME_OTHER. */
int pv_uri_parse(struct pv_span text, struct pv_uri *ret);

/* §19.1.4. */
bool pv_uri_equal(const struct pv_uri *a, const struct pv_uri *b);

/*
 * Writes the user part unescaped (%61lice -> alice), so that equal users are equal bytes. False on
 * an escape that is malformed or stands for a control character or NUL.
 */
bool pv_uri_user_canonical(struct pv_span user, struct pv_writer *writer);

#endif
