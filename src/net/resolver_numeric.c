/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_numeric.c: stands in for c-ares: numeric addresses only. */
#include <errno.h>

#include "net/private.h"
#include "net/resolver.h"

int resolver_new(struct net *net)
{
	return 0;
}

void resolver_free(struct net *net) {}

int resolve_start(struct net *net, const struct pv_uri *next_hop, struct resolve *resolve)
{
	int count = resolver_numeric(next_hop, resolve);
	return count == 0 ? -EHOSTUNREACH : count;
}

void resolve_cancel(struct resolve *resolve) {}
