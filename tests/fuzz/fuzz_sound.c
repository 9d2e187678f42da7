/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_sound.c: RTP packets of any bytes, each through all that a group looks at: extensions,
 * levels, keys, the stream that listeners hear, the jitter buffer of a mix. */
#include "fuzz.h"
#include "rtp/extension.h"
#include "sound/activity.h"
#include "sound/ed137.h"
#include "sound/jitter.h"
#include "sound/keys.h"
#include "sound/level.h"
#include "sound/opus_packet.h"
#include "sound/prebuffer.h"
#include "sound/splice.h"

#define MS UINT64_C(1000000)

static struct stage {
	enum codec_id codec;
	struct codec_decoder *decoder;
	struct jitter jitter;
	struct keys keys;
	struct splice_source source;
	struct splice listener;
	struct activity activity;
	struct prebuffer prebuffer;
	_Alignas(8) uint8_t memory[512];
	uint64_t now_ns;
	bool is_down;
} stage;

static void extensions(const struct rtp_packet *packet)
{
	struct ed137 ed137;
	struct level level;
	const uint8_t *data;
	size_t length;
	for (unsigned id = 0; id < 256; id++)
		if (rtp_extension_find(packet, (uint8_t)id, &data, &length))
			MUST(data >= packet->extension && id &&
				(size_t)(data - packet->extension) + length <=
					packet->extension_length);
	if (ed137_read(packet, &ed137))
		MUST(ed137.ptt <= ED137_PTT_TEST && ed137.id < 64);
	if (level_extension(packet, 1, &level))
		MUST(level.level <= LEVEL_SILENCE);
}

static void voice(const struct rtp_packet *packet)
{
	struct level level = level_of_packet(packet, stage.codec, 1);
	MUST(level.level <= LEVEL_SILENCE);
	bool was_told = stage.activity.state == ACTIVITY_SPEAKING ||
			stage.activity.state == ACTIVITY_HANGING;
	enum activity_fact fact = activity_packet(&stage.activity, &level, 20, stage.now_ns);
	MUST(fact != ACTIVITY_BEGAN || !was_told);
	MUST(fact != ACTIVITY_ENDED || was_told);
	MUST(opus_packet_ticks(packet->payload, packet->payload_length) <= 5760);
}

/* Presses and ends take turns, whatever comes. */
static void take_facts(const struct key_fact *facts, unsigned count)
{
	MUST(count <= KEYS_FACTS_MAX);
	for (unsigned i = 0; i < count; i++) {
		MUST(stage.is_down == (facts[i].what != KEY_PRESS));
		stage.is_down = facts[i].what != KEY_LET_GO;
	}
	MUST(stage.is_down == stage.keys.is_down);
}

static void press(const struct rtp_packet *packet)
{
	struct key_fact facts[KEYS_FACTS_MAX];
	take_facts(facts, keys_tick(&stage.keys, stage.now_ns, facts));
	take_facts(facts, keys_event(&stage.keys, packet, stage.now_ns, facts));
}

static void listen(const struct rtp_packet *packet)
{
	struct splice_packet spliced;
	uint8_t header[RTP_HEADER_SIZE];
	if (packet->payload_type == 101) {
		splice_source_skip(&stage.source, packet, stage.now_ns);
		return;
	}
	if (splice_source_packet(&stage.source, packet, stage.now_ns, &spliced) != SPLICE_NEW)
		return;
	uint32_t sent = stage.listener.packets;
	bool came = splice_forward(&stage.listener, &spliced, stage.now_ns, header);
	MUST(stage.listener.packets == sent + came);
	MUST(!came || header[0] == 0x80);
}

static void mix(const struct rtp_packet *packet, bool pulls)
{
	int16_t samples[CODEC_RATE_MAX / 50];
	jitter_put(&stage.jitter, packet, stage.now_ns);
	if (pulls)
		jitter_pull(&stage.jitter, stage.now_ns, samples);
	MUST(stage.jitter.fill <= CODEC_SAMPLES_MAX);
}

static void keep(const uint8_t *data, size_t length, bool takes)
{
	const uint8_t *kept;
	size_t found;
	uint64_t came_ns;
	prebuffer_put(&stage.prebuffer, data, length, stage.now_ns);
	MUST(stage.prebuffer.tail <= stage.prebuffer.size);
	if (takes && prebuffer_take(&stage.prebuffer, stage.now_ns, &kept, &found, &came_ns)) {
		MUST(kept >= stage.memory && kept + found <= stage.memory + sizeof(stage.memory));
		MUST(came_ns <= stage.now_ns);
	}
}

/* Codec; then op, length and so many bytes, again and again. */
static void begin(uint8_t what)
{
	struct activity_settings settings = {ACTIVITY_LEVEL_VOX, 800, what & 0x40 ? 300 : 0};
	struct codec_decoder *decoder = stage.decoder;
	if (!decoder)
		decoder = malloc(codec_decoder_size());
	stage = (struct stage){.decoder = decoder, .now_ns = 1000 * MS};
	stage.codec = (enum codec_id)(1 + what % (CODEC_COUNT - 1));
	uint32_t rate = stage.codec == CODEC_G722 || what & 0x80 ? 16000 : 8000;
	if (codec_decoder_init(decoder, stage.codec, rate) < 0) {
		stage.codec = CODEC_PCMU;
		rate = 8000;
		MUST(codec_decoder_init(decoder, stage.codec, rate) == 0);
	}
	jitter_begin(&stage.jitter, decoder, stage.codec, rate);
	keys_begin(&stage.keys, 8000);
	splice_source_begin(&stage.source, codec_row(stage.codec)->clock);
	splice_set(&stage.listener, codec_row(stage.codec)->clock, 0, stage.now_ns);
	activity_begin(&stage.activity, &settings);
	prebuffer_begin(&stage.prebuffer, stage.memory, sizeof(stage.memory));
}

static void step(uint8_t op, const uint8_t *data, size_t length)
{
	struct rtp_packet packet;
	stage.now_ns += (op & 0x3f) * 10 * MS;
	keep(data, length, op & 0x80);
	if (rtp_packet_parse(data, length, &packet) < 0)
		return;
	extensions(&packet);
	press(&packet);
	voice(&packet);
	listen(&packet);
	mix(&packet, op & 0x40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	begin(data[0]);
	for (size_t at = 1; at + 2 <= size;) {
		uint8_t op = data[at];
		size_t length = data[at + 1];
		at += 2;
		length = length < size - at ? length : size - at;
		step(op, data + at, length);
		at += length;
	}
	return 0;
}
