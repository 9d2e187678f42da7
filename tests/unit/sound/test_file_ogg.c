/* SPDX-License-Identifier: Apache-2.0 */
/* test_file_ogg.c: Ogg Opus files, read again by a reader of this test's own, and by opusdec where
 * that is installed. */
#include "sound/file_ogg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "codec/codec.h"
#include "lib/testing.h"
#include "lib/tone.h"

static struct ogg ogg;
static struct file {
	uint8_t bytes[1 << 20];
	size_t length;
	unsigned pages;
	int error; /* that writing ends with */
} file;

static int take(void *context, const void *bytes, size_t length)
{
	struct file *to = context;
	ck_assert_uint_le(to->length + length, sizeof(to->bytes));
	memcpy(to->bytes + to->length, bytes, length);
	to->length += length;
	to->pages++;
	return to->error;
}

static void begin(struct pv_span title)
{
	file.length = file.pages = 0;
	file.error = 0;
	ck_assert_int_eq(ogg_begin(&ogg, 0xabcdef01, 16000, 312, title, take, &file), 0);
}

static uint64_t number(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;
	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* The CRC bit by bit, over the page with that field zero. */
static uint32_t crc_of(const uint8_t *page, size_t length)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < length; i++) {
		sum ^= (uint32_t)(i >= 22 && i < 26 ? 0 : page[i]) << 24;
		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum << 1 ^ (sum >> 31 ? 0x04c11db7 : 0);
	}
	return sum;
}

/* What is in a file. Packets do not cross pages here. */
struct contents {
	unsigned pages, packets;
	uint64_t granule;
	uint8_t flags; /* of the last page */
	struct found {
		const uint8_t *at;
		size_t length;
	} packet[2000];
};

static void read_page(const uint8_t *page, size_t header, struct contents *ret)
{
	const uint8_t *at = page + header;
	size_t length = 0;
	for (unsigned i = 0; i < page[26]; i++) {
		length += page[27 + i];
		if (page[27 + i] == 255)
			continue;
		ck_assert_uint_lt(ret->packets, ARRAY_LENGTH(ret->packet));
		ret->packet[ret->packets++] = (struct found){at, length};
		at += length;
		length = 0;
	}
	ck_assert_uint_eq(length, 0);
}

static void read_file(struct contents *ret)
{
	*ret = (struct contents){0};
	for (size_t at = 0; at < file.length;) {
		const uint8_t *page = file.bytes + at;
		size_t header = 27u + page[26], length = header;
		for (unsigned i = 0; i < page[26]; i++)
			length += page[27 + i];
		ck_assert_mem_eq(page, "OggS", 5);
		ck_assert_uint_le(at + length, file.length);
		ck_assert_uint_eq(number(page + 14, 4), 0xabcdef01);
		ck_assert_uint_eq(number(page + 18, 4), ret->pages);
		ck_assert_uint_eq(number(page + 22, 4), crc_of(page, length));
		ck_assert_int_eq(page[5] & 2, ret->pages == 0 ? 2 : 0);
		ret->flags = page[5];
		ck_assert_uint_ge(number(page + 6, 8), ret->granule);
		ret->granule = number(page + 6, 8);
		read_page(page, header, ret);
		ret->pages++;
		at += length;
	}
	ck_assert_uint_eq(ret->pages, file.pages);
}

static struct contents contents;

START_TEST(a_file_begins_with_its_headers)
{
	begin(PV_SPAN("alice in ops"));
	ck_assert_int_eq(ogg_end(&ogg), 0);
	read_file(&contents);
	ck_assert_uint_eq(contents.pages, 3);
	ck_assert_uint_eq(contents.packets, 2);
	ck_assert_int_eq(contents.flags, 4);
	ck_assert_uint_eq(contents.packet[0].length, 19);
	ck_assert_mem_eq(contents.packet[0].at, "OpusHead\1\1\x38\1\x80\x3e\0\0\0\0\0", 19);
	ck_assert_mem_eq(contents.packet[1].at,
		"OpusTags\x8\0\0\0portavoz\1\0\0\0\x12\0\0\0TITLE=alice in ops", 46);
	ck_assert_uint_eq(contents.packet[1].length, 46);
	begin(PV_SPAN(""));
	read_file(&contents);
	ck_assert_mem_eq(contents.packet[1].at, "OpusTags\x8\0\0\0portavoz\0\0\0\0", 24);
	ck_assert_uint_eq(contents.packet[1].length, 24);
}
END_TEST

START_TEST(a_long_title_is_cut_between_characters)
{
	static char title[300];
	for (unsigned i = 0; i < 300; i += 3)
		memcpy(title + i, "\xe2\x82\xac", 3);
	begin((struct pv_span){title, sizeof(title)});
	read_file(&contents);
	ck_assert_uint_eq(number(contents.packet[1].at + 24, 4), 6 + 198);
	ck_assert_uint_eq(contents.packet[1].length, 24 + 4 + 6 + 198);
}
END_TEST

/* Packets of all lengths there are, one of which is longer than a lacing value, or ends with one.
 */
START_TEST(packets_of_any_length_are_kept)
{
	static uint8_t packet[OGG_PACKET_MAX + 1] = {0x78};
	static const unsigned steps[] = {1, 7, 50};
	for (unsigned s = 0; s < ARRAY_LENGTH(steps); s++) {
		unsigned count = 0;
		begin(PV_SPAN("x"));
		for (unsigned i = 1; i <= 1500 && count < 1900; i += steps[s], count++) {
			memset(packet + 1, (int)(i & 0xff), sizeof(packet) - 1);
			ck_assert_int_eq(ogg_packet(&ogg, packet, i), 0);
			if (file.length > sizeof(file.bytes) - 20000)
				break;
		}
		ck_assert_int_eq(ogg_end(&ogg), 0);
		read_file(&contents);
		ck_assert_int_eq(contents.flags, 4);
		for (unsigned i = 2; i < contents.packets; i++) {
			unsigned length = 1 + (i - 2) * steps[s];
			ck_assert_uint_eq(contents.packet[i].length, length);
			ck_assert_uint_eq(contents.packet[i].at[0], 0x78);
			if (length > 1)
				ck_assert_uint_eq(contents.packet[i].at[length - 1], length & 0xff);
		}
		ck_assert_uint_eq(contents.granule, (contents.packets - 2) * 960);
	}
	begin(PV_SPAN(""));
	ck_assert_int_eq(ogg_packet(&ogg, packet, OGG_PACKET_MAX), 0);
	ck_assert_int_eq(ogg_packet(&ogg, packet, OGG_PACKET_MAX), 0);
	ck_assert_int_eq(ogg_packet(&ogg, packet, OGG_PACKET_MAX), 0);
	ck_assert_int_eq(ogg_packet(&ogg, packet, OGG_PACKET_MAX + 1), -EBADMSG);
	ck_assert_int_eq(ogg_packet(&ogg, packet, 0), -EBADMSG);
	ck_assert_int_eq(ogg_packet(&ogg, "\xfb", 1), -EBADMSG);
	ck_assert_int_eq(ogg_end(&ogg), 0);
	read_file(&contents);
	ck_assert_uint_eq(contents.packets, 5);
}
END_TEST

START_TEST(a_crash_costs_a_second_at_the_most)
{
	begin(PV_SPAN("x"));
	for (unsigned i = 0; i < 500; i++) {
		ck_assert_int_eq(ogg_packet(&ogg, "\x08\x01\x02", 3), 0);
		read_file(&contents);
		ck_assert_uint_le(i + 1 - (contents.packets - 2), 50);
	}
	/* the last page is not empty, so that it counts */
	ck_assert_int_eq(ogg_end(&ogg), 0);
	read_file(&contents);
	ck_assert_uint_eq(contents.packets, 502);
	ck_assert_int_eq(contents.flags, 4);
}
END_TEST

START_TEST(gaps_are_time_without_sound)
{
	begin(PV_SPAN("x"));
	ogg_packet(&ogg, "\x7b\x01\x02", 3);
	ck_assert_int_eq(ogg_gap(&ogg, 75), 0);
	ogg_packet(&ogg, "\xf9\x01\x02", 3); /* 40 ms */
	ck_assert_int_eq(ogg_gap(&ogg, 19), 0);
	ck_assert_int_eq(ogg_end(&ogg), 0);
	read_file(&contents);
	ck_assert_uint_eq(contents.packets, 2 + 1 + 3 + 1);
	ck_assert_uint_eq(contents.granule, 960 + 3 * 960 + 2 * 960);
	/* in the mode of what was before */
	ck_assert_uint_eq(contents.packet[3].length, 1);
	ck_assert_uint_eq(contents.packet[3].at[0], 0x78);
}
END_TEST

START_TEST(errors_of_the_writer_come_back)
{
	begin(PV_SPAN("x"));
	file.error = -ENOSPC;
	int error = 0;
	for (unsigned i = 0; i < 60 && !error; i++)
		error = ogg_packet(&ogg, "\x08\x01\x02", 3);
	ck_assert_int_eq(error, -ENOSPC);
	ck_assert_int_eq(ogg_end(&ogg), -ENOSPC);
	ck_assert_int_eq(ogg_begin(&ogg, 1, 8000, 0, PV_SPAN("x"), take, &file), -ENOSPC);
}
END_TEST

/* Two seconds of a tone, half a second of nothing, half a second more. */
static void write_talk(void)
{
	static const struct codec_settings plain;
	struct codec_encoder *encoder = malloc(codec_encoder_size());
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	int16_t samples[320];
	codec_encoder_init(encoder, CODEC_OPUS, 16000, &plain);
	begin(PV_SPAN("alice"));
	for (unsigned i = 0; i < 125; i++) {
		tone_make(samples, 320, i * 320, 1000, 16000, 8000);
		int length = codec_encode(encoder, samples, 320, payload);
		ck_assert_int_eq(ogg_packet(&ogg, payload, (size_t)length), 0);
		if (i == 99)
			ck_assert_int_eq(ogg_gap(&ogg, 500), 0);
	}
	ck_assert_int_eq(ogg_end(&ogg), 0);
	free(encoder);
}

START_TEST(what_is_written_is_heard)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	if (!codec_is_built(CODEC_OPUS))
		return;
	write_talk();
	read_file(&contents);
	ck_assert_uint_eq(contents.packets, 2 + 150);
	struct codec_decoder *decoder = malloc(codec_decoder_size());
	codec_decoder_init(decoder, CODEC_OPUS, 16000);
	for (unsigned i = 2; i < 152; i++) {
		struct found *found = &contents.packet[i];
		ck_assert_int_eq(codec_decode(decoder, found->at, found->length, samples), 320);
		double amplitude = tone_amplitude(samples, 320, 1000, 16000);
		if ((i > 10 && i < 102) || i > 132)
			ck_assert_double_ge(amplitude, 6500);
		if (i > 115 && i < 127)
			ck_assert_double_le(amplitude, 100);
	}
	free(decoder);
}
END_TEST

/* An independent reader: the samples that opusdec makes. */
START_TEST(opusdec_reads_it)
{
	static int16_t samples[48000 * 4];
	char path[] = P_tmpdir "/portavoz-ogg-XXXXXX", command[100];
	if (!codec_is_built(CODEC_OPUS) || system("opusdec --version >/dev/null 2>&1"))
		return;
	write_talk();
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, file.bytes, file.length), (ssize_t)file.length);
	close(fd);
	snprintf(command, sizeof(command), "opusdec --quiet --rate 48000 --no-dither %s -", path);
	FILE *decoded = popen(command, "r");
	ck_assert_ptr_nonnull(decoded);
	size_t count = fread(samples, sizeof(*samples), ARRAY_LENGTH(samples), decoded);
	ck_assert_int_eq(pclose(decoded), 0);
	unlink(path);
	/* three seconds but for what is to be skipped; a header may stand in front */
	ck_assert_uint_ge(count, 144000 - 312);
	ck_assert_uint_le(count, 144000 - 312 + 64);
	ck_assert_double_ge(tone_amplitude(samples + 24000, 48000, 1000, 48000), 7000);
	ck_assert_double_ge(tone_amplitude(samples + 128000, 12000, 1000, 48000), 7000);
	ck_assert_double_le(tone_amplitude(samples + 108000, 6000, 1000, 48000), 200);
}
END_TEST

TEST_MAIN("file_ogg", a_file_begins_with_its_headers, a_long_title_is_cut_between_characters,
	packets_of_any_length_are_kept, a_crash_costs_a_second_at_the_most,
	gaps_are_time_without_sound, errors_of_the_writer_come_back, what_is_written_is_heard,
	opusdec_reads_it)
