/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c: what a session description says of one end of a stream, as the relay needs it. */
#include "call/private.h"

static const struct {
	struct pv_span encoding;
	enum quality_codec codec;
} codecs[] = {
	{PV_SPAN_INIT("PCMU"), QUALITY_G711},
	{PV_SPAN_INIT("PCMA"), QUALITY_G711},
	{PV_SPAN_INIT("G722"), QUALITY_G722},
	{PV_SPAN_INIT("opus"), QUALITY_OPUS},
	{PV_SPAN_INIT("G729"), QUALITY_G729},
	{PV_SPAN_INIT("G723"), QUALITY_G723},
	{PV_SPAN_INIT("GSM"), QUALITY_GSM},
	{PV_SPAN_INIT("GSM-EFR"), QUALITY_GSM_EFR},
};

static enum quality_codec codec_of(struct pv_span encoding)
{
	for (size_t i = 0; i < ARRAY_LENGTH(codecs); i++)
		if (pv_span_equal_nocase(encoding, codecs[i].encoding))
			return codecs[i].codec;
	return QUALITY_UNKNOWN;
}

static bool is_event(struct pv_span encoding)
{
	return pv_span_equal_nocase(encoding, PV_SPAN("telephone-event"));
}

static void read_name(uint8_t type, struct pv_span encoding, struct stream_end *ret)
{
	if (!encoding.length || ret->name_count == MEDIA_FORMATS_MAX)
		return;
	struct stream_name *name = &ret->names[ret->name_count++];
	name->payload_type = type;
	memcpy(name->text, encoding.at, MIN(encoding.length, STREAM_NAME_MAX - 1));
}

static void read_format(const struct pv_sdp_format *format, struct stream_end *ret)
{
	if (format->payload_type < 0)
		return;
	unsigned type = (unsigned)format->payload_type;
	read_name((uint8_t)type, format->encoding, ret);
	ret->payload_types[type / 64] |= UINT64_C(1) << (type % 64);
	if (!format->has_rtpmap || ret->format_count == MEDIA_FORMATS_MAX)
		return;
	ret->formats[ret->format_count++] = (struct media_format){
		.rate = is_event(format->encoding) ? 0 : format->clock_rate,
		.payload_type = (uint8_t)type,
		.codec = (uint8_t)codec_of(format->encoding),
	};
}

/* The address of an SDP as one of ours; NET_NONE where it is no address. */
static struct net_address address_of(const struct pv_sdp_address *address, uint16_t port)
{
	struct net_address result = {0};
	bool is_ip = address->family == PV_SDP_IP4 || address->family == PV_SDP_IP6;
	if (!is_ip || address->is_name || !net_address_parse(address->text, port, &result))
		result.family = NET_NONE;
	return result;
}

/* Where it may be sent to: of the family of our own port, no hold, nobody's group. */
static void read_target(const struct pv_sdp_address *address, uint16_t port, bool is_ipv6,
	struct media_address *ret)
{
	struct net_address target = address_of(address, port);
	bool is_usable = port && target.family == (is_ipv6 ? NET_IPV6 : NET_IPV4) &&
			 !address->is_zero && !address->is_multicast;
	memset(ret, 0, sizeof(*ret));
	if (is_usable)
		media_address_of(&target, ret);
}

/* It wants to be sent to, but by a host name, which nobody looks up here, or by an address of
 * another family than that of our port: as its packets will come to that port all the same, it is
 * learned from them. */
static bool is_out_of_reach(const struct pv_sdp_media *media, const struct media_address *target)
{
	return media_address_is_none(target) && media->port && !media->address.is_zero &&
	       !media->address.is_multicast;
}

static bool is_beyond_belief(
	const struct pv_sdp_address *announced, const struct net_address *source)
{
	struct net_address address = address_of(announced, 0);
	return address.family != NET_NONE && !announced->is_zero &&
	       scope_is_narrower(&address, source);
}

void stream_end_read(const struct pv_sdp_media *media, const struct description_from *from,
	bool is_ipv6, struct stream_end *ret)
{
	struct pv_sdp_formats formats;
	memset(ret, 0, sizeof(*ret));
	struct media_end *end = &ret->described;
	read_target(&media->address, media->port, is_ipv6, &end->rtp);
	if (media->has_rtcp)
		read_target(&media->rtcp_address, media->rtcp_port, is_ipv6, &end->rtcp);
	if (!from->is_forwarded) {
		media_address_of(from->source, &end->signalling);
		end->is_public = scope_is_world(from->source);
	}
	bool is_open = !media_address_is_none(&end->rtp);
	end->is_blind = is_out_of_reach(media, &end->rtp) ||
			(is_open && is_beyond_belief(&media->address, from->source)) ||
			(is_open && media->has_rtcp &&
				is_beyond_belief(&media->rtcp_address, from->source));
	end->is_secure = media->is_secure;
	ret->rtcp_mux = media->rtcp_mux;
	/* a stream that becomes a fax (T.38) leaves the relay as one that is refused does */
	ret->is_rejected = pv_sdp_is_rejected(media) || !media->is_rtp;
	ret->direction = (uint8_t)media->direction;
	pv_sdp_formats_read(media, &formats);
	for (unsigned i = 0; i < formats.count; i++)
		read_format(&formats.list[i], ret);
}

bool description_is_forwarded(const struct pv_message *message)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(
		&walk, message, message->is_request ? PV_HEADER_VIA : PV_HEADER_RECORD_ROUTE);
	return pv_values_next(&walk, &value) &&
	       (!message->is_request || pv_values_next(&walk, &value));
}

bool description_is_behind_nat(const struct pv_sdp *sdp, const struct description_from *from)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct pv_sdp_media *media = &sdp->media[i];
		struct net_address announced = address_of(&media->address, 0);
		bool counts = media->is_rtp && !pv_sdp_is_rejected(media) &&
			      !media->address.is_zero && announced.family == from->source->family;
		if (!counts)
			continue;
		if (from->is_forwarded ? scope_is_narrower(&announced, from->source)
				       : !net_address_same_ip(&announced, from->source))
			return true;
	}
	return false;
}
