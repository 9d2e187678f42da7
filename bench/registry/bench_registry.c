/* SPDX-License-Identifier: Apache-2.0 */
/* bench_registry.c: what a lookup and a refresh cost with a thousand contacts and with 200,000, and
 * what memory they take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "registry/registry.h"

#define LOOKUPS 400000

static struct registry *registry;
static struct registry_binding found[REGISTRY_CONTACTS];
static char text[REGISTRY_TEXT_ALL];

static struct pv_span key_of(uint32_t user, char ret[64])
{
	int length = snprintf(ret, 64, "user%06u@example.test", user);
	return (struct pv_span){ret, (size_t)length};
}

static long resident_kb(void)
{
	long pages = 0, ignored;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file && fscanf(file, "%ld %ld", &ignored, &pages) != 2)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void refresh(uint32_t user, uint32_t cseq)
{
	char key[64], contact[80];
	int length = snprintf(contact, sizeof(contact), "sip:user%06u@192.168.10.20:5060", user);
	struct registry_change change = {
		.binding = {.contact = {contact, (size_t)length},
			.q = 1000,
			.expires_ms = clock_now_ms(clock_monotonic()) + 3600000,
			.received.peer = {
				.ip = {192, 168, 10, 20}, .port = 5060, .family = NET_IPV4}}};
	if (registry_update(registry, key_of(user, key), &change, 1, false, user, cseq) !=
		REGISTRY_OK)
		abort();
}

static double per_operation(uint64_t begun_ns, uint32_t count)
{
	return (double)(clock_now_ns(clock_monotonic()) - begun_ns) / count;
}

static void measure(uint32_t contacts)
{
	struct registry_config config = {.capacity = 1000000, .max_contacts = 10, .shards = 2};
	static char keys[4096][64];
	static struct pv_span spans[4096];
	long before_kb = resident_kb();
	if (registry_new(&registry, &config, clock_monotonic()) != 0)
		abort();
	uint64_t begun = clock_now_ns(clock_monotonic());
	for (uint32_t i = 0; i < contacts; i++)
		refresh(i, 1);
	double add_ns = per_operation(begun, contacts);
	long kb = resident_kb() - before_kb;
	for (uint32_t i = 0; i < 4096; i++)
		spans[i] = key_of(random_below(contacts), keys[i]);
	begun = clock_now_ns(clock_monotonic());
	for (uint32_t i = 0; i < LOOKUPS; i++)
		if (registry_lookup(registry, spans[i % 4096], found, REGISTRY_CONTACTS, text,
			    sizeof(text)) != 1)
			abort();
	double lookup_ns = per_operation(begun, LOOKUPS);
	begun = clock_now_ns(clock_monotonic());
	for (uint32_t i = 0; i < contacts; i++)
		refresh(i, 2);
	printf("contacts=%u add_ns=%.0f refresh_ns=%.0f lookup_ns=%.0f bytes_per_contact=%.0f\n",
		contacts, add_ns, per_operation(begun, contacts), lookup_ns,
		(double)kb * 1024 / contacts);
	registry_free(registry);
}

int main(void)
{
	measure(1000);
	measure(200000);
	return 0;
}
