/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_peek_patch.c — peek agrees with the parse; no edits change nothing; what is removed is gone
 * and the rest stays. */
#include "fuzz.h"
#include "sip/patch.h"
#include "sip/peek.h"

#define VALUES_MAX 64

static struct pv_message m, again;
static char out[2 * PV_MESSAGE_MAX];

static void check_peek(struct pv_span text, int parsed)
{
	struct sip_peek peek;
	int verdict = sip_peek(text.at, text.length, &peek);
	MUST(verdict == 0 || verdict == -PV_NOT_SIP);
	MUST((verdict == -PV_NOT_SIP) == (parsed == -PV_NOT_SIP));
	if (verdict)
		return;
	must_be_within(peek.call_id, text);
	must_be_within(peek.branch, text);
	if (parsed <= 0)
		return;
	MUST(peek.is_request == m.is_request);
	if (m.is_request) {
		MUST(peek.method == m.method && !peek.branch.at);
		MUST(pv_span_equal(peek.call_id, m.call_id));
	} else if (m.via.branch.length) {
		MUST(pv_span_equal(peek.branch, m.via.branch));
	} else {
		MUST(!peek.branch.at && pv_span_equal(peek.call_id, m.call_id));
	}
}

static int write_patch(struct patch *patch, struct pv_span *ret)
{
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	int failed = patch_write(patch, &w);
	*ret = pv_writer_span(&w);
	MUST(failed || ret->length == patch_length(patch));
	return failed;
}

static void check_identity(void)
{
	struct patch patch;
	struct pv_span text;
	patch_init(&patch, &m);
	MUST(write_patch(&patch, &text) == 0);
	MUST(pv_span_equal(text, (struct pv_span){m.bytes, m.length}));
}

static unsigned empty_lines(const struct pv_message *message, enum pv_header header)
{
	unsigned count = 0;
	for (uint16_t i = message->first[header]; i != PV_NO_FIELD; i = message->fields[i].next) {
		struct pv_span rest = pv_message_span(message, message->fields[i].value), value;
		count += !pv_list_next(&rest, &value);
	}
	return count;
}

/* Removes the values of `header` that `mask` names, last first when it is odd; those kept remain.
 */
static void check_removal(enum pv_header header, uint64_t mask)
{
	struct pv_span values[VALUES_MAX], text, value;
	uint16_t lines[VALUES_MAX];
	struct pv_values walk;
	struct patch patch;
	unsigned count = 0, kept = 0;
	patch_init(&patch, &m);
	pv_values_begin(&walk, &m, header);
	while (count < VALUES_MAX && pv_values_next(&walk, &values[count]))
		lines[count++] = walk.field;
	if (count == VALUES_MAX)
		return;
	for (unsigned i = 0; i < count; i++) {
		unsigned victim = mask & 1 ? count - 1 - i : i;
		if (mask >> victim & 1)
			patch_remove_value(&patch, lines[victim], values[victim]);
	}
	if (write_patch(&patch, &text) || text.length > PV_MESSAGE_MAX)
		return;
	int parsed = pv_message_parse(&again, text.at, text.length, true);
	if (parsed == -PV_TOO_MANY_FIELDS)
		return; /* a '(' cost one more line than there may be */
	pv_values_begin(&walk, &again, header);
	for (; kept < count; kept++) {
		if (mask >> kept & 1)
			continue;
		MUST(pv_values_next(&walk, &value) && pv_span_equal(value, values[kept]));
	}
	MUST(!pv_values_next(&walk, &value));
	/* No line is left empty that had a value. */
	MUST(empty_lines(&again, header) <= empty_lines(&m, header));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_span text = {(const char *)data, size};
	int parsed = pv_message_parse(&m, text.at, size, true);
	check_peek(text, parsed);
	if (parsed <= 0)
		return 0;
	check_identity();
	uint64_t mask = 0x9e3779b97f4a7c15u * (size + 1);
	check_removal(PV_HEADER_ROUTE, mask);
	check_removal(PV_HEADER_ROUTE, UINT64_MAX);
	check_removal(PV_HEADER_VIA, mask >> 1);
	check_removal(PV_HEADER_REQUIRE, mask >> 7);
	return 0;
}
