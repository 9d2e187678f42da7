/* SPDX-License-Identifier: Apache-2.0 */
/* begin.c — a dialog that begins: what it is made of, and the names that we give (RFC 3261 §12.1).
 */
#include <errno.h>

#include "base/random.h"
#include "dialog/dialog.h"
#include "dialog/tag.h"

/* Of a route set; a longer one makes no dialog. */
#define ROUTES_ROOM 8192

static void take_routes(struct worker *worker, struct pv_writer *w)
{
	char *room = arena_take(&worker->scratch, ROUTES_ROOM);
	pv_writer_init(w, room, room ? ROUTES_ROOM : 0);
}

bool dialog_may_begin(struct worker *worker, const struct pv_message *request)
{
	struct dialog_texts texts;
	struct pv_writer routes;
	size_t mark = arena_mark(&worker->scratch);
	take_routes(worker, &routes);
	int error = dialog_texts_of_request(request, &routes, &texts);
	arena_rewind(&worker->scratch, mark);
	return !error;
}

struct pv_span dialog_address(
	struct worker *worker, const struct pv_address *address, struct pv_span tag)
{
	size_t room = address->whole.length + tag.length + 16;
	char *text = arena_take(&worker->scratch, room);
	struct pv_writer w;
	if (!text)
		return (struct pv_span){NULL, 0};
	pv_writer_init(&w, text, room);
	dialog_put_address(&w, address, tag);
	return w.overflow ? (struct pv_span){NULL, 0} : pv_writer_span(&w);
}

static int store_begun(struct worker *worker, struct dialog *dialog, const struct siphash_key *key,
	uint64_t handle, const struct pv_message *request)
{
	struct dialog_texts texts = {0};
	char tag[DIALOG_TAG_LENGTH];
	struct pv_writer routes;
	take_routes(worker, &routes);
	if (dialog_texts_of_request(request, &routes, &texts) < 0)
		return -EINVAL;
	texts.local_tag = dialog_tag(key, handle, request->call_id, tag);
	texts.local = dialog_address(worker, &request->to, texts.local_tag);
	return texts.local.length ? dialog_store(&worker->buffers, dialog, &texts) : -ENOBUFS;
}

int dialog_begin(struct worker *worker, struct dialog *dialog, const struct siphash_key *key,
	uint64_t handle, const struct pv_message *request, const struct path *from)
{
	size_t mark = arena_mark(&worker->scratch);
	dialog->has_remote_cseq = true;
	dialog->remote_cseq = request->cseq;
	dialog->path = *from;
	int error = store_begun(worker, dialog, key, handle, request);
	arena_rewind(&worker->scratch, mark);
	return error;
}

int dialog_learn(struct worker *worker, struct dialog *dialog, const struct pv_message *response)
{
	struct dialog_texts texts = dialog_texts(dialog), heard = {0};
	struct pv_writer routes;
	size_t mark = arena_mark(&worker->scratch);
	take_routes(worker, &routes);
	if (dialog_texts_of_response(response, &routes, &heard) == 0) {
		texts.target = heard.target;
		texts.routes = heard.routes;
	}
	texts.remote = response->to.whole;
	texts.remote_tag = response->to_tag;
	int error = dialog_store(&worker->buffers, dialog, &texts);
	arena_rewind(&worker->scratch, mark);
	return error;
}

struct pv_span dialog_call_id(const struct worker *worker, char text[DIALOG_CALL_ID_LENGTH])
{
	struct pv_span call_id;
	struct pv_writer w;
	do {
		uint64_t random[2] = {random_u64(), random_u64()};
		pv_writer_init(&w, text, DIALOG_CALL_ID_LENGTH);
		pv_put_hex_bytes(&w, random, sizeof(random));
		call_id = pv_writer_span(&w);
	} while (worker_home(worker->group, call_id) != worker->index);
	return call_id;
}
