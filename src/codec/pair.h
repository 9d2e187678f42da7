/* SPDX-License-Identifier: Apache-2.0 */
/* pair.h: which codec two ends have in common, or which two are to be transcoded. */
#ifndef CODEC_PAIR_H
#define CODEC_PAIR_H

#include "codec/codec.h"

/*
 * The story of a call through a back-to-back user agent that may transcode:
 *
 *   1. The caller's offer comes. codec_additions says what the offer to the callee names beyond the
 *      caller's own formats, which keep their place and their numbers in front, so that what the
 *      two have in common is preferred.
 *   2. The callee's answer comes. codec_pair holds the caller's formats against the callee's:
 *      CODEC_PAIR_COMMON: the answer goes on with the common formats, nothing is transcoded;
 *      CODEC_PAIR_TRANSCODED: the caller is answered with its half of the pair and nothing else but
 *      its telephone-event and comfort noise, so that it sends nothing that nobody decodes;
 *      CODEC_PAIR_NONE: 488.
 *   3. codec_companion finds on each side the telephone-event and CN formats that go with its half.
 *
 * Formats are as the SDP has them, in order of preference; at most CODEC_FORMATS_MAX of them are
 * looked at.
 */
#define CODEC_FORMATS_MAX 64

struct codec_format {
	struct pv_span name; /* encoding name of the rtpmap, or of RFC 3551; empty = unknown */
	uint32_t clock;      /* Hz */
	uint8_t channels;    /* 0 counts as 1 */
	uint8_t payload_type;
	struct pv_span fmtp; /* value of its a=fmtp without the number; empty = none */
};

enum codec_pairing { CODEC_PAIR_NONE, CODEC_PAIR_COMMON, CODEC_PAIR_TRANSCODED };

/* The first common one in the order of `b`; or the first of `a` that can be transcoded, and the
 * first of `b` that it can be transcoded to. */
struct codec_pair {
	unsigned a, b;                  /* indices of their formats */
	enum codec_id codec_a, codec_b; /* CODEC_NONE for a common one that is none of ours */
};

/* `a` offered and `b` answered. *ret_pair is untouched for CODEC_PAIR_NONE. */
enum codec_pairing codec_pair(const struct codec_format *a, unsigned a_count,
	const struct codec_format *b, unsigned b_count, struct codec_pair *ret_pair);

/* Whether both name one codec in forms that understand each other. */
bool codec_format_is_same(const struct codec_format *a, const struct codec_format *b);

/* What goes with a codec and is none: it must not make two ends agree. */
enum codec_companion {
	CODEC_NO_COMPANION,
	CODEC_EVENTS,          /* telephone-event, RFC 4733 */
	CODEC_NOISE,           /* CN, RFC 3389 */
	CODEC_OTHER_COMPANION, /* RED, FEC of all kinds */
};
enum codec_companion codec_companion_of(const struct codec_format *format);

/* The index of the format of that kind whose clock is that of format `of`; else, for events, of any
 * one, for phones mix clocks here; -1: none. */
int codec_companion(
	const struct codec_format *formats, unsigned count, unsigned of, enum codec_companion kind);

#define CODEC_ADDITIONS_MAX 6

/* A format to be offered in addition: rtpmap and fmtp as they are written. */
struct codec_addition {
	struct codec_format format;
	enum codec_id codec; /* CODEC_NONE: telephone-event */
};

/* Codecs in an order of preference; what is not among them is not wanted. */
struct codec_order {
	uint8_t codecs[CODEC_COUNT]; /* enum codec_id */
	unsigned count;
};

/*
 * What to offer the second leg beyond what the first one offered: each codec that one of the
 * formats can be transcoded to and that is not among them, in the order given (NULL: best first),
 * and a telephone-event for each clock that has none, where the first leg has events at all.
 * Numbers are those that neither the formats nor `taken` have (a bit each): with BUNDLE a number
 * means one thing in all m-lines (RFC 9143 §10.1). Returns how many (0: nothing can be transcoded).
 */
unsigned codec_additions(const struct codec_format *formats, unsigned count,
	const struct codec_order *order, const uint64_t taken[2],
	struct codec_addition ret_additions[CODEC_ADDITIONS_MAX]);

#endif
