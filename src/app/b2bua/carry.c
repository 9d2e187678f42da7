/* SPDX-License-Identifier: Apache-2.0 */
/* carry.c — what of a message goes on to the other leg: all but what names this one. */
#include "app/b2bua/private.h"

enum carried {
	CARRY,   /* as it came, line for line */
	OURS,    /* belongs to this leg: written anew where it is needed, or nowhere */
	OPTIONS, /* a list of option tags without those that we answer for ourselves */
	SECRET,  /* not when it is for us */
	AGENT,   /* names a host in its second word */
};

static const uint8_t rows[PV_HEADER_COUNT] = {
	[PV_HEADER_VIA] = OURS,
	[PV_HEADER_ROUTE] = OURS,
	[PV_HEADER_RECORD_ROUTE] = OURS,
	[PV_HEADER_PATH] = OURS,
	[PV_HEADER_SERVICE_ROUTE] = OURS,
	[PV_HEADER_CONTACT] = OURS,
	[PV_HEADER_CALL_ID] = OURS,
	[PV_HEADER_IN_REPLY_TO] = OURS, /* Call-IDs of this side */
	[PV_HEADER_CSEQ] = OURS,
	[PV_HEADER_FROM] = OURS,
	[PV_HEADER_TO] = OURS,
	[PV_HEADER_MAX_FORWARDS] = OURS,
	[PV_HEADER_CONTENT_LENGTH] = OURS,
	[PV_HEADER_TIMESTAMP] = OURS,
	[PV_HEADER_PROXY_REQUIRE] = OURS,
	[PV_HEADER_SESSION_EXPIRES] = OURS,
	[PV_HEADER_MIN_SE] = OURS,
	[PV_HEADER_FLOW_TIMER] = OURS,
	[PV_HEADER_RSEQ] = OURS,
	[PV_HEADER_RACK] = OURS,
	[PV_HEADER_REPLACES] = OURS,
	[PV_HEADER_SUPPORTED] = OPTIONS,
	[PV_HEADER_REQUIRE] = OPTIONS,
	[PV_HEADER_PROXY_AUTHORIZATION] = SECRET,
	[PV_HEADER_WARNING] = AGENT,
};

/* Headers without a row that stay behind: Call-IDs and tags (RFC 3911, RFC 4538). */
static const struct pv_span named[] = {PV_SPAN_INIT("Join"), PV_SPAN_INIT("Target-Dialog")};

static bool stays_behind(const struct pv_message *m, const struct pv_field *field)
{
	struct pv_span name = {m->bytes + field->line, field->name_length};
	for (size_t i = 0; i < ARRAY_LENGTH(named); i++)
		if (pv_span_equal_nocase(name, named[i]))
			return true;
	return false;
}

static void put_field(const struct pv_message *m, const struct pv_field *field, struct pv_writer *w)
{
	pv_put_bytes(w, m->bytes + field->line, (size_t)(field->line_end - field->line));
}

/* Session timers are of one leg (RFC 4028), and so are flows (RFC 5626). */
static bool is_of_this_leg(struct pv_span option)
{
	return pv_span_equal_nocase(option, PV_SPAN("timer")) ||
	       pv_span_equal_nocase(option, PV_SPAN("outbound")) ||
	       pv_span_equal_nocase(option, PV_SPAN("path"));
}

static void put_options(
	const struct pv_message *m, const struct pv_field *field, struct pv_writer *w)
{
	struct pv_span rest = pv_message_span(m, field->value), option;
	bool first = true;
	while (pv_list_next(&rest, &option)) {
		if (is_of_this_leg(option))
			continue;
		if (first) {
			pv_put(w, pv_header_name((enum pv_header)field->header));
			pv_put_text(w, ": ");
		} else {
			pv_put_text(w, ", ");
		}
		pv_put(w, option);
		first = false;
	}
	if (!first)
		pv_put_text(w, "\r\n");
}

/* RFC 3261 §20.43: code, agent, text. The agent may be a pseudonym. One value a line is enough to
 * be useful; what cannot be read stays behind. */
static void put_warning(
	const struct pv_message *m, const struct pv_field *field, struct pv_writer *w)
{
	struct pv_span value = pv_message_span(m, field->value), rest = value, one;
	while (pv_list_next(&rest, &one)) {
		const char *agent = pv_span_find(one, ' ');
		const char *text =
			agent ? pv_span_find(pv_span_from(agent + 1, pv_span_end(one)), ' ') : NULL;
		if (!text)
			continue;
		pv_put_text(w, "Warning: ");
		pv_put(w, pv_span_from(one.at, agent));
		pv_put_text(w, " portavoz");
		pv_put(w, pv_span_from(text, pv_span_end(one)));
		pv_put_text(w, "\r\n");
	}
}

/* A failure may say what its sender could do (§13.3.1.3): addresses of the other side, which nobody
 * rewrites. */
static bool stays_bodiless(const struct pv_message *m)
{
	return !m->is_request && m->status >= 300 && media_has_description(m);
}

static bool names_a_body(const struct pv_field *field)
{
	return field->header == PV_HEADER_CONTENT_TYPE ||
	       field->header == PV_HEADER_CONTENT_DISPOSITION ||
	       field->header == PV_HEADER_CONTENT_ENCODING;
}

/* What any refresh of a target or of a session timer has (RFC 3311 §5.1, RFC 4028 §7.4), and what
 * says of its sender alone what it is and can. */
static bool is_of_refresh(const struct pv_field *field)
{
	switch (field->header) {
	case PV_HEADER_ACCEPT:
	case PV_HEADER_ACCEPT_ENCODING:
	case PV_HEADER_ACCEPT_LANGUAGE:
	case PV_HEADER_ALLOW:
	case PV_HEADER_ALLOW_EVENTS:
	case PV_HEADER_AUTHORIZATION:
	case PV_HEADER_DATE:
	case PV_HEADER_ORGANIZATION:
	case PV_HEADER_PROXY_AUTHORIZATION:
	case PV_HEADER_REQUIRE:
	case PV_HEADER_SERVER:
	case PV_HEADER_SUPPORTED:
	case PV_HEADER_USER_AGENT:
		return true;
	default:
		return rows[field->header] == OURS;
	}
}

bool carry_says_more(const struct pv_message *m)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		const struct pv_field *field = &m->fields[i];
		if (!is_of_refresh(field) && !proxy_is_asserted(m, field) &&
			!(field->header == PV_HEADER_OTHER && stays_behind(m, field)))
			return true;
	}
	return false;
}

void carry_headers(struct b2bua *b, const struct pv_message *m, struct pv_writer *w)
{
	bool is_bodiless = stays_bodiless(m);
	for (unsigned i = 0; i < m->field_count; i++) {
		const struct pv_field *field = &m->fields[i];
		if (proxy_is_asserted(m, field))
			continue;
		switch ((enum carried)rows[field->header]) {
		case CARRY:
			if (is_bodiless && names_a_body(field))
				break;
			if (field->header != PV_HEADER_OTHER || !stays_behind(m, field))
				put_field(m, field, w);
			break;
		case OURS:
			break;
		case OPTIONS:
			put_options(m, field, w);
			break;
		case SECRET:
			if (!proxy_is_own_credentials(
				    b->at.proxy, pv_message_span(m, field->value)))
				put_field(m, field, w);
			break;
		case AGENT:
			put_warning(m, field, w);
			break;
		}
	}
}

void carry_body(
	const struct pv_message *m, const struct call_media_result *media, struct pv_writer *w)
{
	static const struct call_media_result unchanged = {.verdict = CALL_MEDIA_UNCHANGED};
	if (!media)
		media = &unchanged;
	if (m && stays_bodiless(m))
		m = NULL;
	pv_put_text(w, "Content-Length: ");
	pv_put_u64(w, m ? call_media_body_length(media, m) : 0);
	pv_put_text(w, "\r\n\r\n");
	if (m)
		call_media_body_write(media, m, w);
}
