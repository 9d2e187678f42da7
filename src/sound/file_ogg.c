/* SPDX-License-Identifier: Apache-2.0 */
/* file_ogg.c: the bytes of an Ogg Opus file (RFC 7845, RFC 3533). */
#include "sound/file_ogg.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "sound/opus_packet.h"

/* A page (RFC 3533 §6): 27 bytes, the lacing values, the body. */
#define HEADER_SIZE 27
#define LACING_MOST 255
#define AT_FLAGS    5
#define AT_GRANULE  6
#define AT_SERIAL   14
#define AT_PAGE     18
#define AT_CHECK    22
#define AT_SEGMENTS 26
#define FLAG_FIRST  0x02
#define FLAG_LAST   0x04
#define TICKS_MS    48 /* granules count samples at 48 kHz (RFC 7845 §4) */
#define HEAD_SIZE   19
#define TITLE_MOST  200
#define VENDOR      "portavoz"
/* A frame of 20 ms of which nothing was sent: narrow SILK, or whatever came last, without data. */
#define GAP_MS   20
#define GAP_TOC  0x08
#define TOC_MASK 0xfc

/* Numbers of Ogg are little-endian. */
static void put(uint8_t *to, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

/* The polynomial 0x04c11db7, highest bit first, four bits at a time. */
static uint32_t check(uint32_t sum, const uint8_t *bytes, size_t length)
{
	static const uint32_t table[16] = {0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9,
		0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6,
		0x2b4bcb61, 0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd};
	for (size_t i = 0; i < length; i++) {
		sum = sum << 4 ^ table[sum >> 28 ^ bytes[i] >> 4];
		sum = sum << 4 ^ table[sum >> 28 ^ (bytes[i] & 0xf)];
	}
	return sum;
}

/* Gives the page out, which is whole in memory: header and body are one piece. */
static int flush(struct ogg *ogg, uint8_t flags)
{
	uint8_t bytes[HEADER_SIZE + LACING_MOST + OGG_BODY_MAX] = "OggS";
	size_t header = HEADER_SIZE + ogg->segments, length = header + ogg->length;
	bytes[AT_FLAGS] = flags;
	put(bytes + AT_GRANULE, ogg->granule, 8);
	put(bytes + AT_SERIAL, ogg->serial, 4);
	put(bytes + AT_PAGE, ogg->page++, 4);
	bytes[AT_SEGMENTS] = (uint8_t)ogg->segments;
	memcpy(bytes + HEADER_SIZE, ogg->lacing, ogg->segments);
	memcpy(bytes + header, ogg->body, ogg->length);
	put(bytes + AT_CHECK, check(0, bytes, length), 4);
	ogg->ticks = ogg->segments = ogg->length = 0;
	return ogg->write(ogg->context, bytes, length);
}

static bool has_room(const struct ogg *ogg, size_t length)
{
	return ogg->segments + length / 255 + 1 <= LACING_MOST &&
	       ogg->length + length <= OGG_BODY_MAX;
}

/* Into the page, where there is room (§5: lacing of 255 goes on, what is less ends a packet). */
static void append(struct ogg *ogg, const void *packet, size_t length)
{
	memcpy(ogg->body + ogg->length, packet, length);
	ogg->length += (uint32_t)length;
	for (; length >= 255; length -= 255)
		ogg->lacing[ogg->segments++] = 255;
	ogg->lacing[ogg->segments++] = (uint8_t)length;
}

/* RFC 7845 §5.1 */
static int write_head(struct ogg *ogg, uint32_t rate, uint16_t skip)
{
	uint8_t head[HEAD_SIZE] = "OpusHead";
	head[8] = 1; /* version */
	head[9] = 1; /* channel */
	put(head + 10, skip, 2);
	put(head + 12, rate, 4);
	append(ogg, head, sizeof(head));
	return flush(ogg, FLAG_FIRST);
}

/* Not more than `most` bytes, and no part of a character. */
static struct pv_span cut(struct pv_span text, size_t most)
{
	if (text.length <= most)
		return text;
	for (text.length = most; text.length > 0; text.length--)
		if (((uint8_t)text.at[text.length] & 0xc0) != 0x80)
			break;
	return text;
}

static size_t put_text(uint8_t *to, struct pv_span name, struct pv_span value)
{
	size_t length = name.length + value.length;
	put(to, length, 4);
	memcpy(to + 4, name.at, name.length);
	if (value.length)
		memcpy(to + 4 + name.length, value.at, value.length);
	return 4 + length;
}

/* RFC 7845 §5.2 */
static int write_tags(struct ogg *ogg, struct pv_span title)
{
	uint8_t tags[64 + TITLE_MOST] = "OpusTags";
	size_t length = 8;
	title = cut(title, TITLE_MOST);
	length += put_text(tags + length, PV_SPAN(VENDOR), PV_SPAN(""));
	put(tags + length, !pv_span_is_empty(title), 4);
	length += 4;
	if (!pv_span_is_empty(title))
		length += put_text(tags + length, PV_SPAN("TITLE="), title);
	append(ogg, tags, length);
	return flush(ogg, 0);
}

int ogg_begin(struct ogg *ogg, uint32_t serial, uint32_t rate, uint16_t skip, struct pv_span title,
	ogg_write *write, void *context)
{
	memset(ogg, 0, offsetof(struct ogg, lacing));
	ogg->write = write;
	ogg->context = context;
	ogg->serial = serial;
	ogg->gap_toc = GAP_TOC;
	int error = write_head(ogg, rate, skip);
	return error ? error : write_tags(ogg, title);
}

int ogg_packet(struct ogg *ogg, const void *packet, size_t length)
{
	uint32_t ticks = opus_packet_ticks(packet, length);
	if (ticks == 0 || length > OGG_PACKET_MAX)
		return -EBADMSG;
	/* a page goes when the next packet is there: the last one must say that it is the last */
	bool is_full = ogg->ticks >= OGG_PAGE_MS * TICKS_MS || !has_room(ogg, length);
	int error = is_full ? flush(ogg, 0) : 0;
	uint8_t toc = *(const uint8_t *)packet & TOC_MASK;
	if (opus_packet_ticks(&toc, 1) == GAP_MS * TICKS_MS)
		ogg->gap_toc = toc;
	append(ogg, packet, length);
	ogg->ticks += ticks;
	ogg->granule += ticks;
	return error;
}

int ogg_gap(struct ogg *ogg, uint32_t ms)
{
	int error = 0;
	for (; ms >= GAP_MS && !error; ms -= GAP_MS)
		error = ogg_packet(ogg, &ogg->gap_toc, 1);
	return error;
}

int ogg_end(struct ogg *ogg)
{
	return flush(ogg, FLAG_LAST);
}
