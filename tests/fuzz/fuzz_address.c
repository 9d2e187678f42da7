/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_address.c — an address value, and a list of them: parts inside, every value of a list
 * without its comma. */
#include "fuzz.h"

static void check_numbers(struct pv_span value)
{
	uint32_t number;
	uint16_t q;
	struct pv_span method;
	pv_number_parse(value, &number);
	if (pv_qvalue_parse(value, &q))
		MUST(q <= 1000);
	if (pv_cseq_parse(value, &number, &method) == 0)
		must_be_within(method, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_span text = {(const char *)data, size}, rest = text, value, name, found;
	struct pv_address address;
	const char *behind = text.at;
	check_numbers(text);
	while (pv_list_next(&rest, &value)) {
		MUST(value.length && value.at >= behind);
		must_be_within(value, text);
		behind = pv_span_end(value);
		if (pv_address_parse(value, &address))
			continue;
		address_must_be_within(&address, value);
		MUST(address.is_star != (address.uri.length > 0));
		MUST(!address.display.length || address.is_name_addr);
		for (struct pv_span params = address.params;
			pv_params_next(&params, &name, &found);) {
			must_be_within(name, address.params);
			must_be_within(found, address.params);
		}
	}
	if (pv_address_parse(text, &address) == 0)
		address_must_be_within(&address, text);
	return 0;
}
