/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_message.c — any bytes as a message: references stay inside, values walk to their end,
 * answers can be built. */
#include <portavoz/build.h>
#include <portavoz/uri.h>

#include "fuzz.h"

static struct pv_message m, again;
static char out[4 * PV_MESSAGE_MAX];

static void check_fields(struct pv_span whole)
{
	uint16_t previous = m.fields_at;
	for (uint16_t i = 0; i < m.field_count; i++) {
		const struct pv_field *field = &m.fields[i];
		struct pv_span line = {
			m.bytes + field->line, (size_t)(field->line_end - field->line)};
		must_be_within(line, whole);
		must_be_within(pv_message_span(&m, field->value), line);
		MUST(field->line >= previous && field->line < field->line_end);
		MUST(field->name_length && field->name_length < line.length);
		MUST(pv_header_of((struct pv_span){line.at, field->name_length}) == field->header);
		MUST(field->next == PV_NO_FIELD ||
			(field->next > i && field->next < m.field_count &&
				m.fields[field->next].header == field->header));
		previous = field->line_end;
	}
}

static void check_values(enum pv_header header)
{
	struct pv_values walk;
	struct pv_span value, from = {0};
	pv_values_begin(&walk, &m, header);
	while (pv_values_next(&walk, &value)) {
		struct pv_via via;
		struct pv_address address;
		struct pv_uri uri;
		MUST(value.length && value.at >= from.at);
		must_be_within(value, pv_message_span(&m, m.fields[walk.field].value));
		if (pv_via_parse(value, &via) == 0)
			via_must_be_within(&via, value);
		if (pv_address_parse(value, &address) == 0) {
			address_must_be_within(&address, value);
			if (pv_uri_parse(address.uri, &uri) == 0)
				MUST(pv_uri_equal(&uri, &uri));
		}
		from.at = pv_span_end(value);
	}
}

/* What was taken for good must be read back from an answer to it. */
static void check_response(int parsed)
{
	struct pv_writer w;
	struct pv_response response = {.status = 404,
		.to_tag = PV_SPAN("fuzz"),
		.received = PV_SPAN("192.0.2.99"),
		.rport = PV_SPAN("4242"),
		.record_route = true};
	pv_writer_init(&w, out, sizeof(out));
	pv_build_response(&w, &m, &response);
	pv_build_end(&w, PV_SPAN("text/plain"), PV_SPAN("body"));
	MUST(!w.overflow);
	if (parsed <= 0 || pv_writer_length(&w) > PV_MESSAGE_MAX)
		return;
	struct pv_span text = pv_writer_span(&w);
	MUST(pv_message_parse(&again, text.at, text.length, true) == (int)text.length);
	MUST(!again.is_request && again.status == 404 && again.cseq == m.cseq);
	MUST(pv_span_equal(again.call_id, m.call_id) && pv_span_equal(again.from_tag, m.from_tag));
	MUST(pv_span_equal(again.via.branch, m.via.branch) && again.to_tag.length);
	MUST(pv_span_equal(again.via.received, response.received));
	MUST(again.via.has_rport == m.via.has_rport);
	MUST(!m.via.has_rport || pv_span_equal(again.via.rport, response.rport));
}

/* CANCEL and ACK of a request that was taken are sound requests. */
static void check_hop(void)
{
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	pv_build_cancel(&w, &m, PV_SPAN("SIP ;cause=200"));
	MUST(pv_message_parse(&again, out, pv_writer_length(&w), true) ==
		(int)pv_writer_length(&w));
	MUST(again.method == PV_METHOD_CANCEL && again.cseq == m.cseq);
	MUST(pv_span_equal(again.via.whole, m.via.whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_span whole = {(const char *)data, size};
	int parsed = pv_message_parse(&m, whole.at, size, true);
	MUST(parsed <= (int)size && parsed != 0 && m.verdict == (parsed < 0 ? parsed : 0));
	MUST(pv_verdict_row(parsed)->phrase);
	MUST(m.length <= size);
	must_be_within(m.call_id, whole);
	must_be_within(m.from_tag, whole);
	must_be_within(m.to_tag, whole);
	must_be_within(pv_message_span(&m, m.body), whole);
	must_be_within(pv_message_span(&m, m.request_uri), whole);
	via_must_be_within(&m.via, whole);
	address_must_be_within(&m.from, whole);
	address_must_be_within(&m.to, whole);
	check_fields(whole);
	for (unsigned header = 1; header < PV_HEADER_COUNT; header++)
		check_values((enum pv_header)header);
	if (m.is_request)
		check_response(parsed);
	if (m.is_request && parsed > 0 && m.length < PV_MESSAGE_MAX / 2)
		check_hop();
	/* As a stream: the same message, or more is needed, or Content-Length is missed. */
	int streamed = pv_message_parse(&again, whole.at, size, false);
	MUST(parsed <= 0 || streamed == parsed || streamed == -PV_BAD_CONTENT_LENGTH);
	return 0;
}
