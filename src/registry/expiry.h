/* SPDX-License-Identifier: Apache-2.0 */
/* expiry.h — a shard's ring of time slots: what expires in a slot is found without a search. */
#ifndef REGISTRY_EXPIRY_H
#define REGISTRY_EXPIRY_H

#include "registry/shard.h"

/* The earliest expiry that still has a slot: a binding that would be gone before that is stored
 * with this. */
uint64_t expiry_earliest(const struct shard *shard);
/* Both O(1), under the shard's lock. `expires_ms` as it is stored in the binding. */
void expiry_push(struct shard *shard, uint32_t index, uint64_t expires_ms);
void expiry_remove(struct shard *shard, uint32_t index, uint64_t expires_ms);

#endif
