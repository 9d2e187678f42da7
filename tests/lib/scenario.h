/* SPDX-License-Identifier: Apache-2.0 */
/* scenario.h — a scripted exchange on the fake net and the fake clock: what comes in, what must go
 * out, and when. */
#ifndef TESTS_SCENARIO_H
#define TESTS_SCENARIO_H

#include "lib/fake_net.h"

/* clang-format off */
/*
 * A script is text, a line a step:
 *
 *   # comment
 *   > INVITE key=value ...     a request comes in
 *   > 180 @b key=value ...     a response to the message labelled b comes in (its Vias, From, To, Call-ID, CSeq)
 *   < INVITE @b to=PATH        next, this must have been sent; it is labelled b
 *   < 180 =b has="X: y"        the same bytes as b; holds that text; not="..." does not
 *   ? words                    next, the code under test must have said this (scenario_told)
 *   ! words                    the test's own command; built in are
 *                              lose FLOW, fail PORT, mend PORT, overload on|off, resolve
 *   +500ms  +32s  +3m          time passes
 *
 * What was sent and said stands in one list, in order. Time passes, and a script ends, only when nothing in it is
 * left unread: so "+499ms" followed by "< ..." would fail, and every timing is exact.
 *
 * Keys of a request: by=PATH (source; 10.0.0.2:5060), branch= (z9hG4bK-1; "none" for RFC 2543), via= (sent-by; the
 * source's), viap= (more Via parameters, ";rport"), call= (c1), tag= (From tag, a; "none"), totag= (none), cseq= (1),
 * uri= (sip:bob@example.test), display= (of From), header="X: y" (up to 8), body="..." (with type=, application/sdp).
 * Keys of a response: by= (where the request went), totag= (t), cseq=METHOD, recorded= (Record-Route above
 * those of the request), header=, body=. PATH as in fake_path.
 *
 * In any line but "+" and "?", {b.Name} is all values of that header in the message labelled b, {b.-Name} the same
 * from the last to the first, {b.one-Name} the first alone, {b.uri-Name} the URI in it, {b.uri--Name} that in the last,
 * {b.uri} the Request-URI, {b.totag} the To tag, {b.fromtag} the From tag; other {names} are the test's.
 */
/* clang-format on */

#define SCENARIO_QUOTE   '\1' /* a quote that an expanded name brought: part of its word */
#define SCENARIO_ENTRIES 1024
#define SCENARIO_LABELS  64
#define SCENARIO_WORDS   24

struct scenario_entry {
	const struct fake_sent *sent; /* or, when NULL, */
	char said[120];
};

struct scenario_label {
	char name[16];
	const struct fake_sent *sent;
};

/* Owner: the test. */
struct scenario {
	struct fake_worker worker;
	struct net *net;
	/* A '!' line that is not built in. False = there is no such command. */
	bool (*command)(void *context, struct scenario *s, unsigned count, char **words);
	/* What "{name}" stands for; NULL: something else. */
	const char *(*variable)(void *context, const char *name);
	void *context;
	bool lenient; /* nothing is checked, labels are found where they can be (for runs where
			 memory fails) */
	const char *name;
	unsigned line;
	struct scenario_entry entries[SCENARIO_ENTRIES];
	unsigned entry_count, entry_read;
	struct scenario_label labels[SCENARIO_LABELS];
	unsigned label_count;
};

/* Makes worker, clock (at 1,000 s) and net. The test then builds its floors on them and sets the
 * net's user. */
void scenario_init(struct scenario *s);
void scenario_done(struct scenario *s);
/* Aborts the test at the first line that does not hold. */
void scenario_run(struct scenario *s, const char *name, const char *script);
/* The code under test said something. */
void scenario_told(struct scenario *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* NULL when there is none. */
const struct fake_sent *scenario_label(const struct scenario *s, const char *name);
/* The value of "key=value" among the words; NULL when there is none. */
const char *scenario_value(unsigned count, char **words, const char *key);

/* scenario_expand.c: the line with its {names} expanded. False when one means nothing. */
bool scenario_expand(const struct scenario *s, const char *line, char *text, size_t size);

/* scenario_message.c: the text of a message from the words of its line; its length. */
size_t scenario_request(
	unsigned count, char **words, const struct path *from, char *text, size_t size);
size_t scenario_response(
	unsigned count, char **words, const struct fake_sent *to, char *text, size_t size);
/* The value of the first header line called `name` in a message; empty when there is none. */
struct pv_span scenario_header(const char *bytes, size_t length, const char *name);

#endif
