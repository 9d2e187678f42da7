/* SPDX-License-Identifier: Apache-2.0 */
/* build.c — small descriptions of our own (RFC 8866 §5). */
#include "sdp/private.h"

static void put_line_end(struct pv_writer *w)
{
	pv_put_bytes(w, "\r\n", 2);
}

static void put_or_dash(struct pv_writer *w, struct pv_span text)
{
	pv_put(w, text.length ? text : PV_SPAN("-"));
}

void pv_sdp_build_session(struct pv_writer *w, const struct pv_sdp_session *session)
{
	pv_put_text(w, "v=0\r\no=");
	put_or_dash(w, session->username);
	pv_put_char(w, ' ');
	pv_put_u64(w, session->id);
	pv_put_char(w, ' ');
	pv_put_u64(w, session->version);
	pv_put_char(w, ' ');
	sdp_address_write(w, &session->address);
	pv_put_text(w, "\r\ns=");
	put_or_dash(w, session->name);
	pv_put_text(w, "\r\nc=");
	sdp_address_write(w, &session->address);
	pv_put_text(w, "\r\nt=0 0\r\n");
}

void pv_sdp_build_media(struct pv_writer *w, struct pv_span kind, uint16_t port,
	struct pv_span proto, const uint8_t *payload_types, unsigned count)
{
	pv_put_text(w, "m=");
	pv_put(w, kind);
	pv_put_char(w, ' ');
	pv_put_u64(w, port);
	pv_put_char(w, ' ');
	pv_put(w, proto);
	for (unsigned i = 0; i < count; i++) {
		pv_put_char(w, ' ');
		pv_put_u64(w, payload_types[i]);
	}
	put_line_end(w);
}

/* A format must stand there (RFC 8866 §9), even where the offer had none. */
void pv_sdp_build_rejected(struct pv_writer *w, const struct pv_sdp_media *offered)
{
	pv_put_text(w, "m=");
	pv_put(w, offered->kind_text);
	pv_put_text(w, " 0 ");
	pv_put(w, offered->proto);
	pv_put_char(w, ' ');
	pv_put(w, offered->formats.length ? offered->formats : PV_SPAN("0"));
	put_line_end(w);
}

void sdp_rtpmap_write(struct pv_writer *w, uint8_t payload_type, struct pv_span encoding,
	uint32_t clock_rate, uint16_t channels)
{
	pv_put_text(w, "a=rtpmap:");
	pv_put_u64(w, payload_type);
	pv_put_char(w, ' ');
	pv_put(w, encoding);
	pv_put_char(w, '/');
	pv_put_u64(w, clock_rate);
	if (channels > 1) {
		pv_put_char(w, '/');
		pv_put_u64(w, channels);
	}
}

void sdp_fmtp_write(struct pv_writer *w, uint8_t payload_type, struct pv_span parameters)
{
	pv_put_text(w, "a=fmtp:");
	pv_put_u64(w, payload_type);
	pv_put_char(w, ' ');
	pv_put(w, parameters);
}

void pv_sdp_build_rtpmap(struct pv_writer *w, uint8_t payload_type, struct pv_span encoding,
	uint32_t clock_rate, uint16_t channels)
{
	sdp_rtpmap_write(w, payload_type, encoding, clock_rate, channels);
	put_line_end(w);
}

void pv_sdp_build_fmtp(struct pv_writer *w, uint8_t payload_type, struct pv_span parameters)
{
	sdp_fmtp_write(w, payload_type, parameters);
	put_line_end(w);
}

void pv_sdp_build_direction(struct pv_writer *w, enum pv_sdp_direction direction)
{
	pv_sdp_build_attribute(w, pv_sdp_direction_text(direction), PV_SPAN(""));
}

void pv_sdp_build_attribute(struct pv_writer *w, struct pv_span name, struct pv_span value)
{
	pv_put_text(w, "a=");
	pv_put(w, name);
	if (value.length) {
		pv_put_char(w, ':');
		pv_put(w, value);
	}
	put_line_end(w);
}
