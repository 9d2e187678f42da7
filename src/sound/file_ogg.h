/* SPDX-License-Identifier: Apache-2.0 */
/* file_ogg.h: the bytes of an Ogg Opus file (RFC 7845, RFC 3533). */
#ifndef SOUND_FILE_OGG_H
#define SOUND_FILE_OGG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/span.h>

/* A page is given out when a second of sound or this much is in it: all that a crash can lose. */
#define OGG_PAGE_MS    1000
#define OGG_BODY_MAX   8192
#define OGG_PACKET_MAX 4000

/* A whole page. The bytes are good until it returns. 0, or an error that the writer's caller gets.
 */
typedef int ogg_write(void *context, const void *bytes, size_t length);

/* Owner: who writes the file. About 9 KB. */
struct ogg {
	ogg_write *write;
	void *context;
	uint32_t serial;
	uint32_t page;     /* number of the next */
	uint64_t granule;  /* samples at 48 kHz until here, the ones to be skipped too */
	uint32_t ticks;    /* of them in this page */
	uint32_t segments; /* of this page */
	uint32_t length;   /* of its body */
	uint8_t gap_toc;   /* first byte of a packet without sound */
	uint8_t lacing[255];
	uint8_t body[OGG_BODY_MAX];
};

/*
 * Begins a file: writes OpusHead and OpusTags. `skip`: samples at 48 kHz before the sound that an
 * encoder makes (§4.2; 0 for packets that came from elsewhere). `rate`: that was recorded at, as
 * information. `title`: who talks where, may be empty.
 */
int ogg_begin(struct ogg *ogg, uint32_t serial, uint32_t rate, uint16_t skip, struct pv_span title,
	ogg_write *write, void *context);

/* One Opus packet; its length in time is in itself. -EBADMSG: it is none, or too large. */
int ogg_packet(struct ogg *ogg, const void *packet, size_t length);

/* `ms` of nothing: what was lost or not sent, in whole frames of 20 ms without sound (§4.1). */
int ogg_gap(struct ogg *ogg, uint32_t ms);

/* The last page, which says so. */
int ogg_end(struct ogg *ogg);

#endif
