/* SPDX-License-Identifier: Apache-2.0 */
/* tape.c: a file that is sound: payloads and silence go in, Ogg Opus or WAV comes out. */
#include "record/tape.h"

#include <errno.h>
#include <unistd.h>

#include "base/macros.h"

/* Of a gap so much is made up from what was heard before; the rest is silence. */
#define CONCEAL_MS 60
/* libopus looks ahead 2.5 ms, and 4 ms more for voice: at 48 kHz. */
#define ENCODER_SKIP 312

static size_t round_up(size_t size)
{
	return ROUND_UP(size, 16);
}

size_t tape_size(void)
{
	return round_up(sizeof(struct tape)) + round_up(codec_decoder_size()) +
	       round_up(codec_encoder_size());
}

bool tape_is_wav(enum record_format format)
{
	return format == RECORD_WAV || !codec_is_built(CODEC_OPUS);
}

/* ---- bytes ---- */

static int write_all(int file, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(file, bytes, length);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EIO;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

static int put_bytes(void *context, const void *bytes, size_t length)
{
	struct tape *tape = context;
	if (!tape->error)
		tape->error = write_all(tape->file, bytes, length);
	return tape->error;
}

static int flush(struct tape *tape)
{
	uint32_t length = tape->buffered;
	tape->buffered = 0;
	return put_bytes(tape, tape->buffer, length);
}

static void put_samples(struct tape *tape, const int16_t *samples, size_t count)
{
	while (count > 0) {
		size_t some = MIN(count, (TAPE_BUFFER - tape->buffered) / 2);
		wav_samples(samples, some, tape->buffer + tape->buffered);
		tape->buffered += (uint32_t)some * 2;
		tape->samples += some;
		samples += some;
		count -= some;
		if (tape->buffered == TAPE_BUFFER)
			flush(tape);
	}
}

/* ---- sound ---- */

/* Those are samples of the tape's rate. */
static void code_frame(struct tape *tape, const int16_t *samples, size_t count)
{
	uint8_t packet[CODEC_FRAME_BYTES_MAX];
	int length = codec_encode(tape->encoder, samples, count, packet);
	if (length > 0)
		ogg_packet(&tape->ogg, packet, (size_t)length);
}

static void put_sound(struct tape *tape, size_t count)
{
	size_t frame = tape->rate / 1000 * TAPE_FRAME_MS, done = 0;
	tape->fill += (uint32_t)count;
	tape->sound_ms10 += count * 10000 / tape->rate;
	if (tape->is_wav) {
		put_samples(tape, tape->waiting, tape->fill);
		tape->fill = 0;
		return;
	}
	for (; tape->fill - done >= frame; done += frame)
		code_frame(tape, tape->waiting + done, frame);
	tape->fill -= (uint32_t)done;
	memmove(tape->waiting, tape->waiting + done, tape->fill * sizeof(tape->waiting[0]));
}

/* What waits for a whole frame gets silence behind it. */
static void fill_up(struct tape *tape)
{
	if (tape->fill == 0 || tape->is_wav)
		return;
	size_t rest = tape->rate / 1000 * TAPE_FRAME_MS - tape->fill;
	memset(tape->waiting + tape->fill, 0, rest * sizeof(tape->waiting[0]));
	put_sound(tape, rest);
}

static int begin_codec(struct tape *tape, uint8_t codec)
{
	static const struct codec_settings settings = {0};
	if (codec == CODEC_NONE || codec >= CODEC_COUNT || !codec_is_built((enum codec_id)codec))
		return -ENOTSUP;
	bool is_passed = codec == CODEC_OPUS && !tape->is_wav;
	uint32_t rate = codec_rate_beside((enum codec_id)codec, (enum codec_id)codec);
	if (tape->is_wav && tape->rate && tape->rate != rate) {
		if (codec != CODEC_OPUS)
			return -ENOTSUP;
		rate = tape->rate;
	}
	fill_up(tape);
	int error = is_passed ? 0 : codec_decoder_init(tape->decoder, (enum codec_id)codec, rate);
	if (!error && !is_passed && !tape->is_wav)
		error = codec_encoder_init(tape->encoder, CODEC_OPUS, rate, &settings);
	if (error)
		return -ENOTSUP;
	tape->codec = codec;
	tape->is_passed = is_passed;
	tape->rate = rate;
	return 0;
}

static int begin_file(struct tape *tape, uint32_t serial, struct pv_span title)
{
	uint8_t header[WAV_HEADER_SIZE];
	if (!tape->is_wav)
		return ogg_begin(&tape->ogg, serial, tape->rate, tape->is_passed ? 0 : ENCODER_SKIP,
			title, put_bytes, tape);
	wav_header(tape->rate, WAV_UNKNOWN, header);
	return put_bytes(tape, header, sizeof(header));
}

int tape_begin(struct tape *tape, int file, bool is_wav, uint8_t codec, uint32_t serial,
	struct pv_span title)
{
	char *behind = (char *)tape + round_up(sizeof(*tape));
	tape->file = file;
	tape->is_wav = is_wav;
	tape->error = 0;
	tape->codec = CODEC_NONE;
	tape->rate = 0;
	tape->samples = tape->sound_ms10 = 0;
	tape->fill = tape->buffered = 0;
	tape->decoder = (struct codec_decoder *)behind;
	tape->encoder = (struct codec_encoder *)(behind + round_up(codec_decoder_size()));
	int error = begin_codec(tape, codec);
	return error ? error : begin_file(tape, serial, title);
}

int tape_payload(struct tape *tape, uint8_t codec, const void *payload, size_t length)
{
	int error = codec == tape->codec ? 0 : begin_codec(tape, codec);
	if (error)
		return error;
	if (tape->is_passed) {
		uint64_t before = tape->ogg.granule;
		error = ogg_packet(&tape->ogg, payload, length);
		tape->sound_ms10 += (tape->ogg.granule - before) * 10 / 48;
		return tape->error ? tape->error : error;
	}
	int count = codec_decode(tape->decoder, payload, length, tape->waiting + tape->fill);
	if (count < 0)
		return count;
	put_sound(tape, (size_t)count);
	return tape->error;
}

static void put_silence(struct tape *tape, uint32_t ms)
{
	while (ms > 0) {
		uint32_t some = MIN(ms, TAPE_FRAME_MS);
		size_t count = tape->rate / 1000 * some;
		memset(tape->waiting + tape->fill, 0, count * sizeof(tape->waiting[0]));
		put_sound(tape, count);
		ms -= some;
	}
}

int tape_gap(struct tape *tape, uint32_t ms)
{
	if (tape->is_passed) {
		ogg_gap(&tape->ogg, ms);
		tape->sound_ms10 += (uint64_t)ms * 10;
		return tape->error;
	}
	uint32_t guessed = MIN(ms, CONCEAL_MS);
	int count = codec_conceal(
		tape->decoder, NULL, 0, tape->rate / 1000 * guessed, tape->waiting + tape->fill);
	put_sound(tape, (size_t)MAX(count, 0));
	put_silence(tape, ms - (uint32_t)MAX(count, 0) / (tape->rate / 1000));
	return tape->error;
}

static void end_wav(struct tape *tape)
{
	uint8_t header[WAV_HEADER_SIZE];
	flush(tape);
	wav_header(tape->rate, (uint32_t)MIN(tape->samples, (WAV_UNKNOWN - 100) / 2), header);
	ssize_t wrote = tape->error ? (ssize_t)sizeof(header)
				    : pwrite(tape->file, header, sizeof(header), 0);
	if (wrote != sizeof(header))
		tape->error = wrote < 0 ? -errno : -EIO;
}

int tape_end(struct tape *tape)
{
	fill_up(tape);
	if (tape->is_wav)
		end_wav(tape);
	else
		ogg_end(&tape->ogg);
	return tape->error;
}
