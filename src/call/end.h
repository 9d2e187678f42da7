/* SPDX-License-Identifier: Apache-2.0 */
/* end.h: what a session description says of one end of a stream, and at which of our addresses that
 * end finds us. */
#ifndef CALL_END_H
#define CALL_END_H

#include <portavoz/sdp.h>

#include "call/call.h"

/* An encoding name of an m-line, as it is shown. */
#define STREAM_NAME_MAX 16
struct stream_name {
	uint8_t payload_type;
	char text[STREAM_NAME_MAX]; /* what is longer is cut */
};

/* One side's end of a stream, as its last description says. */
struct stream_end {
	struct media_end described; /* `offer` and the formats aside; its coding by the answer */
	uint64_t payload_types[2];
	uint8_t format_count;
	struct media_format formats[MEDIA_FORMATS_MAX];
	uint8_t name_count;
	struct stream_name names[MEDIA_FORMATS_MAX];
	bool rtcp_mux;
	bool is_rejected;
	uint8_t direction; /* enum pv_sdp_direction */
};

/* One of our sides: which address its ports are bound on and which one is written. */
struct call_place {
	unsigned local;
	bool is_ipv6;
	uint8_t length;
	char text[NET_ADDRESS_TEXT]; /* the shown address */
	/* What packets must leave by where the port is bound on 0.0.0.0 or ::; else none. */
	struct media_address source;
};

/* On which of our addresses the ports towards the peer of `path` are, and which one its SDP shows.
 * 0 or -EADDRNOTAVAIL. Chooses path->listener. */
int place_find(struct calls *calls, struct path *path, struct call_place *ret);

/* An address of the net as the media floor has it. */
void media_address_of(const struct net_address *from, struct media_address *ret);

/* Whom a description came from. */
struct description_from {
	const struct net_address *source; /* where its message came from */
	bool is_forwarded;
};
/* Whether another proxy stands between us and the sender, whose media come from elsewhere: of a
 * request its Vias say it; of the response to a request without Record-Route of ours, its
 * Record-Route (a proxy that records nothing is not seen there). */
bool description_is_forwarded(const struct pv_message *message);
/* One m-line. `is_ipv6`: of the family of our own port. `offer` and the formats of ret->described
 * are left to the caller. */
void stream_end_read(const struct pv_sdp_media *media, const struct description_from *from,
	bool is_ipv6, struct stream_end *ret);

#endif
