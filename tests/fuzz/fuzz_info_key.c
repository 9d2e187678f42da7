/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_info_key.c: the body of an INFO, whose Content-Type is its first line. */
#include "fuzz.h"
#include "sound/info_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char keys[] = "0123456789*#ABCD";
	struct pv_span body = {(const char *)data, size};
	const char *end = pv_span_find(body, '\n');
	struct pv_span type = end ? pv_span_from(body.at, end) : body;
	struct info_key found = {.key = '!', .duration_ms = 77};
	body = pv_span_skip(body, type.length + 1);
	int error = info_key_parse(type, body, &found);
	if (error == 0)
		MUST(found.key && strchr(keys, found.key));
	else
		MUST(found.key == '!' && found.duration_ms == 77);
	/* a key is within the body, so an empty one has none */
	MUST(error != 0 || body.length > 0);
	return 0;
}
