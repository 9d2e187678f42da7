/* SPDX-License-Identifier: Apache-2.0 */
/* tag.c — writes and reads the tags of our dialogs. */
#include "dialog/tag.h"

#define PREFIX "pv"
#define DIGITS 16

static uint64_t tag_mac(const struct siphash_key *key, uint64_t handle, struct pv_span call_id)
{
	uint64_t words[2] = {handle, siphash24(key, call_id.at, call_id.length)};
	return siphash24(key, words, sizeof(words));
}

void dialog_tag_write(
	const struct siphash_key *key, uint64_t handle, struct pv_span call_id, struct pv_writer *w)
{
	pv_put_text(w, PREFIX);
	pv_put_hex(w, handle, DIGITS);
	pv_put_hex(w, tag_mac(key, handle, call_id), DIGITS);
}

struct pv_span dialog_tag(const struct siphash_key *key, uint64_t handle, struct pv_span call_id,
	char text[DIALOG_TAG_LENGTH])
{
	struct pv_writer w;
	pv_writer_init(&w, text, DIALOG_TAG_LENGTH);
	dialog_tag_write(key, handle, call_id, &w);
	return pv_writer_span(&w);
}

static bool hex_read(const char *at, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < DIGITS; i++) {
		unsigned digit = (unsigned char)at[i];
		if (digit - '0' < 10)
			digit -= '0';
		else if (digit - 'a' < 6)
			digit -= 'a' - 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

bool dialog_tag_read(const struct siphash_key *key, struct pv_span tag, struct pv_span call_id,
	uint64_t *ret_handle)
{
	uint64_t handle, mac;
	if (tag.length != DIALOG_TAG_LENGTH || !pv_span_starts_with(tag, PV_SPAN(PREFIX)) ||
		!hex_read(tag.at + 2, &handle) || !hex_read(tag.at + 2 + DIGITS, &mac) ||
		mac != tag_mac(key, handle, call_id))
		return false;
	*ret_handle = handle;
	return true;
}
