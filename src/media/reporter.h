/* SPDX-License-Identifier: Apache-2.0 */
/* reporter.h: the RTCP of ours to an end whose stream ends here (RFC 3550 §6). */
#ifndef MEDIA_REPORTER_H
#define MEDIA_REPORTER_H

#include "media/end.h"
#include "rtp/rtcp_write.h"

/* Owner: the relay thread. Lifetime: its end's. What is kept between two reports. */
struct reporter {
	uint32_t last_sr; /* middle of the NTP time of the end's last SR; 0: none */
	uint64_t last_sr_ns;
	uint64_t expected, lost; /* at the last report */
	uint32_t sent;           /* packets that we had sent to it then */
	uint64_t due_ms;         /* when the next one is due */
};

/* Our stream to the end, as it is now. */
struct reporter_stream {
	uint32_t ssrc, timestamp;
	uint32_t packets, octets;
	const char *cname;
	bool is_bye; /* it ends (§6.6) */
};

void reporter_begin(struct reporter *reporter, uint64_t now_ms);

/* RTCP of the end: its sender's report will be quoted. */
void reporter_hear(struct reporter *reporter, const struct media_packet *packet, uint64_t now_ns);

/* Whether a report is due; then the next one is fixed: 5 s from now on average, spread so that ends
 * do not fall into step (§6.2). */
bool reporter_is_due(struct reporter *reporter, uint64_t now_ms);

/* Sends one: SR when something was sent to the end since the last one, else RR. Its time is that of
 * our own monotonic clock, which §6.4.1 allows: nothing is played in step with this stream, for no
 * other one has its CNAME. */
void reporter_send(struct reporter *reporter, struct stream_end *end,
	const struct reporter_stream *stream, uint64_t now_ns);

#endif
