/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c — RFC 3261 §10.3, a function a step. */
#include "app/registrar/private.h"

#include "base/siphash.h"

/* Option-tags that a REGISTER may require of us. GRUU is not offered: half of it breaks phones. */
static const struct pv_span understood[] = {PV_SPAN_INIT("path"), PV_SPAN_INIT("outbound")};

static bool is_understood(struct pv_span option)
{
	for (size_t i = 0; i < ARRAY_LENGTH(understood); i++)
		if (pv_span_equal_nocase(understood[i], option))
			return true;
	return false;
}

bool registration_has_option(
	const struct pv_message *message, enum pv_header header, struct pv_span option)
{
	struct pv_values walk;
	struct pv_span value;
	if (!pv_message_has(message, header))
		return false;
	pv_values_begin(&walk, message, header);
	while (pv_values_next(&walk, &value))
		if (pv_span_equal_nocase(value, option))
			return true;
	return false;
}

/* Step 2: what is required and not understood (§8.2.2.3). Step 1, whose domain it is for, was
 * dispatch's. */
struct verdict registration_require(struct registration *reg)
{
	const char *start = reg->scratch.at;
	struct pv_values walk;
	struct pv_span option;
	if (!pv_message_has(reg->request, PV_HEADER_REQUIRE))
		return GO_ON;
	pv_values_begin(&walk, reg->request, PV_HEADER_REQUIRE);
	while (pv_values_next(&walk, &option)) {
		if (is_understood(option))
			continue;
		if (reg->scratch.at != start)
			pv_put_text(&reg->scratch, ", ");
		pv_put(&reg->scratch, option);
	}
	if (reg->scratch.at == start)
		return GO_ON;
	return (struct verdict){
		420, NULL, PV_HEADER_UNSUPPORTED, pv_span_from(start, reg->scratch.at)};
}

/* Steps 3 and 4, authentication and authorization, were precheck's. Step 5: the address-of-record,
 * in its one spelling. */
static struct verdict step_address(struct registration *reg)
{
	struct pv_uri uri;
	struct pv_writer w;
	if (pv_uri_parse(reg->request->to.uri, &uri) != 0)
		return (struct verdict){400, "Malformed To"};
	pv_writer_init(&w, reg->key, sizeof(reg->key));
	switch (aor_write(reg->registrar->at.domains, &uri, &w)) {
	case AOR_OURS:
		break;
	case AOR_FOREIGN:
	case AOR_NO_USER:
		return (struct verdict){404};
	case AOR_MALFORMED:
		return (struct verdict){400, "Malformed User"};
	}
	reg->aor = reg->user = pv_writer_span(&w);
	while (reg->user.at[--reg->user.length] != '@')
		;
	return GO_ON;
}

/* A group is called, nobody is it. */
static struct verdict step_reserved(struct registration *reg)
{
	const struct registrar_config *config = &reg->registrar->config;
	for (unsigned i = 0; i < config->reserved_count; i++)
		if (pv_span_equal(config->reserved[i], reg->user))
			return (struct verdict){403, "Group Address"};
	return GO_ON;
}

/* RFC 3327 §5.3. Kept whether or not the phone says that it supports it: the proxy on the way asked
 * for it. */
static struct verdict step_path(struct registration *reg)
{
	struct pv_values walk;
	struct pv_span value, params;
	struct pv_address address;
	const char *start = reg->scratch.at;
	if (!pv_message_has(reg->request, PV_HEADER_PATH))
		return GO_ON;
	pv_values_begin(&walk, reg->request, PV_HEADER_PATH);
	while (pv_values_next(&walk, &value)) {
		struct pv_uri uri;
		if (pv_address_parse(value, &address) != 0 || !address.is_name_addr ||
			pv_uri_parse(address.uri, &uri) != 0)
			return (struct verdict){400, "Malformed Path"};
		if (reg->scratch.at != start)
			pv_put_text(&reg->scratch, ", ");
		registration_keep(reg, value);
		/* the last value is that of the phone's first hop (RFC 5626 §5.1) */
		params = uri.params;
		reg->first_hop_outbound = pv_params_find(params, PV_SPAN("ob"), NULL);
	}
	reg->path = pv_span_from(start, reg->scratch.at);
	if (reg->scratch.overflow || reg->path.length > REGISTRY_TEXT / 2)
		return (struct verdict){400, "Path Too Long"};
	return GO_ON;
}

/* What the sender can do, and whether somebody stands between. */
static struct verdict step_sender(struct registration *reg)
{
	const struct pv_message *m = reg->request;
	uint16_t via = m->first[PV_HEADER_VIA];
	struct pv_span rest = pv_message_value(m, PV_HEADER_VIA), value;
	reg->outbound = registration_has_option(m, PV_HEADER_SUPPORTED, PV_SPAN("outbound"));
	reg->through_proxy = (via != PV_NO_FIELD && m->fields[via].next != PV_NO_FIELD) ||
			     (pv_list_next(&rest, &value) && pv_list_next(&rest, &value));
	return GO_ON;
}

/* Step 6: "*" stands alone and goes with Expires: 0. */
static struct verdict read_star(struct registration *reg, unsigned values)
{
	uint32_t expires;
	if (values != 1 || !pv_message_has(reg->request, PV_HEADER_EXPIRES) ||
		!pv_number_parse(pv_message_value(reg->request, PV_HEADER_EXPIRES), &expires) ||
		expires != 0)
		return (struct verdict){400, "Contact * Needs Expires: 0 And No Other Contact"};
	reg->remove_all = true;
	reg->count = 0;
	return GO_ON;
}

/* Step 7, its first half: what the Contacts ask for. */
static struct verdict step_contacts(struct registration *reg)
{
	struct pv_values walk;
	struct pv_span value;
	struct verdict verdict = GO_ON;
	unsigned values = 0;
	bool star = false;
	if (!pv_message_has(reg->request, PV_HEADER_CONTACT))
		return GO_ON;
	pv_values_begin(&walk, reg->request, PV_HEADER_CONTACT);
	for (; !verdict.status && pv_values_next(&walk, &value); values++) {
		struct pv_address contact;
		if (pv_address_parse(value, &contact) != 0)
			return (struct verdict){400, "Malformed Contact"};
		star = star || contact.is_star;
		if (!contact.is_star)
			verdict = registration_contact(reg, &contact);
	}
	if (star)
		return read_star(reg, values);
	return verdict;
}

/* RFC 5626 §6: a flow is registered alone, and needs a first hop that keeps flows. */
static struct verdict step_outbound(struct registration *reg)
{
	unsigned set = 0;
	bool flow = false;
	for (unsigned i = 0; i < reg->count; i++) {
		const struct registry_change *change = &reg->registrar->changes[i];
		set += !change->remove;
		flow = flow || (!change->remove && change->binding.reg_id);
	}
	if (flow && set > 1)
		return (struct verdict){400, "One Flow A Request"};
	if (flow && reg->through_proxy && !reg->first_hop_outbound)
		return (struct verdict){439, "First Hop Lacks Outbound Support"};
	reg->used_outbound = flow;
	return GO_ON;
}

static struct verdict registry_verdict(struct registration *reg, enum registry_error error)
{
	struct pv_writer w;
	switch (error) {
	case REGISTRY_OK:
		return GO_ON;
	case REGISTRY_TOO_MANY:
		return (struct verdict){403, "Too Many Contacts"};
	case REGISTRY_OUT_OF_ORDER:
		return (struct verdict){500, "CSeq Out Of Order"};
	case REGISTRY_TOO_LONG:
		return (struct verdict){400, "Contact Too Long"};
	case REGISTRY_FULL:
		break;
	}
	pv_writer_init(&w, reg->number, sizeof(reg->number));
	pv_put_u64(&w, reg->registrar->config.retry_after_s);
	metrics_add(METRIC_registrar_full, 1);
	return (struct verdict){503, "Registrar Full", PV_HEADER_RETRY_AFTER, pv_writer_span(&w)};
}

/* Step 7, its second half: all or nothing. */
static struct verdict step_update(struct registration *reg)
{
	struct registrar *r = reg->registrar;
	const struct pv_message *m = reg->request;
	if (!reg->count && !reg->remove_all)
		return GO_ON;
	if (reg->scratch.overflow)
		return (struct verdict){400, "Contacts Too Long"};
	uint64_t call_id =
		siphash13(&r->at.worker->group->home_key, m->call_id.at, m->call_id.length);
	return registry_verdict(
		reg, (enum registry_error)registry_update(r->at.registry, reg->aor, r->changes,
			     reg->count, reg->remove_all, call_id, m->cseq));
}

/* Step 8 is the answer: answer.c. */
static struct verdict (*const steps[])(struct registration *) = {
	registration_require, step_address, step_reserved, step_path, step_sender, step_contacts,
	step_outbound, step_update, /* the last: registration_read leaves it out */
};

static struct verdict run(struct registration *reg, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct verdict verdict = steps[i](reg);
		if (verdict.status)
			return verdict;
	}
	return (struct verdict){.status = 200};
}

struct verdict registration_run(struct registration *reg)
{
	return run(reg, ARRAY_LENGTH(steps));
}

struct verdict registration_read(struct registration *reg)
{
	return run(reg, ARRAY_LENGTH(steps) - 1);
}
