/* SPDX-License-Identifier: Apache-2.0 */
/* patch.c — forwards a message with edits: one copy per untouched stretch (RFC 3261 §16.6). */
#include "sip/patch.h"

#include <errno.h>

#include "sip/lexer.h"

void patch_init(struct patch *patch, const struct pv_message *message)
{
	patch->message = message;
	patch->count = 0;
	patch->overflow = false;
}

/* Kept sorted by place; equal places keep the order in which they came. */
static void add(struct patch *patch, struct patch_edit edit)
{
	if (patch->count == PATCH_EDITS ||
		(uint32_t)edit.at + edit.length > patch->message->length) {
		patch->overflow = true;
		return;
	}
	unsigned i = patch->count++;
	for (; i > 0 && patch->edits[i - 1].at > edit.at; i--)
		patch->edits[i] = patch->edits[i - 1];
	patch->edits[i] = edit;
}

void patch_replace(struct patch *patch, struct pv_ref what, struct pv_span text)
{
	add(patch, (struct patch_edit){what.at, what.length, false, text});
}

void patch_insert(struct patch *patch, uint16_t at, struct pv_span text)
{
	add(patch, (struct patch_edit){at, 0, false, text});
}

/* Removes [at, end), with `text` in its place or nothing. */
static void cut_for(struct patch *patch, uint16_t at, uint16_t end, struct pv_span text)
{
	add(patch, (struct patch_edit){at, (uint16_t)(end - at), true, text});
}

static void cut(struct patch *patch, uint16_t at, uint16_t end)
{
	cut_for(patch, at, end, (struct pv_span){NULL, 0});
}

void patch_remove_line(struct patch *patch, uint16_t field)
{
	const struct pv_field *line = &patch->message->fields[field];
	cut(patch, line->line, line->line_end);
}

void patch_remove_header(struct patch *patch, enum pv_header header)
{
	uint16_t i = patch->message->first[header];
	for (; i != PV_NO_FIELD; i = patch->message->fields[i].next)
		patch_remove_line(patch, i);
}

uint16_t patch_place(const struct pv_message *message, enum pv_header header)
{
	uint16_t first = message->first[header];
	return first == PV_NO_FIELD ? message->fields_at : message->fields[first].line;
}

static bool covers(const struct patch_edit *edit, uint16_t at, uint16_t end)
{
	return edit->removal && edit->at <= at && edit->at + edit->length >= end;
}

static bool is_removed(const struct patch *patch, uint16_t at, uint16_t end)
{
	for (unsigned i = 0; i < patch->count; i++)
		if (covers(&patch->edits[i], at, end))
			return true;
	return false;
}

/* Takes back the removal that covers [at, end), if there is one. */
static void forget_removal(struct patch *patch, uint16_t at, uint16_t end)
{
	for (unsigned i = 0; i < patch->count; i++) {
		if (!covers(&patch->edits[i], at, end))
			continue;
		patch->count--;
		memmove(&patch->edits[i], &patch->edits[i + 1],
			(patch->count - i) * sizeof(patch->edits[0]));
		return;
	}
}

/* A walk over the values of one line in which some are removed. */
struct line_walk {
	struct patch *patch;
	const struct pv_field *line;
	struct pv_span rest;
	uint16_t at, end; /* the value */
	bool removed;     /* it was removed before, or is the one to remove now */
	const char *victim;
};

static bool walk_next(struct line_walk *walk)
{
	struct pv_span value;
	if (!pv_list_next(&walk->rest, &value))
		return false;
	const char *bytes = walk->patch->message->bytes;
	walk->at = (uint16_t)(value.at - bytes);
	walk->end = (uint16_t)(pv_span_end(value) - bytes);
	walk->removed = value.at == walk->victim || is_removed(walk->patch, walk->at, walk->end);
	return true;
}

/* Forgets the removals of the values from the one where `walk` stands up to `last`. */
static void forget_run(struct line_walk walk, uint16_t last)
{
	forget_removal(walk.patch, walk.at, walk.end);
	while (walk.end < last && walk_next(&walk))
		forget_removal(walk.patch, walk.at, walk.end);
}

/*
 * Whether a kept value of this line, all of which end before `kept_end`, has a '('. One that no ')'
 * closes is an ordinary character (values.c), and what closes it is looked for in the whole rest of
 * the line: without "(" in its middle, `a(b, "(", c)` would be one value.
 */
static bool has_paren(const struct line_walk *walk, uint16_t kept_end)
{
	const char *bytes = walk->patch->message->bytes;
	uint16_t at = walk->line->value.at;
	return memchr(bytes + at, '(', (size_t)(kept_end - at)) != NULL;
}

/* The end of the line before this one and this one's name, "\r\nRoute: ", out of the message. */
static struct pv_span line_break(const struct line_walk *walk)
{
	const char *bytes = walk->patch->message->bytes, *at = bytes + walk->line->line - 1;
	if (at[-1] == '\r')
		at--;
	return pv_span_from(at, bytes + walk->line->value.at);
}

/*
 * Cuts the run of removed values that starts where `walk` stands, as one edit. Its commas go with
 * it: those behind it, or, at the end of the line, the one before it. False at the end of the line.
 */
static bool cut_run(struct line_walk *walk, uint16_t kept_end)
{
	struct line_walk start = *walk;
	uint16_t last = walk->end;
	bool more;
	while ((more = walk_next(walk)) && walk->removed)
		last = walk->end;
	forget_run(start, last);
	if (!more)
		cut(walk->patch, kept_end, last);
	else if (has_paren(walk, kept_end))
		cut_for(walk->patch, kept_end, walk->at, line_break(walk));
	else
		cut(walk->patch, start.at, walk->at);
	return more;
}

static bool has_kept(struct line_walk walk)
{
	while (walk_next(&walk))
		if (!walk.removed)
			return true;
	return false;
}

void patch_remove_value(struct patch *patch, uint16_t field, struct pv_span value)
{
	const struct pv_field *line = &patch->message->fields[field];
	struct line_walk walk = {.patch = patch,
		.line = line,
		.rest = pv_message_span(patch->message, line->value),
		.victim = value.at};
	if (value.length == line->value.length) {
		patch_remove_line(patch, field);
		return;
	}
	if (!has_kept(walk)) {
		while (walk_next(&walk))
			forget_removal(patch, walk.at, walk.end);
		patch_remove_line(patch, field);
		return;
	}
	uint16_t kept_end = line->value.at;
	while (walk_next(&walk)) {
		if (walk.removed && !cut_run(&walk, kept_end))
			return;
		kept_end = walk.end;
	}
}

/* The parser knows where the value ends, so the line is not walked. */
void patch_remove_top_via(struct patch *patch)
{
	const struct pv_message *m = patch->message;
	uint16_t index = m->first[PV_HEADER_VIA];
	const struct pv_field *line = &m->fields[index];
	const char *at = pv_span_end(m->via.whole),
		   *end = m->bytes + line->value.at + line->value.length;
	while (at < end && (*at == ',' || *at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	if (at == end)
		patch_remove_line(patch, index);
	else
		cut(patch, (uint16_t)(m->via.whole.at - m->bytes), (uint16_t)(at - m->bytes));
}

size_t patch_length(const struct patch *patch)
{
	size_t length = 0;
	uint32_t done = 0;
	for (unsigned i = 0; i < patch->count; i++) {
		const struct patch_edit *edit = &patch->edits[i];
		uint32_t end = (uint32_t)edit->at + edit->length;
		if (edit->at > done)
			length += edit->at - done;
		if (end > done)
			done = end;
		length += edit->text.length;
	}
	return length + (patch->message->length - done);
}

int patch_write(const struct patch *patch, struct pv_writer *w)
{
	const char *bytes = patch->message->bytes;
	uint32_t done = 0;
	if (patch->overflow)
		return -ENOBUFS;
	for (unsigned i = 0; i < patch->count; i++) {
		const struct patch_edit *edit = &patch->edits[i];
		uint32_t end = (uint32_t)edit->at + edit->length;
		if (edit->at > done)
			pv_put_bytes(w, bytes + done, edit->at - done);
		pv_put(w, edit->text);
		if (end > done)
			done = end;
	}
	pv_put_bytes(w, bytes + done, patch->message->length - done);
	return w->overflow ? -ENOBUFS : 0;
}
