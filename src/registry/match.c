/* SPDX-License-Identifier: Apache-2.0 */
/* match.c — compares contacts: the same bytes as a rule, parsed URIs when they differ. */
#include "registry/match.h"

void registry_match_init(struct match_wanted *wanted, const struct registry_binding *binding)
{
	wanted->binding = binding;
	wanted->parsed = 0;
}

static bool uri_equals(struct match_wanted *wanted, struct pv_span text)
{
	struct pv_uri other;
	if (pv_span_equal(wanted->binding->contact, text))
		return true;
	if (wanted->parsed == 0)
		wanted->parsed = pv_uri_parse(wanted->binding->contact, &wanted->uri) == 0 ? 1 : -1;
	return wanted->parsed == 1 && pv_uri_parse(text, &other) == 0 &&
	       pv_uri_equal(&wanted->uri, &other);
}

static bool stored_uri_equals(struct match_wanted *wanted, struct cell_pool *pool,
	const union cell_image *first, const union cell_image *second)
{
	char text[REGISTRY_TEXT];
	struct cell_cursor cursor;
	union cell_image image = *second;
	size_t length = first->binding.contact_length;
	cell_cursor_init(&cursor, pool, &image, image.where.text, BINDING_TEXT_HERE);
	return length <= sizeof(text) && cell_cursor_read(&cursor, text, length) &&
	       uri_equals(wanted, (struct pv_span){text, length});
}

static bool stored_flow_equals(const struct match_wanted *wanted, struct cell_pool *pool,
	const union cell_image *first, const union cell_image *second)
{
	const struct cell_binding *b = &first->binding;
	const struct registry_binding *other = wanted->binding;
	char skipped[REGISTRY_TEXT];
	struct cell_cursor cursor;
	union cell_image image = *second;
	if (!other->reg_id || other->reg_id != b->reg_id || other->instance.length == 0 ||
		other->instance.length != b->instance_length || b->instance_at > sizeof(skipped))
		return false;
	cell_cursor_init(&cursor, pool, &image, image.where.text, BINDING_TEXT_HERE);
	return cell_cursor_read(&cursor, skipped, b->instance_at) &&
	       cell_cursor_equal(&cursor, other->instance.at, other->instance.length);
}

bool registry_match_stored(struct match_wanted *wanted, struct cell_pool *pool,
	const union cell_image *first, const union cell_image *second, enum match_rule rule)
{
	if (rule == MATCH_FLOW)
		return stored_flow_equals(wanted, pool, first, second);
	bool stored_is_plain = first->binding.reg_id == 0;
	bool wanted_is_plain = wanted->binding->reg_id == 0;
	if (!stored_is_plain && (rule == MATCH_URI_PLAIN || !wanted_is_plain))
		return false;
	return stored_uri_equals(wanted, pool, first, second);
}

bool registry_match_changes(struct match_wanted *wanted, const struct registry_binding *other)
{
	const struct registry_binding *one = wanted->binding;
	if (one->reg_id != other->reg_id)
		return false;
	if (one->reg_id && one->instance.length)
		return pv_span_equal(one->instance, other->instance);
	return uri_equals(wanted, other->contact);
}
