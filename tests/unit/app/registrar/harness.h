/* SPDX-License-Identifier: Apache-2.0 */
/* harness.h — a registrar on a worker without a thread and a fake clock; requests as text, answers
 * as text. */
#ifndef TESTS_REGISTRAR_HARNESS_H
#define TESTS_REGISTRAR_HARNESS_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/net_testing.h"

#include "app/registrar/private.h"
#include "net/domain.h"
#include "auth/users.h"

static struct fake_clock fake;
static struct worker_group workers;
static struct net_group *group;
static struct transaction_layer *layer;
static struct registry *registry;
static struct registrar *registrar;
static struct domains *domains;
static struct path from;
static struct registrar_config config;

static const struct pv_span groups[] = {PV_SPAN_INIT("ops")};

static inline struct path path_of(
	const char *host, uint16_t port, enum pv_transport transport, uint64_t flow)
{
	struct path path = {.transport = transport, .flow = flow};
	ck_assert(net_address_parse(pv_span_of(host), port, &path.peer));
	return path;
}

static inline void open_registrar(uint32_t capacity)
{
	struct net_config net = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	struct registry_config registry_config = {
		.capacity = capacity, .max_contacts = 3, .shards = 1};
	struct transaction_config timers = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000, .transactions = 100};
	static const struct pv_span names[] = {
		PV_SPAN_INIT("example.test"), PV_SPAN_INIT("other.test")};
	static const struct net_address listen = {
		.family = NET_IPV4, .ip = {198, 51, 100, 1}, .port = 5060};
	struct siphash_key key = {1, 2};
	fake_clock_init(&fake, 1000000);
	const struct domains_config own = {names, 2, &listen, 1};
	ck_assert_int_eq(domains_new(&own, &domains), 0);
	config = (struct registrar_config){.min_expires_s = 60,
		.max_expires_s = 7200,
		.default_expires_s = 3600,
		.keepalive_ms = 25000,
		.retry_after_s = 10,
		.reserved = groups,
		.reserved_count = 1};
	ck_assert_int_eq(worker_group_init(&workers, 1, &fake.clock), 0);
	ck_assert_int_eq(net_group_open(&group, &net, &workers, NULL), 0);
	ck_assert_int_eq(
		transaction_layer_new(&layer, &workers.workers[0], net_of(group, 0), &timers, &key),
		0);
	ck_assert_int_eq(registry_new(&registry, &registry_config, &fake.clock), 0);
	struct registrar_floors floors = {.worker = &workers.workers[0],
		.net = net_of(group, 0),
		.transactions = layer,
		.registry = registry,
		.domains = domains};
	ck_assert_int_eq(registrar_new(&registrar, &config, &floors), 0);
	from = path_of("192.0.2.7", 5060, PV_TRANSPORT_UDP, 0);
}

static inline void close_registrar(void)
{
	registrar_free(registrar);
	registry_free(registry);
	transaction_layer_free(layer);
	net_group_close(group);
	worker_group_done(&workers);
	domains_free(domains);
}

static char request[65536], answer[65536];

/* The answer to the steps alone, without credentials and transaction. */
static inline const char *answer_to(const char *text)
{
	struct pv_message message;
	struct registration reg;
	int verdict = pv_message_parse(&message, text, strlen(text), true);
	ck_assert_msg(verdict > 0, "%d %s", verdict, text);
	registration_init(&reg, registrar, &message, &from);
	struct verdict found = registration_run(&reg);
	struct pv_span span = registration_answer(&reg, &found);
	memcpy(answer, span.at, span.length);
	answer[span.length] = 0;
	return answer;
}

static unsigned cseq;

/* A REGISTER of alice with these further lines, each ended by CRLF. */
static inline const char *ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *ask(const char *format, ...)
{
	char lines[32768];
	va_list list;
	va_start(list, format);
	vsnprintf(lines, sizeof(lines), format, list);
	va_end(list);
	snprintf(request, sizeof(request),
		"REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP "
		"192.0.2.7:5060;branch=z9hG4bK1\r\n"
		"From: <sip:alice@example.test>;tag=f\r\nTo: <sip:alice@example.test>\r\n"
		"Call-ID: one\r\nCSeq: %u REGISTER\r\n%s\r\n",
		++cseq, lines);
	return answer_to(request);
}

static inline unsigned status_of(const char *text)
{
	return (unsigned)atoi(text + strlen("SIP/2.0 "));
}

#define ASSERT_STATUS(status, text)                                       \
	do {                                                              \
		const char *text_ = (text);                               \
		ck_assert_msg(status_of(text_) == (status), "%s", text_); \
	} while (0)
#define ASSERT_HAS(text, part)   ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text)
#define ASSERT_LACKS(text, part) ck_assert_msg(strstr(text, part) == NULL, "%s in %s", part, text)

static inline unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;
	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

#endif
