/* SPDX-License-Identifier: Apache-2.0 */
/* bench_registrar.c: what a REGISTER costs from bytes to bytes, sockets, digest and transaction
 * aside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/registrar/private.h"
#include "lib/bench.h"

#define USERS 1000

static struct registrar *registrar;
static char requests[USERS][700];
static struct path from = {.peer = {.ip = {192, 168, 10, 20}, .port = 5060, .family = NET_IPV4}};

static void must(int error)
{
	if (error)
		abort();
}

static void write_requests(void)
{
	for (unsigned i = 0; i < USERS; i++)
		snprintf(requests[i], sizeof(requests[i]),
			"REGISTER sip:example.test SIP/2.0\r\n"
			"Via: SIP/2.0/UDP "
			"192.168.10.20:5060;branch=z9hG4bK-524287-1-%08u\r\nMax-Forwards: 70\r\n"
			"From: <sip:user%06u@example.test>;tag=%u\r\nTo: "
			"<sip:user%06u@example.test>\r\n"
			"Call-ID: %u-1234@192.168.10.20\r\nCSeq: 0000000001 REGISTER\r\n"
			"Contact: <sip:user%06u@192.168.10.20:5060>\r\nExpires: "
			"3600\r\nContent-Length: 0\r\n\r\n",
			i, i, i, i, i, i);
}

/* Each round counts the CSeq up, as a phone does. */
static void refresh(uint64_t count)
{
	static unsigned cseq;
	struct pv_message message;
	for (uint64_t i = 0; i < count; i++) {
		char *text = requests[i % USERS], number[11];
		if (i % USERS == 0)
			cseq++;
		snprintf(number, sizeof(number), "%010u", cseq);
		memcpy(strstr(text, "CSeq: ") + 6, number, 10);
		struct registration reg;
		if (pv_message_parse(&message, text, strlen(text), true) <= 0)
			abort();
		registration_init(&reg, registrar, &message, &from);
		struct verdict verdict = registration_run(&reg);
		BENCH_KEEP(registration_answer(&reg, &verdict).length);
		if (verdict.status != 200)
			abort();
	}
}

int main(void)
{
	static struct worker_group workers;
	struct net_config net_config = {
		.listen_count = 1, .listen[0].address = {.ip = {127, 0, 0, 1}, .family = NET_IPV4}};
	struct net_group *group;
	struct transaction_config timers = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000, .transactions = 100};
	struct siphash_key key = {1, 2};
	struct pv_span name = PV_SPAN("example.test");
	struct net_address own = {.ip = {127, 0, 0, 1}, .family = NET_IPV4, .port = 5060};
	struct domains_config domains_config = {&name, 1, &own, 1};
	struct domains *domains;
	struct registry_config registry_config = {
		.capacity = 1000000, .max_contacts = 10, .shards = 1};
	struct registrar_config config = {
		.min_expires_s = 60, .max_expires_s = 7200, .default_expires_s = 3600};
	struct registrar_floors floors = {0};
	must(domains_new(&domains_config, &domains));
	floors.domains = domains;
	must(worker_group_init(&workers, 1, NULL));
	must(net_group_open(&group, &net_config, &workers, NULL));
	floors.worker = &workers.workers[0];
	floors.net = net_of(group, 0);
	must(transaction_layer_new(&floors.transactions, floors.worker, floors.net, &timers, &key));
	must(registry_new(&floors.registry, &registry_config, clock_monotonic()));
	must(registrar_new(&registrar, &config, &floors));
	write_requests();
	bench_run("REGISTER refresh, parse to answer", refresh, 40000);
	registrar_free(registrar);
	registry_free(floors.registry);
	transaction_layer_free(floors.transactions);
	net_group_close(group);
	worker_group_done(&workers);
	domains_free(domains);
	return 0;
}
