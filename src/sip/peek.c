/* SPDX-License-Identifier: Apache-2.0 */
/* peek.c — who owns a datagram: reads no further than the Call-ID or the branch. */
#include "sip/peek.h"

#include "base/macros.h"
#include "sip/branch.h"
#include "sip/glance.h"
#include "sip/line.h"
#include "sip/start_line.h"

/* Whether a line that starts with these two may be a Call-ID, or the Via of a response. */
static inline bool is_interesting(const char *at, bool is_request)
{
	switch (at[0] | 0x20) {
	case 'c':
		return (at[1] | 0x20) == 'a';
	case 'i':
		return true;
	default:
		return !is_request && (at[0] | 0x20) == 'v';
	}
}

/* Behind a line that nobody asks for, or NULL when its end is not there. Whatever stands in it, the
 * first CRLF that is no fold ends it: no quoted-pair hides a CR (§25.1). */
static inline const char *skip_line(const char *begin, const char *at, const char *end)
{
	bool bad;
	const char *stop = wide_run_to_cr(begin, at, end);
	return line_ends_at(stop, end) ? stop + 2 : line_end(at, end, &bad);
}

/* True when the answer is found. Only the first Via and the first Call-ID count. */
static bool look_at(const struct line *line, struct sip_peek *peek, bool *seen_via)
{
	struct pv_via via;
	if (line->header == PV_HEADER_CALL_ID) {
		if (!peek->call_id.at && line->value.length)
			peek->call_id = line->value;
		return peek->is_request;
	}
	if (line->header != PV_HEADER_VIA || peek->is_request || *seen_via)
		return false;
	*seen_via = true;
	if (!via_scan(line->value.at, pv_span_end(line->value), &via) || !via.branch.length)
		return false;
	peek->branch = via.branch;
	return true;
}

/* Our own branch in the first Via, by the steps of the kernel's program that steers (glance.h). */
static bool glance_at(const char *at, const char *end, struct pv_span *ret_branch)
{
	struct glance_via via;
	enum glance_progress progress;
	if (end - at < GLANCE_VIA || !glance_via_begin(&via, at, 0, GLANCE_VIA))
		return false;
	do
		progress = glance_via_step(&via, at);
	while (progress == GLANCE_MORE);
	*ret_branch = (struct pv_span){at + via.at, BRANCH_LENGTH};
	return progress == GLANCE_FOUND;
}

int sip_peek(const char *bytes, size_t length, struct sip_peek *ret)
{
	struct start_line start;
	struct line line;
	struct pv_span branch;
	int verdict;
	bool seen_via = false;
	size_t consumed = start_line_parse(bytes, length, &start, &verdict);
	if (consumed == 0 || verdict == -PV_NOT_SIP)
		return -PV_NOT_SIP;
	*ret = (struct sip_peek){.is_request = start.is_request, .method = start.known};
	const char *at = bytes + consumed, *end = bytes + length;
	while (at && end - at >= 2 && memcmp(at, "\r\n", 2) != 0) {
		if (!is_interesting(at, ret->is_request)) {
			at = skip_line(bytes, at, end);
			continue;
		}
		if (!ret->is_request && !seen_via && glance_at(at, end, &branch)) {
			ret->branch = branch;
			break;
		}
		enum line_kind kind = line_read_usual(bytes, at, end, &line)
					      ? LINE_FIELD
					      : line_read_any(at, end, &line);
		if (kind == LINE_CUT || (kind == LINE_FIELD && look_at(&line, ret, &seen_via)))
			break;
		at = line.stop;
	}
	return 0;
}
