/* SPDX-License-Identifier: Apache-2.0 */
/* forked.c — phones behind one target, to which a proxy behind us has forked our INVITE: each that
 * rings is an early dialog of its own (RFC 3261 §12.1.2), and so a leg. All of them know our one
 * tag, which is the address of the first: the others are its twins, told apart by their own tags.
 */
#include "app/b2bua/private.h"

/* Of one target. */
#define TWINS_MOST 16

static struct pv_span tag_of(const struct leg *leg)
{
	return dialog_texts(&leg->dialog).remote_tag;
}

static struct leg *find_twin(
	const struct bridge *bridge, const struct leg *first, struct pv_span tag)
{
	LIST_EACH(link, &bridge->ringing)
	{
		struct leg *leg = container_of(link, struct leg, link);
		if (leg->is_twin && leg->branch == first->branch && pv_span_equal(tag_of(leg), tag))
			return leg;
	}
	return NULL;
}

static unsigned count(const struct bridge *bridge, unsigned branch)
{
	unsigned n = 0;
	LIST_EACH(link, &bridge->ringing)
	n += container_of(link, struct leg, link)->branch == branch;
	return n;
}

static struct leg *twin_new(struct b2bua *b, struct bridge *bridge, const struct leg *first)
{
	bool may = count(bridge, first->branch) < TWINS_MOST;
	struct leg *leg = may ? leg_new(b, first->bridge, SIDE_CALLEE) : NULL;
	if (!leg)
		return NULL;
	leg->is_twin = true;
	leg->first = slab_handle(&b->legs, first);
	if (leg_of_stray(b, leg, first) < 0) {
		leg_free(b, leg);
		return NULL;
	}
	leg->branch = first->branch;
	leg->media = first->media;
	leg->client = first->client;
	leg->dialog.has_remote_cseq = false;
	leg->dialog.local_cseq = first->invite_cseq;
	list_push_tail(&bridge->ringing, &leg->link);
	return leg;
}

static bool is_of(const struct leg *leg, struct pv_span tag)
{
	return !tag_of(leg).length || !tag.length || pv_span_equal(tag_of(leg), tag);
}

struct leg *forked_leg(struct b2bua *b, struct bridge *bridge, struct leg *first,
	const struct pv_message *response)
{
	if (is_of(first, response->to_tag))
		return first;
	struct leg *twin = find_twin(bridge, first, response->to_tag);
	if (!twin)
		twin = twin_new(b, bridge, first);
	if (!twin)
		metrics_add(METRIC_b2bua_ignored, 1);
	return twin;
}

/* What belongs to a dialog changes places; what belongs to the INVITE stays. */
static void swap_dialogs(struct b2bua *b2bua, struct leg *a, struct leg *b)
{
	a->has_moved = b->has_moved = true;
	a->moved = slab_handle(&b2bua->legs, b);
	b->moved = slab_handle(&b2bua->legs, a);
	const struct leg was = *a;
	a->dialog = b->dialog;
	a->face = b->face;
	a->face_cseq = b->face_cseq;
	a->rseqs = b->rseqs;
	a->has_update = b->has_update;
	a->is_left = b->is_left;
	b->dialog = was.dialog;
	b->face = was.face;
	b->face_cseq = was.face_cseq;
	b->rseqs = was.rseqs;
	b->has_update = was.has_update;
	b->is_left = was.is_left;
}

void forked_wear(struct b2bua *b, const struct bridge *bridge, struct leg *first,
	const struct pv_message *response)
{
	if (is_of(first, response->to_tag))
		return;
	struct leg *twin = find_twin(bridge, first, response->to_tag);
	if (twin) {
		swap_dialogs(b, first, twin);
		return;
	}
	/* it has not rung, and is none of the early dialogs; who was left alone was left with all
	 */
	first->is_left = first->is_left && !forked_has_others(bridge, first);
	first->has_moved = true;
	first->moved = 0;
	first->face = 0;
	first->rseqs = (struct leg_rseqs){0};
}

struct leg *forked_find(struct b2bua *b, struct leg *first, const struct pv_message *request)
{
	const struct bridge *bridge = bridge_get(b, first->bridge);
	if (dialog_has(&first->dialog, request))
		return first;
	struct leg *twin = bridge ? find_twin(bridge, first, request->from_tag) : NULL;
	return twin && dialog_has(&twin->dialog, request) ? twin : NULL;
}

bool forked_has_others(const struct bridge *bridge, const struct leg *leg)
{
	LIST_EACH(link, &bridge->ringing)
	{
		const struct leg *other = container_of(link, struct leg, link);
		if (other != leg && other->branch == leg->branch && !other->is_left)
			return true;
	}
	return false;
}

void forked_free(struct b2bua *b, struct bridge *bridge, unsigned branch)
{
	LIST_EACH_SAFE(link, &bridge->ringing)
	{
		struct leg *leg = container_of(link, struct leg, link);
		if (leg->branch == branch)
			leg_free(b, leg);
	}
}
