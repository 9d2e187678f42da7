/* SPDX-License-Identifier: Apache-2.0 */
/* transcoded.c: a running relay thread takes no memory for transcoded calls: stands before the C
 * library's allocator and counts what other threads than main ask for. */
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "malloc/counted.h"
#include "media/command.h"
#include "media/media.h"
#include "rtp/bytes.h"
#include "rtp/packet.h"
#include "runtime/worker.h"

#define PACKETS 50
#define SAMPLES 320

static struct worker_group group;
static struct media *media;
static unsigned ended;

static void on_ended(
	void *context, media_id session, uint64_t owner, const struct media_report *final_report)
{
	ended++;
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(0x7f400000 | ((unsigned)getpid() & 0x3fffff))};
}

struct phone {
	int fd;
	struct sockaddr_in at;
	uint16_t port; /* of the relay */
	struct codec_encoder *encoder;
	uint32_t rate, clock; /* for each ms */
	uint8_t type;
};

static void phone_open(struct phone *phone, enum codec_id codec, enum codec_id other)
{
	static const struct codec_settings plain;
	socklen_t length = sizeof(phone->at);
	uint32_t rate = codec_rate_beside(codec, other);
	phone->at = loopback(0);
	phone->fd = socket(AF_INET, SOCK_DGRAM, 0);
	must(bind(phone->fd, (struct sockaddr *)&phone->at, length) == 0, "bind");
	getsockname(phone->fd, (struct sockaddr *)&phone->at, &length);
	phone->encoder = malloc(codec_encoder_size());
	must(codec_encoder_init(phone->encoder, codec, rate, &plain) == 0, "encoder");
	phone->rate = rate / 1000;
	phone->clock = codec_row(codec)->clock / 1000;
}

static void phone_close(struct phone *phone)
{
	close(phone->fd);
	free(phone->encoder);
}

/* 20 ms of noise; every tenth packet is lost, every tenth is a key. */
static void say(struct phone *phone, unsigned number)
{
	uint8_t bytes[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX] = {0x80, phone->type};
	int16_t samples[SAMPLES];
	struct sockaddr_in to = loopback(phone->port);
	for (unsigned i = 0; i < SAMPLES; i++)
		samples[i] = (int16_t)(random() % 4000 - 2000);
	int length =
		codec_encode(phone->encoder, samples, phone->rate * 20, bytes + RTP_HEADER_SIZE);
	if (number % 10 == 5)
		return;
	if (number % 10 == 7) {
		bytes[1] = 101;
		length = 4;
	}
	bytes_put_u16(bytes + 2, (uint16_t)number);
	bytes_put_u32(bytes + 4, number * 20 * phone->clock);
	bytes[11] = 1;
	sendto(phone->fd, bytes, RTP_HEADER_SIZE + (size_t)length, 0, (struct sockaddr *)&to,
		sizeof(to));
}

static unsigned hear(struct phone *phone)
{
	struct pollfd ready = {.fd = phone->fd, .events = POLLIN};
	unsigned heard = 0;
	char bytes[2048];
	while (poll(&ready, 1, heard ? 0 : 1000) > 0 &&
		recv(phone->fd, bytes, sizeof(bytes), 0) > 0)
		heard++;
	return heard;
}

static struct media_coding coding_of(enum codec_id codec)
{
	uint8_t type = codec_row(codec)->payload_type;
	struct media_types types = {
		.voice = type == CODEC_TYPE_DYNAMIC ? 111 : type, .events = 101};
	return (struct media_coding){.codec = (uint8_t)codec,
		.settings = {.has_fec = true},
		.sends = types,
		.gets = types};
}

/* A whole call. Packets that were heard. */
static unsigned call(enum codec_id a, enum codec_id b)
{
	static const unsigned locals[2] = {0, 0};
	enum codec_id codecs[2] = {a, b};
	struct media_lease lease;
	struct media_description description = {
		.dscp = MEDIA_DSCP_DEFAULT, .watch = MEDIA_WATCH_TALK};
	struct phone phones[2];
	unsigned heard = 0, before = ended;
	must(media_take(media, 0, locals, 0, &lease) == 0, "media_take");
	must(media_reserve_transcoder(media, 0, lease.session) == 0, "media_reserve_transcoder");
	for (unsigned i = 0; i < 2; i++) {
		phone_open(&phones[i], codecs[i], codecs[1 - i]);
		phones[i].port = lease.port[i];
		description.ends[i].coding = coding_of(codecs[i]);
		phones[i].type = description.ends[i].coding.sends.voice;
		description.ends[i].offer = 1;
		media_address_from((struct sockaddr *)&phones[i].at, &description.ends[i].rtp);
	}
	media_set(media, 0, lease.session, &description);
	for (unsigned n = 0; n < PACKETS; n++)
		for (unsigned i = 0; i < 2; i++) {
			say(&phones[i], n);
			if (n % 10 != 5)
				heard += hear(&phones[1 - i]);
		}
	media_drop(media, 0, lease.session);
	while (ended == before) {
		worker_run_once(&group.workers[0]);
		sched_yield();
	}
	phone_close(&phones[0]);
	phone_close(&phones[1]);
	return heard;
}

int main(void)
{
	struct sockaddr_in local = loopback(0);
	struct media_user user = {.ended = on_ended};
	must(worker_group_init(&group, 1, NULL) == 0, "workers");
	struct media_config config = {.workers = &group,
		.local_count = 1,
		.port_first = 26000,
		.port_last = 26999,
		.threads = 1,
		.timeout_ms = 60000,
		.hold_timeout_ms = 60000,
		.dscp = 46,
		.stock = 16};
	media_address_from((struct sockaddr *)&local, &config.locals[0]);
	must(media_new(&media, &config) == 0, "media_new");
	media_set_user(media, 0, &user);
	main_thread = pthread_self();
	must(media_start(media) == 0, "media_start");
	call(CODEC_PCMU, CODEC_PCMA);
	report(atomic_load(&allocations) > 0, "the counter counts: a thread's start allocates",
		atomic_load(&allocations));
	for (unsigned a = CODEC_NONE + 1; a < CODEC_COUNT; a++)
		for (unsigned b = a + 1; b < CODEC_COUNT; b++) {
			char text[64];
			if (!codec_is_joined((enum codec_id)a, (enum codec_id)b))
				continue;
			atomic_store(&allocations, 0);
			unsigned heard = call((enum codec_id)a, (enum codec_id)b);
			snprintf(text, sizeof(text), "%s and %s, packets heard",
				codec_row((enum codec_id)a)->name.at,
				codec_row((enum codec_id)b)->name.at);
			report(heard >= 2 * (PACKETS - PACKETS / 10), text, heard);
			report(atomic_load(&allocations) == 0, "allocations",
				atomic_load(&allocations));
		}
	media_stop(media);
	media_free(media);
	worker_group_done(&group);
	printf("1..%u\n", lines);
	return is_bad;
}
