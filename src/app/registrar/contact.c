/* SPDX-License-Identifier: Apache-2.0 */
/* contact.c — a Contact value of a REGISTER becomes a change of the registry. */
#include "proxy/nat.h"
#include "app/registrar/private.h"

#define HOUR_S 3600

/* What the parameters of one Contact say. */
struct contact_params {
	bool has_expires, expires_malformed;
	uint32_t expires;
	uint32_t reg_id;
	uint16_t q;
	struct pv_span instance; /* without quotes and <> */
	struct pv_span kept;     /* the text that answers repeat */
};

struct pv_span registration_keep(struct registration *reg, struct pv_span text)
{
	char *to = pv_writer_take(&reg->scratch, text.length);
	if (!to)
		return (struct pv_span){0};
	for (size_t i = 0; i < text.length; i++)
		to[i] = text.at[i] == '\r' || text.at[i] == '\n' ? ' ' : text.at[i];
	return (struct pv_span){to, text.length};
}

static void param_expires(struct contact_params *p, struct pv_span value)
{
	p->has_expires = true;
	p->expires_malformed = !pv_number_parse(value, &p->expires);
}

static void param_q(struct contact_params *p, struct pv_span value)
{
	if (!pv_qvalue_parse(value, &p->q))
		p->q = 1000;
}

static void param_reg_id(struct contact_params *p, struct pv_span value)
{
	if (!pv_number_parse(value, &p->reg_id) || p->reg_id > INT32_MAX)
		p->reg_id = 0;
}

/* "<urn:uuid:...>" in quotes (RFC 5626 §4.1). */
static void param_instance(struct contact_params *p, struct pv_span value)
{
	if (value.length >= 2 && value.at[0] == '"')
		value = (struct pv_span){value.at + 1, value.length - 2};
	if (value.length >= 2 && value.at[0] == '<')
		value = (struct pv_span){value.at + 1, value.length - 2};
	p->instance = value;
}

static void param_ignored(struct contact_params *p, struct pv_span value) {}

/* Parameters that mean something here; those not kept are ours to write, or must not come back. */
static const struct {
	struct pv_span name;
	bool kept;
	void (*read)(struct contact_params *p, struct pv_span value);
} known[] = {
	{PV_SPAN_INIT("expires"), false, param_expires},
	{PV_SPAN_INIT("q"), false, param_q},
	{PV_SPAN_INIT("reg-id"), true, param_reg_id},
	{PV_SPAN_INIT("+sip.instance"), true, param_instance},
	{PV_SPAN_INIT("pub-gruu"), false, param_ignored},
	{PV_SPAN_INIT("temp-gruu"), false, param_ignored},
};

static bool read_param(struct contact_params *p, struct pv_span name, struct pv_span value)
{
	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		if (pv_span_equal_nocase(known[i].name, name)) {
			known[i].read(p, value);
			return known[i].kept;
		}
	return true;
}

static void read_params(struct registration *reg, struct pv_span rest, struct contact_params *p)
{
	struct pv_span name, value;
	const char *start = reg->scratch.at;
	*p = (struct contact_params){.q = 1000};
	while (pv_params_next(&rest, &name, &value)) {
		if (!read_param(p, name, value))
			continue;
		pv_put_char(&reg->scratch, ';');
		registration_keep(reg, name);
		if (!value.length)
			continue;
		pv_put_char(&reg->scratch, '=');
		registration_keep(reg, value);
	}
	p->kept = pv_span_from(start, reg->scratch.at);
}

/* The parameter, else the header, else the default; what is malformed is as if it asked for the
 * default (§10.3 step 6, §20.19). *ret_asked: the phone itself named this number. */
static uint32_t wanted_expires(
	const struct registration *reg, const struct contact_params *p, bool *ret_asked)
{
	uint32_t expires;
	*ret_asked = true;
	if (p->has_expires && !p->expires_malformed)
		return p->expires;
	if (!p->has_expires && pv_message_has(reg->request, PV_HEADER_EXPIRES) &&
		pv_number_parse(pv_message_value(reg->request, PV_HEADER_EXPIRES), &expires))
		return expires;
	*ret_asked = false;
	return reg->registrar->config.default_expires_s;
}

/* §10.3 step 7: too brief is more than zero, less than an hour and less than our minimum. */
static struct verdict grant_expires(
	struct registration *reg, const struct contact_params *p, uint32_t *ret_expires)
{
	const struct registrar_config *config = &reg->registrar->config;
	bool asked;
	uint32_t expires = wanted_expires(reg, p, &asked);
	if (asked && expires > 0 && expires < HOUR_S && expires < config->min_expires_s) {
		struct pv_writer w;
		pv_writer_init(&w, reg->number, sizeof(reg->number));
		pv_put_u64(&w, config->min_expires_s);
		return (struct verdict){423, NULL, PV_HEADER_MIN_EXPIRES, pv_writer_span(&w)};
	}
	*ret_expires = MIN(expires, config->max_expires_s);
	return GO_ON;
}

/* §10.2.1 lets a phone register other schemes; nothing here could call them. */
static struct verdict check_uri(const struct pv_address *contact, struct pv_uri *ret)
{
	if (pv_uri_parse(contact->uri, ret) != 0)
		return (struct verdict){400, "Malformed Contact URI"};
	if (ret->scheme != PV_SCHEME_SIP && ret->scheme != PV_SCHEME_SIPS)
		return (struct verdict){400, "Contact Is Not A SIP URI"};
	return GO_ON;
}

/* Through a proxy the Path leads to it, or the Contact does: the source is that proxy. */
static bool is_hidden(const struct registration *reg, const struct pv_uri *uri)
{
	return !reg->path.length && !reg->through_proxy &&
	       is_behind_nat(reg->request, reg->from, uri);
}

/* A binding that points at our own address would make each call to it come back (RFC 5393). A phone
 * behind NAT with our private address is reached by its own hole, so it may. */
static bool is_our_own(const struct registration *reg, const struct pv_uri *uri, bool behind_nat)
{
	return !behind_nat && !reg->path.length && aor_leads_here(reg->registrar->at.domains, uri);
}

static struct pv_span user_agent(struct registration *reg)
{
	struct pv_span agent = pv_message_value(reg->request, PV_HEADER_USER_AGENT);
	agent.length = MIN(agent.length, REGISTRAR_AGENT);
	return registration_keep(reg, agent);
}

static void fill_binding(struct registration *reg, struct registry_binding *b,
	const struct contact_params *p, struct pv_span uri, uint32_t expires)
{
	bool flow = reg->outbound && p->reg_id && p->instance.length;
	*b = (struct registry_binding){
		.contact = uri,
		.params = p->kept,
		.path = reg->path,
		.instance = p->instance,
		.user_agent = user_agent(reg),
		.reg_id = flow ? p->reg_id : 0, /* RFC 5626 §6: without either it is ignored */
		.q = p->q,
		.expires_ms = reg->now_ms + expires * 1000ull,
		.received = *reg->from,
	};
	b->received.tcp_if_large = 0;
}

struct verdict registration_contact(struct registration *reg, const struct pv_address *contact)
{
	struct registry_change *change = &reg->registrar->changes[reg->count];
	struct contact_params params;
	struct pv_uri uri;
	uint32_t expires;
	if (reg->count == REGISTRAR_CHANGES)
		return (struct verdict){403, "Too Many Contacts"};
	struct verdict verdict = check_uri(contact, &uri);
	if (verdict.status)
		return verdict;
	read_params(reg, contact->params, &params);
	verdict = grant_expires(reg, &params, &expires);
	if (verdict.status)
		return verdict;
	fill_binding(reg, &change->binding, &params, contact->uri, expires);
	change->remove = expires == 0;
	change->binding.behind_nat = is_hidden(reg, &uri);
	if (!change->remove && is_our_own(reg, &uri, change->binding.behind_nat))
		return (struct verdict){403, "Contact Is The Server Itself"};
	reg->count++;
	return GO_ON;
}
