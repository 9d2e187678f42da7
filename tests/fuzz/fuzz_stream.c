/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_stream.c — bytes framed at once, byte by byte and in random pieces give the same messages.
 */
#include "fuzz.h"
#include "sip/stream.h"

#define LIMIT 8192

/* What came out: a hash over the messages and their places, the pings, and how it ended. */
struct outcome {
	uint64_t messages;
	size_t count, pings, crlf_bytes;
	bool bad;
	int verdict;
};

static void note(struct outcome *o, const char *bytes, size_t length)
{
	uint64_t hash = 1469598103934665603u ^ length;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * 1099511628211u;
	o->messages = o->messages * 31 + hash;
	o->count++;
}

/* A message that is framed parses, or has a verdict of its own that is not about its length. */
static void check_message(const char *bytes, size_t length)
{
	static struct pv_message m;
	int parsed = pv_message_parse(&m, bytes, length, false);
	MUST(parsed == (int)length || parsed < 0);
	MUST(parsed != -PV_BAD_CONTENT_LENGTH && parsed != -PV_TOO_LARGE &&
		parsed != -PV_NO_HEAD_END);
}

/* Takes what it can from [from, to); where it stopped. */
static size_t drain(
	struct stream *stream, const char *bytes, size_t from, size_t to, struct outcome *o)
{
	while (!o->bad) {
		size_t length = 0;
		enum stream_event event =
			stream_next(stream, bytes + from, to - from, LIMIT, &length, &o->verdict);
		if (event == STREAM_NEED_MORE)
			break;
		if (event == STREAM_BAD) {
			MUST(o->verdict < 0);
			o->bad = true;
			break;
		}
		MUST(length > 0 && length <= to - from && length <= LIMIT);
		if (event == STREAM_MESSAGE) {
			note(o, bytes + from, length);
			check_message(bytes + from, length);
		} else {
			o->crlf_bytes += length;
			o->pings += event == STREAM_PING;
		}
		from += length;
	}
	return from;
}

/* `seed` chooses the pieces: 0 = all at once, 1 = single bytes. */
static struct outcome frame(const char *bytes, size_t size, uint32_t seed)
{
	struct outcome o = {0};
	struct stream stream;
	size_t from = 0, to = 0;
	stream_init(&stream);
	while (to < size && !o.bad) {
		seed = seed > 1 ? seed * 1664525 + 1013904223 : seed;
		size_t piece = seed == 0 ? size : seed == 1 ? 1 : 1 + (seed >> 16) % 97;
		to = piece > size - to ? size : to + piece;
		from = drain(&stream, bytes, from, to, &o);
	}
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct outcome whole = frame(bytes, size, 0);
	for (uint32_t seed = 1; seed < 4; seed++) {
		struct outcome pieces =
			frame(bytes, size, seed == 1 ? 1 : seed * 7919 + (uint32_t)size);
		MUST(pieces.count == whole.count && pieces.messages == whole.messages);
		MUST(pieces.bad == whole.bad);
		MUST(pieces.crlf_bytes == whole.crlf_bytes && pieces.pings == whole.pings);
	}
	return 0;
}
