/* SPDX-License-Identifier: Apache-2.0 */
/* face.c — what the caller sees of several phones that ring: a dialog for each, so that the answer
 * that it has from one is not taken for that of another (RFC 3261 §13.2.1). */
#include "app/b2bua/private.h"

#include <errno.h>

void face_show(struct bridge *bridge, const struct leg *caller, struct leg *callee)
{
	if (callee->face)
		return;
	if (bridge->faces < FACE_MOST)
		bridge->faces++;
	callee->face = bridge->faces < FACE_MOST ? bridge->faces : 1;
	callee->face_cseq = caller->dialog.remote_cseq;
}

/* The first is the leg itself: most calls ring at one phone. */
struct pv_span face_tag(
	struct b2bua *b, const struct leg *caller, unsigned face, char text[DIALOG_TAG_LENGTH])
{
	uint64_t number = face > 1 ? face : 0;
	return dialog_tag(b->at.tag_key, slab_handle(&b->legs, caller) | number << FACE_SHIFT,
		dialog_texts(&caller->dialog).call_id, text);
}

struct leg *face_find(struct b2bua *b, const struct bridge *bridge, unsigned face)
{
	unsigned wanted = face ? face : 1;
	LIST_EACH(link, &bridge->ringing)
	{
		struct leg *leg = container_of(link, struct leg, link);
		if (leg->face == wanted && !leg->is_left)
			return leg;
	}
	return NULL;
}

int face_dialog(struct b2bua *b, const struct leg *caller, unsigned face, struct dialog *ret)
{
	struct dialog_texts texts = dialog_texts(&caller->dialog);
	struct dialog dialog = caller->dialog;
	size_t mark = arena_mark(&b->at.worker->scratch);
	char tag[DIALOG_TAG_LENGTH];
	struct pv_address address;
	int error = -ENOBUFS;
	dialog.text = NULL;
	if (pv_address_parse(texts.local, &address) == 0) {
		texts.local_tag = face_tag(b, caller, face, tag);
		texts.local = dialog_address(b->at.worker, &address, texts.local_tag);
		if (texts.local.length)
			error = dialog_store(&b->at.worker->buffers, &dialog, &texts);
	}
	arena_rewind(&b->at.worker->scratch, mark);
	if (!error)
		*ret = dialog;
	return error;
}

int face_wear(struct b2bua *b, struct leg *caller, const struct leg *callee)
{
	struct dialog worn;
	int error = face_dialog(b, caller, callee->face, &worn);
	if (error)
		return error;
	dialog_done(&b->at.worker->buffers, &caller->dialog);
	caller->dialog = worn;
	caller->dialog.remote_cseq = callee->face_cseq;
	return 0;
}

/* The numbers of one INVITE's responses grow by one (RFC 3262 §3), there and here: they differ by
 * as much all the time. */
bool leg_rseq(struct leg *leg, const struct pv_message *response, uint32_t *ret)
{
	struct leg_rseqs *r = &leg->rseqs;
	uint32_t theirs;
	*ret = 0;
	if (!pv_number_parse(pv_message_value(response, PV_HEADER_RSEQ), &theirs) || !theirs)
		return true;
	if (!r->their_first) {
		r->their_first = theirs;
		r->our_first = r->our_last + 1;
	}
	if (theirs < r->their_first)
		return false;
	*ret = theirs - r->their_first + r->our_first;
	r->our_last = MAX(r->our_last, *ret);
	return true;
}

uint32_t leg_rack(const struct leg *leg, uint32_t ours)
{
	const struct leg_rseqs *r = &leg->rseqs;
	bool is_said = r->their_first && ours >= r->our_first && ours <= r->our_last;
	return is_said ? ours - r->our_first + r->their_first : 0;
}
