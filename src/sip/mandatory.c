/* SPDX-License-Identifier: Apache-2.0 */
/* mandatory.c — the header fields that every message has, parsed and checked (RFC 3261 §8.1.1). */
#include "sip/mandatory.h"

#include "sip/wide.h"

/* Each checks the value of one header: whether it is well-formed. */
static bool check_via(struct pv_message *m, struct pv_span value)
{
	if (via_scan(value.at, pv_span_end(value), &m->via))
		return true;
	m->via = (struct pv_via){0};
	return false;
}

static bool check_address(struct pv_span value, struct pv_address *address, struct pv_span *tag)
{
	const char *end = pv_span_end(value);
	if (address_scan(value.at, end, address) != end || !value.length || address->is_star) {
		*address = (struct pv_address){0};
		return false;
	}
	struct pv_span params = address->params;
	if (params.length && !wide_param(value.at, params.at, end, PV_SPAN(";tag="), tag))
		pv_params_find(params, PV_SPAN("tag"), tag);
	return true;
}

static bool check_from(struct pv_message *m, struct pv_span value)
{
	return check_address(value, &m->from, &m->from_tag);
}

static bool check_to(struct pv_message *m, struct pv_span value)
{
	return check_address(value, &m->to, &m->to_tag);
}

/* §20.8, but any visible character is taken; what matters is that it is one word. */
static bool check_call_id(struct pv_message *m, struct pv_span value)
{
	if (wide_run_visible(value.at, value.at, pv_span_end(value)) != pv_span_end(value))
		return false;
	m->call_id = value;
	return value.length > 0;
}

/* "1 OPTIONS" in an OPTIONS: the method is the request's own, to the byte. */
static bool is_usual_cseq(struct pv_message *m, struct pv_span value)
{
	struct pv_span method = pv_message_span(m, m->method_name);
	if (!m->is_request || m->method == PV_METHOD_OTHER || value.length < method.length + 2 ||
		value.length > method.length + 10)
		return false;
	const char *own = pv_span_end(value) - method.length;
	return own[-1] == ' ' && lex_same(own, method.at, method.length) &&
	       pv_number_parse(pv_span_from(value.at, own - 1), &m->cseq);
}

/* §8.1.1.5: a request's CSeq names its method. A response has its method from here. */
static bool check_cseq(struct pv_message *m, struct pv_span value)
{
	struct pv_span method;
	if (is_usual_cseq(m, value))
		return true;
	if (pv_cseq_parse(value, &m->cseq, &method))
		return false;
	if (!m->is_request) {
		m->method = pv_method_of(method);
		m->method_name.at = (uint16_t)(method.at - m->bytes);
		m->method_name.length = (uint16_t)method.length;
	} else if (!pv_span_equal(method, pv_message_span(m, m->method_name))) {
		message_blame(m, PV_CSEQ_METHOD);
	}
	return true;
}

/* §20.22: 0 to 255. */
static bool check_max_forwards(struct pv_message *m, struct pv_span value)
{
	uint32_t hops;
	if (!pv_number_parse(value, &hops) || hops > 255)
		return false;
	m->max_forwards = (int32_t)hops;
	return true;
}

static const struct {
	enum pv_header header;
	enum pv_verdict missing; /* PV_VERDICT_NONE = may be */
	enum pv_verdict malformed;
	bool once; /* one line only (§7.3.1) */
	bool (*check)(struct pv_message *m, struct pv_span value);
} mandatory[] = {
	{PV_HEADER_VIA, PV_NO_VIA, PV_BAD_VIA, false, check_via},
	{PV_HEADER_FROM, PV_NO_FROM, PV_BAD_FROM, true, check_from},
	{PV_HEADER_TO, PV_NO_TO, PV_BAD_TO, true, check_to},
	{PV_HEADER_CALL_ID, PV_NO_CALL_ID, PV_BAD_CALL_ID, true, check_call_id},
	{PV_HEADER_CSEQ, PV_NO_CSEQ, PV_BAD_CSEQ, true, check_cseq},
	{PV_HEADER_MAX_FORWARDS, PV_VERDICT_NONE, PV_BAD_MAX_FORWARDS, true, check_max_forwards},
};

void message_check_mandatory(struct pv_message *m)
{
	for (size_t i = 0; i < sizeof(mandatory) / sizeof(mandatory[0]); i++) {
		uint16_t field = m->first[mandatory[i].header];
		if (field == PV_NO_FIELD) {
			if (mandatory[i].missing)
				message_blame(m, mandatory[i].missing);
			continue;
		}
		if (!mandatory[i].check(m, pv_message_span(m, m->fields[field].value)))
			message_blame(m, mandatory[i].malformed);
		if (mandatory[i].once && m->fields[field].next != PV_NO_FIELD)
			message_blame(m, PV_DUPLICATE_FIELD);
	}
	/* Without a Via no answer finds its way (§18.2.2), whatever else is wrong. */
	if (!pv_message_has(m, PV_HEADER_VIA))
		m->verdict = -PV_NO_VIA;
}
