/* SPDX-License-Identifier: Apache-2.0 */
/* ptt.c — the push-to-talk groups of one worker: made, configured, asked, freed. */
#include "app/ptt/private.h"

#include <errno.h>
#include <stdlib.h>

/* Requests of our own under way for each leg, most of which have none. Address space, not memory.
 */
#define REQUESTS_OF_A_LEG 2
/* Members of the rosters that live here; their legs may be on other workers. */
#define MEMBERS_OF_A_LEG 2

static int init_slabs(struct ptt *p)
{
	const struct {
		struct slab *slab;
		const char *name;
		size_t size;
		uint32_t count;
	} rows[] = {
		{&p->legs, "group legs", sizeof(struct ptt_leg), p->config.legs},
		{&p->requests, "group requests", sizeof(struct ptt_request),
			REQUESTS_OF_A_LEG * p->config.legs},
		{&p->subscriptions, "group subscriptions", sizeof(struct ptt_subscription),
			p->config.legs},
		{&p->rooms, "group rooms", sizeof(struct ptt_room), p->config.rooms},
		{&p->members, "group members", sizeof(struct ptt_member),
			MEMBERS_OF_A_LEG * p->config.legs},
		{&p->watchers, "group watchers", sizeof(struct ptt_watcher), p->config.legs},
		{&p->notes, "group notes", sizeof(struct ptt_note), 2 * p->config.legs},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int error = slab_init(rows[i].slab, rows[i].name, rows[i].size, rows[i].count);
		if (error)
			return error;
	}
	return 0;
}

static bool has_call_out(const struct ptt_groups *groups)
{
	for (unsigned i = 0; groups && i < groups->count; i++)
		if (groups->list[i].config.call_out.count)
			return true;
	return false;
}

int ptt_new(struct ptt **ret, const struct ptt_config *config, const struct ptt_floors *floors)
{
	struct ptt *p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->config = *config;
	p->at = *floors;
	p->has_call_out = has_call_out(config->groups);
	list_init(&p->all_legs);
	list_init(&p->all_subscriptions);
	for (size_t i = 0; i < ARRAY_LENGTH(p->buckets); i++)
		list_init(&p->buckets[i]);
	p->talks = calloc(PTT_TALKS_KEPT, sizeof(*p->talks));
	int error = p->talks ? init_slabs(p) : -ENOMEM;
	if (error) {
		ptt_free(p);
		return error;
	}
	ptt_timers_init(p);
	ptt_media_init(p);
	*ret = p;
	return 0;
}

void ptt_free(struct ptt *p)
{
	if (!p)
		return;
	slab_done(&p->notes);
	slab_done(&p->watchers);
	slab_done(&p->members);
	slab_done(&p->rooms);
	slab_done(&p->subscriptions);
	slab_done(&p->requests);
	slab_done(&p->legs);
	free(p->talks);
	free(p);
}

/* ---- a reload ---- */

static bool same_rights(
	const struct ptt_leg *leg, const struct ptt_membership *before, uint8_t priority)
{
	const struct ptt_membership *now = &leg->membership;
	return now->triggers == before->triggers && now->listen_only == before->listen_only &&
	       now->may_declare_emergency == before->may_declare_emergency &&
	       leg->priority == priority;
}

/* Between a floor and none: its floor channel goes, or comes back. */
static void change_floor(struct ptt *p, struct ptt_leg *leg)
{
	ptt_leg_set_media(p, leg);
	leg->has_note = true;
	ptt_leg_tell_roster(p, leg);
}

/* BYE where it is no member any more; `group` is of the new set from here on. */
static void configure_leg(struct ptt *p, struct ptt_leg *leg)
{
	const struct ptt_membership before = leg->membership;
	const uint8_t priority = leg->priority;
	leg->group = ptt_group_of(p, leg->report.group);
	if (leg->has_let_go)
		return;
	if (!leg->group || !ptt_leg_is_member(p, leg, buffer_text(leg->who, leg->report.name)))
		ptt_leg_leave(p, leg, leg->group ? CALL_REMOVED : CALL_CLOSED);
	else if (leg->is_described && leg->is_open != leg->group->config.is_open)
		change_floor(p, leg);
	else if (leg->is_described && !same_rights(leg, &before, priority))
		ptt_leg_set_media(p, leg);
}

void ptt_configure(struct ptt *p, const struct ptt_config *config, const struct domains *domains)
{
	uint32_t legs = p->config.legs, rooms = p->config.rooms;
	p->config = *config;
	p->config.legs = legs;
	p->config.rooms = rooms;
	p->at.domains = domains;
	p->has_call_out = has_call_out(config->groups);
	for (uint32_t i = 0; i < p->legs.touched; i++) {
		struct ptt_leg *leg = slab_at(&p->legs, i);
		if (slab_is_taken(leg))
			configure_leg(p, leg);
	}
	rooms_configure(p);
}

/* ---- requests to a group, outside of dialogs ---- */

/* RFC 4579 §3.1: who asks learns that it is a focus. */
static bool answer_options(struct ptt *p, struct incoming *incoming)
{
	char text[1024];
	struct pv_writer w;
	const struct ptt_group *group = ptt_group_named(p, incoming);
	if (!ptt_check_required(p, incoming))
		return false;
	pv_writer_init(&w, text, sizeof(text));
	ptt_write_contact(p, group->config.name, incoming->from, &w);
	ptt_write_abilities(&w);
	pv_put_text(&w, "Accept: application/sdp, text/plain\r\n");
	proxy_reply(p->at.proxy, NULL, incoming->message, incoming->from, 200, PV_SPAN(""),
		w.overflow ? PV_SPAN("") : pv_writer_span(&w));
	return false;
}

static bool refuse_method(struct ptt *p, struct incoming *incoming)
{
	ptt_reply(p, NULL, incoming->message, incoming->from, 405);
	return false;
}

static void request_text(struct ptt *p, struct incoming *incoming, struct transaction *server)
{
	const struct ptt_group *group = ptt_group_named(p, incoming);
	if (group)
		text_request_of(p, incoming, server, group, ptt_identity(incoming));
	else
		ptt_reply(p, server, incoming->message, incoming->from, 404);
}

static void request_watch(struct ptt *p, struct incoming *incoming, struct transaction *server)
{
	const struct ptt_group *group = ptt_group_named(p, incoming);
	if (group)
		watch_request(p, incoming, server, group);
	else
		ptt_reply(p, server, incoming->message, incoming->from, 404);
}

static const struct {
	enum pv_method method;
	bool (*admit)(struct ptt *p, struct incoming *incoming);
	void (*request)(struct ptt *p, struct incoming *incoming, struct transaction *server);
} table[] = {
	{PV_METHOD_INVITE, join_admit, join_request},
	{PV_METHOD_SUBSCRIBE, watch_admit, request_watch},
	{PV_METHOD_MESSAGE, text_admit, request_text},
	{PV_METHOD_OPTIONS, answer_options, NULL},
};

static bool admit_member(struct ptt *p, struct incoming *incoming)
{
	struct ptt_membership membership;
	const struct ptt_group *group = ptt_group_named(p, incoming);
	struct pv_span name = ptt_identity(incoming);
	if (group && name.length && ptt_group_has(group, name, &membership))
		return true;
	/* as for a group that is not there */
	metrics_add(METRIC_proxy_targets_missing, 1);
	ptt_reply(p, NULL, incoming->message, incoming->from, 404);
	return false;
}

/* Whoever has not shown that he is a member hears what he would hear of an address that is not
 * there: a CANCEL that belongs to nothing is answered alike for all of them; a request of a dialog
 * that is forgotten is not, and comes last. */
bool ptt_admit(struct ptt *p, struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	if (m->method == PV_METHOD_CANCEL) {
		ptt_reply(p, NULL, m, incoming->from, 481);
		return false;
	}
	if (!proxy_validate(p->at.proxy, incoming) || !proxy_identify(p->at.proxy, incoming) ||
		!admit_member(p, incoming))
		return false;
	if (m->to_tag.length) {
		ptt_reply(p, NULL, m, incoming->from, 481);
		return false;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (table[i].method == m->method)
			return table[i].admit(p, incoming);
	return refuse_method(p, incoming);
}

void ptt_request(struct ptt *p, struct incoming *incoming, struct transaction *server)
{
	transaction_set_user_word(server, 0, PTT_INDEX);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (table[i].method == incoming->message->method && table[i].request) {
			table[i].request(p, incoming, server);
			return;
		}
	ptt_reply(p, server, incoming->message, incoming->from, 405);
}

/* ---- the end ---- */

void ptt_farewell(struct ptt *p)
{
	for (uint32_t i = 0; i < p->legs.touched; i++) {
		struct ptt_leg *leg = slab_at(&p->legs, i);
		if (slab_is_taken(leg))
			ptt_leg_leave(p, leg, CALL_STOPPED);
	}
	watches_farewell(p);
}

struct ptt_counts ptt_counts(const struct ptt *p)
{
	return (struct ptt_counts){p->legs.used, p->requests.used, p->rooms.used, p->members.used,
		p->subscriptions.used + p->watchers.used, p->notes.used};
}
