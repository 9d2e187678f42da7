/* SPDX-License-Identifier: Apache-2.0 */
/* info_key.c: the key in the body of an INFO request. */
#include "sound/info_key.h"

#include <errno.h>

#include "rtp/event.h"

/* What follows `name`, '=' or ':', and spaces around it, in a line; false when it is another line.
 */
static bool read_field(struct pv_span line, struct pv_span name, struct pv_span *ret_value)
{
	if (!pv_span_starts_with_nocase(line, name))
		return false;
	struct pv_span rest = pv_span_trim(pv_span_skip(line, name.length));
	if (pv_span_is_empty(rest) || (*rest.at != '=' && *rest.at != ':'))
		return false;
	*ret_value = pv_span_trim(pv_span_skip(rest, 1));
	return true;
}

/* NUL: it is no key. */
static char key_of(struct pv_span value)
{
	uint32_t number;
	if (value.length == 1) {
		char key = *value.at;
		if (key >= 'a' && key <= 'd')
			return (char)(key - 'a' + 'A');
		bool is_key =
			pv_is_digit(key) || key == '*' || key == '#' || (key >= 'A' && key <= 'D');
		return is_key ? key : '\0';
	}
	if (value.length == 2 && pv_span_to_u32(value, &number))
		return rtp_event_key((uint8_t)number);
	return '\0';
}

static struct pv_span next_line(struct pv_span *text)
{
	const char *end = pv_span_find(*text, '\n');
	struct pv_span line = end ? pv_span_from(text->at, end) : *text;
	*text = pv_span_skip(*text, line.length + 1);
	return pv_span_trim(line);
}

/* "Signal=5" and what else there may be. */
static struct info_key read_fields(struct pv_span body)
{
	struct info_key found = {0};
	struct pv_span value;
	while (!pv_span_is_empty(body)) {
		struct pv_span line = next_line(&body);
		if (!found.key && read_field(line, PV_SPAN("Signal"), &value))
			found.key = key_of(value);
		else if (read_field(line, PV_SPAN("Duration"), &value) &&
			 !pv_span_to_u32(value, &found.duration_ms))
			found.duration_ms = 0;
	}
	return found;
}

static bool is_type(struct pv_span type, struct pv_span wanted)
{
	const char *end = pv_span_find(type, ';');
	if (end)
		type = pv_span_from(type.at, end);
	return pv_span_equal_nocase(pv_span_trim(type), wanted);
}

int info_key_parse(struct pv_span type, struct pv_span body, struct info_key *ret)
{
	bool is_plain = is_type(type, PV_SPAN("application/dtmf"));
	if (!is_plain && !is_type(type, PV_SPAN("application/dtmf-relay")))
		return -ENOTSUP;
	struct info_key found = {0};
	if (is_plain)
		found.key = key_of(pv_span_trim(body));
	/* some phones write the fields of the other type into this one, too */
	if (!found.key)
		found = read_fields(body);
	if (!found.key)
		return -EBADMSG;
	*ret = found;
	return 0;
}
