/* SPDX-License-Identifier: Apache-2.0 */
/* registrations.c — who is registered, from where and for how long. */
#include <string.h>

#include "admin/commands.h"
#include "base/clock.h"
#include "net/domain.h"
#include "registry/registry.h"

static void put_source(struct json *json, const struct path *received)
{
	char text[NET_ADDRESS_TEXT];
	struct pv_writer writer;
	pv_writer_init(&writer, text, sizeof text);
	net_address_write(&received->peer, &writer);
	json_span(json, "source", pv_writer_span(&writer));
	json_span(json, "transport", pv_transport_text((enum pv_transport)received->transport));
}

/* Returns whether the walk goes on. */
static bool put_binding(void *context, struct pv_span aor, const struct registry_binding *binding)
{
	struct admin_call *call = context;
	struct json *json = &call->json;
	uint64_t now_ms = clock_now_ms(call->host->clock);
	uint64_t left_ms = binding->expires_ms > now_ms ? binding->expires_ms - now_ms : 0;
	json_object(json, NULL);
	json_span(json, "user", aor);
	json_span(json, "contact", binding->contact);
	put_source(json, &binding->received);
	json_number(json, "expires", (left_ms + 999) / 1000);
	json_fraction(json, "q", binding->q / 1000.0);
	json_bool(json, "nat", binding->behind_nat);
	if (binding->lost)
		json_bool(json, "lost", true);
	if (!pv_span_is_empty(binding->path))
		json_span(json, "path", binding->path);
	if (!pv_span_is_empty(binding->instance))
		json_span(json, "instance", binding->instance);
	json_span(json, "agent", binding->user_agent);
	json_object_end(json);
	return true;
}

/* "alice" is alice of the first domain; with an @ it is taken as it stands. */
static struct pv_span address_of(
	const struct admin_host *host, const char *user, char text[REGISTRY_KEY])
{
	if (!user)
		return PV_SPAN("");
	struct pv_writer w;
	pv_writer_init(&w, text, REGISTRY_KEY);
	pv_put_text(&w, user);
	if (!strchr(user, '@')) {
		pv_put_char(&w, '@');
		pv_put(&w, domains_realm(host->domains));
	}
	/* too long for anybody's address; an empty one would be everybody */
	return w.overflow ? PV_SPAN("@") : pv_writer_span(&w);
}

void command_registrations(struct admin_call *call)
{
	char text[REGISTRY_KEY];
	json_object(&call->json, NULL);
	json_array(&call->json, "registrations");
	registry_walk(call->host->registry, address_of(call->host, call->argument, text),
		put_binding, call);
	json_array_end(&call->json);
	json_object_end(&call->json);
}
