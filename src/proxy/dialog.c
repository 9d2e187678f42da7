/* SPDX-License-Identifier: Apache-2.0 */
/* dialog.c — which requests belong to a dialog that went through us: the tokens of our Record-Route
 * are made, turned over to the caller, and believed (RFC 3261 §16.6 item 4, §16.7 item 8). */
#include "proxy/nat.h"
#include "proxy/private.h"

#define HOP_TEXT  512
#define MINUTE_MS 60000

static uint32_t minute_of(const struct proxy *proxy)
{
	return (uint32_t)(proxy->at.worker->now_ms / MINUTE_MS) & ROUTE_FOREVER;
}

static struct route_dialog dialog_of(const struct pv_message *m, bool from_caller)
{
	const struct route_party from = {m->from.uri, m->from_tag}, to = {m->to.uri, m->to_tag};
	return (struct route_dialog){m->call_id, from_caller ? from : to, from_caller ? to : from};
}

uint64_t dialog_hash(const struct proxy *proxy, const struct pv_message *m)
{
	const struct route_dialog dialog = dialog_of(m, true);
	return route_dialog_hash(proxy->at.route_key, &dialog);
}

/* ---- the next hop towards an end ---- */

static void put_lower(struct pv_writer *w, struct pv_span text)
{
	char *to = pv_writer_take(w, text.length);
	for (size_t i = 0; to && i < text.length; i++)
		to[i] = (char)pv_lower((unsigned char)text.at[i]);
}

/* Of all that leads to one place by RFC 3263, maddr included, the host and port; behind an address
 * of ours the user leads on. */
static bool put_hop(const struct proxy *proxy, const struct pv_uri *uri, struct pv_writer *w)
{
	if (uri->scheme != PV_SCHEME_SIP && uri->scheme != PV_SCHEME_SIPS)
		return false;
	if (proxy_is_us(proxy, uri) && !pv_uri_user_canonical(uri->user, w))
		return false;
	pv_put_char(w, '@');
	put_lower(w, uri->maddr.length ? uri->maddr : uri->host);
	pv_put_char(w, ':');
	pv_put_u64(w, uri->port ? uri->port : uri->scheme == PV_SCHEME_SIPS ? 5061 : 5060);
	return !w->overflow;
}

static uint32_t hop_hash(const struct proxy *proxy, struct pv_span hop)
{
	return (uint32_t)siphash24(proxy->at.route_key, hop.at, hop.length);
}

static uint32_t hop_of_uri(const struct proxy *proxy, const struct pv_uri *uri)
{
	char text[HOP_TEXT];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	return hop_hash(proxy, put_hop(proxy, uri, &w) ? pv_writer_span(&w) : uri->whole);
}

static uint32_t hop_of(const struct proxy *proxy, struct pv_span text)
{
	struct pv_uri uri;
	return pv_uri_parse(text, &uri) < 0 ? hop_hash(proxy, text) : hop_of_uri(proxy, &uri);
}

/* Of a value of Route, Record-Route or Contact; false when it has none. */
static bool hop_of_value(const struct proxy *proxy, struct pv_span value, uint32_t *ret)
{
	struct pv_address address;
	if (!value.length || pv_address_parse(value, &address) < 0)
		return false;
	*ret = hop_of(proxy, address.uri);
	return true;
}

/* ---- the callee's token goes out ---- */

static struct pv_span first_value(const struct pv_message *m, enum pv_header header)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, m, header);
	return pv_values_next(&walk, &value) ? value : (struct pv_span){NULL, 0};
}

/* Where a request says that its sender is; false: nowhere. */
static bool read_contact(const struct pv_message *m, struct pv_uri *ret)
{
	struct pv_address contact;
	return pv_address_parse(first_value(m, PV_HEADER_CONTACT), &contact) == 0 &&
	       pv_uri_parse(contact.uri, ret) == 0;
}

/* `contact` is NULL where it says nothing. */
static bool must_pin_caller(const struct incoming *incoming, const struct pv_uri *contact)
{
	const struct pv_message *m = incoming->message;
	struct pv_values vias;
	struct pv_span via;
	pv_values_begin(&vias, m, PV_HEADER_VIA);
	if (!pv_values_next(&vias, &via) || pv_values_next(&vias, &via))
		return false; /* came through another proxy: it is that one's business */
	if (incoming->from->transport != PV_TRANSPORT_UDP)
		return true;
	return contact && is_behind_nat(m, incoming->from, contact);
}

/* Can the sender not be reached by its Contact? Then its path must go into the token. */
bool proxy_must_pin_caller(const struct incoming *incoming)
{
	struct pv_uri contact;
	bool has_contact = read_contact(incoming->message, &contact);
	return must_pin_caller(incoming, has_contact ? &contact : NULL);
}

static struct route_end end_by_path(const struct path *path)
{
	return (struct route_end){.has_path = true, .path = *path};
}

/* The proxy that the request came by, if it stays in the dialog; else the caller itself. */
static struct route_end caller_end(const struct proxy *proxy, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	struct route_end end = {0};
	struct pv_uri contact;
	if (hop_of_value(proxy, first_value(m, PV_HEADER_RECORD_ROUTE), &end.hop))
		return end;
	if (!read_contact(m, &contact) || must_pin_caller(incoming, &contact))
		return end_by_path(incoming->from);
	end.hop = hop_of_uri(proxy, &contact);
	return end;
}

void dialog_token_write(
	const struct proxy *proxy, const struct rewrite *rewrite, struct pv_writer *w)
{
	const struct pv_message *m = rewrite->incoming->message;
	struct route_proof proof;
	struct route_token token = {
		.holder = ROUTE_CALLEE,
		/* a subscription lasts as long as it is refreshed */
		.minute = m->method == PV_METHOD_INVITE ? minute_of(proxy) : ROUTE_FOREVER,
		.caller = caller_end(proxy, rewrite->incoming),
	};
	if (rewrite->pin_callee)
		token.callee = end_by_path(rewrite->to);
	else
		token.callee.hop = hop_of(proxy, rewrite->uri);
	route_proof_init(&proof, proxy->at.route_key, rewrite->dialog, m->to_tag);
	route_token_write(&proof, &token, w);
}

/* ---- the caller's token takes its place ---- */

/* Where the callee is, now that it said so: behind the proxy that recorded itself after us
 * (`above`), or at its Contact. */
static void find_callee(const struct proxy *proxy, const struct pv_message *response,
	struct pv_span above, struct route_end *end)
{
	if (hop_of_value(proxy, above, &end->hop))
		end->has_path = false;
	else if (!end->has_path)
		hop_of_value(proxy, first_value(response, PV_HEADER_CONTACT), &end->hop);
}

struct turning {
	const struct pv_message *response;
	uint64_t dialog; /* 0: not known yet */
};

/* The caller's token for the callee's that stands there; empty when none does. */
static struct pv_span turned(const struct proxy *proxy, struct turning *turning,
	const struct pv_uri *uri, struct pv_span above, char text[ROUTE_TOKEN_MAX])
{
	struct route_proof proof;
	struct route_token token;
	struct pv_writer w;
	pv_writer_init(&w, text, ROUTE_TOKEN_MAX);
	if (route_token_holder(uri->user) != ROUTE_CALLEE)
		return (struct pv_span){NULL, 0};
	if (!turning->dialog)
		turning->dialog = dialog_hash(proxy, turning->response);
	route_proof_init(&proof, proxy->at.route_key, turning->dialog, turning->response->to_tag);
	if (!route_token_read(&proof, uri->user, &token))
		return (struct pv_span){NULL, 0};
	token.holder = ROUTE_CALLER;
	find_callee(proxy, turning->response, above, &token.callee);
	route_token_write(&proof, &token, &w);
	return pv_writer_span(&w);
}

void dialog_token_turn(const struct proxy *proxy, const struct fork *fork,
	const struct pv_message *response, struct patch *patch, struct dialog_tokens *tokens)
{
	struct turning turning = {.response = response, .dialog = fork ? fork->dialog : 0};
	struct pv_values walk;
	struct pv_span value, above = {NULL, 0};
	unsigned count = 0;
	if (!response->to_tag.length || response->status <= 100 || response->status >= 300)
		return;
	pv_values_begin(&walk, response, PV_HEADER_RECORD_ROUTE);
	while (count < DIALOG_TOKENS && pv_values_next(&walk, &value)) {
		struct pv_address address;
		struct pv_uri uri;
		if (pv_address_parse(value, &address) < 0 || pv_uri_parse(address.uri, &uri) < 0)
			continue;
		if (!proxy_is_our_route(proxy, &uri)) {
			above = value;
			continue;
		}
		struct pv_span text = turned(proxy, &turning, &uri, above, tokens->texts[count]);
		if (!text.length)
			continue;
		patch_replace(patch,
			(struct pv_ref){(uint16_t)(uri.user.at - response->bytes),
				(uint16_t)uri.user.length},
			text);
		count++;
	}
}

/* ---- a request brings its token ---- */

/* A token lives as long as a call may, and a minute for the one that has begun. (A minute ahead of
 * us is no age: workers read their clocks at different moments.) */
static bool is_fresh(const struct proxy *proxy, const struct route_token *token)
{
	uint32_t most = proxy->config.dialog_minutes;
	return !most || token->minute == ROUTE_FOREVER ||
	       ((minute_of(proxy) + 1 - token->minute) & ROUTE_FOREVER) <= most + 2;
}

bool dialog_token_read(
	const struct proxy *proxy, struct incoming *incoming, const struct pv_uri *uri)
{
	const struct pv_message *m = incoming->message;
	enum route_holder holder = route_token_holder(uri->user);
	struct route_proof proof;
	struct route_token token;
	/* without a To tag it would begin a dialog, and prove nothing */
	if (holder == ROUTE_NOBODY || !m->to_tag.length)
		return false;
	const struct route_dialog dialog = dialog_of(m, holder == ROUTE_CALLER);
	route_proof_init(&proof, proxy->at.route_key,
		route_dialog_hash(proxy->at.route_key, &dialog), dialog.callee.tag);
	if (!route_token_read(&proof, uri->user, &token) || !is_fresh(proxy, &token))
		return false;
	/* where the dialog passed us twice the last token counts: that is the one next to where the
	 * request goes */
	incoming->token = token;
	incoming->from_caller = holder == ROUTE_CALLER;
	return true;
}

/* A phone that moved has registered where it is now, and told the other end by a target refresh
 * (§12.2.1.1). */
static bool has_moved(struct proxy *proxy, struct incoming *incoming)
{
	char aor[REGISTRY_KEY];
	struct pv_writer w;
	struct pv_uri to;
	pv_writer_init(&w, aor, sizeof(aor));
	if (pv_uri_parse(incoming->message->to.uri, &to) < 0 ||
		aor_write(proxy->at.domains, &to, &w) != AOR_OURS)
		return false;
	uint32_t hop = hop_of_uri(proxy, &incoming->uri);
	int count = registry_lookup(proxy->at.registry, pv_writer_span(&w), proxy->bindings,
		REGISTRY_CONTACTS, proxy->text, sizeof(proxy->text));
	for (int i = 0; i < count; i++) {
		struct target target;
		if (hop_of(proxy, proxy->bindings[i].contact) != hop)
			continue;
		proxy_target_of_binding(&target, &proxy->bindings[i]);
		*dialog_far_end(incoming) = (struct route_end){
			.has_path = target.has_path, .path = target.path, .hop = hop};
		return true;
	}
	return false;
}

/* The ACK of an INVITE that we have just passed on, and whose answer moved the target: nobody could
 * ask its sender for credentials. */
static bool is_awaited(const struct proxy *proxy, const struct incoming *incoming)
{
	return incoming->message->method == PV_METHOD_ACK &&
	       transaction_awaits_ack(proxy->at.transactions, incoming->message) &&
	       !proxy_is_us(proxy, &incoming->uri);
}

bool dialog_is_kept(struct proxy *proxy, struct incoming *incoming)
{
	if (incoming->token.holder == ROUTE_NOBODY)
		return false;
	const struct route_end *end = dialog_far_end(incoming);
	uint32_t hop;
	if (incoming->next_route.length)
		return !end->has_path && hop_of_value(proxy, incoming->next_route, &hop) &&
		       hop == end->hop;
	return end->has_path || hop_of_uri(proxy, &incoming->uri) == end->hop ||
	       has_moved(proxy, incoming) || is_awaited(proxy, incoming);
}
