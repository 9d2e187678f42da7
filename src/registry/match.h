/* SPDX-License-Identifier: Apache-2.0 */
/* match.h — is this contact that binding? (RFC 5626 §6, RFC 3261 §10.3 step 7 and §19.1.4) */
#ifndef REGISTRY_MATCH_H
#define REGISTRY_MATCH_H

#include <portavoz/uri.h>
#include "registry/cell.h"
#include "registry/registry.h"

enum match_rule {
	MATCH_FLOW,      /* the same instance and reg-id */
	MATCH_URI_PLAIN, /* equal URIs, the stored one without reg-id */
	MATCH_URI, /* equal URIs; never for one that brings a reg-id: its flow tells it from others
		    */
};

/* What is looked for; the URI is parsed when it is first needed. */
struct match_wanted {
	const struct registry_binding *binding;
	struct pv_uri uri;
	int parsed; /* 0 not yet, 1 done, -1 malformed: equal only to the same bytes */
};

void registry_match_init(struct match_wanted *wanted, const struct registry_binding *binding);
/* Against a stored binding, under the shard's lock. */
bool registry_match_stored(struct match_wanted *wanted, struct cell_pool *pool,
	const union cell_image *first, const union cell_image *second, enum match_rule rule);
/* Would this one and `other`, of the same request, be one binding? */
bool registry_match_changes(struct match_wanted *wanted, const struct registry_binding *other);

#endif
