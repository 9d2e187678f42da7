/* SPDX-License-Identifier: Apache-2.0 */
/* glance.h: who owns a datagram of the usual spelling. Compiled twice: for the kernel's program
 * that steers, and into peek.c, which reads any spelling. */
#ifndef SIP_GLANCE_H
#define SIP_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/word.h"

/*
 * What it finds sip_peek finds, too: the Via's branch because peek.c takes the same steps, the
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

#define GLANCE_STRIDE  32 /* characters of a step, in whole words */
#define GLANCE_SENT_BY 48 /* "[…]:65535", in whole words */

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

/* Lower-case hexadecimal alone: all marks. */
static inline uint64_t glance_hex(uint64_t word)
{
	return word_within(word, '0', '9') | word_within(word, 'a', 'f');
}

/* Whether at `at` is the first parameter of a Via, ";branch=", and of our shape (branch.h). */
static inline bool glance_is_ours(const char *text, uint32_t at)
{
	char stop = glance_char(text, at + 49);
	uint64_t hex =
		glance_hex(glance_word(text, at + 17)) & glance_hex(glance_word(text, at + 25)) &
		glance_hex(glance_word(text, at + 33)) & glance_hex(glance_word(text, at + 41));
	return glance_word(text, at) == GLANCE_8(';', 'b', 'r', 'a', 'n', 'c', 'h', '=') &&
	       glance_word(text, at + 8) == GLANCE_8('z', '9', 'h', 'G', '4', 'b', 'K', 'p') &&
	       glance_char(text, at + 16) == 'v' && hex == WORD_HIGHS &&
	       (stop == ';' || stop == ',' || stop == '\r');
}

/* On the way through a Via line that is spelled as we write our own: "Via: SIP/2.0/UDP
 * SENT-BY;branch=z9hG4bKpv" and 32 digits. What follows the branch is not looked at. */
struct glance_via {
	uint32_t at; /* in the sent-by; in the end the branch */
	uint32_t words_left;
};

enum glance_progress { GLANCE_MORE, GLANCE_FOUND, GLANCE_NOTHING };

/* A line begins at `at`, and the text ends `room` bytes later. False: another spelling. */
static inline bool glance_via_begin(
	struct glance_via *via, const char *text, uint32_t at, uint32_t room)
{
	uint32_t name = glance_via_name(glance_word(text, at));
	if (!name || room < GLANCE_VIA)
		return false;
	at += name;
	at += glance_char(text, at) == ' ';
	via->at = at + 12;
	via->words_left = GLANCE_SENT_BY / 8;
	return glance_word(text, at) == GLANCE_8('S', 'I', 'P', '/', '2', '.', '0', '/') &&
	       glance_low(glance_word(text, at + 8), 4) == GLANCE_4('U', 'D', 'P', ' ');
}

/* One word of the sent-by, and behind its end the branch. */
static inline enum glance_progress glance_via_step(struct glance_via *via, const char *text)
{
	uint64_t word = glance_word(text, via->at);
	uint64_t stop = word_find(word, ';');
	uint64_t before = (stop & (0 - stop)) - 1;
	if (~word_within(word, '-', '~') & WORD_HIGHS & before || !via->words_left)
		return GLANCE_NOTHING;
	if (!stop) {
		via->at += 8;
		via->words_left--;
		return GLANCE_MORE;
	}
	uint32_t at = via->at + word_first(stop);
	via->at = at + 8;
	return glance_is_ours(text, at) ? GLANCE_FOUND : GLANCE_NOTHING;
}

static inline uint32_t glance_digit(char c)
{
	return (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The worker that the branch at `at`, which was found, names. */
static inline uint32_t glance_worker(const char *text, uint32_t at)
{
	return glance_digit(glance_char(text, at + 9)) << 4 |
	       glance_digit(glance_char(text, at + 10));
}

enum glance_verdict { GLANCE_UNSURE, GLANCE_CALL_ID, GLANCE_BRANCH };

/* The first `length` bytes of `text` are the datagram's; the rest may be anything. */
struct glance {
	char text[GLANCE_ROOM + 8];
	uint32_t length;
	uint32_t at;       /* not looked at yet */
	uint32_t from, to; /* the Call-ID */
	struct glance_via via;
	uint32_t verdict; /* enum glance_verdict */
	bool is_response;
	bool in_via;     /* `via` is where we are */
	bool in_call_id; /* `at` is in the line of the Call-ID */
};

static inline void glance_begin(struct glance *glance, uint32_t length)
{
	uint64_t word = glance_word(glance->text, 0);
	glance->length = length;
	/* empty lines in front: whoever skips them finds another first line */
	glance->at = (word & 0xff) <= ' ' ? length : 0;
	glance->verdict = GLANCE_UNSURE;
	glance->in_via = false;
	glance->in_call_id = false;
	glance->is_response =
		glance_low(word | GLANCE_4(' ', ' ', ' ', 0), 4) == GLANCE_4('s', 'i', 'p', '/');
}

/* A line of a response begins at `at`. True: nothing more is to be found. */
static inline bool glance_response_line(struct glance *glance, uint32_t at)
{
	if ((glance_char(glance->text, at) | ' ') != 'v')
		return false;
	glance->in_via = glance_via_begin(&glance->via, glance->text, at, glance->length - at);
	/* else it is another spelling, or a header that begins with the same letter */
	return !glance->in_via;
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

/* The end of a line at `at`, and what follows. A line of a head ends at a CRLF that no fold follows
 * (line.h). */
static inline bool glance_line_feed(struct glance *glance, uint32_t at)
{
	char next = glance_char(glance->text, at + 1);
	if (at == 0 || at + 1 >= glance->length)
		return true;
	if (glance_char(glance->text, at - 1) != '\r' || next == ' ' || next == '\t')
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

/* Looks at some words, or up to a line feed. True: this is the end, `verdict` stands. */
static inline bool glance_step(struct glance *glance)
{
	uint32_t at = glance->at;
	if (glance->in_via) {
		enum glance_progress progress = glance_via_step(&glance->via, glance->text);
		if (progress == GLANCE_FOUND)
			glance->verdict = GLANCE_BRANCH;
		return progress != GLANCE_MORE;
	}
	if (at >= glance->length)
		return true;
	for (uint32_t end = at + GLANCE_STRIDE; at != end; at += 8) {
		uint64_t feeds = word_find(glance_word(glance->text, at), '\n');
		if (!feeds)
			continue;
		at += word_first(feeds);
		glance->at = at + 1;
		return glance_line_feed(glance, at);
	}
	glance->at = at;
	return false;
}

#endif
