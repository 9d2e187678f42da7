/* SPDX-License-Identifier: Apache-2.0 */
/* redirect.c — a 3xx that is followed (RFC 3261 §16.7 item 4): its Contacts become targets of the
 * fork themselves. */
#include "proxy/private.h"

/* A target that the fork has had is not tried twice (§16.5). */
static bool is_known(const struct fork *fork, const struct incoming *added, struct pv_span uri)
{
	for (unsigned i = 0; i < fork_store(fork)->count; i++)
		if (pv_span_equal(fork_text(fork, fork_branch(fork, i)->uri), uri))
			return true;
	for (unsigned i = 0; i < added->target_count; i++)
		if (pv_span_equal(added->targets[i].uri, uri))
			return true;
	return false;
}

static void add_elsewhere(
	struct fork *fork, struct incoming *into, const struct pv_address *contact)
{
	struct pv_span q = {NULL, 0};
	uint16_t value = 1000;
	pv_params_find(contact->params, PV_SPAN("q"), &q);
	if (q.length && !pv_qvalue_parse(q, &value))
		value = 1000;
	if (into->target_count < TARGETS_MAX && !is_known(fork, into, contact->uri))
		into->targets[into->target_count++] =
			(struct target){.uri = contact->uri, .q = value};
}

/* Our own users are looked up; others are reached for local callers only: a phone cannot make us
 * relay for strangers. */
static void add(struct proxy *proxy, struct fork *fork, struct incoming *into, struct pv_span value)
{
	struct pv_address contact;
	struct pv_uri uri;
	if (pv_address_parse(value, &contact) < 0 || contact.is_star ||
		pv_uri_parse(contact.uri, &uri) < 0 || uri.scheme != PV_SCHEME_SIP)
		return;
	if (!proxy_is_us(proxy, &uri)) {
		if (fork->is_local)
			add_elsewhere(fork, into, &contact);
		return;
	}
	if (!uri.has_user || into->target_count)
		return; /* the bindings lie in one scratch: the first of our users is followed */
	into->uri = uri;
	into->request_uri = contact.uri;
	proxy_add_bindings(proxy, into);
	unsigned kept = 0;
	for (unsigned i = 0, count = into->target_count; i < count; i++) {
		struct target target = into->targets[i];
		into->target_count = kept;
		target.after = 0;
		if (!is_known(fork, into, target.uri))
			into->targets[kept++] = target;
	}
	into->target_count = kept;
}

bool fork_redirect(struct proxy *proxy, struct fork *fork, const struct pv_message *response)
{
	struct incoming *into = &proxy->again;
	struct pv_values walk;
	struct pv_span value;
	memset(into, 0, offsetof(struct incoming, targets));
	pv_values_begin(&walk, response, PV_HEADER_CONTACT);
	while (pv_values_next(&walk, &value))
		add(proxy, fork, into, value);
	unsigned room = proxy->config.targets > fork_store(fork)->count
				? proxy->config.targets - fork_store(fork)->count
				: 0;
	into->target_count = MIN(into->target_count, room);
	if (!into->target_count || !fork_add_targets(proxy, fork, into))
		return false;
	metrics_add(METRIC_proxy_redirects, 1);
	return true;
}
