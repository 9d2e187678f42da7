/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_group.c: datagrams, presses, changes and time at the members of a group: never more are
 * heard than may be, and nothing is left of a group that was closed. */
#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "media/channel.h"
#include "media/member.h"
#include "media/mixer.h"
#include "media/relay.h"
#include "media/voice_key.h"

#define LEGS 4

static struct fake_clock clock_here;
static struct worker_group workers;
static struct media_worker worker;
static struct relay relay;
static struct media media = {.relays = &relay,
	.relay_count = 1,
	.workers = &worker,
	.worker_count = 1,
	.local_count = 1,
	.timeout_ms = 30000,
	.hold_timeout_ms = 30000};
static struct tones tones;

/* A relay thread without sockets: what it sends goes nowhere. */
static void make_relay(void)
{
	static _Alignas(16) char encoder[1 << 17];
	struct media_config config = {0};
	fake_clock_init(&clock_here, 1000);
	MUST(codec_encoder_size() <= sizeof(encoder));
	MUST(tones_make(&tones, (struct codec_encoder *)encoder) == 0);
	MUST(worker_group_init(&workers, 1, &clock_here.clock) == 0);
	media.tones = &tones;
	worker.media = &media;
	worker.worker = &workers.workers[0];
	MUST(lease_pool_init(&worker.leases, 0, 64) == 0);
	relay.media = &media;
	relay.clock = &clock_here.clock;
	relay.packet_rate = 1000;
	relay.cannot_muffle = true;
	MUST(slab_init(&relay.stock.pairs, "pairs", sizeof(struct port_pair), 64) == 0);
	MUST(slab_init_aligned(&relay.members, "members", sizeof(struct member), 64, CACHE_LINE) ==
		0);
	MUST(slab_init_aligned(
		     &relay.channels, "channels", sizeof(struct channel), 64, CACHE_LINE) == 0);
	MUST(mixers_init(&relay.mixers, 4) == 0);
	MUST(voice_keys_init(&relay.voice_keys, 64) == 0);
	MUST(groups_init(&relay.groups, &config) == 0);
	MUST(news_init(&relay.news, &media) == 0);
	lane_init(&relay.stock.quarantine, 1);
	relay_read_clock(&relay);
}

struct leg {
	struct lease *lease;
	struct port_pair *pairs[2];
	struct media_member_description said;
};

static struct lease *take(enum lease_kind kind)
{
	struct lease *lease = lease_take(&worker.leases, kind);
	MUST(lease);
	lease->relay = &relay;
	lease->worker = &worker;
	/* its task must not be posted: who is told is not here */
	atomic_store(&lease->told, 1);
	return lease;
}

static void hear(struct lease *lease)
{
	switch (lease->kind) {
	case LEASE_GROUP:
		group_hear(&relay, lease);
		break;
	case LEASE_MEMBER:
	case LEASE_LEG:
		member_hear(&relay, lease);
		break;
	case LEASE_SESSION:
		break;
	}
}

static void say(struct lease *lease, const void *description)
{
	lease_say(lease, description);
	hear(lease);
}

static void speak(struct leg *leg, unsigned codec)
{
	static const uint8_t types[CODEC_COUNT] = {0, 0, 8, 9, 111};
	leg->said.audio.coding = (struct media_coding){.codec = (uint8_t)codec,
		.sends = {.voice = types[codec], .events = 101},
		.gets = {.voice = types[codec], .noise = 13}};
}

static void join(struct leg *leg, media_id group, uint8_t what)
{
	uint8_t codec = (uint8_t)(1 + what % (CODEC_COUNT - 1));
	memset(leg, 0, sizeof(*leg));
	leg->lease = take(LEASE_MEMBER);
	leg->lease->group = group;
	leg->lease->pair_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		leg->pairs[i] = slab_take(&relay.stock.pairs);
		MUST(leg->pairs[i]);
		*leg->pairs[i] = (struct port_pair){.sockets = {{.fd = -1}, {.fd = -1}}};
		leg->lease->pairs[i] = slab_index(&relay.stock.pairs, leg->pairs[i]);
	}
	leg->said.audio.rtp.v4 = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(4000),
		.sin_addr.s_addr = htonl(0x7f000002)};
	leg->said.audio.offer = 1;
	speak(leg, codec);
	leg->said.floor.rtp = leg->said.audio.rtp;
	leg->said.floor.offer = what & 0x80;
	leg->said.sends = leg->said.receives = leg->said.may_talk = true;
	leg->said.triggers = (uint16_t)(what & 0x40 ? 0x1ff : MEDIA_TRIGGERS_DEFAULT);
	leg->said.is_radio = what & 0x20;
	leg->said.level_extension = what & 0x10 ? 1 : 0;
	leg->said.dscp = 46;
	say(leg->lease, &leg->said);
}

static void packet(struct leg *leg, uint8_t what, const uint8_t *bytes, uint32_t length)
{
	static uint8_t room[MEDIA_PACKET_MAX];
	const struct media_socket *socket = &leg->pairs[what & 1]->sockets[what >> 1 & 1];
	struct media_packet datagram = {.bytes = room,
		.length = length,
		.from = leg->said.audio.rtp,
		.component = (enum component)(what >> 1 & 1)};
	memcpy(room, bytes, length);
	if (socket->end)
		end_receive(&relay, socket->end, &datagram, relay.now_ns);
}

static void press(struct leg *leg, uint8_t what, uint8_t more)
{
	struct media_press one = {.button = what % MEDIA_BUTTON_COUNT,
		.trigger = more % MEDIA_TRIGGER_COUNT,
		.priority = more,
		.key = what & 0x80 ? '*' : '#',
		.number = more};
	lease_press(leg->lease, &one);
	hear(leg->lease);
}

static void change(struct leg *leg, uint8_t what)
{
	leg->said.is_muted = what & 1;
	leg->said.receives = !(what & 2);
	leg->said.sends = !(what & 4);
	leg->said.may_talk = !(what & 8);
	leg->said.triggers ^= (uint16_t)(what & 0x10 ? 1 << MEDIA_TRIGGER_VOX : 0);
	if (what & 0x20)
		leg->said.audio.offer++;
	if (what & 0x40) /* floor packets are given up, or taken up again */
		leg->said.floor.offer = leg->said.floor.offer ? 0 : leg->said.audio.offer;
	if (what & 0x80)
		speak(leg, leg->said.audio.coding.codec % (CODEC_COUNT - 1) + 1);
	say(leg->lease, &leg->said);
}

static void reload(struct lease *lease, struct media_group_settings *settings, uint8_t what)
{
	settings->floor = what & 1;
	settings->talkers = (what >> 1) % 4;
	settings->is_broadcast = what & 8;
	settings->queue = what >> 4 & 3;
	settings->vox_hang_ms = what & 64 ? 100 : 0;
	say(lease, settings);
}

static void leave(struct leg *leg)
{
	say(leg->lease, NULL);
	for (unsigned i = 0; i < 2; i++) {
		lane_cancel(&leg->pairs[i]->quarantine);
		slab_give(&relay.stock.pairs, leg->pairs[i]);
	}
	lease_give(&worker.leases, leg->lease);
}

static void pass(uint8_t frames)
{
	for (unsigned i = 0; i < frames; i++) {
		fake_clock_advance(&clock_here, 20);
		relay_read_clock(&relay);
		groups_run(&relay);
	}
}

static void check(const struct lease *lease, const struct media_group_settings *settings)
{
	const struct group *group = lease->object;
	unsigned most = settings->talkers ? settings->talkers : 1;
	MUST(group->speaker_count <= most);
	for (unsigned i = 0; i < group->speaker_count; i++)
		MUST(group->speakers[i]->is_speaking && group->speakers[i]->group == group);
	MUST(group->member_count == LEGS);
}

/* Two bytes of settings, one for each leg; then op, argument, and for packets a length and so many
 * bytes. Bit 3 of the op makes a reload of what is time else. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_made;
	struct leg legs[LEGS];
	if (!is_made)
		make_relay();
	is_made = true;
	if (size < 2 + LEGS)
		return 0;
	struct media_group_settings settings = {.floor = data[0] & 1,
		.talkers = (data[0] >> 1) % 4,
		.preempt = (data[0] >> 3) % 3,
		.keepalive = (data[0] >> 5) % 3,
		.queue = data[1] & 3,
		.has_tones = data[1] & 4,
		.has_refuse_tone = data[1] & 32,
		.is_broadcast = data[1] & 8,
		.hang_ms = data[1] & 16 ? 200 : 0};
	struct lease *lease = take(LEASE_GROUP);
	say(lease, &settings);
	for (unsigned i = 0; i < LEGS; i++)
		join(&legs[i], lease->id, data[2 + i]);
	for (size_t at = 2 + LEGS; at + 3 <= size;) {
		struct leg *leg = &legs[data[at] >> 4 & 3];
		uint8_t op = data[at] & 7, what = data[at + 1];
		uint32_t length = data[at + 2];
		at += 3;
		if (op == 0)
			press(leg, what, (uint8_t)length);
		else if (op == 1)
			change(leg, what);
		else if (op == 2 && data[at - 3] & 8)
			reload(lease, &settings, what);
		else if (op == 2)
			pass(what % 64);
		if (op > 2) {
			length = length < size - at ? length : (uint32_t)(size - at);
			packet(leg, what, data + at, length);
			at += length;
		}
		groups_run(&relay);
		check(lease, &settings);
	}
	for (unsigned i = 0; i < LEGS; i++)
		leave(&legs[i]);
	MUST(((struct group *)lease->object)->speaker_count == 0);
	say(lease, NULL);
	lease_give(&worker.leases, lease);
	MUST(relay.members.used == 0 && relay.channels.used == 0 && relay.voice_keys.used == 0 &&
		relay.mixers.used == 0 && relay.groups.slab.used == 0);
	return 0;
}
