/* SPDX-License-Identifier: Apache-2.0 */
/* direction.c — who sends and who receives, seen from either side (RFC 3264 §6.1). */
#include <portavoz/sdp.h>

static const struct pv_span texts[] = {
	[PV_SDP_INACTIVE] = PV_SPAN_INIT("inactive"),
	[PV_SDP_SENDONLY] = PV_SPAN_INIT("sendonly"),
	[PV_SDP_RECVONLY] = PV_SPAN_INIT("recvonly"),
	[PV_SDP_SENDRECV] = PV_SPAN_INIT("sendrecv"),
};

struct pv_span pv_sdp_direction_text(enum pv_sdp_direction direction)
{
	return texts[direction & PV_SDP_SENDRECV];
}

enum pv_sdp_direction pv_sdp_direction_reverse(enum pv_sdp_direction direction)
{
	return (enum pv_sdp_direction)((direction & PV_SDP_SENDONLY ? PV_SDP_RECVONLY : 0) |
				       (direction & PV_SDP_RECVONLY ? PV_SDP_SENDONLY : 0));
}

enum pv_sdp_direction pv_sdp_direction_answer(
	enum pv_sdp_direction offered, enum pv_sdp_direction answered)
{
	return (enum pv_sdp_direction)(answered & pv_sdp_direction_reverse(offered));
}
