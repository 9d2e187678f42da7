/* SPDX-License-Identifier: Apache-2.0 */
/* targets.c — where a request goes (RFC 3261 §16.5): the bindings of a user, or the Request-URI
 * itself. */
#include "proxy/private.h"

/* RFC 3966 §5.1.1: visual separators are no part of a number. */
static void put_number(struct pv_writer *w, struct pv_span number)
{
	for (size_t i = 0; i < number.length; i++)
		if (!strchr("-.()", number.at[i]))
			pv_put_char(w, number.at[i]);
}

/* The address-of-record that the Request-URI names. tel: numbers are users of our first domain. */
static enum aor_verdict write_aor(
	const struct proxy *proxy, const struct incoming *incoming, struct pv_writer *w)
{
	if (incoming->uri.scheme != PV_SCHEME_TEL)
		return aor_write(proxy->at.domains, &incoming->uri, w);
	put_number(w, incoming->uri.user);
	pv_put_char(w, '@');
	pv_put(w, domains_realm(proxy->at.domains));
	return w->overflow ? AOR_MALFORMED : AOR_OURS;
}

void proxy_target_of_binding(struct target *target, const struct registry_binding *binding)
{
	memset(target, 0, sizeof(*target));
	target->uri = binding->contact;
	target->routes = binding->path;
	target->q = binding->q;
	/* a phone behind NAT, or on a connection of its own as long as that lasts, is reached the
	 * way its REGISTER came */
	bool stream = binding->received.transport != PV_TRANSPORT_UDP && binding->received.flow;
	target->has_path = pv_span_is_empty(binding->path) && (binding->behind_nat || stream);
	target->pin = target->has_path;
	target->behind_nat = binding->behind_nat;
	target->path = binding->received;
}

/* Flows of one instance stand next to one another and are tried one after the other (RFC 5626
 * §5.3.1). */
static uint8_t earlier_flow(const struct proxy *proxy, unsigned at, unsigned index)
{
	return at && index && proxy->bindings[at].group == proxy->bindings[at - 1].group
		       ? (uint8_t)index
		       : 0;
}

static bool nobody_there(struct proxy *proxy, struct incoming *incoming, struct pv_span aor)
{
	/* a stranger is not told whether a user exists */
	const char *at = memrchr(aor.at, '@', aor.length);
	struct pv_span user = pv_span_from(aor.at, at);
	bool known = incoming->identity.length && user_table_find(auth_users(proxy->at.auth), user);
	unsigned status = known ? 480 : 404;
	metrics_add(METRIC_proxy_targets_missing, 1);
	proxy_reply(
		proxy, NULL, incoming->message, incoming->from, status, PV_SPAN(""), PV_SPAN(""));
	return false;
}

/* False: the address-of-record cannot be. */
static bool add_bindings(struct proxy *proxy, struct incoming *incoming, struct pv_writer *aor)
{
	if (write_aor(proxy, incoming, aor) != AOR_OURS)
		return false;
	/* all of them, for they are put in order after they were copied: it is the best that stay
	 */
	unsigned most = MIN(proxy->config.targets, (uint32_t)TARGETS_MAX);
	int count = registry_lookup(proxy->at.registry, pv_writer_span(aor), proxy->bindings,
		REGISTRY_CONTACTS, proxy->text, sizeof(proxy->text));
	for (int i = 0; i < count && incoming->target_count < most; i++) {
		if (proxy->bindings[i].lost)
			continue;
		struct target *target = &incoming->targets[incoming->target_count];
		proxy_target_of_binding(target, &proxy->bindings[i]);
		target->after = earlier_flow(proxy, (unsigned)i, incoming->target_count++);
	}
	return true;
}

void proxy_add_bindings(struct proxy *proxy, struct incoming *incoming)
{
	char text[REGISTRY_KEY];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	add_bindings(proxy, incoming, &w);
}

static bool find_bindings(struct proxy *proxy, struct incoming *incoming)
{
	char text[REGISTRY_KEY];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	if (!add_bindings(proxy, incoming, &w)) {
		proxy_reply(proxy, NULL, incoming->message, incoming->from, 404, PV_SPAN(""),
			PV_SPAN(""));
		return false;
	}
	return incoming->target_count ? true : nobody_there(proxy, incoming, pv_writer_span(&w));
}

/* Inside a dialog the Request-URI is the target; an end that its Contact does not lead to has its
 * path in the token. */
static void target_is_uri(struct incoming *incoming)
{
	struct target *target = &incoming->targets[0];
	memset(target, 0, sizeof(*target));
	target->uri = incoming->request_uri;
	target->q = 1000;
	incoming->target_count = 1;
	if (!incoming->in_dialog || incoming->next_route.length)
		return;
	const struct route_end *end = dialog_far_end(incoming);
	target->has_path = end->has_path;
	target->path = end->path;
}

bool proxy_find_targets(struct proxy *proxy, struct incoming *incoming)
{
	bool to_known_end = incoming->in_dialog && dialog_far_end(incoming)->has_path;
	/* a Route that is left decides where it goes: the user is for somebody behind it to find */
	if (incoming->kind == INCOMING_USER && !to_known_end && !incoming->next_route.length)
		return find_bindings(proxy, incoming);
	target_is_uri(incoming);
	return true;
}
