/* SPDX-License-Identifier: Apache-2.0 */
/* media.c: the media of one branch of a call: begun, found by the callee's tag, ended. */
#include <errno.h>

#include "call/private.h"

int call_media_begin(struct calls *calls, struct call *call, const struct call_ways *ways,
	struct call_media **ret_media)
{
	*ret_media = NULL;
	if (!calls->at.media || calls->settings.relay == CALL_RELAY_NEVER)
		return 0;
	struct call_media *media = slab_take(&calls->media);
	if (!media)
		return -ENOBUFS;
	memset(media, 0, sizeof(*media));
	media->call = call_handle(calls, call);
	media->ways = *ways;
	media->is_forwarded[CALL_CALLEE] = ways->callee_forwarded;
	list_init(&media->dialogs);
	int error = place_find(calls, &media->ways.caller, &media->places[CALL_CALLER]);
	if (!error)
		error = place_find(calls, &media->ways.callee, &media->places[CALL_CALLEE]);
	if (error) {
		slab_give(&calls->media, media);
		return error;
	}
	bool must = calls->settings.relay == CALL_RELAY_ALWAYS || ways->caller_behind_nat ||
		    ways->callee_behind_nat || ways->caller.peer.family != ways->callee.peer.family;
	media->relay = must ? BRANCH_RELAYED : BRANCH_UNDECIDED;
	list_push_tail(&call->media, &media->link);
	*ret_media = media;
	return 0;
}

struct call_media *call_media_get(struct calls *calls, uint64_t handle)
{
	return slab_get(&calls->media, handle);
}

uint64_t call_media_handle(const struct calls *calls, const struct call_media *media)
{
	return slab_handle(&calls->media, media);
}

/* ---- dialogs ---- */

static uint64_t hash_of(const struct calls *calls, struct pv_span tag)
{
	return siphash13(&calls->at.shared->key, tag.at, tag.length);
}

struct call_dialog *dialog_find(
	const struct calls *calls, const struct call_media *media, struct pv_span tag)
{
	uint64_t hash = hash_of(calls, tag);
	LIST_EACH(link, &media->dialogs)
	{
		struct call_dialog *dialog = container_of(link, struct call_dialog, link);
		if (dialog->tag == hash)
			return dialog;
	}
	return NULL;
}

struct call_dialog *dialog_new(struct calls *calls, struct call_media *media, struct pv_span tag)
{
	struct call_dialog *dialog =
		media->dialog_count < CALL_DIALOGS_MAX ? slab_take(&calls->dialogs) : NULL;
	if (!dialog)
		return NULL;
	media->dialog_count++;
	*dialog = media->root;
	memset(&dialog->extended, 0, sizeof(dialog->extended));
	memset(&dialog->extended_before, 0, sizeof(dialog->extended_before));
	extended_copy(calls, &dialog->extended, &media->root.extended);
	extended_copy(calls, &dialog->extended_before, &media->root.extended_before);
	dialog->tag = hash_of(calls, tag);
	list_link_init(&dialog->link);
	list_push_tail(&media->dialogs, &dialog->link);
	return dialog;
}

static void forget_offers(struct calls *calls, struct call_dialog *dialog)
{
	extended_done(calls, &dialog->extended);
	extended_done(calls, &dialog->extended_before);
}

static void dialog_free(struct calls *calls, struct call_media *media, struct call_dialog *dialog)
{
	media->dialog_count--;
	list_remove(&dialog->link);
	forget_offers(calls, dialog);
	slab_give(&calls->dialogs, dialog);
}

void dialogs_make_room(struct calls *calls, struct call_media *media)
{
	if (media->dialog_count < CALL_DIALOGS_MAX)
		return;
	LIST_EACH(link, &media->dialogs)
	{
		struct call_dialog *dialog = container_of(link, struct call_dialog, link);
		if (dialog->machine.confirmed)
			continue;
		dialog_free(calls, media, dialog);
		return;
	}
}

struct call_media *call_media_find(
	struct calls *calls, const struct call *call, struct pv_span callee_tag, bool adopt)
{
	LIST_EACH(link, &call->media)
	{
		struct call_media *media = container_of(link, struct call_media, link);
		if (dialog_find(calls, media, callee_tag))
			return media;
	}
	struct list *only = list_first(&call->media);
	bool is_alone = only && only == list_last(&call->media);
	return adopt && is_alone ? container_of(only, struct call_media, link) : NULL;
}

bool call_media_is_confirmed(
	struct calls *calls, const struct call *call, struct pv_span callee_tag)
{
	struct call_media *media = call_media_find(calls, call, callee_tag, false);
	return media && dialog_find(calls, media, callee_tag)->machine.confirmed;
}

/* ---- the end ---- */

/* The record speaks of the branch that was answered; of the last one where none was. */
static void choose_recorded(struct call_media *media)
{
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++)
		if (media->streams[i])
			media->streams[i]->is_recorded = media->is_up;
}

void call_media_end(struct calls *calls, struct call_media *media)
{
	if (!media)
		return;
	choose_recorded(media);
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++)
		if (media->streams[i])
			stream_drop(calls, media->streams[i]);
	while (!list_is_empty(&media->dialogs))
		dialog_free(calls, media,
			container_of(list_first(&media->dialogs), struct call_dialog, link));
	forget_offers(calls, &media->root);
	list_remove(&media->link);
	slab_give(&calls->media, media);
}

static bool has_confirmed(const struct call_media *media)
{
	LIST_EACH(link, &media->dialogs)
	if (container_of(link, struct call_dialog, link)->machine.confirmed)
		return true;
	return false;
}

bool call_media_bye(struct calls *calls, struct call *call, struct pv_span callee_tag)
{
	struct call_media *media = call_media_find(calls, call, callee_tag, false);
	if (media) {
		dialog_free(calls, media, dialog_find(calls, media, callee_tag));
		if (media->is_up && !has_confirmed(media))
			call_media_end(calls, media);
	}
	if (call->state != CALL_UP)
		return false;
	LIST_EACH(link, &call->media)
	if (has_confirmed(container_of(link, struct call_media, link)))
		return false;
	return true;
}
