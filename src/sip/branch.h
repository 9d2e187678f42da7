/* SPDX-License-Identifier: Apache-2.0 */
/* branch.h — our Via branch is an address: worker, slot, generation, loop hash, and a MAC over
 * them. */
#ifndef SIP_BRANCH_H
#define SIP_BRANCH_H

#include <portavoz/span.h>
#include <portavoz/writer.h>
#include "base/siphash.h"

/* The slot that stateless forwarding uses: its responses are forwarded by the next Via alone. */
#define BRANCH_STATELESS UINT32_MAX

struct branch {
	uint8_t worker;
	uint32_t slot;       /* slab index of the client transaction */
	uint32_t generation; /* slab generation */
	uint32_t loop;       /* RFC 3261 §16.6 step 8 and RFC 5393: the loop-detection part */
};

#define BRANCH_LENGTH 41 /* "z9hG4bK" "pv" and 32 hex digits */

void branch_write(const struct siphash_key *key, const struct branch *branch, struct pv_writer *w);
/* False when the text is not ours: other shape or wrong MAC. */
bool branch_read(const struct siphash_key *key, struct pv_span text, struct branch *ret);
/* The worker alone, without the MAC, for choosing the owner; -1 when the shape is not ours. */
int branch_worker(struct pv_span text);

#endif
