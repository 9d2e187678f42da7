/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c — one pass over the lines of a description; then what m-lines inherit from the session.
 */
#include "sdp/private.h"

struct parse {
	struct pv_sdp *sdp;
	struct pv_sdp_media *media; /* the m-line that we are in, or NULL */
	unsigned lines;
	bool origin, session_direction;
};

/* The username may hold blanks, as careless phones write it: the other five are the last words.
 * The address may be anything: nobody sends there. */
static int read_origin(struct parse *p, struct pv_span value)
{
	struct pv_sdp_origin *origin = &p->sdp->origin;
	struct pv_span words[5], rest = value;
	if (p->origin || p->media)
		return -PV_SDP_DUPLICATE_LINE;
	for (int i = 4; i >= 0; i--) {
		const char *end = pv_span_end(rest), *at = end;
		while (at > rest.at && !sdp_is_blank(at[-1]))
			at--;
		words[i] = pv_span_from(at, end);
		while (at > rest.at && sdp_is_blank(at[-1]))
			at--;
		rest = pv_span_from(rest.at, at);
	}
	if (!rest.length || !words[0].length)
		return -PV_SDP_BAD_ORIGIN;
	origin->username = rest;
	origin->session = words[0];
	origin->version = words[1];
	origin->place = pv_span_from(words[2].at, pv_span_end(words[4]));
	if (sdp_address_read(origin->place, &origin->address))
		origin->address = (struct pv_sdp_address){PV_SDP_OTHER_NETWORK, origin->place};
	p->origin = true;
	return 0;
}

/* Of several in an m-line, which are layers by multicast (RFC 8866 §5.7), the first counts; the
 * session has one only. */
static int read_connection(struct parse *p, struct pv_span value)
{
	struct pv_sdp_address *address = p->media ? &p->media->address : &p->sdp->address;
	struct pv_sdp_address further;
	bool is_further = address->family != PV_SDP_NO_ADDRESS;
	if (is_further && !p->media)
		return -PV_SDP_DUPLICATE_LINE;
	if (sdp_address_read(value, is_further ? &further : address))
		return -PV_SDP_BAD_CONNECTION;
	if (is_further)
		return 0;
	if (p->media)
		p->media->has_connection = true;
	else
		p->sdp->connection = value;
	return 0;
}

static void read_bandwidth(struct parse *p, struct pv_span value)
{
	const char *colon = pv_span_find(value, ':');
	uint32_t number;
	if (!colon || !pv_span_to_u32(pv_span_from(colon + 1, pv_span_end(value)), &number))
		return;
	struct pv_span type = pv_span_from(value.at, colon);
	if (pv_span_equal_nocase(type, PV_SPAN("AS")))
		*(p->media ? &p->media->bandwidth_as : &p->sdp->bandwidth_as) = number;
	else if (pv_span_equal_nocase(type, PV_SPAN("TIAS")))
		*(p->media ? &p->media->bandwidth_tias : &p->sdp->bandwidth_tias) = number;
}

/* "53020" or "53020 IN IP4 192.0.2.1" (RFC 3605 §2.1). The first counts. */
static int read_rtcp(struct pv_sdp_media *media, struct pv_span value)
{
	uint32_t port;
	struct pv_span number = sdp_word(&value);
	if (!sdp_number(number, UINT16_MAX, &port))
		return -PV_SDP_BAD_RTCP;
	struct pv_sdp_address address = {0};
	if (value.length && sdp_address_read(value, &address))
		return -PV_SDP_BAD_RTCP;
	if (media->has_rtcp)
		return 0;
	media->has_rtcp = true;
	media->rtcp_port = (uint16_t)port;
	media->rtcp_address = address;
	return 0;
}

static void read_direction(struct parse *p, enum pv_sdp_direction direction)
{
	bool *known = p->media ? &p->media->has_direction : &p->session_direction;
	if (!*known)
		*(p->media ? &p->media->written : &p->sdp->direction) = direction;
	*known = true;
}

/* A number that cannot be read is not given: nothing depends on it. */
static uint16_t milliseconds(struct pv_span value)
{
	uint32_t number;
	return sdp_number(value, UINT16_MAX, &number) ? (uint16_t)number : 0;
}

static int read_session_attribute(struct parse *p, const struct sdp_attribute *attribute)
{
	if (attribute->class == SDP_DIRECTION_LINE)
		read_direction(p, sdp_attribute_direction(attribute->id));
	else if (attribute->id == SDP_ICE_UFRAG)
		p->sdp->has_ice = true;
	else if (attribute->id == SDP_FINGERPRINT)
		p->sdp->has_fingerprint = true;
	return 0;
}

static int read_media_attribute(struct parse *p, const struct sdp_attribute *attribute)
{
	struct pv_sdp_media *media = p->media;
	switch ((unsigned)attribute->id) {
	case SDP_RTCP:
		return read_rtcp(media, attribute->value);
	case SDP_RTCP_MUX:
		media->rtcp_mux = true;
		break;
	case SDP_BUNDLE_ONLY:
		media->bundle_only = true;
		break;
	case SDP_ICE_UFRAG:
		media->has_ice = true;
		break;
	case SDP_CRYPTO:
		media->has_crypto = true;
		break;
	case SDP_FINGERPRINT:
		media->has_fingerprint = true;
		break;
	case SDP_PTIME:
		media->ptime = milliseconds(attribute->value);
		break;
	case SDP_MAXPTIME:
		media->maxptime = milliseconds(attribute->value);
		break;
	case SDP_MID:
		media->mid = attribute->value;
		break;
	}
	if (attribute->class == SDP_DIRECTION_LINE)
		read_direction(p, sdp_attribute_direction(attribute->id));
	return 0;
}

static int read_attribute(struct parse *p, struct pv_span value)
{
	struct sdp_attribute attribute;
	sdp_attribute_read(value, &attribute);
	return p->media ? read_media_attribute(p, &attribute)
			: read_session_attribute(p, &attribute);
}

static void end_section(struct parse *p, const char *at)
{
	struct pv_span *section = p->media ? &p->media->section : &p->sdp->session;
	*section = pv_span_from(section->at, at);
}

static int begin_media(struct parse *p, const struct sdp_line *line)
{
	struct pv_sdp *sdp = p->sdp;
	if (sdp->media_count == PV_SDP_MEDIA_MAX)
		return -PV_SDP_TOO_MANY_MEDIA;
	end_section(p, line->whole.at);
	p->media = &sdp->media[sdp->media_count++];
	int verdict = sdp_media_read(line->value, p->media);
	p->media->section.at = line->whole.at;
	return verdict;
}

static int read_line(struct parse *p, const struct sdp_line *line)
{
	switch (line->type) {
	case 'v':
		return -PV_SDP_DUPLICATE_LINE;
	case 'o':
		return read_origin(p, line->value);
	case 'c':
		return read_connection(p, line->value);
	case 'b':
		read_bandwidth(p, line->value);
		return 0;
	case 'a':
		return read_attribute(p, line->value);
	case 'm':
		return begin_media(p, line);
	}
	return 0;
}

/* Cuts empty lines off the end of `text`: careless phones send them. */
static struct pv_span take_tail(struct pv_span *text)
{
	const char *end = pv_span_end(*text), *at = end;
	for (;;) {
		const char *line = at;
		if (line > text->at && line[-1] == '\n')
			line -= line - text->at > 1 && line[-2] == '\r' ? 2 : 1;
		/* A line is empty when another one ends right before it. */
		if (line == at || line == text->at || line[-1] != '\n')
			break;
		at = line;
	}
	*text = pv_span_from(text->at, at);
	return pv_span_from(at, end);
}

/* "v=0" comes first, or this is something else. */
static int read_version(struct pv_span *rest, struct pv_sdp *sdp)
{
	struct sdp_line line;
	if (!rest->length || sdp_line_read(rest, &line) || line.type != 'v' ||
		!pv_span_equal(line.value, PV_SPAN("0")))
		return -PV_SDP_NOT_SDP;
	const char *end = pv_span_end(line.whole);
	sdp->line_end = end[-1] == '\n' && end[-2] != '\r' ? PV_SPAN("\n") : PV_SPAN("\r\n");
	return 0;
}

static int inherit(const struct pv_sdp *sdp, struct pv_sdp_media *media)
{
	if (!media->has_connection)
		media->address = sdp->address;
	if (media->address.family == PV_SDP_NO_ADDRESS && media->port)
		return -PV_SDP_NO_CONNECTION;
	if (!media->has_rtcp && media->port)
		media->rtcp_port = (uint16_t)(media->port + 1); /* 65535 has none */
	if (media->rtcp_address.family == PV_SDP_NO_ADDRESS)
		media->rtcp_address = media->address;
	if (!media->has_direction)
		media->written = sdp->direction;
	media->has_ice |= sdp->has_ice;
	media->has_fingerprint |= sdp->has_fingerprint;
	media->direction = media->written;
	/* RFC 3264 §8.4; but with ICE it means that candidates follow (RFC 8840 §4.1.1). */
	if (media->address.is_zero && !media->has_ice)
		media->direction &= ~PV_SDP_RECVONLY;
	return 0;
}

int pv_sdp_parse(struct pv_sdp *ret, const char *bytes, size_t length)
{
	struct parse p = {.sdp = ret};
	struct pv_span rest = {bytes, length};
	struct sdp_line line;
	int verdict;
	if (length > PV_SDP_BYTES_MAX)
		return -PV_SDP_TOO_LARGE;
	memset(ret, 0, offsetof(struct pv_sdp, media));
	ret->whole = rest;
	ret->tail = take_tail(&rest);
	ret->session.at = bytes;
	ret->direction = PV_SDP_SENDRECV;
	verdict = read_version(&rest, ret);
	while (!verdict && rest.length) {
		if (++p.lines == PV_SDP_LINES_MAX)
			return -PV_SDP_TOO_MANY_LINES;
		verdict = sdp_line_read(&rest, &line);
		if (!verdict)
			verdict = read_line(&p, &line);
	}
	if (verdict)
		return verdict;
	if (!p.origin)
		return -PV_SDP_BAD_ORIGIN;
	end_section(&p, ret->tail.at);
	for (unsigned i = 0; i < ret->media_count && !verdict; i++)
		verdict = inherit(ret, &ret->media[i]);
	return verdict ? verdict : (int)length;
}
