/* SPDX-License-Identifier: Apache-2.0 */
/* body.c — the description in the body of a message: all of it, or one part of a multipart body
 * (RFC 2046 §5.1, RFC 5621). */
#include "sdp/private.h"

#define DEPTH_MAX    2  /* a multipart in a multipart */
#define BOUNDARY_MAX 70 /* RFC 2046 §5.1.1 */

/* A body with what its headers say of it. */
struct part {
	struct pv_span type, disposition, encoding;
	struct pv_span body;
};

/* Cuts the text before the first `c` off `rest`, and the `c`; all of it when there is none. */
static struct pv_span cut(struct pv_span *rest, char c)
{
	const char *end = pv_span_end(*rest), *at = pv_span_find(*rest, c);
	struct pv_span piece = pv_span_from(rest->at, at ? at : end);
	*rest = pv_span_from(at ? at + 1 : end, end);
	return piece;
}

/* "Application / SDP ; x=y" is application/sdp (RFC 3261 §25.1). An empty `sub` is any. */
static bool is_type(struct pv_span value, struct pv_span main, struct pv_span sub)
{
	struct pv_span type = cut(&value, ';');
	struct pv_span first = pv_span_trim(cut(&type, '/'));
	return pv_span_equal_nocase(first, main) &&
	       (!sub.length || pv_span_equal_nocase(pv_span_trim(type), sub));
}

/* Cuts the value of a parameter off `rest`, up to the next ';'. A quoted one loses its quotes. */
static struct pv_span cut_value(struct pv_span *rest)
{
	*rest = pv_span_trim(*rest);
	if (!rest->length || rest->at[0] != '"')
		return pv_span_trim(cut(rest, ';'));
	const char *start = rest->at + 1, *end = pv_span_end(*rest), *at = start;
	while (at < end && *at != '"')
		at += *at == '\\' && end - at > 1 ? 2 : 1;
	struct pv_span value = pv_span_from(start, at);
	*rest = pv_span_from(at, end);
	cut(rest, ';');
	return value;
}

static bool find_boundary(struct pv_span type, struct pv_span *ret)
{
	cut(&type, ';');
	while (type.length) {
		const char *at = type.at, *end = pv_span_end(type);
		while (at < end && *at != '=' && *at != ';')
			at++;
		struct pv_span name = pv_span_trim(pv_span_from(type.at, at)), value = {at, 0};
		type = pv_span_from(at < end ? at + 1 : end, end);
		if (at < end && *at == '=')
			value = cut_value(&type);
		if (!pv_span_equal_nocase(name, PV_SPAN("boundary")))
			continue;
		*ret = value;
		return value.length > 0 && value.length <= BOUNDARY_MAX &&
		       !pv_span_find(value, '\\') && !pv_span_find(value, '\n');
	}
	return false;
}

/* The line at the start of `rest` without its end, and taken off. */
static struct pv_span cut_line(struct pv_span *rest)
{
	struct pv_span line = cut(rest, '\n');
	if (line.length && pv_span_end(line)[-1] == '\r')
		line.length--;
	return line;
}

enum delimiter { NO_DELIMITER, DELIMITER, LAST_DELIMITER, BAD_DELIMITER };

/* What has the boundary and then more is the next part for some and text for others: refused. */
static enum delimiter delimiter_of(struct pv_span line, struct pv_span boundary)
{
	if (!pv_span_starts_with(line, PV_SPAN("--")) ||
		!pv_span_starts_with(pv_span_skip(line, 2), boundary))
		return NO_DELIMITER;
	line = pv_span_skip(line, 2 + boundary.length);
	bool last = pv_span_starts_with(line, PV_SPAN("--"));
	line = pv_span_trim(pv_span_skip(line, last ? 2 : 0));
	return line.length ? BAD_DELIMITER : last ? LAST_DELIMITER : DELIMITER;
}

/* Takes the text before the next delimiter off `rest`, and the delimiter. The line end before it
 * belongs to it. Without one the text goes on to the end, and counts as ended. */
static enum delimiter cut_part(struct pv_span *rest, struct pv_span boundary, struct pv_span *ret)
{
	const char *start = rest->at;
	enum delimiter found = NO_DELIMITER;
	const char *end = pv_span_end(*rest);
	while (rest->length && !found) {
		struct pv_span line = cut_line(rest);
		found = delimiter_of(line, boundary);
		if (found)
			end = line.at;
	}
	if (found && end > start && end[-1] == '\n')
		end -= end - start > 1 && end[-2] == '\r' ? 2 : 1;
	*ret = pv_span_from(start, end);
	return found;
}

/* One header of a part. Two of a kind could be read either way. */
static int read_header(struct pv_span line, struct part *part)
{
	struct pv_span name = pv_span_trim(cut(&line, ':'));
	struct pv_span *value =
		pv_span_equal_nocase(name, PV_SPAN("Content-Type")) ||
				pv_span_equal_nocase(name, PV_SPAN("c"))
			? &part->type
		: pv_span_equal_nocase(name, PV_SPAN("Content-Disposition")) ? &part->disposition
		: pv_span_equal_nocase(name, PV_SPAN("Content-Transfer-Encoding")) ? &part->encoding
										   : NULL;
	if (!value)
		return 0;
	if (value->at)
		return -PV_SDP_BAD_MULTIPART;
	*value = pv_span_trim(line);
	return 0;
}

static int read_part(struct pv_span text, struct part *ret)
{
	struct pv_span rest = text;
	*ret = (struct part){.body = {pv_span_end(text), 0}};
	while (rest.length) {
		struct pv_span line = cut_line(&rest);
		if (!line.length) {
			ret->body = rest;
			return 0;
		}
		while (rest.length && sdp_is_blank(rest.at[0])) {
			struct pv_span more = cut_line(&rest);
			line = pv_span_from(line.at, pv_span_end(more));
		}
		int verdict = read_header(line, ret);
		if (verdict)
			return verdict;
	}
	return 0;
}

static bool is_session(struct pv_span disposition)
{
	return !disposition.length ||
	       pv_span_equal_nocase(pv_span_trim(cut(&disposition, ';')), PV_SPAN("session"));
}

static bool is_plain(struct pv_span encoding)
{
	return !encoding.length || pv_span_equal_nocase(encoding, PV_SPAN("binary")) ||
	       pv_span_equal_nocase(encoding, PV_SPAN("8bit")) ||
	       pv_span_equal_nocase(encoding, PV_SPAN("7bit"));
}

static int take_session(const struct part *part, struct pv_span *ret)
{
	if (!is_session(part->disposition))
		return 0;
	if (!is_plain(part->encoding))
		return -PV_SDP_ENCODED;
	if (ret->length)
		return -PV_SDP_TWO_SESSIONS;
	*ret = part->body;
	return 0;
}

static int look_into(const struct part *part, unsigned depth, struct pv_span *ret);

static int look_at_parts(const struct part *multipart, unsigned depth, struct pv_span *ret)
{
	struct pv_span boundary, text, rest = multipart->body;
	if (!find_boundary(multipart->type, &boundary))
		return -PV_SDP_BAD_MULTIPART;
	enum delimiter found = cut_part(&rest, boundary, &text); /* the preamble */
	if (!found)
		return -PV_SDP_BAD_MULTIPART;
	while (found == DELIMITER) {
		struct part part;
		found = cut_part(&rest, boundary, &text);
		int verdict = read_part(text, &part);
		if (!verdict)
			verdict = look_into(&part, depth, ret);
		if (verdict)
			return verdict;
	}
	return found == BAD_DELIMITER ? -PV_SDP_BAD_MULTIPART : 0;
}

static int look_into(const struct part *part, unsigned depth, struct pv_span *ret)
{
	if (is_type(part->type, PV_SPAN("application"), PV_SPAN("sdp")))
		return take_session(part, ret);
	if (!is_type(part->type, PV_SPAN("multipart"), PV_SPAN("")))
		return 0;
	return depth == DEPTH_MAX ? -PV_SDP_TOO_DEEP : look_at_parts(part, depth + 1, ret);
}

int pv_sdp_body_find(struct pv_span content_type, struct pv_span disposition, struct pv_span body,
	struct pv_span *ret_sdp)
{
	const struct part whole = {content_type, disposition, {NULL, 0}, body};
	struct pv_span found = {0};
	int verdict = look_into(&whole, 0, &found);
	if (verdict || !found.length)
		return verdict;
	*ret_sdp = found;
	return 1;
}
