/* SPDX-License-Identifier: Apache-2.0 */
/* news.c: what a relay thread tells a worker that must not be or-ed together. */
#include "media/news.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "media/relay.h"

/* The answer to a leg that was dropped meanwhile is nobody's. */
static void tell_user(struct media_worker *here, const struct news_item *item)
{
	const struct media_group_user *user = &here->group_user;
	const struct lease *lease;
	switch (item->kind) {
	case NEWS_ANSWER:
		lease = lease_get(&here->leases, item->id);
		if (user->answered && lease && !lease->is_dropped)
			user->answered(user->context, item->id, item->owner, &item->answer);
		break;
	case NEWS_SPURT:
		if (user->spurt)
			user->spurt(user->context, item->id, item->owner, &item->spurt);
		break;
	}
}

static void run(struct worker *worker, struct worker_task *task)
{
	struct news *news = container_of(task, struct news, task);
	struct news_item item;
	/* first: what is told from here on posts again */
	atomic_store(&news->is_posted, false);
	while (ring_pop(&news->ring, &item))
		tell_user(news->worker, &item);
}

int news_init(struct news **ret_news, struct media *media)
{
	size_t size = media->worker_count * sizeof(struct news);
	struct news *news = aligned_alloc(CACHE_LINE, ROUND_UP(size, CACHE_LINE));
	if (!news)
		return -ENOMEM;
	memset(news, 0, size);
	*ret_news = news;
	for (unsigned i = 0; i < media->worker_count; i++) {
		news[i].worker = &media->workers[i];
		news[i].task = (struct worker_task){.mail.kind = MAIL_TASK, .run = run};
		int error = ring_init(&news[i].ring, sizeof(struct news_item), NEWS_MOST);
		if (error)
			return error;
	}
	return 0;
}

void news_done(struct news *news, unsigned count)
{
	for (unsigned i = 0; news && i < count; i++)
		ring_done(&news[i].ring);
	free(news);
}

void news_tell(struct news *news, const struct news_item *item)
{
	if (!ring_push(&news->ring, item)) {
		metrics_add(METRIC_group_news_lost, 1);
		return;
	}
	if (!atomic_exchange(&news->is_posted, true))
		worker_post(news->worker->worker, &news->task.mail);
}
