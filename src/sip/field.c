/* SPDX-License-Identifier: Apache-2.0 */
/* field.c — header fields of an indexed message, by header and by name. */
#include <portavoz/message.h>

struct pv_span pv_message_value(const struct pv_message *m, enum pv_header header)
{
	uint16_t field = m->first[header];
	if (field == PV_NO_FIELD)
		return (struct pv_span){NULL, 0};
	return pv_message_span(m, m->fields[field].value);
}

struct pv_span pv_message_value_named(const struct pv_message *m, struct pv_span name)
{
	enum pv_header header = pv_header_of(name);
	if (header != PV_HEADER_OTHER)
		return pv_message_value(m, header);
	uint16_t i = m->first[PV_HEADER_OTHER];
	for (; i < m->field_count; i++) {
		const struct pv_field *field = &m->fields[i];
		struct pv_span found = {m->bytes + field->line, field->name_length};
		if (field->header == PV_HEADER_OTHER && pv_span_equal_nocase(found, name))
			return pv_message_span(m, field->value);
	}
	return (struct pv_span){NULL, 0};
}
