/* SPDX-License-Identifier: Apache-2.0 */
/* text.h — the text of a binding in its cells. */
#ifndef REGISTRY_TEXT_H
#define REGISTRY_TEXT_H

#include "registry/shard.h"

/* Fills the lengths and places that a binding's first cell holds; REGISTRY_TOO_LONG. */
enum registry_error text_lengths(const struct registry_binding *b, struct cell_binding *ret);
/* Under the shard's lock: is the text of a stored binding, whose two cells these are, that of `b`?
 */
bool text_is_stored(struct cell_pool *pool, const union cell_image *first,
	const union cell_image *stored_second, const struct registry_binding *b,
	const struct cell_binding *lengths);
/* New cells with the text in them and without values yet; 0 when the pool is empty. */
uint32_t text_store(struct cell_pool *pool, const struct registry_binding *b,
	const struct cell_binding *lengths);

#endif
