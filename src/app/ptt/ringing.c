/* SPDX-License-Identifier: Apache-2.0 */
/* ringing.c — the phones of those who are called out, while they ring: as a proxy would call them
 * (RFC 3261 §16.6), all that are wanted alike at once, and the first answer wins. */
#include "app/ptt/private.h"

#include <errno.h>

/* ---- where he is ---- */

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

/* A phone behind NAT, or on a connection of its own, is reached the way its REGISTER came; one with
 * a Path through another proxy, whether or not that shows in the answer. */
static void aim(struct ptt_leg *leg, const struct registry_binding *binding)
{
	struct dialog *dialog = &leg->dialog;
	bool stream = binding->received.transport != PV_TRANSPORT_UDP && binding->received.flow;
	leg->speech.is_forwarded = !pv_span_is_empty(binding->path);
	dialog->has_path = !leg->speech.is_forwarded && (binding->behind_nat || stream);
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
	aim(leg, binding);
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

static int prepare(struct ptt *p, struct ptt_room *room, struct ptt_leg *leg, struct pv_span name,
	const struct registry_binding *binding)
{
	struct path path = binding->received;
	if (!ptt_leg_is_member(p, leg, name))
		return -EPERM;
	if (!make_dialog(p, leg, name, binding) || !name_leg(p, leg, name))
		return -ENOBUFS;
	/* RFC 3840: a feature tag that means the same with and without a value */
	bool wants_floor = speech_may_have_floor(leg) &&
			   pv_params_find(binding->params, PV_SPAN("+g.3gpp.mcptt"), NULL);
	int error = ptt_leg_begin_call(
		p, leg, buffer_text(leg->who, leg->report.uri), binding->contact, PV_SPAN(""));
	if (!error)
		error = ptt_leg_take_ports(p, leg, &room->lease, &path, wants_floor);
	if (!error && speech_offer(p, leg) != 0)
		error = -ENOBUFS;
	return error;
}

/* ---- who rings ---- */

static struct ptt_leg *leg_in(struct list *link)
{
	return container_of(link, struct ptt_leg, ringing);
}

static struct pv_span name_of(const struct ptt_leg *leg)
{
	return buffer_text(leg->who, leg->report.name);
}

/* The next phone of that name which rings, behind `after` (NULL: the first). */
static struct ptt_leg *next_of(
	const struct ptt_room *room, struct pv_span name, const struct ptt_leg *after)
{
	bool is_behind = !after;
	LIST_EACH(link, &room->ringing)
	{
		struct ptt_leg *leg = leg_in(link);
		if (is_behind && pv_span_equal(name_of(leg), name))
			return leg;
		is_behind |= leg == after;
	}
	return NULL;
}

static bool rings_at(const struct ptt_room *room, struct pv_span name, struct pv_span contact)
{
	struct ptt_leg *leg = NULL;
	while ((leg = next_of(room, name, leg)))
		if (pv_span_equal(dialog_texts(&leg->dialog).target, contact))
			return true;
	return false;
}

/* The phones of one step: those whose q is at least `low`, and below `high`. */
#define Q_MOST 1000
struct step {
	uint32_t low, high;
	uint64_t legs[REGISTRY_CONTACTS];
	unsigned count;
};

/* Of flows of one instance the first is used, the others when that fails (RFC 5626 §5.3.1). */
static bool is_first_flow(const struct ptt *p, int at)
{
	return at == 0 || p->bindings[at].group != p->bindings[at - 1].group;
}

/* The best q below `high`; 0: there is none, or only what is not wanted. */
static uint32_t best_below(struct ptt *p, struct pv_span name, uint32_t high)
{
	uint32_t best = 0;
	for (uint32_t domain = 0; domain < domains_count(p->at.domains); domain++) {
		int count = find_bindings(p, name, domain);
		for (int i = 0; i < count; i++)
			if (p->bindings[i].q < high && !p->bindings[i].lost)
				best = MAX(best, p->bindings[i].q + 1u);
	}
	return best;
}

static void add(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	struct pv_span name, uint32_t domain, const struct registry_binding *binding,
	struct step *step)
{
	struct ptt_leg *leg = ptt_leg_new(p, group);
	if (!leg)
		return;
	leg->is_called_out = leg->report.is_called_out = true;
	leg->domain = domain;
	leg->q = binding->q;
	leg->instance = binding->instance.length ? ptt_name_hash(p, binding->instance) : 0;
	int error = prepare(p, room, leg, name, binding);
	leg->state = PTT_LEG_CALLING;
	if (error) {
		leg->why = CALL_FAILED;
		ptt_leg_step(p, leg, PTT_LEG_GOT_FAILURE);
		return;
	}
	list_push_tail(&room->ringing, &leg->ringing);
	step->legs[step->count++] = slab_handle(&p->legs, leg);
}

/* All of them first, and then their INVITEs: one that fails at once is not the last. */
static void ring(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	struct pv_span name, struct step *step)
{
	for (uint32_t domain = 0; domain < domains_count(p->at.domains); domain++) {
		int count = find_bindings(p, name, domain);
		for (int i = 0; i < count && step->count < ARRAY_LENGTH(step->legs); i++) {
			const struct registry_binding *binding = &p->bindings[i];
			if (binding->q >= step->low && binding->q < step->high && !binding->lost &&
				is_first_flow(p, i) && !rings_at(room, name, binding->contact))
				add(p, room, group, name, domain, binding, step);
		}
	}
	for (unsigned i = 0; i < step->count; i++) {
		struct ptt_leg *leg = ptt_leg_get(p, step->legs[i]);
		if (!leg || !list_is_linked(&leg->ringing))
			continue;
		metrics_add(METRIC_ptt_called_out, 1);
		alarm_set(
			&p->alarms, &leg->ring, PTT_TIMER_RING, p->at.worker->now_ms + PTT_RING_MS);
		if (!ptt_leg_send_invite(p, leg))
			ringing_failed(p, leg, 0);
	}
}

/* The next step, where no phone of his rings. When there is none and he has said nothing he is
 * called again as he registers. A step whose INVITEs all fail at once comes back here: what goes on
 * is the loop that it is of. */
static void go_on(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	struct pv_span name, uint32_t high)
{
	uint32_t best;
	if (p->is_ringing_on)
		return;
	p->is_ringing_on = true;
	while (!next_of(room, name, NULL) && (best = best_below(p, name, high))) {
		struct step step = {.low = best - 1, .high = high};
		high = best - 1;
		ring(p, room, group, name, &step);
	}
	p->is_ringing_on = false;
}

void ringing_begin(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, struct pv_span name)
{
	struct step step = {.low = Q_MOST, .high = Q_MOST + 1};
	struct ptt_leg *leg = NULL;
	/* he registers one more while others ring: it rings, too, if it is wanted as much */
	while ((leg = next_of(room, name, leg)))
		step.low = MIN(step.low, leg->q);
	if (next_of(room, name, NULL))
		ring(p, room, group, name, &step);
	else
		go_on(p, room, group, name, Q_MOST + 1);
}

/* ---- and does not any more ---- */

static void stop(struct ptt *p, struct ptt_leg *leg, enum call_why why)
{
	list_remove(&leg->ringing);
	ptt_leg_leave(p, leg, why);
}

void ringing_stop(struct ptt *p, struct ptt_room *room, struct pv_span name, enum call_why why)
{
	struct ptt_leg *leg;
	while ((leg = next_of(room, name, NULL)))
		stop(p, leg, why);
}

void ringing_stop_all(struct ptt *p, struct ptt_room *room)
{
	struct list *first;
	while ((first = list_first(&room->ringing)))
		stop(p, leg_in(first), CALL_CANCELLED);
}

/* It rings no more: what of it must outlive its leg. */
struct was_ringing {
	struct ptt_room *room; /* NULL: it is gone, or the group is */
	const struct ptt_group *group;
	uint32_t q;
	struct pv_span name;
	char text[REGISTRY_KEY];
};

static void take_out(struct ptt *p, struct ptt_leg *leg, struct was_ringing *ret)
{
	struct pv_span name = name_of(leg);
	list_remove(&leg->ringing);
	ret->room = leg->group ? room_find(p, leg->report.group) : NULL;
	ret->group = leg->group;
	ret->q = leg->q;
	ret->name = (struct pv_span){ret->text, MIN(name.length, sizeof(ret->text))};
	if (ret->name.length)
		memcpy(ret->text, name.at, ret->name.length);
}

void ringing_ended(struct ptt *p, struct ptt_leg *leg, enum call_why why)
{
	struct was_ringing was;
	take_out(p, leg, &was);
	ptt_leg_leave(p, leg, why);
	if (!was.room)
		return;
	call_out_settle(p, was.room, was.group, was.name);
	go_on(p, was.room, was.group, was.name, was.q);
}

void ringing_accepted(struct ptt *p, struct ptt_leg *leg)
{
	struct was_ringing was;
	take_out(p, leg, &was);
	if (!was.room)
		return;
	call_out_settle(p, was.room, was.group, was.name);
	ringing_stop(p, was.room, was.name, CALL_REPLACED);
}

void ringing_join(struct ptt *p, struct ptt_leg *leg)
{
	call_up(p->at.calls, call_get(p->at.calls, leg->call), 200);
	ptt_leg_join(p, leg);
}

/* His phone is not there, or says that he is not; 0: no answer came. */
static bool is_away(unsigned status)
{
	return status == 0 || status == 408 || status == 430 || status == 480 || status == 503;
}

/* Another flow to the same phone (RFC 5626 §5.3.1). False: there is none. */
static bool try_next_flow(struct ptt *p, struct ptt_room *room, struct ptt_leg *leg)
{
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	const struct registry_binding *next = NULL;
	unsigned flow = 0;
	int count = leg->instance ? find_bindings(p, name_of(leg), leg->domain) : 0;
	leg->flow++;
	for (int i = 0; i < count && !next; i++)
		if (p->bindings[i].instance.length &&
			ptt_name_hash(p, p->bindings[i].instance) == leg->instance &&
			flow++ == leg->flow)
			next = &p->bindings[i];
	if (!next)
		return false;
	texts.target = next->contact;
	texts.routes = next->path;
	aim(leg, next);
	if (dialog_store(ptt_buffers(p), &leg->dialog, &texts) != 0)
		return false;
	list_push_tail(&room->ringing, &leg->ringing);
	return ptt_leg_send_invite(p, leg);
}

void ringing_failed(struct ptt *p, struct ptt_leg *leg, unsigned status)
{
	struct was_ringing was;
	take_out(p, leg, &was);
	if (was.room && is_away(status) && status != 480 && try_next_flow(p, was.room, leg))
		return;
	list_remove(&leg->ringing);
	leg->why = CALL_FAILED;
	ptt_leg_step(p, leg, PTT_LEG_GOT_FAILURE);
	if (!was.room)
		return;
	if (!is_away(status))
		call_out_settle(p, was.room, was.group, was.name);
	if (status / 100 == 6) /* he is not in elsewhere: he does not come */
		ringing_stop(p, was.room, was.name, CALL_CANCELLED);
	else
		go_on(p, was.room, was.group, was.name, was.q);
}

/* ---- the roster has answered ---- */

void ringing_joined(struct ptt *p, struct ptt_leg *leg)
{
	if (!leg->is_in) {
		ptt_leg_leave(p, leg, leg->report.status == 486 ? CALL_REPLACED : CALL_REMOVED);
		return;
	}
	ptt_leg_is_in(leg);
	ptt_leg_set_media(p, leg);
	leg->has_note = true;
}
