/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_media_end.c: offers and datagrams from many addresses at one end of a stream: nothing passes
 * that is not the end's, and nothing is ever aimed at a host that was not announced or known. */
#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "media/relay.h"

enum place { PHONE, PHONE_NAT, OTHER_PHONE, SIGNALLING, PRIVATE, STRANGER, STRANGER_2, PLACES };

static const char *const hosts[PLACES] = {"203.0.113.7", "203.0.113.7", "203.0.113.8",
	"198.51.100.20", "192.168.1.5", "192.0.2.66", "192.0.2.67"};

static struct media_address places[PLACES];
static unsigned delivered;

static void make_places(void)
{
	for (unsigned i = 0; i < PLACES; i++) {
		places[i].v4.sin_family = AF_INET;
		places[i].v4.sin_port = htons((uint16_t)(4000 + 2 * i));
		inet_pton(AF_INET, hosts[i], &places[i].v4.sin_addr);
	}
}

static void deliver(struct relay *relay, struct stream_end *from, const struct media_packet *packet)
{
	delivered++;
}

/* The target is nowhere, announced, on a host that is known, or what a blind end has shown. */
static void check_target(const struct latch *latch)
{
	const struct media_address *target = &latch->target;
	if (media_address_is_none(target))
		return;
	if (latch->is_blind) {
		MUST(!media_address_same_host(target, &latch->announced));
		return;
	}
	MUST(media_address_same_host(target, &latch->announced) ||
		media_address_same_host(target, &latch->hosts[0]) ||
		media_address_same_host(target, &latch->hosts[1]) ||
		latch->state == LATCH_REOPENED);
}

static void check_end(const struct stream_end *end)
{
	const struct latch *latches[] = {&end->rtp, &end->rtcp};
	for (unsigned i = 0; i < 2; i++) {
		MUST(latches[i]->state < LATCH_STATE_COUNT);
		MUST(latch_is_locked(latches[i]) <= !media_address_is_none(&latches[i]->source));
		check_target(latches[i]);
	}
	MUST(end->rtcp.state != LATCH_LOCKED_STRANGER);
}

static void say(struct stream_end *end, uint8_t what, uint64_t now_ms)
{
	struct media_end description = {.offer = end->offer + (what & 1),
		.rtp = places[what / 2 % PLACES],
		.signalling = places[SIGNALLING],
		.is_blind = what & 0x40,
		.is_mux = what & 0x80,
		.payload_types = {1 | 1 << 8, what & 0x20}};
	end_describe(end, &description, now_ms);
}

static void packet(struct relay *relay, struct stream_end *end, uint8_t what, const uint8_t *bytes,
	uint32_t length, uint64_t now_ns)
{
	struct media_packet datagram = {.bytes = bytes,
		.length = length,
		.from = places[what % PLACES],
		.component = what & 0x80 ? COMPONENT_RTCP : COMPONENT_RTP};
	const struct latch *latch = what & 0x80 ? &end->rtcp : &end->rtp;
	struct latch before = *latch;
	unsigned had = delivered;
	end_receive(relay, end, &datagram, now_ns);
	bool is_passed = delivered > had;
	if (before.state == LATCH_IDLE)
		MUST(!is_passed);
	/* from a lock it goes up or stays, or goes along on its host */
	bool may_go_on = end->hides_ssrc && media_address_same_host(&before.source, &datagram.from);
	if (before.state >= LATCH_LOCKED && latch == &end->rtp)
		MUST(latch->state >= LATCH_LOCKED && (latch->state <= before.state || may_go_on));
	if (before.state >= LATCH_LOCKED && is_passed)
		MUST(media_address_equal(&before.source, &datagram.from) ||
			latch->state < before.state || may_go_on);
}

/* op, argument, then for packets a length and so many bytes */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct relay relay = {.packet_rate = 1000};
	static struct stream_end end, peer;
	struct port_pair pair = {.sockets = {{.fd = -1}, {.fd = -1}}};
	uint64_t now_ns = 5000000000;
	make_places();
	delivered = 0;
	end_init(&end, &pair, 0);
	end.deliver = deliver;
	end.peer = &peer;
	end.hides_ssrc = size & 1;
	for (size_t at = 0; at + 3 <= size;) {
		uint8_t op = data[at], what = data[at + 1];
		uint32_t length = data[at + 2];
		at += 3;
		now_ns += (uint64_t)(op >> 2) * 20000000;
		if (op % 4 == 0) {
			say(&end, what, now_ns / 1000000);
		} else {
			length = length < size - at ? length : (uint32_t)(size - at);
			packet(&relay, &end, what, data + at, length, now_ns);
			at += length;
		}
		check_end(&end);
	}
	end_done(&end);
	return 0;
}
