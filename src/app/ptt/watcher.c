/* SPDX-License-Identifier: Apache-2.0 */
/* watcher.c — who watches a room, beside its roster: what each has heard of it, and when the next
 * document is due. */
#include "app/ptt/private.h"

#define TALK_PACE_MS 1000 /* who talks is told so often at most */
#define DOCUMENT_MAX 60000

static struct ptt_watcher *watcher_new(struct ptt *p, const struct ptt_watch_report *report)
{
	struct ptt_room *room = ptt_group_of(p, report->group) ? room_have(p, report->group) : NULL;
	struct ptt_watcher *watcher = room ? slab_take(&p->watchers) : NULL;
	if (!watcher) {
		if (room)
			room_settle(p, room);
		return NULL;
	}
	memset(watcher, 0, sizeof(*watcher));
	watcher->room = slab_handle(&p->rooms, room);
	watcher->at = report->errand.home;
	watcher->subscription = report->subscription;
	list_push_tail(&room->watchers, &watcher->link);
	room->watcher_count++;
	ptt_gauge(p);
	return watcher;
}

static void watcher_free(struct ptt *p, struct ptt_watcher *watcher)
{
	struct ptt_room *room = room_get(p, watcher->room);
	alarm_cancel(&watcher->pace);
	list_remove(&watcher->link);
	slab_give(&p->watchers, watcher);
	room->watcher_count--;
	ptt_gauge(p);
	room_settle(p, room);
}

static void tell(struct ptt *p, struct ptt_watcher *watcher);

static void told(struct ptt *p, struct errand *errand)
{
	struct ptt_notice *notice = container_of(errand, struct ptt_notice, errand);
	struct ptt_watcher *watcher = container_of(notice, struct ptt_watcher, notice);
	ptt_drop(p, &notice->body);
	if (notice->is_gone || notice->is_last)
		watcher_free(p, watcher);
	else
		tell(p, watcher);
}

static struct buffer *write_document(
	struct ptt *p, const struct ptt_watcher *watcher, const struct ptt_room *room)
{
	bool is_full = watcher->wants_full || watcher->wants_last;
	size_t length = document_write(p, room, ptt_group_of(p, room->group), watcher->version,
		is_full, watcher->told, p->text, DOCUMENT_MAX);
	struct buffer *body = length ? buffer_take(ptt_buffers(p), length) : NULL;
	if (!body)
		return NULL;
	memcpy(body->bytes, p->text, length);
	body->length = (uint32_t)length;
	return body;
}

static void tell(struct ptt *p, struct ptt_watcher *watcher)
{
	struct ptt_room *room = room_get(p, watcher->room);
	uint64_t now = p->at.worker->now_ms;
	bool must = watcher->wants_full || watcher->wants_last;
	if (watcher->notice.errand.is_away || (!must && room->change == watcher->told))
		return;
	bool is_talk = !must && room->change_members <= watcher->told;
	if (is_talk && now < watcher->talk_told_ms + TALK_PACE_MS) {
		alarm_set(&p->alarms, &watcher->pace, PTT_TIMER_PACE,
			watcher->talk_told_ms + TALK_PACE_MS);
		return;
	}
	struct buffer *body = write_document(p, watcher, room);
	if (!body && !watcher->wants_last) {
		alarm_set(&p->alarms, &watcher->pace, PTT_TIMER_PACE, now + TALK_PACE_MS);
		return;
	}
	if (room->change_talk > watcher->told)
		watcher->talk_told_ms = now;
	watcher->notice.watcher = slab_handle(&p->watchers, watcher);
	watcher->notice.subscription = watcher->subscription;
	watcher->notice.body = body;
	watcher->notice.is_last = watcher->wants_last;
	watcher->notice.is_gone = false;
	watcher->wants_full = watcher->wants_last = false;
	watcher->told = room->change;
	watcher->version++;
	errand_send(
		p, &watcher->notice.errand, watcher->at->at.worker->index, subscription_take, told);
}

void watcher_pace(struct ptt *p, struct ptt_watcher *watcher)
{
	tell(p, watcher);
}

void watcher_take(struct ptt *p, struct errand *errand)
{
	struct ptt_watch_report *report = container_of(errand, struct ptt_watch_report, errand);
	struct ptt_watcher *watcher = slab_get(&p->watchers, report->watcher);
	if (!watcher && !report->watcher)
		watcher = watcher_new(p, report);
	report->status = watcher ? 200 : 503;
	if (watcher) {
		report->watcher = slab_handle(&p->watchers, watcher);
		watcher->wants_full = true;
		watcher->wants_last |= report->is_last;
	}
	errand_return(errand);
	if (watcher)
		tell(p, watcher);
}

void room_notify(struct ptt *p, struct ptt_room *room)
{
	LIST_EACH(link, &room->watchers)
	tell(p, container_of(link, struct ptt_watcher, link));
}

void room_end_watchers(struct ptt *p, struct ptt_room *room)
{
	LIST_EACH(link, &room->watchers)
	{
		struct ptt_watcher *watcher = container_of(link, struct ptt_watcher, link);
		watcher->wants_last = true;
		tell(p, watcher);
	}
}
