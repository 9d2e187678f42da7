/* SPDX-License-Identifier: Apache-2.0 */
/* bench_route_token.c: what the token of a Record-Route costs. Many dialogs in turn, as a server
 * sees them: one alone would be learnt by heart. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/bench.h"
#include "proxy/route_token.h"

#define DIALOGS 4096u

static const struct siphash_key key = {1, 2};
static struct {
	char call_id[48], caller[48], tags[2][24];
	char text[ROUTE_TOKEN_MAX];
	struct pv_span token;
	struct route_dialog dialog;
	uint64_t hash;
} dialogs[DIALOGS];

static void write_one(unsigned i)
{
	const struct route_token token = {
		.holder = ROUTE_CALLER, .minute = i, .callee = {.hop = (uint32_t)i * 2654435761u}};
	struct route_proof proof;
	struct pv_writer w;
	pv_writer_init(&w, dialogs[i].text, sizeof(dialogs[i].text));
	route_proof_init(&proof, &key, dialogs[i].hash, dialogs[i].dialog.callee.tag);
	route_token_write(&proof, &token, &w);
	dialogs[i].token = pv_writer_span(&w);
}

static void make(unsigned i)
{
	snprintf(dialogs[i].call_id, sizeof(dialogs[i].call_id), "%u-12345@127.0.0.1", i);
	snprintf(dialogs[i].caller, sizeof(dialogs[i].caller), "sip:user%06u@bench.local", i);
	for (unsigned side = 0; side < 2; side++)
		snprintf(dialogs[i].tags[side], sizeof(dialogs[i].tags[side]), "%u-%u", side, i);
	dialogs[i].dialog = (struct route_dialog){
		.call_id = pv_span_of(dialogs[i].call_id),
		.caller = {pv_span_of(dialogs[i].caller), pv_span_of(dialogs[i].tags[0])},
		.callee = {PV_SPAN("sip:user000001@bench.local"), pv_span_of(dialogs[i].tags[1])},
	};
	dialogs[i].hash = route_dialog_hash(&key, &dialogs[i].dialog);
	write_one(i);
}

static void hash(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		BENCH_KEEP(route_dialog_hash(&key, &dialogs[i % DIALOGS].dialog));
}

static void write(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		write_one((unsigned)(i % DIALOGS));
}

static void read(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct route_proof proof;
		struct route_token token;
		unsigned at = (unsigned)(i % DIALOGS);
		route_proof_init(&proof, &key, dialogs[at].hash, dialogs[at].dialog.callee.tag);
		if (!route_token_read(&proof, dialogs[at].token, &token))
			abort();
	}
}

int main(void)
{
	for (unsigned i = 0; i < DIALOGS; i++)
		make(i);
	bench_run("the dialog of a message", hash, 1000000);
	bench_run("a token written", write, 1000000);
	bench_run("a token read", read, 1000000);
	return 0;
}
