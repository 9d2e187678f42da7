/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h — messages out of a byte stream, by Content-Length (RFC 3261 §18.3, §7.5; RFC 5626
 * §3.5.1). */
#ifndef SIP_STREAM_H
#define SIP_STREAM_H

#include <portavoz/span.h>

/* What stands at the start of the bytes. */
enum stream_event {
	STREAM_NEED_MORE, /* nothing whole yet */
	STREAM_MESSAGE,   /* a message of ret_length bytes */
	STREAM_CRLF, /* one CRLF: an answer to a ping, or padding before a message; consume 2 */
	STREAM_PING, /* CRLFCRLF: answer CRLF; consume 4 (2 when its first half was a STREAM_CRLF)
		      */
	STREAM_BAD,  /* cannot be framed: close; ret_verdict says why */
};

/* Remembers how far the head was searched, so that slow drips cost linear time. Owner: the flow. */
struct stream {
	uint32_t scanned;
	uint32_t expected; /* whole length of the message, once its head is complete; else 0 */
	bool after_crlf;   /* a lone CRLF was taken just now: another makes a ping of the two */
};

void stream_init(struct stream *stream);
/* `limit` is the largest message taken, head and body. After a message, a CRLF or a ping is
 * consumed the caller removes ret_length bytes from its buffer; the state is ready for the next. */
enum stream_event stream_next(struct stream *stream, const char *bytes, size_t length, size_t limit,
	size_t *ret_length, int *ret_verdict);

#endif
