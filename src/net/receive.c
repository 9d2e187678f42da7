/* SPDX-License-Identifier: Apache-2.0 */
/* receive.c: what every transport does with a whole message: screen it, find its owner, hand over.
 */
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/private.h"
#include "sip/branch.h"
#include "sip/peek.h"

/* Requests that end something or belong to something: refusing them makes matters worse, so they
 * have a larger limit of their own. */
static const bool is_of_call[PV_METHOD_COUNT] = {
	[PV_METHOD_ACK] = true,
	[PV_METHOD_CANCEL] = true,
	[PV_METHOD_BYE] = true,
	[PV_METHOD_PRACK] = true,
	[PV_METHOD_UPDATE] = true,
	[PV_METHOD_NOTIFY] = true,
	[PV_METHOD_INFO] = true,
};

static bool is_admitted(struct net *net, const struct sip_peek *peek, const struct path *from)
{
	if (!peek->is_request)
		return true;
	struct screen *screen =
		is_of_call[peek->method] ? &net->group->screen_of_calls : &net->group->screen;
	return screen_admit(screen, &from->peer, net->worker->now_ns);
}

/* The kernel's program that steers by the same facts must say the same (steering_step.h). */
int receive_home(const struct worker_group *workers, const struct sip_peek *peek)
{
	if (peek->branch.at) {
		int worker = branch_worker(peek->branch);
		if (worker >= 0 && (unsigned)worker < workers->count)
			return worker;
	}
	return peek->call_id.at ? (int)worker_home(workers, peek->call_id) : -1;
}

/* What names nobody stays here: the parser will say what is wrong with it. */
static unsigned owner_of(struct net *net, const struct sip_peek *peek)
{
	const struct worker_group *workers = net->group->workers;
	int home = workers->count > 1 ? receive_home(workers, peek) : 0;
	return home < 0 ? net->worker->index : (unsigned)home;
}

/* True when the packet was given away. */
static bool post_message(struct net *net, unsigned owner, const char *bytes, size_t length,
	const struct path *from, struct packet *packet)
{
	bool is_given = packet != NULL;
	if (!packet) {
		packet = packet_take(&net->packets, length);
		if (!packet) {
			metrics_add(METRIC_net_packets_exhausted, 1);
			return false;
		}
		memcpy(packet->bytes, bytes, length);
		bytes = packet->bytes;
	}
	packet->at = (char *)bytes;
	packet->length = (uint32_t)length;
	packet->path = *from;
	packet->received_ns = net->worker->now_ns;
	packet->mail.kind = MAIL_PACKET;
	metrics_add(METRIC_net_messages_posted, 1);
	worker_post(&net->group->workers->workers[owner], &packet->mail);
	return is_given;
}

bool receive_message(struct net *net, const char *bytes, size_t length, const struct path *from,
	struct packet *packet)
{
	struct sip_peek peek;
	if (sip_peek(bytes, length, &peek) < 0) {
		metrics_add(METRIC_net_garbage, 1);
		return false;
	}
	if (!is_admitted(net, &peek, from)) {
		metrics_add(METRIC_net_screened, 1);
		return false;
	}
	metrics_add(METRIC_net_messages_received, 1);
	unsigned owner = owner_of(net, &peek);
	bool is_home = owner == net->worker->index;
	enum net_claim claim =
		net->user.claim(net->user.context, &peek, (struct pv_span){bytes, length}, is_home);
	if (claim == NET_DROP)
		return false;
	if (!is_home && claim == NET_AT_HOME)
		return post_message(net, owner, bytes, length, from, packet);
	net->user.message(net->user.context, bytes, length, from);
	return false;
}

void receive_mail(void *context, struct mail *mail)
{
	struct net *net = context;
	struct packet *packet = container_of(mail, struct packet, mail);
	uint64_t now = net->worker->now_ns;
	if (now > packet->received_ns)
		receive_note_wait(net, now - packet->received_ns);
	net->user.message(net->user.context, packet->at, packet->length, &packet->path);
	packet_give(&net->packets, packet);
}

void receive_note_wait(struct net *net, uint64_t wait_ns)
{
	uint64_t awake_ns = clock_now_ns(net->worker->clock) - net->worker->woken_ns;
	net->delay_ns = MAX(net->delay_ns, MIN(wait_ns, awake_ns));
}

void receive_judge_delay(struct net *net)
{
	uint64_t delay_ns = net->delay_ns;
	net->delay_ns = 0;
	if (!overload_note(&net->overload, net->worker->now_ns, delay_ns))
		return;
	metrics_set(METRIC_net_overloaded, net->overload.refused > 0);
	log_event(LOG_LEVEL_WARNING, net->overload.refused ? "overload_begins" : "overload_ends",
		"worker=%u delay_ms=%llu", net->worker->index,
		(unsigned long long)(delay_ns / 1000000));
}

bool net_is_overloaded(struct net *net)
{
	return !overload_admits(&net->overload) ||
	       atomic_load_explicit(&net->group->draining, memory_order_relaxed);
}
