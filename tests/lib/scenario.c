/* SPDX-License-Identifier: Apache-2.0 */
/* scenario.c — a scripted exchange on the fake net and the fake clock: what comes in, what must go
 * out, and when. */
#include "lib/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/want.h"

#define MESSAGE_SIZE 8192
#define LINE_SIZE    512

static void on_sent(void *context, const struct fake_sent *sent)
{
	struct scenario *s = context;
	WANT(s->entry_count < SCENARIO_ENTRIES);
	s->entries[s->entry_count++] = (struct scenario_entry){.sent = sent};
}

void scenario_told(struct scenario *s, const char *format, ...)
{
	WANT(s->entry_count < SCENARIO_ENTRIES);
	struct scenario_entry *entry = &s->entries[s->entry_count++];
	va_list list;
	entry->sent = NULL;
	va_start(list, format);
	vsnprintf(entry->said, sizeof(entry->said), format, list);
	va_end(list);
}

void scenario_init(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	fake_worker_init(&s->worker, 1000000);
	s->net = fake_net_new(&s->worker);
	fake_net_on_sent(s->net, on_sent, s);
}

void scenario_done(struct scenario *s)
{
	fake_net_free(s->net);
	fake_worker_done(&s->worker);
}

/* ---- what is there, for a message that helps ---- */

static const char *entry_text(const struct scenario_entry *entry, char *text, size_t size)
{
	char path[96];
	if (!entry->sent) {
		snprintf(text, size, "? %s", entry->said);
		return text;
	}
	const char *end = strchr(entry->sent->bytes, '\r');
	int length = end ? (int)(end - entry->sent->bytes) : (int)strlen(entry->sent->bytes);
	snprintf(text, size, "< %.*s to=%s", length, entry->sent->bytes,
		fake_path_text(&entry->sent->to, path, sizeof(path)));
	return text;
}

static void give_up(struct scenario *s, const char *line, const char *why)
{
	char text[256] = "nothing";
	if (s->entry_read < s->entry_count)
		entry_text(&s->entries[s->entry_read], text, sizeof(text));
	fprintf(stderr, "scenario '%s' line %u: \"%s\": %s; there is: %s\n", s->name, s->line, line,
		why, text);
	abort();
}

/* ---- labels ---- */

const struct fake_sent *scenario_label(const struct scenario *s, const char *name)
{
	for (unsigned i = s->label_count; i-- > 0;)
		if (strcmp(s->labels[i].name, name) == 0)
			return s->labels[i].sent;
	return NULL;
}

static void set_label(struct scenario *s, const char *name, const struct fake_sent *sent)
{
	WANT(s->label_count < SCENARIO_LABELS);
	struct scenario_label *label = &s->labels[s->label_count++];
	snprintf(label->name, sizeof(label->name), "%s", name);
	label->sent = sent;
}

const char *scenario_value(unsigned count, char **words, const char *key)
{
	size_t length = strlen(key);
	for (unsigned i = 0; i < count; i++)
		if (strncmp(words[i], key, length) == 0 && words[i][length] == '=')
			return words[i] + length + 1;
	return NULL;
}

static const char *marked(unsigned count, char **words, char mark)
{
	for (unsigned i = 0; i < count; i++)
		if (words[i][0] == mark)
			return words[i] + 1;
	return NULL;
}

/* ---- the kinds of line ---- */

static void deliver(struct scenario *s, const char *line, unsigned count, char **words)
{
	char text[MESSAGE_SIZE];
	size_t length;
	const char *by = scenario_value(count, words, "by");
	struct path from = by ? fake_path(by) : fake_path("10.0.0.2:5060");
	if (isdigit((unsigned char)words[0][0])) {
		const char *name = marked(count, words, '@');
		const struct fake_sent *to = name ? scenario_label(s, name) : NULL;
		if (!to && s->lenient)
			return;
		if (!to)
			give_up(s, line, "no such label");
		if (!by) {
			from = to->to;
			from.listener = 0;
		}
		length = scenario_response(count, words, to, text, sizeof(text));
	} else {
		length = scenario_request(count, words, &from, text, sizeof(text));
	}
	fake_net_deliver(s->net, text, length, &from);
}

static bool starts_as(const struct fake_sent *sent, const char *word)
{
	char start[64];
	snprintf(start, sizeof(start), "%s%s ", isdigit((unsigned char)word[0]) ? "SIP/2.0 " : "",
		word);
	return strncmp(sent->bytes, start, strlen(start)) == 0;
}

static void expect_word(
	struct scenario *s, const char *line, const struct fake_sent *sent, const char *word)
{
	char path[96];
	if (word[0] == '@') {
		set_label(s, word + 1, sent);
	} else if (word[0] == '=') {
		const struct fake_sent *same = scenario_label(s, word + 1);
		if (!same || same->length != sent->length ||
			memcmp(same->bytes, sent->bytes, sent->length) != 0)
			give_up(s, line, "not the same bytes");
	} else if (strncmp(word, "to=", 3) == 0) {
		if (strcmp(word + 3, fake_path_text(&sent->to, path, sizeof(path))) != 0)
			give_up(s, line, "goes elsewhere");
	} else if (strncmp(word, "has=", 4) == 0) {
		if (!strstr(sent->bytes, word + 4))
			give_up(s, line, sent->bytes);
	} else if (strncmp(word, "not=", 4) == 0) {
		if (strstr(sent->bytes, word + 4))
			give_up(s, line, sent->bytes);
	} else {
		give_up(s, line, "what does this word mean?");
	}
}

/* In a run where memory fails: the label of the first message of that kind, if there is one. */
static void find_label(struct scenario *s, unsigned count, char **words)
{
	const char *name = marked(count, words, '@');
	for (unsigned i = s->entry_read; name && i < s->entry_count; i++)
		if (s->entries[i].sent && starts_as(s->entries[i].sent, words[0])) {
			set_label(s, name, s->entries[i].sent);
			s->entry_read = i + 1;
			return;
		}
}

static void expect_sent(struct scenario *s, const char *line, unsigned count, char **words)
{
	if (s->lenient) {
		find_label(s, count, words);
		return;
	}
	if (s->entry_read == s->entry_count || !s->entries[s->entry_read].sent ||
		!starts_as(s->entries[s->entry_read].sent, words[0]))
		give_up(s, line, "was not sent");
	const struct fake_sent *sent = s->entries[s->entry_read].sent;
	for (unsigned i = 1; i < count; i++)
		expect_word(s, line, sent, words[i]);
	s->entry_read++;
}

static void expect_said(struct scenario *s, const char *line, const char *what)
{
	if (s->lenient)
		return;
	if (s->entry_read == s->entry_count || s->entries[s->entry_read].sent ||
		strcmp(s->entries[s->entry_read].said, what) != 0)
		give_up(s, line, "was not said");
	s->entry_read++;
}

static void expect_nothing(struct scenario *s, const char *line)
{
	if (!s->lenient && s->entry_read < s->entry_count)
		give_up(s, line, "something was left unread before");
}

static void pass_time(struct scenario *s, const char *line)
{
	char *unit;
	unsigned long amount = strtoul(line + 1, &unit, 10);
	expect_nothing(s, line);
	if (strncmp(unit, "ms", 2) == 0)
		fake_worker_advance(&s->worker, amount);
	else if (*unit == 's')
		fake_worker_advance(&s->worker, amount * 1000);
	else if (*unit == 'm')
		fake_worker_advance(&s->worker, amount * 60000);
	else
		give_up(s, line, "what time is that?");
}

static void run_command(struct scenario *s, const char *line, unsigned count, char **words)
{
	const char *argument = count > 1 ? words[1] : "";
	if (strcmp(words[0], "lose") == 0)
		fake_net_lose_flow(s->net, strtoull(argument, NULL, 10));
	else if (strcmp(words[0], "fail") == 0)
		fake_net_fail_port(s->net, (uint16_t)atoi(argument), ECONNREFUSED);
	else if (strcmp(words[0], "mend") == 0)
		fake_net_fail_port(s->net, (uint16_t)atoi(argument), 0);
	else if (strcmp(words[0], "overload") == 0)
		fake_net_set_overloaded(s->net, strcmp(argument, "on") == 0);
	else if (strcmp(words[0], "resolve") == 0)
		fake_net_resolve_now(s->net);
	else if (!s->command || !s->command(s->context, s, count, words))
		give_up(s, line, "no such command");
	fake_worker_run(&s->worker);
}

/* Splits at spaces, in place; what stands between double quotes stays together, without them; \"
 * is a quote. */
static unsigned split(char *text, char **words)
{
	unsigned count = 0;
	while (*text) {
		while (*text == ' ' || *text == '\t')
			text++;
		if (!*text)
			break;
		WANT(count < SCENARIO_WORDS);
		words[count++] = text;
		char *to = text;
		bool quoted = false;
		for (; *text && (quoted || (*text != ' ' && *text != '\t')); text++) {
			if (text[0] == '\\' && text[1] == '"')
				*to++ = *++text;
			else if (*text == '"')
				quoted = !quoted;
			else
				*to++ = *text == SCENARIO_QUOTE ? '"' : *text;
		}
		if (*text)
			text++;
		*to = '\0';
	}
	return count;
}

static void run_line(struct scenario *s, const char *line)
{
	char copy[4 * LINE_SIZE];
	char *words[SCENARIO_WORDS];
	if (line[0] == '#' || line[0] == '\0')
		return;
	if (line[0] == '+') {
		pass_time(s, line);
		return;
	}
	const char *rest = line + 1 + strspn(line + 1, " \t");
	if (!scenario_expand(s, rest, copy, sizeof(copy)) && !s->lenient)
		give_up(s, line, "a name in {} that means nothing");
	unsigned count = split(copy, words);
	if (count == 0)
		give_up(s, line, "an empty step");
	switch (line[0]) {
	case '>':
		deliver(s, line, count, words);
		break;
	case '<':
		expect_sent(s, line, count, words);
		break;
	case '?':
		expect_said(s, line, rest);
		break;
	case '!':
		run_command(s, line, count, words);
		break;
	default:
		give_up(s, line, "what kind of line is that?");
	}
}

void scenario_run(struct scenario *s, const char *name, const char *script)
{
	char line[LINE_SIZE];
	s->name = name;
	s->line = 0;
	while (*script) {
		size_t length = strcspn(script, "\n");
		struct pv_span text = pv_span_trim((struct pv_span){script, length});
		WANT(text.length < sizeof(line));
		memcpy(line, text.at, text.length);
		line[text.length] = '\0';
		s->line++;
		run_line(s, line);
		script += length + (script[length] == '\n');
	}
	expect_nothing(s, "(end)");
}
