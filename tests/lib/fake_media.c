/* SPDX-License-Identifier: Apache-2.0 */
/* fake_media.c — relay threads that relay nothing. */
#include "lib/fake_media.h"

#include <errno.h>
#include <string.h>

#include "base/slab.h"

#define FIRST_PORT 20000

void fake_media_init(struct media *media, struct worker *worker)
{
	memset(media, 0, sizeof(*media));
	media->worker = worker;
	media->limit = media->transcoders = FAKE_SESSIONS;
	media->member_limit = FAKE_MEMBERS;
}

unsigned fake_media_in_use(const struct media *media)
{
	unsigned count = 0;
	for (unsigned i = 0; i < FAKE_SESSIONS; i++)
		count += media->sessions[i].id != 0;
	return count;
}

struct fake_session *fake_media_session(struct media *media, unsigned n)
{
	for (unsigned i = 0; i < FAKE_SESSIONS; i++)
		if (media->sessions[i].id == n + 1)
			return &media->sessions[i];
	return NULL;
}

void fake_media_tell(struct media *media, unsigned n, uint32_t told)
{
	struct fake_session *session = fake_media_session(media, n);
	if (session && !session->is_dropped)
		media->user.told(media->user.context, session->id, session->owner, told);
}

void fake_media_miss(struct media *media, unsigned n, uint8_t missing)
{
	struct fake_session *session = fake_media_session(media, n);
	if (!session)
		return;
	session->has_report = true;
	session->missing = missing;
	fake_media_tell(media, n, missing ? missing * MEDIA_TOLD_MISSING_0 : MEDIA_TOLD_FOUND);
}

void fake_media_tell_late(struct media *media, unsigned n, bool is_silent)
{
	struct fake_session *session = fake_media_session(media, n);
	if (!session)
		return;
	session->has_report = true;
	session->is_silent = is_silent;
	fake_media_tell(media, n, MEDIA_TOLD_SILENT | MEDIA_TOLD_AGAIN);
}

void media_set_user(struct media *media, unsigned worker, const struct media_user *user)
{
	media->user = *user;
}

static void run_ended(struct worker *worker, struct worker_task *task)
{
	struct fake_session *session = container_of(task, struct fake_session, task);
	struct media *media = session->media;
	const struct media_report report = {.session = session->is_set ? session->id : 0};
	media_id id = session->id;
	session->id = 0;
	media->user.ended(media->user.context, id, session->owner, &report);
}

int media_take(struct media *media, unsigned worker, const unsigned locals[MEDIA_ENDS],
	uint64_t owner, struct media_lease *ret_lease)
{
	unsigned free = 0;
	while (free < FAKE_SESSIONS && media->sessions[free].id)
		free++;
	if (free == FAKE_SESSIONS || fake_media_in_use(media) >= media->limit ||
		slab_is_starved()) {
		media->refused++;
		return -ENOBUFS;
	}
	struct fake_session *session = &media->sessions[free];
	uint16_t port = (uint16_t)(FIRST_PORT + 4 * media->taken);
	*session = (struct fake_session){.id = ++media->taken,
		.owner = owner,
		.media = media,
		.locals = {locals[0], locals[1]}};
	session->lease =
		(struct media_lease){.session = session->id, .port = {port, (uint16_t)(port + 2)}};
	*ret_lease = session->lease;
	return 0;
}

static struct fake_session *living(struct media *media, media_id id)
{
	struct fake_session *session = id ? fake_media_session(media, (unsigned)id - 1) : NULL;
	return session && !session->is_dropped ? session : NULL;
}

int media_reserve_transcoder(struct media *media, unsigned worker, media_id id)
{
	struct fake_session *session = living(media, id);
	if (!session)
		return -ENOENT;
	if (session->has_transcoder)
		return 0;
	unsigned reserved = 0;
	for (unsigned i = 0; i < FAKE_SESSIONS; i++)
		reserved += media->sessions[i].id && media->sessions[i].has_transcoder;
	if (reserved >= media->transcoders)
		return -ENOBUFS;
	session->has_transcoder = true;
	return 0;
}

void media_set(struct media *media, unsigned worker, media_id id,
	const struct media_description *description)
{
	struct fake_session *session = living(media, id);
	if (!session)
		return;
	session->changes++;
	session->is_set = true;
	session->said = *description;
}

void media_drop(struct media *media, unsigned worker, media_id id)
{
	struct fake_session *session = living(media, id);
	if (!session)
		return;
	session->is_dropped = true;
	session->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = run_ended};
	worker_post(media->worker, &session->task.mail);
}

int media_read_report(struct media *media, media_id id, struct media_report *ret_report)
{
	const struct fake_session *session = living(media, id);
	if (!session || !session->has_report)
		return -ENOENT;
	*ret_report = (struct media_report){
		.session = id, .is_silent = session->is_silent, .missing = session->missing};
	return 0;
}
