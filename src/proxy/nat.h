/* SPDX-License-Identifier: Apache-2.0 */
/* nat.h — does a phone sit behind a NAT, so that only its own hole leads to it? */
#ifndef PROXY_NAT_H
#define PROXY_NAT_H

#include <portavoz/uri.h>
#include "net/net.h"

/*
 * Can who says `contact` in a request that came by `from`, from itself and not through a proxy, be
 * reached only there? The same for a phone that registers and for one that calls. Over a connection
 * that is asked of the address alone: the connection is a way of its own.
 */
bool is_behind_nat(
	const struct pv_message *request, const struct path *from, const struct pv_uri *contact);

#endif
