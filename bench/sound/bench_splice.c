/* SPDX-License-Identifier: Apache-2.0 */
/* bench_splice.c: what a listener's header costs, and a talker's packet before all of them. */
#include "lib/bench.h"
#include "sound/splice.h"

#define LISTENERS 500

static struct splice_source source;
static struct splice listeners[LISTENERS];
static struct rtp_packet packet = {.ssrc = 1, .payload_length = 160};
static uint64_t now_ns;

static void next_packet(struct splice_packet *ret)
{
	packet.sequence++;
	packet.timestamp += 160;
	now_ns += 20000000;
	splice_source_packet(&source, &packet, now_ns, ret);
}

static void run_source(uint64_t count)
{
	struct splice_packet spliced;
	for (uint64_t i = 0; i < count; i++) {
		next_packet(&spliced);
		BENCH_KEEP(&spliced);
	}
}

static void run_listeners(uint64_t count)
{
	uint8_t header[RTP_HEADER_SIZE];
	struct splice_packet spliced;
	for (uint64_t done = 0; done < count; done += LISTENERS) {
		next_packet(&spliced);
		for (unsigned i = 0; i < LISTENERS; i++) {
			splice_forward(&listeners[i], &spliced, now_ns, header);
			BENCH_KEEP(header);
		}
	}
}

static void run_own(uint64_t count)
{
	uint8_t header[RTP_HEADER_SIZE];
	for (uint64_t done = 0; done < count; done += LISTENERS) {
		now_ns += 20000000;
		for (unsigned i = 0; i < LISTENERS; i++) {
			splice_own(&listeners[i], 0, 20, 160, false, now_ns, header);
			BENCH_KEEP(header);
		}
	}
}

int main(void)
{
	splice_source_begin(&source, 8000);
	for (unsigned i = 0; i < LISTENERS; i++)
		splice_set(&listeners[i], 8000, 0, now_ns);
	bench_run("a talker's packet placed", run_source, 1000000);
	bench_run("a listener's header, 500 listeners", run_listeners, 1000000);
	bench_run("a header of silence, 500 listeners", run_own, 1000000);
	return 0;
}
