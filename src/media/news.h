/* SPDX-License-Identifier: Apache-2.0 */
/* news.h: what a relay thread tells a worker that must not be or-ed together: answers to presses,
 * talk spurts. */
#ifndef MEDIA_NEWS_H
#define MEDIA_NEWS_H

#include <stdatomic.h>

#include "base/ring.h"
#include "media/group_command.h"
#include "runtime/worker.h"

struct media;
struct media_worker;
struct relay;

#define NEWS_MOST 256

enum news_kind { NEWS_ANSWER, NEWS_SPURT };

struct news_item {
	enum news_kind kind;
	media_id id;    /* of the member that is answered, or of the group that was talked in */
	uint64_t owner; /* of it */
	union {
		struct media_answer answer;
		struct media_spurt spurt;
	};
};

/* From one relay thread to one worker. The task is under way while `is_posted`. What does not fit
 * is counted (group_news_lost). */
struct news {
	struct ring ring; /* of struct news_item */
	struct worker_task task;
	_Atomic bool is_posted;
	struct media_worker *worker;
};

/* One for each worker of `media`. 0 or -ENOMEM. */
int news_init(struct news **ret_news, struct media *media);
void news_done(struct news *news, unsigned count);

/* The relay thread. */
void news_tell(struct news *news, const struct news_item *item);

#endif
