/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c: a running relay thread takes no memory for groups: members of all codecs come, press,
 * talk one by one and all at once, and go. */
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/metrics.h"
#include "malloc/counted.h"
#include "media/group_command.h"
#include "media/media.h"
#include "rtp/bytes.h"
#include "rtp/packet.h"
#include "runtime/worker.h"

#define FRAMES  25
#define MEMBERS 4
#define SAMPLES 320

static struct worker_group group;
static struct media *media;
static unsigned ended;

static void on_member_ended(
	void *context, media_id member, uint64_t owner, const struct media_member_report *report)
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
	struct media_member_lease lease;
	struct media_member_description said;
	struct codec_encoder *encoder;
	uint32_t rate, clock; /* for each ms */
	uint16_t number;
};

static void describe(struct phone *phone, enum codec_id codec)
{
	static const uint8_t types[CODEC_COUNT] = {
		[CODEC_PCMU] = 0, [CODEC_PCMA] = 8, [CODEC_G722] = 9, [CODEC_OPUS] = 111};
	struct media_coding *coding = &phone->said.audio.coding;
	coding->codec = (uint8_t)codec;
	coding->sends.voice = coding->gets.voice = types[codec];
	coding->sends.events = 101;
	phone->said.audio.offer = 1;
	phone->said.sends = phone->said.receives = phone->said.may_talk = true;
	phone->said.triggers = MEDIA_TRIGGERS_DEFAULT | 1 << MEDIA_TRIGGER_VOX;
	phone->said.dscp = MEDIA_DSCP_DEFAULT;
}

static void join(struct phone *phone, const struct media_group_lease *lease, enum codec_id codec)
{
	static const struct codec_settings plain;
	struct sockaddr_in at = loopback(0);
	socklen_t length = sizeof(at);
	memset(phone, 0, sizeof(*phone));
	phone->rate = codec == CODEC_OPUS ? 16 : codec_row(codec)->rate / 1000;
	phone->clock = codec_row(codec)->clock / 1000;
	phone->encoder = malloc(codec_encoder_size());
	must(codec_encoder_init(phone->encoder, codec, phone->rate * 1000, &plain) == 0, "encoder");
	phone->fd = socket(AF_INET, SOCK_DGRAM, 0);
	must(bind(phone->fd, (struct sockaddr *)&at, length) == 0, "bind");
	getsockname(phone->fd, (struct sockaddr *)&at, &length);
	media_address_from((struct sockaddr *)&at, &phone->said.audio.rtp);
	describe(phone, codec);
	must(media_join(media, 0, lease, 0, true, 0, &phone->lease) == 0, "join");
	media_member_set(media, 0, phone->lease.member, &phone->said);
}

static void leave(struct phone *phone)
{
	media_member_drop(media, 0, phone->lease.member);
	close(phone->fd);
	free(phone->encoder);
}

/* 20 ms of noise. */
static void say(struct phone *phone)
{
	uint8_t bytes[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX] = {
		0x80, phone->said.audio.coding.sends.voice};
	int16_t samples[SAMPLES];
	struct sockaddr_in to = loopback(phone->lease.port);
	for (unsigned i = 0; i < SAMPLES; i++)
		samples[i] = (int16_t)(random() % 8000 - 4000);
	int length =
		codec_encode(phone->encoder, samples, phone->rate * 20, bytes + RTP_HEADER_SIZE);
	bytes_put_u16(bytes + 2, ++phone->number);
	bytes_put_u32(bytes + 4, phone->number * 20 * phone->clock);
	bytes[11] = 1;
	sendto(phone->fd, bytes, RTP_HEADER_SIZE + (size_t)length, 0, (struct sockaddr *)&to,
		sizeof(to));
}

/* Waits for the next packet, which comes each 20 ms, and takes what else is there. */
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

static void press(struct phone *phone, enum media_button button)
{
	struct media_press one = {
		.button = (uint8_t)button, .trigger = MEDIA_TRIGGER_MESSAGE, .number = 1};
	media_member_press(media, 0, phone->lease.member, &one);
}

/* Those from `first` to `last` talk, all hear. */
static unsigned talk(struct phone *phones, unsigned count, unsigned first, unsigned last)
{
	unsigned heard = 0;
	for (unsigned n = 0; n < FRAMES; n++) {
		for (unsigned i = first; i <= last; i++)
			say(&phones[i]);
		for (unsigned i = 0; i < count; i++)
			heard += hear(&phones[i]);
		worker_run_once(&group.workers[0]);
	}
	return heard;
}

static void meet(enum media_floor floor)
{
	static const enum codec_id codecs[MEMBERS] = {
		CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS};
	struct media_group_settings settings = {
		.floor = (uint8_t)floor, .talkers = 3, .queue = 8, .has_tones = true};
	struct media_group_lease lease;
	struct phone phones[MEMBERS];
	unsigned count = 0, heard = 0;
	must(media_group_open(media, 0, &settings, 0, &lease) == 0, "group");
	for (unsigned i = 0; i < MEMBERS; i++)
		if (codec_is_built(codecs[i]))
			join(&phones[count++], &lease, codecs[i]);
	for (unsigned i = 0; i < count; i++) {
		press(&phones[i], MEDIA_BUTTON_REQUEST);
		/* the last one has to wait, and hears that over what the others say */
		heard += talk(phones, count, i + 1 < count ? i : 0, i);
	}
	heard += talk(phones, count, 0, count - 1);
	report(heard > 4 * FRAMES, "packets heard", heard);
	unsigned before = ended;
	for (unsigned i = 0; i < count; i++)
		leave(&phones[i]);
	media_group_close(media, 0, lease.group);
	while (ended < before + count) {
		worker_run_once(&group.workers[0]);
		sched_yield();
	}
}

int main(int words, char **word)
{
	struct sockaddr_in local = loopback(0);
	struct media_group_user user = {.member_ended = on_member_ended};
	main_thread = pthread_self();
	must(worker_group_init(&group, 1, NULL) == 0, "worker");
	struct media_config config = {.workers = &group,
		.local_count = 1,
		.port_first = 29000,
		.port_last = 29199,
		/* with an argument so many legs of a group are on its own thread, and others not */
		.threads = words > 1 ? 2 : 1,
		.group_budget = words > 1 ? (uint32_t)atoi(word[1]) : 0,
		.timeout_ms = 60000,
		.hold_timeout_ms = 60000,
		.stock = 32};
	media_address_from((struct sockaddr *)&local, &config.locals[0]);
	must(media_new(&media, &config) == 0, "media");
	media_set_group_user(media, 0, &user);
	must(media_start(media) == 0, "start");
	meet(MEDIA_FLOOR_PTT); /* what is made once per thread */
	uint64_t before = atomic_load(&allocations);
	meet(MEDIA_FLOOR_PTT);
	meet(MEDIA_FLOOR_OPEN);
	uint64_t more = atomic_load(&allocations) - before;
	report(more == 0, "allocations of the relay thread", more);
	must((metrics_sum(METRIC_group_passed) > 0) == (words > 1), "spread");
	media_stop(media);
	media_free(media);
	worker_group_done(&group);
	printf("1..%u\n", lines);
	return is_bad;
}
