/* SPDX-License-Identifier: Apache-2.0 */
/* patch.h — a message forwarded with changes: an ordered list of edits, written out once. */
#ifndef SIP_PATCH_H
#define SIP_PATCH_H

#include <portavoz/message.h>
#include <portavoz/writer.h>

#define PATCH_EDITS 48

/* Replaces bytes [at, at + length) of the source by `text`. */
struct patch_edit {
	uint16_t at;
	uint16_t length;
	bool removal; /* of whole values: the text is a line break where one stands for the comma */
	struct pv_span text;
};

/* Edits may be added in any order; those at one place apply in the order they were added. Texts
 * are referenced, so they must live until patch_write. Owner: the caller's stack. */
struct patch {
	const struct pv_message *message;
	struct patch_edit edits[PATCH_EDITS];
	unsigned count;
	bool overflow; /* sticky: patch_write then answers -ENOBUFS */
};

void patch_init(struct patch *patch, const struct pv_message *message);
void patch_replace(struct patch *patch, struct pv_ref what, struct pv_span text);
void patch_insert(struct patch *patch, uint16_t at, struct pv_span text);
/* Removes one value (as pv_values_next gave it) of a header; the whole line when it was its only
 * one, else its comma goes with it. `field` is pv_values.field. Two removals of neighbours work.
 * Where a '(' in front of it might find another end, what stays behind it gets a line of its own,
 * so that all that is left reads as before (RFC 3261 §7.3.1: a comma and a new line are the same).
 */
void patch_remove_value(struct patch *patch, uint16_t field, struct pv_span value);
/* Removes the topmost Via, as every response that is passed on loses it (RFC 3261 §16.7 item 3).
 * For a patch without other edits of that line. */
void patch_remove_top_via(struct patch *patch);
void patch_remove_line(struct patch *patch, uint16_t field);
void patch_remove_header(struct patch *patch, enum pv_header header);
/* Where a new first line of `header` goes: before its first line; before all lines when it has
 * none. */
uint16_t patch_place(const struct pv_message *message, enum pv_header header);

/* Length of the result. */
size_t patch_length(const struct patch *patch);
/* Writes the result once, head and body, with one copy per untouched stretch. 0 or -ENOBUFS. */
int patch_write(const struct patch *patch, struct pv_writer *w);

#endif
