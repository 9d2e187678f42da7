/* SPDX-License-Identifier: Apache-2.0 */
/* tag.h — our tag of a dialog is an address: the slot and generation of its leg, and a MAC. */
#ifndef DIALOG_TAG_H
#define DIALOG_TAG_H

#include <portavoz/span.h>
#include <portavoz/writer.h>
#include "base/siphash.h"

/* "pv", the handle and the MAC in hexadecimal digits: a request inside a dialog finds its leg
 * without a lookup, and who was not told the tag cannot make one (RFC 3261 §19.3). */
#define DIALOG_TAG_LENGTH 34

/* The MAC covers the Call-ID, so that a tag proves nothing in another call. */
void dialog_tag_write(const struct siphash_key *key, uint64_t handle, struct pv_span call_id,
	struct pv_writer *w);
/* The same in `text`. */
struct pv_span dialog_tag(const struct siphash_key *key, uint64_t handle, struct pv_span call_id,
	char text[DIALOG_TAG_LENGTH]);
/* False when `tag` is not ours for this Call-ID. */
bool dialog_tag_read(const struct siphash_key *key, struct pv_span tag, struct pv_span call_id,
	uint64_t *ret_handle);

#endif
