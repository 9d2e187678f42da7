/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.c — the proxy of one worker: made, asked, freed. */
#include "proxy/private.h"

#include <errno.h>
#include <stdlib.h>

int proxy_new(
	struct proxy **ret, const struct proxy_config *config, const struct proxy_floors *floors)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));
	if (!proxy)
		return -ENOMEM;
	proxy->config = *config;
	proxy->at = *floors;
	proxy_call_init(proxy);
	int error = slab_init(&proxy->forks, "forks", sizeof(struct fork), config->forks);
	if (!error)
		error = slab_init(
			&proxy->resolves, "resolves", sizeof(struct branch_resolve), config->forks);
	if (error) {
		proxy_free(proxy);
		return error;
	}
	*ret = proxy;
	return 0;
}

void proxy_configure(
	struct proxy *proxy, const struct proxy_config *config, const struct domains *domains)
{
	proxy->config = *config;
	proxy->at.domains = domains;
}

void proxy_free(struct proxy *proxy)
{
	if (!proxy)
		return;
	slab_done(&proxy->forks);
	slab_done(&proxy->resolves);
	free(proxy);
}

/* §16.10: a CANCEL that matches nothing has nothing to cancel behind us either, for we never
 * forward an INVITE without state. */
static bool refuse_lone_cancel(struct proxy *proxy, struct incoming *incoming)
{
	proxy_reply(proxy, NULL, incoming->message, incoming->from, 481, PV_SPAN(""), PV_SPAN(""));
	return false;
}

bool proxy_admit(struct proxy *proxy, struct incoming *incoming)
{
	if (incoming->message->method == PV_METHOD_CANCEL)
		return refuse_lone_cancel(proxy, incoming);
	return proxy_validate(proxy, incoming) && proxy_identify(proxy, incoming) &&
	       proxy_find_targets(proxy, incoming);
}
