/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_lookup.c: one name on its way through NAPTR, SRV and addresses (RFC 3263 §4). */
#include "net/resolver_lookup.h"

#include <string.h>

#include "base/macros.h"

/* What we can speak, in the order in which we ask when the name's owner has no wish. */
static const struct {
	enum pv_transport transport;
	struct pv_span naptr; /* RFC 3263 §4.1 */
	const char *srv;
} kinds[] = {
	{PV_TRANSPORT_UDP, PV_SPAN_INIT("SIP+D2U"), "_sip._udp."},
	{PV_TRANSPORT_TCP, PV_SPAN_INIT("SIP+D2T"), "_sip._tcp."},
};

static bool can_use(const struct lookup *lookup, unsigned transport)
{
	return lookup->transports >> transport & 1;
}

/* ---- which names ---- */

static void add_service(
	struct lookup *lookup, const char *prefix, const char *name, enum pv_transport transport)
{
	struct lookup_service *service = &lookup->services[lookup->service_count];
	struct pv_writer w;
	if (lookup->service_count == LOOKUP_SERVICES)
		return;
	pv_writer_init(&w, service->name, sizeof(service->name));
	pv_put_text(&w, prefix);
	pv_put_text(&w, name);
	pv_put_char(&w, '\0');
	if (w.overflow)
		return;
	service->transport = (uint8_t)transport;
	lookup->service_count++;
}

/* SRV of the transport that is wanted, or of each that we speak. */
static void add_own_services(struct lookup *lookup)
{
	unsigned wanted = lookup->key.transport;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		if (can_use(lookup, kinds[i].transport) &&
			(wanted == PV_TRANSPORT_OTHER || wanted == kinds[i].transport))
			add_service(lookup, kinds[i].srv, lookup->key.name, kinds[i].transport);
}

/* No service records: the name itself is the host (§4.2). */
static void add_name_itself(struct lookup *lookup)
{
	struct lookup_host *host = &lookup->hosts[0];
	memcpy(host->name, lookup->key.name, sizeof(host->name));
	host->transport = lookup->key.transport;
	if (host->transport == PV_TRANSPORT_OTHER)
		host->transport =
			can_use(lookup, PV_TRANSPORT_UDP) ? PV_TRANSPORT_UDP : PV_TRANSPORT_TCP;
	host->port = lookup->key.port ? lookup->key.port : 5060;
	lookup->host_count = 1;
}

bool lookup_begin(struct lookup *lookup, const struct resolver_key *key, uint8_t transports)
{
	memset(lookup, 0, sizeof(*lookup));
	lookup->key = *key;
	lookup->transports = transports;
	lookup->ttl = RESOLVER_TTL_MAX;
	if (key->transport != PV_TRANSPORT_OTHER && !can_use(lookup, key->transport))
		return false;
	if (key->port) { /* a port: no services (§4.1, §4.2) */
		add_name_itself(lookup);
		lookup->question = LOOKUP_ADDRESSES;
	} else if (key->transport != PV_TRANSPORT_OTHER) {
		add_own_services(lookup);
		lookup->question = LOOKUP_SRV;
	} else {
		lookup->question = LOOKUP_NAPTR;
	}
	return true;
}

const char *lookup_name(const struct lookup *lookup)
{
	switch (lookup->question) {
	case LOOKUP_NAPTR:
		return lookup->key.name;
	case LOOKUP_SRV:
		return lookup->services[lookup->service_at].name;
	case LOOKUP_ADDRESSES:
		return lookup->hosts[lookup->host_at].name;
	case LOOKUP_FINISHED:
		break;
	}
	return "";
}

/* ---- what the records say ---- */

static bool is_before(const struct lookup_service *a, const struct lookup_service *b)
{
	return a->order != b->order ? a->order < b->order : a->preference < b->preference;
}

void lookup_add_naptr(struct lookup *lookup, uint16_t order, uint16_t preference,
	struct pv_span flags, struct pv_span service, struct pv_span replacement)
{
	char name[RESOLVER_NAME];
	if (!pv_span_equal_nocase(flags, PV_SPAN("s")) || replacement.length >= sizeof(name))
		return;
	memcpy(name, replacement.at, replacement.length);
	name[replacement.length] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		unsigned before = lookup->service_count;
		if (!pv_span_equal_nocase(service, kinds[i].naptr) ||
			!can_use(lookup, kinds[i].transport))
			continue;
		add_service(lookup, "", name, kinds[i].transport);
		if (lookup->service_count == before)
			return;
		struct lookup_service *all = lookup->services, added = all[before];
		added.order = order;
		added.preference = preference;
		for (; before > 0 && is_before(&added, &all[before - 1]); before--)
			all[before] = all[before - 1];
		all[before] = added;
		return;
	}
}

void lookup_add_srv(struct lookup *lookup, uint16_t priority, uint16_t weight, uint16_t port,
	struct pv_span target)
{
	unsigned at = lookup->host_count;
	struct lookup_host host = {.port = port,
		.weight = weight,
		.transport = lookup->services[lookup->service_at].transport,
		.rank = (uint32_t)lookup->service_at << 16 | priority};
	/* "." says that the service is decidedly not here (RFC 2782) */
	if (target.length == 0 || target.length >= sizeof(host.name) ||
		pv_span_equal(target, PV_SPAN(".")))
		return;
	memcpy(host.name, target.at, target.length);
	/* by rank, so that the best ones are asked for first; the last place is the worst one's */
	while (at > 0 && lookup->hosts[at - 1].rank > host.rank)
		at--;
	if (at == LOOKUP_HOSTS)
		return;
	unsigned last = MIN(lookup->host_count, LOOKUP_HOSTS - 1);
	memmove(&lookup->hosts[at + 1], &lookup->hosts[at], (last - at) * sizeof(host));
	lookup->hosts[at] = host;
	lookup->host_count = last + 1;
}

void lookup_add_address(struct lookup *lookup, const struct net_address *address)
{
	const struct lookup_host *host = &lookup->hosts[lookup->host_at];
	struct resolver_answer *answer = &lookup->answer;
	if (answer->count == RESOLVE_TARGETS)
		return;
	struct resolver_target *target = &answer->targets[answer->count++];
	*target = (struct resolver_target){.rank = host->rank, .weight = host->weight};
	target->path.peer = *address;
	target->path.peer.port = host->port;
	target->path.transport = host->transport;
	target->path.listener = NET_ANY_LISTENER;
	/* whoever named the transport wants that one */
	target->path.tcp_if_large =
		lookup->key.transport == PV_TRANSPORT_OTHER && host->transport == PV_TRANSPORT_UDP;
}

void lookup_note_ttl(struct lookup *lookup, uint32_t ttl)
{
	lookup->ttl = MIN(lookup->ttl, MAX(ttl, 1));
}

/* ---- the way ---- */

static void begin_hosts(struct lookup *lookup)
{
	if (lookup->host_count == 0)
		add_name_itself(lookup);
	lookup->question = LOOKUP_ADDRESSES;
}

void lookup_next(struct lookup *lookup)
{
	switch (lookup->question) {
	case LOOKUP_NAPTR:
		if (lookup->service_count == 0)
			add_own_services(lookup);
		lookup->question = LOOKUP_SRV;
		if (lookup->service_count == 0)
			begin_hosts(lookup);
		return;
	case LOOKUP_SRV:
		if (++lookup->service_at >= lookup->service_count)
			begin_hosts(lookup);
		return;
	case LOOKUP_ADDRESSES:
		lookup->host_at++;
		if (lookup->host_at >= lookup->host_count ||
			lookup->answer.count == RESOLVE_TARGETS)
			lookup->question = LOOKUP_FINISHED;
		return;
	case LOOKUP_FINISHED:
		return;
	}
}
