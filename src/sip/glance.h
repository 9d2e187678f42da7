/* SPDX-License-Identifier: Apache-2.0 */
/* glance.h: who owns a datagram of the usual spelling. Compiled twice: for the kernel's program
 * that steers, and into peek.c, which reads any spelling. */
#ifndef SIP_GLANCE_H
#define SIP_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/word.h"

/*
 * What it finds sip_peek finds, too: the Via's branch because peek.c asks glance_via itself, the
 * Call-ID because this is a part of what peek.c accepts. That is: the line's name with its ':'
 * right behind, at most one space, and a value that steering takes only if it is visible ASCII
 * alone. Of all else it says "not sure".
 *
 * Every place in the text is masked, so the kernel's verifier sees that none is outside.
 */
#define GLANCE_ROOM  2048                /* a power of two */
#define GLANCE_VIA   128                 /* bytes that glance_via may read */
#define GLANCE_REACH (GLANCE_ROOM - 128) /* of a longer datagram only so much is looked at */
#define GLANCE_LEAST 32                  /* a shorter one is none of ours */
#define GLANCE_STEPS 512                 /* glance_step comes to an end, or it is not sure */

#define GLANCE_SENT_BY 48 /* "[…]:65535", in whole words */

enum glance_verdict { GLANCE_UNSURE, GLANCE_CALL_ID, GLANCE_BRANCH };

/* The first `length` bytes of `text` are the datagram's; the rest may be anything. */
struct glance {
	char text[GLANCE_ROOM + 8];
	uint32_t length;
	uint32_t at;       /* not looked at yet */
	uint32_t from, to; /* the Call-ID, or from where the branch is */
	uint32_t verdict;  /* enum glance_verdict */
	bool is_response;
	bool in_call_id; /* `at` is in the line of the Call-ID */
};

static inline uint64_t glance_word(const char *text, uint32_t at)
{
	return word_load(text + (at & (GLANCE_ROOM - 1)));
}

static inline char glance_char(const char *text, uint32_t at)
{
	return text[at & (GLANCE_ROOM - 1)];
}

/* Characters as a word, the first lowest. */
#define GLANCE_2(a, b)                   ((uint64_t)(a) | (uint64_t)(b) << 8)
#define GLANCE_4(a, b, c, d)             (GLANCE_2(a, b) | GLANCE_2(c, d) << 16)
#define GLANCE_8(a, b, c, d, e, f, g, h) (GLANCE_4(a, b, c, d) | GLANCE_4(e, f, g, h) << 32)

/* Only letters lose their case: '-' and ':' have control characters as their twins. */
#define GLANCE_VIA_CASE     GLANCE_4(' ', ' ', ' ', 0)
#define GLANCE_CALL_ID_CASE GLANCE_8(' ', ' ', ' ', ' ', 0, ' ', ' ', 0)

static inline uint64_t glance_low(uint64_t word, unsigned bytes)
{
	return word & ((UINT64_C(1) << 8 * bytes) - 1);
}

/* Where the value of a Via begins whose line's first eight characters are `word`; 0: no Via, or its
 * ':' stands elsewhere. */
static inline uint32_t glance_via_name(uint64_t word)
{
	if (glance_low(word | GLANCE_VIA_CASE, 4) == GLANCE_4('v', 'i', 'a', ':'))
		return 4;
	return glance_low(word | ' ', 2) == GLANCE_2('v', ':') ? 2 : 0;
}

/* Where the ';' behind a sent-by is, or 0. */
static inline uint32_t glance_sent_by(const char *text, uint32_t at)
{
	for (uint32_t i = 0; i < GLANCE_SENT_BY; i += 8) {
		uint64_t word = glance_word(text, at + i);
		uint64_t stop = word_equal(word, ';');
		uint64_t before = (stop & (0 - stop)) - 1;
		if (~word_within(word, '-', '~') & WORD_HIGHS & before)
			return 0;
		if (stop)
			return at + i + word_first(stop);
	}
	return 0;
}

/* Lower-case hexadecimal alone. */
static inline bool glance_is_hex(uint64_t word)
{
	return (word_within(word, '0', '9') | word_within(word, 'a', 'f')) == WORD_HIGHS;
}

/*
 * The place of the branch in the Via line at `at`, if it is spelled as we write our own (branch.h):
 * "Via: SIP/2.0/UDP SENT-BY;branch=z9hG4bKpv" and 32 digits. 0: another spelling, or not ours.
 * `room`: bytes from `at` to the end of the text. What follows the branch is not looked at.
 */
static inline uint32_t glance_via(const char *text, uint32_t at, uint32_t room)
{
	if (room < GLANCE_VIA)
		return 0;
	uint32_t name = glance_via_name(glance_word(text, at));
	if (!name)
		return 0;
	at += name;
	at += glance_char(text, at) == ' ';
	if (glance_word(text, at) != GLANCE_8('S', 'I', 'P', '/', '2', '.', '0', '/') ||
		glance_low(glance_word(text, at + 8), 4) != GLANCE_4('U', 'D', 'P', ' '))
		return 0;
	at = glance_sent_by(text, at + 12);
	if (!at || glance_word(text, at) != GLANCE_8(';', 'b', 'r', 'a', 'n', 'c', 'h', '='))
		return 0;
	at += 8;
	if (glance_word(text, at) != GLANCE_8('z', '9', 'h', 'G', '4', 'b', 'K', 'p') ||
		glance_char(text, at + 8) != 'v')
		return 0;
	for (uint32_t i = 9; i < 41; i += 8)
		if (!glance_is_hex(glance_word(text, at + i)))
			return 0;
	char stop = glance_char(text, at + 41);
	return stop == ';' || stop == ',' || stop == '\r' ? at : 0;
}

static inline uint32_t glance_digit(char c)
{
	return (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The worker that the branch at `at`, which glance_via has found, names. */
static inline uint32_t glance_worker(const char *text, uint32_t at)
{
	return glance_digit(glance_char(text, at + 9)) << 4 |
	       glance_digit(glance_char(text, at + 10));
}

static inline void glance_begin(struct glance *glance, uint32_t length)
{
	uint64_t word = glance_word(glance->text, 0);
	glance->length = length;
	/* empty lines in front: whoever skips them finds another first line */
	glance->at = (word & 0xff) <= ' ' ? length : 0;
	glance->verdict = GLANCE_UNSURE;
	glance->in_call_id = false;
	glance->is_response =
		glance_low(word | GLANCE_4(' ', ' ', ' ', 0), 4) == GLANCE_4('s', 'i', 'p', '/');
}

/* A line of a response begins at `at`. True: nothing more is to be found. */
static inline bool glance_response_line(struct glance *glance, uint32_t at)
{
	if ((glance_char(glance->text, at) | ' ') != 'v')
		return false;
	glance->from = glance_via(glance->text, at, glance->length - at);
	if (glance->from)
		glance->verdict = GLANCE_BRANCH;
	/* else it is another spelling, or a header that begins with the same letter */
	return true;
}

/* The same of a request. */
static inline bool glance_request_line(struct glance *glance, uint32_t at)
{
	const uint64_t call_id = GLANCE_8('c', 'a', 'l', 'l', '-', 'i', 'd', ':');
	uint64_t word = glance_word(glance->text, at);
	uint64_t second = word >> 8 & 0xff;
	uint32_t name = 0;
	if ((word | GLANCE_CALL_ID_CASE) == call_id)
		name = 8;
	else if (glance_low(word | ' ', 2) == GLANCE_2('i', ':'))
		name = 2;
	else if (glance_low(word | ' ', 1) == 'i')
		return second <= ' '; /* "i :" */
	else
		return glance_low(word | GLANCE_CALL_ID_CASE, 7) == glance_low(call_id, 7);
	glance->from = at + name + (glance_char(glance->text, at + name) == ' ');
	glance->in_call_id = true;
	return false;
}

/* A line of a head ends at a CRLF that no fold follows (line.h); one call looks at eight
 * characters, or up to a line feed. True: this is the end, `verdict` stands. */
static inline bool glance_step(struct glance *glance)
{
	const char *text = glance->text;
	uint32_t at = glance->at;
	if (at >= glance->length)
		return true;
	uint64_t feeds = word_equal(glance_word(text, at), '\n');
	if (!feeds) {
		glance->at = at + 8;
		return false;
	}
	at += word_first(feeds);
	glance->at = at + 1;
	if (at == 0 || at + 1 >= glance->length)
		return true;
	char next = glance_char(text, at + 1);
	if (glance_char(text, at - 1) != '\r' || next == ' ' || next == '\t')
		return false;
	if (glance->in_call_id) {
		glance->to = at - 1;
		glance->verdict = GLANCE_CALL_ID;
		return true;
	}
	if (next == '\r')
		return true; /* the end of the head */
	return glance->is_response ? glance_response_line(glance, at + 1)
				   : glance_request_line(glance, at + 1);
}

#endif
