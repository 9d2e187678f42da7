/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c — an end calls itself by another name in the middle of a call (RFC 4916), and the
 * other one is told, who must be able to bear it. */
#include "app/b2bua/private.h"

static bool is_other_uri(struct pv_span address, struct pv_span uri)
{
	struct pv_address read;
	struct pv_uri was, is;
	return pv_address_parse(address, &read) == 0 && pv_uri_parse(read.uri, &was) == 0 &&
	       pv_uri_parse(uri, &is) == 0 && !pv_uri_equal(&was, &is);
}

static int store(struct b2bua *b, struct leg *leg, const struct dialog_texts *texts)
{
	return dialog_store(&b->at.worker->buffers, &leg->dialog, texts);
}

/* The one who speaks is To from now on (§4.3: a From is as the other side saw it last). */
static void rename_remote(struct b2bua *b, struct leg *leg, const struct pv_address *name)
{
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	texts.remote = dialog_address(b->at.worker, name, texts.remote_tag);
	if (texts.remote.length)
		(void)store(b, leg, &texts); /* without room it keeps the name that it had */
}

static bool rename_local(struct b2bua *b, struct leg *leg, const struct pv_address *name)
{
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	texts.local = dialog_address(b->at.worker, name, texts.local_tag);
	return texts.local.length && store(b, leg, &texts) == 0;
}

bool identity_follow(
	struct b2bua *b, const struct incoming *incoming, struct leg *from, struct leg *other)
{
	const struct pv_message *m = incoming->message;
	struct arena *scratch = &b->at.worker->scratch;
	size_t mark = arena_mark(scratch);
	bool is_told = false;
	if (!is_other_uri(dialog_texts(&from->dialog).remote, m->from.uri))
		return false;
	if (!proxy_may_be_called(b->at.proxy, incoming)) {
		metrics_add(METRIC_proxy_refused_identity, 1);
		return false;
	}
	rename_remote(b, from, &m->from);
	/* a caller whose INVITE has no answer may have several dialogs, which share one name */
	bool may_tell = other && other->knows_from_change && other->state != LEG_SETUP;
	if (may_tell)
		is_told = rename_local(b, other, &m->from);
	arena_rewind(scratch, mark);
	return is_told;
}
