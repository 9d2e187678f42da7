/* SPDX-License-Identifier: Apache-2.0 */
/* trunk.c: what one relay thread passes to another. */
#include "media/trunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "media/away.h"
#include "media/branch.h"
#include "media/relay.h"

int trunks_init(struct relay *relay, unsigned threads)
{
	size_t size = threads * ROUND_UP(sizeof(struct trunk), CACHE_LINE);
	if (threads < 2)
		return 0;
	relay->trunks = aligned_alloc(CACHE_LINE, size);
	if (!relay->trunks)
		return -ENOMEM;
	memset(relay->trunks, 0, size);
	relay->trunk_count = threads;
	for (unsigned i = 0; i < threads; i++) {
		struct trunk *trunk = &relay->trunks[i];
		trunk->mail.kind = RELAY_MAIL_TRUNK;
		if (i != relay->index &&
			ring_init(&trunk->ring, sizeof(struct trunk_item), TRUNK_ITEMS) < 0)
			return -ENOMEM;
	}
	return 0;
}

void trunks_done(struct relay *relay)
{
	for (unsigned i = 0; i < relay->trunk_count; i++)
		ring_done(&relay->trunks[i].ring);
	free(relay->trunks);
	relay->trunks = NULL;
}

static struct trunk *trunk_to(const struct relay *from, unsigned to)
{
	return &from->media->relays[to].trunks[from->index];
}

struct trunk_item *trunk_item(struct relay *from, unsigned to, enum trunk_kind kind, uint32_t kept)
{
	struct ring *ring = &trunk_to(from, to)->ring;
	bool has_room = kept == 0 || ring_length(ring) + kept < TRUNK_ITEMS;
	struct trunk_item *item = has_room ? ring_reserve(ring) : NULL;
	if (item)
		item->kind = (uint8_t)kind;
	else
		metrics_add(METRIC_group_passed_lost, 1);
	return item;
}

/* One mail for all that waits: between its being taken and the look into the ring there is an
 * exchange on both sides, so what was put in before is seen. */
void trunk_send(struct relay *from, unsigned to)
{
	struct trunk *trunk = trunk_to(from, to);
	ring_commit(&trunk->ring);
	metrics_add(METRIC_group_passed, 1);
	if (!atomic_exchange(&trunk->is_posted, true))
		mailbox_post(&from->media->relays[to].mailbox, &trunk->mail);
}

/* By enum trunk_kind. */
static void (*const hear[TRUNK_KINDS])(struct relay *, struct trunk_item *) = {
	[TRUNK_HEARD] = away_hear,
	[TRUNK_READY] = away_hear_ready,
	[TRUNK_FLOOR] = away_hear_floor,
	[TRUNK_SPOKE] = away_hear_spoke,
	[TRUNK_SPEECH] = branch_speech,
	[TRUNK_MIX] = branch_mix,
	[TRUNK_FRAME] = branch_frame,
	[TRUNK_TONE] = branch_tone,
	[TRUNK_SAY] = branch_say,
	[TRUNK_GATE] = branch_gate,
	[TRUNK_STATUS] = branch_status,
};

void trunk_hear(struct relay *relay, struct trunk *trunk)
{
	bool is_stopping = atomic_load_explicit(&relay->is_stopping, memory_order_relaxed);
	struct trunk_item *item;
	atomic_exchange(&trunk->is_posted, false);
	/* no more than there were: who posts fast does not keep others waiting */
	for (uint32_t left = ring_length(&trunk->ring); left > 0; left--) {
		item = ring_peek(&trunk->ring);
		if (!item)
			return;
		relay_read_clock(relay);
		if (LIKELY(!is_stopping)) /* then nothing passes any more */
			hear[item->kind](relay, item);
		ring_release(&trunk->ring);
	}
	if (ring_length(&trunk->ring) > 0 && !atomic_exchange(&trunk->is_posted, true))
		mailbox_post(&relay->mailbox, &trunk->mail);
}
