/* SPDX-License-Identifier: Apache-2.0 */
/* status.c — the server at a glance: uptime, addresses, what each worker has done and holds,
 * losses. */
#include <string.h>

#include "admin/commands.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/metrics.h"
#include "net/net.h"
#include "registry/registry.h"
#include "runtime/worker.h"
#include "transaction/transaction.h"

/* Of one worker. */
static const struct {
	const char *name;
	enum metric_id id;
} worker_rows[] = {
	{"datagrams_in", METRIC_net_udp_received},
	{"datagrams_out", METRIC_net_udp_sent},
	{"messages", METRIC_net_messages_received},
	{"posted", METRIC_net_messages_posted},
};

/* Of all: what was lost or refused, and why. */
static const struct {
	const char *name;
	enum metric_id id;
} drop_rows[] = {
	{"receive_buffer_full", METRIC_net_udp_dropped_by_kernel},
	{"send_buffer_full", METRIC_net_udp_send_dropped},
	{"packets_in_use", METRIC_net_packets_exhausted},
	{"not_sip", METRIC_net_garbage},
	{"too_large", METRIC_net_too_large},
	{"over_rate", METRIC_net_screened},
	{"transactions_full", METRIC_transaction_refused},
	{"stray_responses", METRIC_transaction_stray},
	{"log_lines", METRIC_log_lines_dropped},
};

/* The block of counters of the thread that is called so; UINT32_MAX: there is none. */
static uint32_t find_thread(unsigned worker)
{
	char wanted[16], name[16];
	snprintf(wanted, sizeof wanted, "sip-%u", worker);
	for (uint32_t i = 0; i < metrics_thread_count(); i++)
		if (metrics_thread_name(i, name) && strcmp(name, wanted) == 0)
			return i;
	return UINT32_MAX;
}

static uint64_t all_handled(const struct admin_host *host)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < host->workers->count; i++) {
		struct transaction_counts counts;
		transaction_counts(host->layers[i], &counts);
		sum += counts.handled;
	}
	return sum;
}

static void put_worker(
	struct admin_call *call, unsigned index, uint64_t uptime_ms, uint64_t handled_by_all)
{
	const struct worker *worker = &call->host->workers->workers[index];
	struct json *json = &call->json;
	struct transaction_counts counts;
	transaction_counts(call->host->layers[index], &counts);
	double busy_ms =
		(double)atomic_load_explicit(&worker->busy_ns, memory_order_relaxed) / 1000000;
	json_object(json, NULL);
	json_number(json, "worker", index);
	json_number(json, "transactions", counts.in_use);
	json_number(json, "peak", counts.peak);
	json_number(json, "handled", counts.handled);
	json_fraction(json, "share",
		handled_by_all ? (double)counts.handled / (double)handled_by_all : 0);
	json_fraction(json, "busy", uptime_ms ? busy_ms / (double)uptime_ms : 0);
	json_number(json, "pending", transaction_pending(call->host->layers[index]));
	uint32_t thread = find_thread(index);
	for (size_t i = 0; i < ARRAY_LENGTH(worker_rows); i++) {
		uint64_t value = 0;
		metrics_thread_value(thread, worker_rows[i].id, &value);
		json_number(json, worker_rows[i].name, value);
	}
	json_object_end(json);
}

static void put_workers(struct admin_call *call, uint64_t uptime_ms)
{
	const struct admin_host *host = call->host;
	uint64_t handled = all_handled(host);
	json_array(&call->json, "workers");
	for (unsigned i = 0; i < host->workers->count; i++)
		put_worker(call, i, uptime_ms, handled);
	json_array_end(&call->json);
}

static void put_registrations(struct admin_call *call)
{
	struct registry_counts counts;
	registry_counts(call->host->registry, &counts);
	json_object(&call->json, "registrations");
	json_number(&call->json, "users", counts.aors);
	json_number(&call->json, "contacts", counts.bindings);
	json_number(&call->json, "capacity", call->host->boot->registrar.capacity);
	json_number(&call->json, "expired", counts.expired);
	json_object_end(&call->json);
}

/* Where datagrams do not come to their workers by themselves, "posted" says how many had to be
 * passed on. */
static void put_steering(struct admin_call *call)
{
	const char *why = call->host->net ? net_steering(call->host->net) : "no sockets";
	json_object(&call->json, "steering");
	json_text(&call->json, "state", why ? "off" : "on");
	if (why)
		json_text(&call->json, "why", why);
	json_number(&call->json, "steered", metrics_sum(METRIC_net_steered));
	json_number(&call->json, "not_sure", metrics_sum(METRIC_net_steering_unsure));
	json_object_end(&call->json);
}

void command_status(struct admin_call *call)
{
	const struct admin_host *host = call->host;
	struct json *json = &call->json;
	uint64_t uptime_ms = clock_now_ms(host->clock) - host->started_ms;
	json_object(json, NULL);
	json_text(json, "version", host->version);
	json_number(json, "uptime", uptime_ms / 1000);
	json_text(json, "config", host->boot->path);
	json_array(json, "listen");
	for (uint32_t i = 0; i < host->boot->listen_count; i++)
		json_text(json, NULL, host->boot->listen[i].text);
	json_array_end(json);
	put_steering(call);
	put_workers(call, uptime_ms);
	put_registrations(call);
	json_object(json, "drops");
	for (size_t i = 0; i < ARRAY_LENGTH(drop_rows); i++)
		json_number(json, drop_rows[i].name, metrics_sum(drop_rows[i].id));
	json_object_end(json);
	json_object_end(json);
}
