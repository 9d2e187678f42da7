/* SPDX-License-Identifier: Apache-2.0 */
/* bench_sdp.c — nanoseconds for what a relay does with a description: find, parse, remember,
 * rewrite, compare. */
#include <stdlib.h>

#include <portavoz/sdp.h>

#include "lib/bench.h"

#define ROUNDS 200000

/* A desk phone's offer, and a browser's, which is longer than most. */
static const char phone[] = "v=0\r\n"
			    "o=- 3907412912 3907412912 IN IP4 192.168.1.30\r\n"
			    "s=pjmedia\r\n"
			    "b=AS:84\r\n"
			    "t=0 0\r\n"
			    "a=X-nat:0\r\n"
			    "m=audio 4004 RTP/AVP 8 0 101\r\n"
			    "c=IN IP4 192.168.1.30\r\n"
			    "b=TIAS:64000\r\n"
			    "a=rtcp:4005 IN IP4 192.168.1.30\r\n"
			    "a=sendrecv\r\n"
			    "a=rtpmap:8 PCMA/8000\r\n"
			    "a=rtpmap:0 PCMU/8000\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\n"
			    "a=fmtp:101 0-16\r\n"
			    "a=ssrc:1543210987 cname:4f2a1b3c5d6e7f80\r\n";

static const char browser[] =
	"v=0\r\n"
	"o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n"
	"s=-\r\n"
	"t=0 0\r\n"
	"a=group:BUNDLE 0\r\n"
	"a=msid-semantic: WMS stream\r\n"
	"m=audio 54321 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n"
	"c=IN IP4 192.168.1.40\r\n"
	"a=rtcp:9 IN IP4 0.0.0.0\r\n"
	"a=candidate:1467250027 1 udp 2122260223 192.168.1.40 54321 typ host generation 0\r\n"
	"a=candidate:1467250027 2 udp 2122260222 192.168.1.40 54322 typ host generation 0\r\n"
	"a=candidate:435653019 1 tcp 1518280447 192.168.1.40 9 typ host tcptype active\r\n"
	"a=ice-ufrag:EsAw\r\n"
	"a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
	"a=ice-options:trickle\r\n"
	"a=fingerprint:sha-256 D1:2C:BE:AD:C4:F6:64:5C:25:16:11:9C:AF:E7:0F:73:79:36:4E:9C:1E:15:"
	"54:39:0C:06:8B:ED:96:86:00:39\r\n"
	"a=setup:actpass\r\n"
	"a=mid:0\r\n"
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
	"a=sendrecv\r\n"
	"a=msid:stream track\r\n"
	"a=rtcp-mux\r\n"
	"a=rtpmap:111 opus/48000/2\r\n"
	"a=rtcp-fb:111 transport-cc\r\n"
	"a=fmtp:111 minptime=10;useinbandfec=1\r\n"
	"a=rtpmap:63 red/48000/2\r\n"
	"a=fmtp:63 111/111\r\n"
	"a=rtpmap:9 G722/8000\r\n"
	"a=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:8 PCMA/8000\r\n"
	"a=rtpmap:13 CN/8000\r\n"
	"a=rtpmap:110 telephone-event/48000\r\n"
	"a=rtpmap:126 telephone-event/8000\r\n"
	"a=ssrc:2231627014 cname:H2bXgkNmgXvCDkNy\r\n";

static struct pv_span text;
static struct pv_sdp sdp;
static struct pv_sdp_change change;
static struct pv_sdp_outline outline;
static char out[8192];

static void run_parse(uint64_t count)
{
	while (count--)
		BENCH_KEEP(pv_sdp_parse(&sdp, text.at, text.length));
}

static void run_rewrite(uint64_t count)
{
	while (count--) {
		struct pv_writer w;
		pv_writer_init(&w, out, sizeof(out));
		BENCH_KEEP(pv_sdp_rewrite(&sdp, &change, &w));
		BENCH_KEEP(w.at);
	}
}

static void run_outline(uint64_t count)
{
	while (count--) {
		pv_sdp_outline_of(&sdp, &outline);
		BENCH_KEEP(outline.media_count);
	}
}

static void run_check(uint64_t count)
{
	while (count--)
		BENCH_KEEP(pv_sdp_answer_check(&outline, &sdp));
}

static void run_find(uint64_t count)
{
	static const struct pv_span type = PV_SPAN_INIT("multipart/mixed;boundary=\"one\"");
	static const struct pv_span body = PV_SPAN_INIT(
		"--one\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n"
		"--one\r\nContent-Type: application/resource-lists+xml\r\n\r\n<x/>\r\n--one--\r\n");
	struct pv_span found;
	while (count--)
		BENCH_KEEP(pv_sdp_body_find(type, PV_SPAN(""), body, &found));
}

static void measure(const char *who, struct pv_span description)
{
	static const struct pv_span codecs[] = {PV_SPAN_INIT("opus"), PV_SPAN_INIT("PCMA")};
	text = description;
	if (pv_sdp_parse(&sdp, text.at, text.length) < 0) {
		fprintf(stderr, "%s: cannot be read\n", who);
		exit(EXIT_FAILURE);
	}
	printf("%s: %zu bytes, %u m-lines, %u formats\n", who, text.length, sdp.media_count,
		sdp.media[0].format_count);
	change = (struct pv_sdp_change){0};
	change.media[0].address = pv_sdp_address_of(PV_SPAN("203.0.113.5"), false);
	change.media[0].port = 16384;
	change.media[0].rtcp_port = 16385;
	bench_run("pv_sdp_parse", run_parse, ROUNDS);
	bench_run("pv_sdp_rewrite (address, port, rtcp, ICE)", run_rewrite, ROUNDS);
	change.media[0].codecs = codecs;
	change.media[0].codec_count = 2;
	bench_run("pv_sdp_rewrite (codecs as well)", run_rewrite, ROUNDS);
	bench_run("pv_sdp_outline_of", run_outline, ROUNDS);
	bench_run("pv_sdp_answer_check", run_check, ROUNDS);
}

int main(void)
{
	measure("a phone", (struct pv_span){phone, sizeof(phone) - 1});
	measure("a browser", (struct pv_span){browser, sizeof(browser) - 1});
	bench_run("pv_sdp_body_find (two parts)", run_find, ROUNDS);
	return EXIT_SUCCESS;
}
