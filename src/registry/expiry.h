/* SPDX-License-Identifier: Apache-2.0 */
/* expiry.h — a shard's ring of time slots: what expires in a slot is found without a search. */
#ifndef REGISTRY_EXPIRY_H
#define REGISTRY_EXPIRY_H

#include "registry/shard.h"

/* The earliest expiry that still has a slot: a binding that would be gone before that is stored
 * with this. */
uint64_t expiry_earliest(const struct shard *shard);
/* All O(1), under the shard's lock. `first` is the binding's first cell as it is stored; push
 * stores the slot in it. */
void expiry_push(struct shard *shard, uint32_t index, union cell_image *first);
void expiry_remove(struct shard *shard, uint32_t index, const union cell_image *first);
/* The binding's time has changed. A later one needs nothing: when its slot comes it is met there
 * and put into the right one, so that a refresh touches no neighbour. */
void expiry_move(struct shard *shard, uint32_t index, union cell_image *first);

#endif
