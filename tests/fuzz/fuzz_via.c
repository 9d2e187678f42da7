/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_via.c — a Via value: its parts lie inside, and its parameters are found again by name. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_span text = {(const char *)data, size}, value, name;
	struct pv_via via, again;
	if (pv_via_parse(text, &via))
		return 0;
	via_must_be_within(&via, text);
	MUST(via.protocol.length && via.host.length && via.whole.length);
	MUST(pv_via_parse(via.whole, &again) == 0);
	MUST(pv_span_equal(again.branch, via.branch) && again.port == via.port);
	if (via.branch.length) {
		MUST(pv_params_find(via.params, PV_SPAN("BRANCH"), &value));
		MUST(value.at == via.branch.at && value.length == via.branch.length);
	}
	MUST(pv_params_find(via.params, PV_SPAN("rport"), NULL) == via.has_rport);
	for (struct pv_span rest = via.params; pv_params_next(&rest, &name, &value);) {
		must_be_within(name, via.params);
		must_be_within(value, via.params);
		MUST(name.length);
	}
	/* As a list, it is one value. */
	struct pv_span list = text;
	MUST(pv_list_next(&list, &value) && pv_span_equal(value, via.whole));
	MUST(!pv_list_next(&list, &value));
	return 0;
}
