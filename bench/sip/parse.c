/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c — nanoseconds for indexing, peeking and patching one INVITE, with libosip2's parser
 * beside. */
#include <stdio.h>
#include <time.h>

#include <portavoz/build.h>
#include <portavoz/message.h>

#include "peer.h"
#include "sip/patch.h"
#include "sip/peek.h"

#define ROUNDS  200000
#define REPEATS 5

static const char invite[] =
	"INVITE sip:service@192.0.2.10:5060 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.20:5061;rport;branch=z9hG4bK-524287-1---6f5b1f3a2c4d5e6f\r\n"
	"Max-Forwards: 70\r\n"
	"Contact: <sip:alice@192.0.2.20:5061>\r\n"
	"To: <sip:bob@example.test>\r\n"
	"From: \"Alice\" <sip:alice@example.test>;tag=6c1b8e1f\r\n"
	"Call-ID: 98237ZTk1OWY3YzQ2ZjE2YjA4\r\n"
	"CSeq: 1 INVITE\r\n"
	"Content-Type: application/sdp\r\n"
	"User-Agent: phone 1.0\r\n"
	"Content-Length: 130\r\n"
	"\r\n"
	"v=0\r\n"
	"o=alice 53655765 2353687637 IN IP4 192.0.2.20\r\n"
	"s=-\r\n"
	"c=IN IP4 192.0.2.20\r\n"
	"t=0 0\r\n"
	"m=audio 6000 RTP/AVP 0\r\n"
	"a=rtpmap:0 PCMU/8000\r\n";

static struct pv_message message;
static char out[4096];
static unsigned long sink;

static void run_parse(void)
{
	sink += (unsigned long)pv_message_parse(&message, invite, sizeof(invite) - 1, true);
}

static void run_peek(void)
{
	struct sip_peek peek;
	sip_peek(invite, sizeof(invite) - 1, &peek);
	sink += peek.call_id.length;
}

/* What a proxy does to a request: new URI, Via on top, one hop less, Record-Route, our Route gone.
 */
static void run_patch(void)
{
	struct patch patch;
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	patch_init(&patch, &message);
	patch_replace(&patch, message.request_uri, PV_SPAN("sip:bob@192.0.2.30:5062"));
	patch_insert(&patch, patch_place(&message, PV_HEADER_VIA),
		PV_SPAN("Via: SIP/2.0/UDP "
			"192.0.2.10;branch=z9hG4bKpv00112233445566778899aabbccddeeff\r\n"));
	patch_insert(&patch, patch_place(&message, PV_HEADER_RECORD_ROUTE),
		PV_SPAN("Record-Route: <sip:192.0.2.10;lr>\r\n"));
	patch_replace(
		&patch, message.fields[message.first[PV_HEADER_MAX_FORWARDS]].value, PV_SPAN("69"));
	sink += (unsigned long)patch_write(&patch, &w) + pv_writer_length(&w);
}

static void run_response(void)
{
	struct pv_writer w;
	struct pv_response response = {.status = 180,
		.to_tag = PV_SPAN("abc"),
		.received = PV_SPAN("192.0.2.20"),
		.rport = PV_SPAN("5061")};
	pv_writer_init(&w, out, sizeof(out));
	pv_build_response(&w, &message, &response);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	sink += pv_writer_length(&w);
}

static void run_peer(void)
{
	sink += (unsigned long)peer_parse(invite, sizeof(invite) - 1);
}

/* The best of some repeats: what the machine's other work did not disturb. */
static double measure(void (*run)(void), unsigned rounds)
{
	double best = 1e12;
	for (int repeat = 0; repeat < REPEATS; repeat++) {
		struct timespec from, to;
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (unsigned i = 0; i < rounds; i++)
			run();
		clock_gettime(CLOCK_MONOTONIC, &to);
		double ns = ((double)(to.tv_sec - from.tv_sec) * 1e9 +
				    (double)(to.tv_nsec - from.tv_nsec)) /
			    rounds;
		best = ns < best ? ns : best;
	}
	return best;
}

int main(void)
{
	run_parse();
	if (message.verdict) {
		fprintf(stderr, "the INVITE: %s\n", pv_verdict_row(message.verdict)->name);
		return 1;
	}
	double parse = measure(run_parse, ROUNDS);
	printf("message             %zu bytes, %u header lines\n", sizeof(invite) - 1,
		message.field_count);
	printf("pv_message_parse    %7.0f ns\n", parse);
	printf("sip_peek            %7.0f ns\n", measure(run_peek, ROUNDS));
	printf("patch (proxy's)     %7.0f ns\n", measure(run_patch, ROUNDS));
	printf("pv_build_response   %7.0f ns\n", measure(run_response, ROUNDS));
	if (peer_name() && peer_parse(invite, sizeof(invite) - 1) == 0) {
		double peer = measure(run_peer, ROUNDS / 20);
		printf("%-19s %7.0f ns, %.1f times ours\n", peer_name(), peer, peer / parse);
	}
	return sink == 0;
}
