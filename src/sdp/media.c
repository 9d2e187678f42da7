/* SPDX-License-Identifier: Apache-2.0 */
/* media.c — the m= line: kind, port, transport protocol, formats (RFC 8866 §5.14). */
#include "sdp/private.h"

static const struct pv_span kinds[PV_SDP_KIND_COUNT] = {
	[PV_SDP_AUDIO] = PV_SPAN_INIT("audio"),
	[PV_SDP_VIDEO] = PV_SPAN_INIT("video"),
	[PV_SDP_TEXT] = PV_SPAN_INIT("text"),
	[PV_SDP_APPLICATION] = PV_SPAN_INIT("application"),
	[PV_SDP_MESSAGE] = PV_SPAN_INIT("message"),
	[PV_SDP_IMAGE] = PV_SPAN_INIT("image"),
};

/* The RTP profiles. Those of one group may answer one another. */
static const struct proto {
	struct pv_span text;
	bool secure;
	uint8_t group;
} protos[] = {
	{PV_SPAN_INIT("RTP/AVP"), false, 1},
	{PV_SPAN_INIT("RTP/AVPF"), false, 1},
	{PV_SPAN_INIT("RTP/SAVP"), true, 2},
	{PV_SPAN_INIT("RTP/SAVPF"), true, 2},
	{PV_SPAN_INIT("UDP/TLS/RTP/SAVP"), true, 2},
	{PV_SPAN_INIT("UDP/TLS/RTP/SAVPF"), true, 2},
	{PV_SPAN_INIT("TCP/RTP/AVP"), false, 3},
	{PV_SPAN_INIT("TCP/RTP/AVPF"), false, 3},
	{PV_SPAN_INIT("TCP/RTP/SAVP"), true, 4},
	{PV_SPAN_INIT("TCP/RTP/SAVPF"), true, 4},
	{PV_SPAN_INIT("TCP/DTLS/RTP/SAVP"), true, 4},
	{PV_SPAN_INIT("TCP/DTLS/RTP/SAVPF"), true, 4},
};
#define PROTOS (sizeof(protos) / sizeof(protos[0]))

static const struct proto *proto_of(struct pv_span text)
{
	for (size_t i = 0; i < PROTOS; i++)
		if (protos[i].text.length == text.length &&
			pv_span_equal_nocase(protos[i].text, text))
			return &protos[i];
	return NULL;
}

uint16_t sdp_proto_group(struct pv_span text)
{
	const struct proto *proto = proto_of(text);
	return proto ? proto->group : (uint16_t)(pv_span_hash_nocase(text) | 0x8000);
}

static enum pv_sdp_kind kind_of(struct pv_span text)
{
	for (unsigned kind = 1; kind < PV_SDP_KIND_COUNT; kind++)
		if (pv_span_equal_nocase(kinds[kind], text))
			return (enum pv_sdp_kind)kind;
	return PV_SDP_OTHER_KIND;
}

/* "49170" or "49170/2". */
static bool read_port(struct pv_span text, struct pv_sdp_media *media)
{
	const char *slash = pv_span_find(text, '/'), *end = pv_span_end(text);
	uint32_t port, count = 1;
	if (!sdp_number(pv_span_from(text.at, slash ? slash : end), UINT16_MAX, &port))
		return false;
	if (slash && (!sdp_number(pv_span_from(slash + 1, end), UINT16_MAX, &count) || count == 0))
		return false;
	media->port_text = text;
	media->port = (uint16_t)port;
	media->port_count = (uint16_t)count;
	return true;
}

static int count_formats(struct pv_span formats, uint8_t *ret)
{
	uint8_t count = 0;
	while (formats.length) {
		if (count == PV_SDP_FORMATS_MAX)
			return -PV_SDP_TOO_MANY_FORMATS;
		sdp_word(&formats);
		count++;
	}
	*ret = count;
	return 0;
}

int sdp_media_read(struct pv_span text, struct pv_sdp_media *ret)
{
	struct pv_span rest = text;
	memset(ret, 0, sizeof(*ret));
	ret->kind_text = sdp_word(&rest);
	struct pv_span port = sdp_word(&rest);
	ret->proto = sdp_word(&rest);
	if (!ret->proto.length || !read_port(port, ret))
		return -PV_SDP_BAD_MEDIA;
	/* Phones that refuse a stream leave its formats out. */
	if (!rest.length && ret->port)
		return -PV_SDP_BAD_MEDIA;
	ret->kind = kind_of(ret->kind_text);
	const struct proto *proto = proto_of(ret->proto);
	ret->is_rtp = proto != NULL;
	ret->is_secure = proto && proto->secure;
	ret->formats = rest;
	return count_formats(rest, &ret->format_count);
}
