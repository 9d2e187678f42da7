/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c — cuts a byte stream into messages (RFC 3261 §18.3, §7.5; RFC 5626 §3.5.1). */
#include "sip/stream.h"

#include "sip/lexer.h"
#include "sip/line.h"
#include "sip/start_line.h"

void stream_init(struct stream *stream)
{
	memset(stream, 0, sizeof(*stream));
}

static enum stream_event bad(int verdict, int *ret_verdict)
{
	*ret_verdict = verdict;
	return STREAM_BAD;
}

/* The message, the CRLF or the ping is taken: what is searched next stands behind it. */
static enum stream_event taken(
	struct stream *stream, enum stream_event event, size_t length, size_t *ret_length)
{
	stream->scanned = 0;
	stream->expected = 0;
	stream->after_crlf = event == STREAM_CRLF;
	*ret_length = length;
	return event;
}

/*
 * Between messages: a double CRLF is a ping, a single one an answer or padding. They may come in
 * pieces, and a lone CRLF must not lie about as half a message: it is told at once, and one that
 * follows it makes the ping.
 */
static enum stream_event next_crlf(struct stream *stream, const char *bytes, size_t length,
	size_t *ret_length, int *ret_verdict)
{
	if (length == 1)
		return STREAM_NEED_MORE;
	if (bytes[1] != '\n')
		return bad(-PV_NOT_SIP, ret_verdict);
	if (stream->after_crlf)
		return taken(stream, STREAM_PING, 2, ret_length);
	if (length >= 4 && memcmp(bytes, "\r\n\r\n", 4) == 0)
		return taken(stream, STREAM_PING, 4, ret_length);
	return taken(stream, STREAM_CRLF, 2, ret_length);
}

/* Content-Length of a whole head (with its empty line), as pv_message_parse will read it. 0 or a
 * verdict. */
static int find_content_length(const char *bytes, size_t head, uint32_t *ret)
{
	struct start_line start;
	int verdict;
	bool found = false, malformed = false;
	const char *end = bytes + head;
	const char *at = bytes + start_line_parse(bytes, head, &start, &verdict);
	if (verdict == -PV_NOT_SIP)
		return verdict;
	while (at < end - 2) {
		struct pv_span name, value;
		uint32_t length;
		const char *stop = line_end(at, end, &malformed);
		if (!stop)
			return -PV_BAD_FIELD;
		if (line_split(at, stop, &name, &value) &&
			pv_header_of(name) == PV_HEADER_CONTENT_LENGTH) {
			if (!pv_number_parse(value, &length))
				return -PV_BAD_CONTENT_LENGTH;
			if (found && length != *ret)
				return -PV_DUPLICATE_FIELD;
			*ret = length;
			found = true;
		}
		at = stop;
	}
	return found ? 0 : -PV_BAD_CONTENT_LENGTH;
}

/* Looks on from where the last search ended. The length of the head with its empty line, 0 when it
 * is not whole, or a verdict: a line that ends in LF alone will never end as it should. */
static int64_t find_head_end(struct stream *stream, const char *bytes, size_t length)
{
	const char *end = bytes + length, *at = bytes + stream->scanned;
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf)
			break;
		if (lf == bytes || lf[-1] != '\r')
			return -PV_BAD_FIELD;
		if (lf - bytes >= 3 && lf[-2] == '\n')
			return lf + 1 - bytes;
		at = lf + 1;
	}
	stream->scanned = (uint32_t)length;
	return 0;
}

enum stream_event stream_next(struct stream *stream, const char *bytes, size_t length, size_t limit,
	size_t *ret_length, int *ret_verdict)
{
	if (length == 0)
		return STREAM_NEED_MORE;
	if (stream->scanned == 0 && bytes[0] == '\r')
		return next_crlf(stream, bytes, length, ret_length, ret_verdict);
	if (!lex_is(bytes[0], LEX_TOKEN))
		return bad(-PV_NOT_SIP, ret_verdict);
	if (!stream->expected) {
		uint32_t content = 0;
		int64_t head = find_head_end(stream, bytes, length);
		if (head < 0)
			return bad((int)head, ret_verdict);
		if (head == 0)
			return length > limit ? bad(-PV_TOO_LARGE, ret_verdict) : STREAM_NEED_MORE;
		int verdict = find_content_length(bytes, (size_t)head, &content);
		if (verdict)
			return bad(verdict, ret_verdict);
		if ((uint64_t)head + content > limit || (uint64_t)head + content > PV_MESSAGE_MAX)
			return bad(-PV_TOO_LARGE, ret_verdict);
		stream->expected = (uint32_t)head + content;
	}
	if (length < stream->expected)
		return STREAM_NEED_MORE;
	return taken(stream, STREAM_MESSAGE, stream->expected, ret_length);
}
