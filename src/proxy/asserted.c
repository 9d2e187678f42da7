/* SPDX-License-Identifier: Apache-2.0 */
/* asserted.c — what a message says of who its sender is, beside From: only who is trusted may say
 * it (RFC 3325 §5), and no peer is: it stays behind. */
#include "proxy/private.h"

static const struct pv_span draft_name = PV_SPAN_INIT("Remote-Party-ID");

bool proxy_is_asserted(const struct pv_message *m, const struct pv_field *field)
{
	switch (field->header) {
	case PV_HEADER_P_ASSERTED_IDENTITY:
	case PV_HEADER_P_PREFERRED_IDENTITY:
		return true;
	case PV_HEADER_OTHER:
		return pv_span_equal_nocase(
			(struct pv_span){m->bytes + field->line, field->name_length}, draft_name);
	default:
		return false;
	}
}

void proxy_remove_asserted(struct patch *patch)
{
	const struct pv_message *m = patch->message;
	for (uint16_t i = 0; i < m->field_count; i++)
		if (proxy_is_asserted(m, &m->fields[i]))
			patch_remove_line(patch, i);
}
