/* SPDX-License-Identifier: Apache-2.0 */
/* start_line.c — request lines and status lines (RFC 3261 §7.1, §7.2). */
#include "sip/start_line.h"

#include "sip/lexer.h"
#include "sip/line.h"
#include "sip/wide.h"

/* "SIP/" digits "." digits, whole: 1 for 2.0, 0 for another version, -1 when it is none. */
static int version_of(struct pv_span text)
{
	if (pv_span_equal_nocase(text, PV_SPAN("SIP/2.0")))
		return 1;
	if (!pv_span_starts_with_nocase(text, PV_SPAN("SIP/")))
		return -1;
	const char *end = pv_span_end(text), *at = text.at + 4;
	const char *dot = at;
	while (dot < end && pv_is_digit(*dot))
		dot++;
	if (dot == at || dot == end || *dot != '.' || dot + 1 == end)
		return -1;
	for (at = dot + 1; at < end; at++)
		if (!pv_is_digit(*at))
			return -1;
	return 0;
}

/* SP 3DIGIT [SP reason]; the last SP is missed by some and tolerated. */
static int parse_status(struct pv_span rest, struct start_line *line)
{
	const char *at = rest.at;
	if (rest.length < 4 || at[0] != ' ' || !pv_is_digit(at[1]) || !pv_is_digit(at[2]) ||
		!pv_is_digit(at[3]) || (rest.length > 4 && at[4] != ' '))
		return -PV_BAD_STATUS_LINE;
	unsigned status = (unsigned)((at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0'));
	if (status < 100 || status > 699)
		return -PV_BAD_STATUS_LINE;
	line->status = (uint16_t)status;
	line->reason = pv_span_skip(rest, 5);
	return 0;
}

/* Method SP Request-URI SP SIP-Version, with exactly those two spaces. */
static int parse_request(struct pv_span text, struct start_line *line)
{
	const char *end = pv_span_end(text);
	const char *space = lex_run(text.at, end, LEX_TOKEN);
	if (space == text.at || space == end || *space != ' ')
		return -PV_NOT_SIP;
	line->method = pv_span_from(text.at, space);
	line->known = pv_method_of(line->method);
	struct pv_span rest = lex_trim(space, end);
	const char *last = memrchr(rest.at, ' ', rest.length);
	const char *version = last ? last + 1 : rest.at;
	int known = version_of(pv_span_from(version, pv_span_end(rest)));
	if (known < 0)
		return -PV_NOT_SIP;
	if (!last)
		return -PV_BAD_START_LINE;
	line->request_uri = lex_trim(rest.at, last);
	if (!known)
		return -PV_BAD_VERSION;
	bool exact = rest.at == space + 1 && pv_span_end(rest) == end &&
		     pv_span_end(line->request_uri) == last && line->request_uri.length;
	if (!exact || pv_span_find(line->request_uri, ' ') || pv_span_find(line->request_uri, '\t'))
		return -PV_BAD_START_LINE;
	return 0;
}

static int parse_line(struct pv_span text, struct start_line *line)
{
	if (!pv_span_starts_with_nocase(text, PV_SPAN("SIP/"))) {
		line->is_request = true;
		return parse_request(text, line);
	}
	const char *space = memchr(text.at, ' ', text.length);
	struct pv_span version = space ? pv_span_from(text.at, space) : text;
	int known = version_of(version);
	if (known < 0)
		return -PV_NOT_SIP;
	int verdict = parse_status(pv_span_skip(text, version.length), line);
	return verdict || known ? verdict : -PV_BAD_VERSION;
}

/* A method that is known, then words of visible characters with one space between: nothing is left
 * to check. The bytes consumed, or 0 = parse_line must look at it. */
static size_t parse_usual_request(const char *bytes, const char *end, struct start_line *line)
{
	static const char version[] = " SIP/2.0\r\n";
	const char *space = wide_run_visible(bytes, bytes, end);
	if (space == end || *space != ' ')
		return 0;
	line->method = pv_span_from(bytes, space);
	line->known = pv_method_of(line->method);
	if (line->known == PV_METHOD_OTHER)
		return 0;
	const char *stop = wide_run_visible(bytes, space + 1, end);
	if (stop == space + 1 || (size_t)(end - stop) < sizeof(version) - 1 ||
		memcmp(stop, version, sizeof(version) - 1) != 0)
		return 0;
	line->is_request = true;
	line->request_uri = pv_span_from(space + 1, stop);
	return (size_t)(stop - bytes) + sizeof(version) - 1;
}

size_t start_line_parse(const char *bytes, size_t length, struct start_line *ret, int *ret_verdict)
{
	const char *end = bytes + length;
	*ret = (struct start_line){0};
	*ret_verdict = 0;
	size_t consumed = parse_usual_request(bytes, end, ret);
	if (consumed)
		return consumed;
	*ret = (struct start_line){0};
	const char *stop = line_scan(bytes, end);
	if (end - stop < 2 && (stop == end || *stop == '\r'))
		return 0;
	if (*stop != '\r' || stop[1] != '\n') {
		*ret_verdict = -PV_NOT_SIP;
		return (size_t)(stop - bytes);
	}
	*ret_verdict = parse_line(pv_span_from(bytes, stop), ret);
	return (size_t)(stop - bytes) + 2;
}
