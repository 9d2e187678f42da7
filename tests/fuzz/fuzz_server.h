/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_server.h — what the targets share that drive a whole server: choices, and its end. */
#ifndef TESTS_FUZZ_SERVER_H
#define TESTS_FUZZ_SERVER_H

#include "fuzz.h"
#include "lib/fake_server.h"

/* The input, a byte a choice; zeros behind its end. */
struct choices {
	const uint8_t *at, *end;
};

static struct fake_server server;
static struct pv_message message;

static inline unsigned choose(struct choices *c, unsigned count)
{
	return c->at < c->end ? *c->at++ % count : 0;
}

#define CHOOSE(c, list) list[choose(c, ARRAY_LENGTH(list))]

static inline void command(const char *text)
{
	char line[256];
	snprintf(line, sizeof(line), "! %s\n", text);
	scenario_run(&server.scenario, "fuzz", line);
}

static inline struct pv_span header_of(const struct fake_sent *sent, const char *name)
{
	return sent ? scenario_header(sent->bytes, sent->length, name) : (struct pv_span){"", 0};
}

/* names.test has two addresses. */
static inline void begin(
	uint32_t calls, void (*on_sent)(void *context, const struct fake_sent *sent))
{
	const struct path names[] = {fake_path("10.0.0.3:5061"), fake_path("tcp:10.0.0.4:5064")};
	fake_server_init(&server, calls);
	server.scenario.lenient = true;
	fake_net_on_sent(server.scenario.net, on_sent, NULL);
	fake_net_resolve_add(server.scenario.net, "names.test", names, 2);
}

/* Everything comes to its end, and nothing is left. */
static inline void end(void)
{
	fake_server_settle(&server);
	const char *leak = fake_server_leak(&server);
	if (leak)
		fprintf(stderr, "%s are left\n", leak);
	MUST(!leak);
	fake_server_done(&server);
}

#endif
