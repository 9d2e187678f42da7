/* SPDX-License-Identifier: Apache-2.0 */
/* text.c — the text of a binding: contact, parameters, Path and agent, one behind the other in its
 * cells. */
#include "registry/text.h"

#include <string.h>

/* Where the instance stands in the text: inside params as a rule. */
static size_t instance_place(const struct registry_binding *b, size_t behind_all)
{
	const char *at =
		b->instance.length && b->params.length
			? memmem(b->params.at, b->params.length, b->instance.at, b->instance.length)
			: NULL;
	return at ? b->contact.length + (size_t)(at - b->params.at) : behind_all;
}

enum registry_error text_lengths(const struct registry_binding *b, struct cell_binding *ret)
{
	size_t agent = MIN(b->user_agent.length, UINT8_MAX);
	size_t sum = b->contact.length + b->params.length + b->path.length + agent;
	size_t instance_at = instance_place(b, sum);
	if (MAX(sum, instance_at + b->instance.length) > REGISTRY_TEXT)
		return REGISTRY_TOO_LONG;
	ret->contact_length = (uint16_t)b->contact.length;
	ret->params_length = (uint16_t)b->params.length;
	ret->path_length = (uint16_t)b->path.length;
	ret->agent_length = (uint8_t)agent;
	ret->instance_at = (uint16_t)instance_at;
	ret->instance_length = (uint16_t)b->instance.length;
	return REGISTRY_OK;
}

/* The pieces in the order in which they are stored; the instance only when it is in none of the
 * others. */
static unsigned text_pieces(
	const struct registry_binding *b, const struct cell_binding *lengths, struct pv_span ret[5])
{
	size_t sum = b->contact.length + b->params.length + b->path.length + lengths->agent_length;
	ret[0] = b->contact;
	ret[1] = b->params;
	ret[2] = b->path;
	ret[3] = (struct pv_span){b->user_agent.at, lengths->agent_length};
	ret[4] = b->instance;
	return lengths->instance_at >= sum && b->instance.length ? 5 : 4;
}

bool text_is_stored(struct cell_pool *pool, const union cell_image *first,
	const union cell_image *stored_second, const struct registry_binding *b,
	const struct cell_binding *lengths)
{
	const struct cell_binding *old = &first->binding;
	struct pv_span pieces[5];
	struct cell_cursor cursor;
	union cell_image second = *stored_second;
	if (old->contact_length != lengths->contact_length ||
		old->params_length != lengths->params_length ||
		old->path_length != lengths->path_length ||
		old->agent_length != lengths->agent_length ||
		old->instance_at != lengths->instance_at ||
		old->instance_length != lengths->instance_length)
		return false;
	unsigned count = text_pieces(b, lengths, pieces);
	cell_cursor_init(&cursor, pool, &second, second.where.text, BINDING_TEXT_HERE);
	for (unsigned i = 0; i < count; i++)
		if (!cell_cursor_equal(&cursor, pieces[i].at, pieces[i].length))
			return false;
	return true;
}

uint32_t text_store(struct cell_pool *pool, const struct registry_binding *b,
	const struct cell_binding *lengths)
{
	size_t length = binding_text_length(lengths);
	size_t behind = length > BINDING_TEXT_HERE ? length - BINDING_TEXT_HERE : 0;
	uint32_t chain =
		cell_take_chain(pool, 2 + (unsigned)((behind + CELL_TEXT - 1) / CELL_TEXT));
	union cell_image first, second;
	struct pv_span pieces[5];
	struct cell_cursor cursor;
	if (!chain)
		return 0;
	cell_load(pool, chain, &first);
	cell_load(pool, first.more, &second);
	unsigned count = text_pieces(b, lengths, pieces);
	cell_cursor_init(&cursor, pool, &second, second.where.text, BINDING_TEXT_HERE);
	for (unsigned i = 0; i < count; i++)
		cell_cursor_write(&cursor, pieces[i].at, pieces[i].length);
	cell_cursor_close(&cursor);
	cell_store(pool, first.more, &second);
	return chain;
}
