/* SPDX-License-Identifier: Apache-2.0 */
/* errand.c — what a leg and its roster have to say to one another, from worker to worker and home
 * again. */
#include "app/ptt/private.h"

static void is_home(struct worker *worker, struct worker_task *task)
{
	struct errand *errand = container_of(task, struct errand, task);
	errand->is_away = false;
	errand->back(errand->home, errand);
}

static void is_there(struct worker *worker, struct worker_task *task)
{
	struct errand *errand = container_of(task, struct errand, task);
	errand->there(errand->to, errand);
}

void errand_return(struct errand *errand)
{
	errand->task.run = is_home;
	worker_post(errand->home->at.worker, &errand->task.mail);
}

void errand_send(struct ptt *p, struct errand *errand, unsigned worker,
	void (*there)(struct ptt *, struct errand *), void (*back)(struct ptt *, struct errand *))
{
	errand->home = p;
	errand->to = p->at.peers[worker];
	errand->there = there;
	errand->back = back;
	errand->is_away = true;
	errand->task.mail.kind = MAIL_TASK;
	errand->task.run = is_there;
	worker_post(errand->to->at.worker, &errand->task.mail);
}

struct ptt_note *note_new(struct ptt *p, enum ptt_note_kind kind)
{
	struct ptt_note *note = slab_take(&p->notes);
	if (!note) {
		metrics_add(METRIC_ptt_notes_exhausted, 1);
		return NULL;
	}
	memset(note, 0, sizeof(*note));
	note->kind = (uint8_t)kind;
	return note;
}

void note_free(struct ptt *p, struct ptt_note *note)
{
	ptt_drop(p, &note->text);
	slab_give(&p->notes, note);
}
