/* SPDX-License-Identifier: Apache-2.0 */
/* call_out.c — members whom the server calls when their group opens, and when they register while
 * it is open: each once an opening. */
#include "app/ptt/private.h"

#include <errno.h>

static bool was_called(const struct ptt_room *room, unsigned index)
{
	return room->called && (room->called->bytes[index / 8] >> (index % 8)) & 1;
}

/* False: no room to remember it. */
static bool note_called(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, unsigned index)
{
	size_t bytes = (group->config.call_out.count + 7) / 8;
	if (room->called && room->called->length < bytes)
		return false; /* the list has grown by a reload: from the next opening on */
	if (!room->called) {
		room->called = buffer_take(ptt_buffers(p), bytes);
		if (!room->called)
			return false;
		memset(room->called->bytes, 0, bytes);
		room->called->length = (uint32_t)bytes;
	}
	room->called->bytes[index / 8] |= (char)(1 << (index % 8));
	return true;
}

/* ---- whom and where ---- */

/* In p->bindings: those of his in one domain. */
static int find_bindings(struct ptt *p, struct pv_span name, uint32_t domain)
{
	char key[REGISTRY_KEY];
	struct pv_writer w;
	pv_writer_init(&w, key, sizeof(key));
	pv_put(&w, name);
	pv_put_char(&w, '@');
	pv_put(&w, domains_name(p->at.domains, domain));
	return w.overflow ? 0
			  : registry_lookup(p->at.registry, pv_writer_span(&w), p->bindings,
				    REGISTRY_CONTACTS, p->binding_text, sizeof(p->binding_text));
}

/* The first domain from that one on where he has registered. False: he has in none. */
static bool find_domain(struct ptt *p, struct pv_span name, uint32_t *domain)
{
	for (; *domain < domains_count(p->at.domains); ++*domain)
		if (find_bindings(p, name, *domain) > 0)
			return true;
	return false;
}

/* A phone behind NAT, or on a connection of its own, is reached the way its REGISTER came. */
static void aim(struct dialog *dialog, const struct registry_binding *binding)
{
	bool stream = binding->received.transport != PV_TRANSPORT_UDP && binding->received.flow;
	dialog->has_path = pv_span_is_empty(binding->path) && (binding->behind_nat || stream);
	dialog->path = binding->received;
}

static struct pv_span put_name(struct pv_writer *w, struct pv_span display, struct pv_span user,
	struct pv_span domain, struct pv_span tag)
{
	char *start = w->at;
	if (display.length) {
		pv_put_char(w, '"');
		pv_put(w, display);
		pv_put_text(w, "\" ");
	}
	pv_put_char(w, '<');
	ptt_put_uri(w, user, domain);
	pv_put_char(w, '>');
	if (tag.length) {
		pv_put_text(w, ";tag=");
		pv_put(w, tag);
	}
	return pv_span_from(start, w->at);
}

/* A display name that may stand between quotes. */
static struct pv_span plain_display(const struct ptt_group *group)
{
	struct pv_span display = group->config.display;
	for (size_t i = 0; i < display.length; i++)
		if (display.at[i] == '"' || display.at[i] == '\\')
			return (struct pv_span){NULL, 0};
	return display;
}

static bool make_dialog(struct ptt *p, struct ptt_leg *leg, struct pv_span name,
	const struct registry_binding *binding)
{
	char text[1024], tag[DIALOG_TAG_LENGTH], call_id[DIALOG_CALL_ID_LENGTH];
	struct dialog_texts texts = {.target = binding->contact, .routes = binding->path};
	struct pv_writer w;
	texts.call_id = dialog_call_id(p->at.worker, call_id);
	texts.local_tag = dialog_tag(p->at.tag_key, slab_handle(&p->legs, leg), texts.call_id, tag);
	pv_writer_init(&w, text, sizeof(text));
	texts.local = put_name(&w, plain_display(leg->group), leg->group->config.name,
		domains_realm(p->at.domains), texts.local_tag);
	texts.remote = put_name(
		&w, PV_SPAN(""), name, domains_name(p->at.domains, leg->domain), PV_SPAN(""));
	aim(&leg->dialog, binding);
	return !w.overflow && dialog_store(ptt_buffers(p), &leg->dialog, &texts) == 0;
}

static bool name_leg(struct ptt *p, struct ptt_leg *leg, struct pv_span name)
{
	char aor[REGISTRY_KEY];
	struct pv_writer w;
	const struct user *user = p->at.auth ? user_table_find(auth_users(p->at.auth), name) : NULL;
	pv_writer_init(&w, aor, sizeof(aor));
	pv_put(&w, name);
	pv_put_char(&w, '@');
	pv_put(&w, domains_name(p->at.domains, leg->domain));
	return !w.overflow &&
	       ptt_leg_name(p, leg, pv_writer_span(&w), user ? user_display(user) : PV_SPAN(""),
		       dialog_texts(&leg->dialog).target);
}

static int begin(struct ptt *p, struct ptt_room *room, struct ptt_leg *leg, struct pv_span name)
{
	const struct registry_binding *binding = &p->bindings[0];
	struct path path = binding->received;
	if (!ptt_leg_is_member(p, leg, name))
		return -EPERM;
	if (!make_dialog(p, leg, name, binding) || !name_leg(p, leg, name))
		return -ENOBUFS;
	int error = ptt_leg_begin_call(
		p, leg, buffer_text(leg->who, leg->report.uri), binding->contact, PV_SPAN(""));
	if (!error)
		error = ptt_leg_take_ports(p, leg, &room->lease, &path, false);
	if (!error && speech_offer(p, leg) != 0)
		error = -ENOBUFS;
	return error;
}

static void call(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	struct pv_span name, uint32_t domain)
{
	struct ptt_leg *leg = ptt_leg_new(p, group);
	if (!leg)
		return;
	leg->is_called_out = leg->report.is_called_out = true;
	leg->domain = domain;
	int error = begin(p, room, leg, name);
	leg->state = PTT_LEG_CALLING;
	if (error) {
		leg->why = CALL_FAILED;
		ptt_leg_step(p, leg, PTT_LEG_GOT_FAILURE);
		return;
	}
	metrics_add(METRIC_ptt_called_out, 1);
	alarm_set(&p->alarms, &leg->ring, PTT_TIMER_RING, p->at.worker->now_ms + PTT_RING_MS);
	if (!ptt_leg_send_invite(p, leg))
		ptt_leg_step(p, leg, PTT_LEG_GOT_FAILURE);
}

void call_out_joined_by_himself(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, struct pv_span name)
{
	for (unsigned i = 0; i < group->config.call_out.count; i++)
		if (pv_span_equal(pv_span_of(group->config.call_out.item[i]), name))
			(void)note_called(p, room, group, i);
}

static void consider(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, unsigned index)
{
	struct pv_span name = pv_span_of(group->config.call_out.item[index]);
	uint32_t domain = 0;
	if (was_called(room, index) || room_member(p, room, ptt_name_hash(p, name), NULL) ||
		!find_domain(p, name, &domain) || !note_called(p, room, group, index))
		return;
	call(p, room, group, name, domain);
}

void room_call_out(struct ptt *p, struct ptt_room *room)
{
	const struct ptt_group *group = ptt_group_of(p, room->group);
	for (unsigned i = 0; group && i < group->config.call_out.count; i++)
		consider(p, room, group, i);
}

/* ---- somebody registered ---- */

static void registered(struct ptt *p, struct errand *errand)
{
	const struct ptt_note *note = container_of(errand, struct ptt_note, errand);
	struct ptt_room *room = room_find(p, note->group);
	const struct ptt_group *group = ptt_group_of(p, note->group);
	struct pv_span name = buffer_text(note->text, note->name);
	for (unsigned i = 0; room && room->lease.group && group && i < group->config.call_out.count;
		i++)
		if (pv_span_equal(pv_span_of(group->config.call_out.item[i]), name))
			consider(p, room, group, i);
	errand_return(errand);
}

static void forget(struct ptt *p, struct errand *errand)
{
	note_free(p, container_of(errand, struct ptt_note, errand));
}

static void tell(struct ptt *p, const struct ptt_group *group, struct pv_span name)
{
	struct ptt_note *note = note_new(p, PTT_NOTE_IS_THERE);
	if (!note)
		return;
	note->text = buffer_take(ptt_buffers(p), name.length);
	if (!note->text) {
		note_free(p, note);
		return;
	}
	memcpy(note->text->bytes, name.at, name.length);
	note->name = (struct pv_ref){0, (uint16_t)name.length};
	note->group = group->id;
	errand_send(p, &note->errand, ptt_home(p, group->id), registered, forget);
}

void ptt_registered(struct ptt *p, struct pv_span aor)
{
	struct ptt_membership membership;
	const char *at = p->has_call_out && aor.length ? memrchr(aor.at, '@', aor.length) : NULL;
	struct pv_span name = at ? pv_span_from(aor.at, at) : (struct pv_span){NULL, 0};
	for (unsigned i = 0; name.length && i < p->config.groups->count; i++) {
		const struct ptt_group *group = &p->config.groups->list[i];
		if (group->config.call_out.count && ptt_group_has(group, name, &membership) &&
			membership.is_called_out)
			tell(p, group, name);
	}
}

/* ---- what becomes of it ---- */

bool call_out_next(struct ptt *p, struct ptt_leg *leg)
{
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	struct pv_span name = buffer_text(leg->who, leg->report.name);
	int count = leg->domain < domains_count(p->at.domains)
			    ? find_bindings(p, name, leg->domain)
			    : 0; /* a reload may have left fewer */
	if (++leg->contact >= count) {
		leg->contact = 0;
		leg->domain++;
		if (!find_domain(p, name, &leg->domain))
			return false;
	}
	const struct registry_binding *binding = &p->bindings[leg->contact];
	texts.target = binding->contact;
	texts.routes = binding->path;
	aim(&leg->dialog, binding);
	return dialog_store(ptt_buffers(p), &leg->dialog, &texts) == 0 &&
	       ptt_leg_send_invite(p, leg);
}

void call_out_answered(struct ptt *p, struct ptt_leg *leg)
{
	call_up(p->at.calls, call_get(p->at.calls, leg->call), 200);
	ptt_leg_join(p, leg);
}

void call_out_joined(struct ptt *p, struct ptt_leg *leg)
{
	if (!leg->is_in) {
		ptt_leg_leave(p, leg, CALL_REMOVED);
		return;
	}
	ptt_leg_is_in(leg);
	ptt_leg_set_media(p, leg);
	leg->has_note = true;
}
