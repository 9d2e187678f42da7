/* SPDX-License-Identifier: Apache-2.0 */
/* flow.h — a shard's lists of the bindings that came by one flow. */
#ifndef REGISTRY_FLOW_H
#define REGISTRY_FLOW_H

#include "registry/shard.h"

/* Both O(1), under the shard's lock; `flow` is not 0. */
void registry_flow_push(struct shard *shard, uint32_t index, uint64_t flow);
void registry_flow_remove(struct shard *shard, uint32_t index, uint64_t flow);

#endif
