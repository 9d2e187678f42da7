/* SPDX-License-Identifier: Apache-2.0 */
/* peek.c — who owns a datagram: reads no further than the Call-ID or the branch. */
#include "sip/peek.h"

#include "sip/lexer.h"
#include "sip/line.h"
#include "sip/start_line.h"

static bool is_interesting(char first)
{
	unsigned char lower = (unsigned char)(first | 0x20);
	return lower == 'c' || lower == 'i' || lower == 'v';
}

/* True when the answer is found. Only the first Via and the first Call-ID count. */
static bool look_at(const char *line, const char *stop, struct sip_peek *peek, bool *seen_via)
{
	struct pv_span name, value;
	struct pv_via via;
	if (!line_split(line, stop, &name, &value))
		return false;
	enum pv_header header = pv_header_of(name);
	if (header == PV_HEADER_CALL_ID) {
		if (!peek->call_id.at && value.length)
			peek->call_id = value;
		return peek->is_request;
	}
	if (header != PV_HEADER_VIA || peek->is_request || *seen_via)
		return false;
	*seen_via = true;
	if (!via_scan(value.at, pv_span_end(value), &via) || !via.branch.length)
		return false;
	peek->branch = via.branch;
	return true;
}

int sip_peek(const char *bytes, size_t length, struct sip_peek *ret)
{
	struct start_line line;
	int verdict;
	bool seen_via = false;
	size_t consumed = start_line_parse(bytes, length, &line, &verdict);
	if (consumed == 0 || verdict == -PV_NOT_SIP)
		return -PV_NOT_SIP;
	memset(ret, 0, sizeof(*ret));
	ret->is_request = line.is_request;
	ret->method = line.is_request ? pv_method_of(line.method) : PV_METHOD_OTHER;
	const char *at = bytes + consumed, *end = bytes + length;
	while (end - at >= 2 && !(at[0] == '\r' && at[1] == '\n')) {
		bool bad = false, wanted = is_interesting(*at);
		const char *stop = line_end(at, end, &bad);
		if (!stop || (!bad && wanted && look_at(at, stop, ret, &seen_via)))
			break;
		at = stop;
	}
	return 0;
}
