/* SPDX-License-Identifier: Apache-2.0 */
/* scenario_message.c — the messages that a script's lines stand for. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/scenario.h"
#include "lib/want.h"

static const char *value_or(unsigned count, char **words, const char *key, const char *otherwise)
{
	const char *value = scenario_value(count, words, key);
	return value ? value : otherwise;
}

static void put_line(struct pv_writer *w, const char *name, const char *value)
{
	pv_put_text(w, name);
	pv_put_text(w, ": ");
	pv_put_text(w, value);
	pv_put_text(w, "\r\n");
}

/* Headers that the script gave, then Content-Length and the body. */
static size_t finish(struct pv_writer *w, unsigned count, char **words)
{
	const char *body = value_or(count, words, "body", "");
	for (unsigned i = 0; i < count; i++)
		if (strncmp(words[i], "header=", 7) == 0) {
			pv_put_text(w, words[i] + 7);
			pv_put_text(w, "\r\n");
		}
	if (*body)
		put_line(w, "Content-Type", value_or(count, words, "type", "application/sdp"));
	pv_put_text(w, "Content-Length: ");
	pv_put_u64(w, strlen(body));
	pv_put_text(w, "\r\n\r\n");
	pv_put_text(w, body);
	WANT(!w->overflow);
	return pv_writer_length(w);
}

static void put_via(struct pv_writer *w, unsigned count, char **words, const struct path *from)
{
	char source[96];
	struct pv_writer address;
	const char *branch = value_or(count, words, "branch", "z9hG4bK-1");
	pv_writer_init(&address, source, sizeof(source) - 1);
	net_address_write(&from->peer, &address);
	*address.at = '\0';
	pv_put_text(w, "Via: SIP/2.0/");
	pv_put(w, pv_transport_text(from->transport));
	pv_put_char(w, ' ');
	pv_put_text(w, value_or(count, words, "via", source));
	if (strcmp(branch, "none") != 0) {
		pv_put_text(w, ";branch=");
		pv_put_text(w, branch);
	}
	pv_put_text(w, value_or(count, words, "viap", ""));
	pv_put_text(w, "\r\n");
}

static void put_party(struct pv_writer *w, const char *name, const char *uri, const char *tag)
{
	pv_put_text(w, name);
	pv_put_text(w, "<");
	pv_put_text(w, uri);
	pv_put_char(w, '>');
	if (tag && strcmp(tag, "none") != 0) {
		pv_put_text(w, ";tag=");
		pv_put_text(w, tag);
	}
	pv_put_text(w, "\r\n");
}

size_t scenario_request(
	unsigned count, char **words, const struct path *from, char *text, size_t size)
{
	struct pv_writer w;
	const char *uri = value_or(count, words, "uri", "sip:bob@example.test");
	pv_writer_init(&w, text, size);
	pv_put_text(&w, words[0]);
	pv_put_char(&w, ' ');
	pv_put_text(&w, uri);
	pv_put_text(&w, " SIP/2.0\r\n");
	put_via(&w, count, words, from);
	put_line(&w, "Max-Forwards", value_or(count, words, "maxf", "70"));
	pv_put_text(&w, "From: ");
	put_party(&w, value_or(count, words, "display", ""),
		value_or(count, words, "user", "sip:alice@example.test"),
		value_or(count, words, "tag", "a"));
	put_party(&w, "To: ", value_or(count, words, "touri", uri),
		scenario_value(count, words, "totag"));
	put_line(&w, "Call-ID", value_or(count, words, "call", "c1"));
	pv_put_text(&w, "CSeq: ");
	pv_put_text(&w, value_or(count, words, "cseq", "1"));
	pv_put_char(&w, ' ');
	pv_put_text(&w, words[0]);
	pv_put_text(&w, "\r\n");
	return finish(&w, count, words);
}

/* Goes to the next header line; false at the empty one. */
static bool next_line(struct pv_span *rest, struct pv_span *ret_line)
{
	const char *end = memmem(rest->at, rest->length, "\r\n", 2);
	if (!end || end == rest->at)
		return false;
	*ret_line = pv_span_from(rest->at, end);
	*rest = pv_span_from(end + 2, pv_span_end(*rest));
	return true;
}

static bool is_called(struct pv_span line, const char *name, struct pv_span *ret_value)
{
	const char *colon = pv_span_find(line, ':');
	if (!colon ||
		!pv_span_equal_nocase(pv_span_trim(pv_span_from(line.at, colon)), pv_span_of(name)))
		return false;
	*ret_value = pv_span_trim(pv_span_from(colon + 1, pv_span_end(line)));
	return true;
}

struct pv_span scenario_header(const char *bytes, size_t length, const char *name)
{
	struct pv_span rest = {bytes, length}, line, value;
	next_line(&rest, &line);
	while (next_line(&rest, &line))
		if (is_called(line, name, &value))
			return value;
	return (struct pv_span){0};
}

static void copy_all(struct pv_writer *w, const struct fake_sent *from, const char *name)
{
	struct pv_span rest = {from->bytes, from->length}, line, value;
	next_line(&rest, &line);
	while (next_line(&rest, &line))
		if (is_called(line, name, &value)) {
			pv_put(w, line);
			pv_put_text(w, "\r\n");
		}
}

static void put_to(struct pv_writer *w, const struct fake_sent *request, const char *tag)
{
	struct pv_span to = scenario_header(request->bytes, request->length, "To");
	pv_put_text(w, "To: ");
	pv_put(w, to);
	if (!memmem(to.at, to.length, ";tag=", 5)) {
		pv_put_text(w, ";tag=");
		pv_put_text(w, tag);
	}
	pv_put_text(w, "\r\n");
}

size_t scenario_response(
	unsigned count, char **words, const struct fake_sent *to, char *text, size_t size)
{
	struct pv_writer w;
	unsigned status = (unsigned)atoi(words[0]);
	const char *method = scenario_value(count, words, "cseq");
	const char *recorded = scenario_value(count, words, "recorded");
	pv_writer_init(&w, text, size);
	pv_put_text(&w, "SIP/2.0 ");
	pv_put_u64(&w, status);
	pv_put_char(&w, ' ');
	pv_put_text(&w, pv_reason_phrase(status));
	pv_put_text(&w, "\r\n");
	copy_all(&w, to, "Via");
	if (recorded) {
		pv_put_text(&w, "Record-Route: ");
		pv_put_text(&w, recorded);
		pv_put_text(&w, "\r\n");
	}
	copy_all(&w, to, "Record-Route");
	copy_all(&w, to, "From");
	if (status == 100)
		copy_all(&w, to, "To");
	else
		put_to(&w, to, value_or(count, words, "totag", "t"));
	copy_all(&w, to, "Call-ID");
	if (method) {
		pv_put_text(&w, "CSeq: ");
		pv_put_u64(
			&w, strtoul(scenario_header(to->bytes, to->length, "CSeq").at, NULL, 10));
		pv_put_char(&w, ' ');
		pv_put_text(&w, method);
		pv_put_text(&w, "\r\n");
	} else {
		copy_all(&w, to, "CSeq");
	}
	return finish(&w, count, words);
}
