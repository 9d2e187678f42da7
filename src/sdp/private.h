/* SPDX-License-Identifier: Apache-2.0 */
/* private.h — the pieces of a description that the files of this floor share: lines, words,
 * attributes, addresses. */
#ifndef SDP_PRIVATE_H
#define SDP_PRIVATE_H

#include <portavoz/sdp.h>

struct sdp_line {
	char type;
	struct pv_span whole; /* with its line end */
	struct pv_span value; /* behind "x=", without blanks at its ends */
};

/* Takes the first line off `rest`, which is not empty. 0, or a verdict: then `rest` stays. */
int sdp_line_read(struct pv_span *rest, struct sdp_line *ret);
/* The same over lines that were read before; false at the end. */
bool sdp_line_next(struct pv_span *rest, struct sdp_line *ret);

static inline bool sdp_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes the next word off `rest`, and the blanks around it; empty = there is none. */
struct pv_span sdp_word(struct pv_span *rest);

/* Decimal digits only, at most `max`. */
bool sdp_number(struct pv_span text, uint32_t max, uint32_t *ret);

/* What becomes of an attribute when its m-line changes. */
enum sdp_class {
	SDP_KEPT,
	SDP_BYPASS,    /* leads past a relay, or speaks against it: dropped */
	SDP_RTCP_LINE, /* written anew */
	SDP_DIRECTION_LINE,
	SDP_PAYLOAD_LINE, /* begins with a format: goes with it */
};

/* Attributes that this floor acts on. Names compare without case: whoever reads them so as well
 * must not be led past us. One row adds an attribute, in alphabetical order; the first one
 * of its letter is named in attribute.c as well. */
#define SDP_ATTRIBUTES(ROW)                                     \
	ROW(ALT, "alt", SDP_BYPASS)                             \
	ROW(ALTC, "altc", SDP_BYPASS)                           \
	ROW(BUNDLE_ONLY, "bundle-only", SDP_KEPT)               \
	ROW(CANDIDATE, "candidate", SDP_BYPASS)                 \
	ROW(CCAP, "ccap", SDP_BYPASS)                           \
	ROW(CRYPTO, "crypto", SDP_KEPT)                         \
	ROW(END_OF_CANDIDATES, "end-of-candidates", SDP_BYPASS) \
	ROW(FINGERPRINT, "fingerprint", SDP_KEPT)               \
	ROW(FMTP, "fmtp", SDP_PAYLOAD_LINE)                     \
	ROW(ICE_UFRAG, "ice-ufrag", SDP_BYPASS)                 \
	ROW(INACTIVE, "inactive", SDP_DIRECTION_LINE)           \
	ROW(MAXPTIME, "maxptime", SDP_KEPT)                     \
	ROW(MID, "mid", SDP_KEPT)                               \
	ROW(PTIME, "ptime", SDP_KEPT)                           \
	ROW(RECVONLY, "recvonly", SDP_DIRECTION_LINE)           \
	ROW(REMOTE_CANDIDATES, "remote-candidates", SDP_BYPASS) \
	ROW(RTCP, "rtcp", SDP_RTCP_LINE)                        \
	ROW(RTCP_FB, "rtcp-fb", SDP_PAYLOAD_LINE)               \
	ROW(RTCP_MUX, "rtcp-mux", SDP_KEPT)                     \
	ROW(RTPMAP, "rtpmap", SDP_PAYLOAD_LINE)                 \
	ROW(SENDONLY, "sendonly", SDP_DIRECTION_LINE)           \
	ROW(SENDRECV, "sendrecv", SDP_DIRECTION_LINE)           \
	ROW(SOURCE_FILTER, "source-filter", SDP_BYPASS)

enum sdp_attribute_id {
	SDP_ATTRIBUTE_OTHER,
#define ROW(id, name, class) SDP_##id,
	SDP_ATTRIBUTES(ROW)
#undef ROW
		SDP_ATTRIBUTE_COUNT,
};

struct sdp_attribute {
	enum sdp_attribute_id id;
	enum sdp_class class; /* "ice-" and "x-candidate" anything are BYPASS as well */
	struct pv_span name;
	struct pv_span value; /* behind the ':' and blanks; empty = none */
};

/* `text` is the value of an a= line. */
void sdp_attribute_read(struct pv_span text, struct sdp_attribute *ret);
/* SDP_DIRECTION_LINE only. */
enum pv_sdp_direction sdp_attribute_direction(enum sdp_attribute_id id);

/* "IN IP4 192.0.2.1": 0 or -1. */
int sdp_address_read(struct pv_span text, struct pv_sdp_address *ret);
/* The same, written. */
void sdp_address_write(struct pv_writer *w, const struct pv_sdp_address *address);

/* As pv_sdp_build_rtpmap and pv_sdp_build_fmtp, without the line end. */
void sdp_rtpmap_write(struct pv_writer *w, uint8_t payload_type, struct pv_span encoding,
	uint32_t clock_rate, uint16_t channels);
void sdp_fmtp_write(struct pv_writer *w, uint8_t payload_type, struct pv_span parameters);

/* The value of an m= line: 0 or a verdict. Fills what stands in it, clears the rest. */
int sdp_media_read(struct pv_span text, struct pv_sdp_media *ret);
/* Equal numbers for protos that may answer one another: a profile with and without feedback, keys
 * from the description or from DTLS, but never plain for secret. */
uint16_t sdp_proto_group(struct pv_span proto);

/* Which formats of an m-line stay, and in which order. */
struct sdp_filter {
	struct pv_sdp_formats formats;
	uint8_t order[PV_SDP_FORMATS_MAX]; /* indexes into formats.list */
	unsigned count;
	bool removed[128]; /* by payload type */
};
/* By `codecs` and `picked` of the change. False when nothing but telephone-event would be left;
 * what is added counts as well. */
bool sdp_filter_make(const struct pv_sdp_media *media, const struct pv_sdp_media_change *change,
	struct sdp_filter *ret);

#endif
