/* SPDX-License-Identifier: Apache-2.0 */
/* sdp.h — session descriptions read where they lie, written anew with changes, and compared as
 * offer and answer (RFC 8866, RFC 3264). */
#ifndef PORTAVOZ_SDP_H
#define PORTAVOZ_SDP_H

#include <portavoz/span.h>
#include <portavoz/writer.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_SDP_BYTES_MAX   65535 /* of one description */
#define PV_SDP_LINES_MAX   2048  /* in one description */
#define PV_SDP_MEDIA_MAX   16    /* m-lines in one description */
#define PV_SDP_FORMATS_MAX 64    /* formats in one m-line */

/*
 * Why a description, a body or an answer is refused: the status to refuse the request with, the
 * code and text of the Warning that goes with it (RFC 3261 §20.43), where the rule stands.
 * Functions return them negated: -PV_SDP_BAD_LINE.
 */
#define PV_SDP_VERDICTS(ROW)                                                                       \
	ROW(NOT_SDP, 488, 399, "Not a session description", "RFC 8866 §5.1")                       \
	ROW(TOO_LARGE, 488, 399, "Session description too large", "RFC 8866 §5")                   \
	ROW(TOO_MANY_LINES, 488, 399, "Too many lines", "RFC 8866 §5")                             \
	ROW(TOO_MANY_MEDIA, 488, 399, "Too many media", "RFC 8866 §5.14")                          \
	ROW(TOO_MANY_FORMATS, 488, 399, "Too many media formats", "RFC 8866 §5.14")                \
	ROW(BAD_LINE, 488, 307, "Malformed line", "RFC 8866 §5")                                   \
	ROW(DUPLICATE_LINE, 488, 307, "A line that may come only once", "RFC 8866 §5")             \
	ROW(BAD_ORIGIN, 488, 307, "Missing or malformed o= line", "RFC 8866 §5.2")                 \
	ROW(BAD_CONNECTION, 488, 301, "Malformed network address", "RFC 8866 §5.7")                \
	ROW(NO_CONNECTION, 488, 301, "Media without an address", "RFC 8866 §5.7")                  \
	ROW(BAD_MEDIA, 488, 307, "Malformed m= line", "RFC 8866 §5.14")                            \
	ROW(BAD_RTCP, 488, 306, "Malformed rtcp attribute", "RFC 3605 §2.1")                       \
	ROW(NO_CODEC, 488, 305, "No codec that may be used", "RFC 3264 §6")                        \
	ROW(BAD_MULTIPART, 400, 399, "Malformed multipart body", "RFC 2046 §5.1.1")                \
	ROW(TOO_DEEP, 488, 399, "Multipart bodies too deep", "RFC 5621 §3")                        \
	ROW(TWO_SESSIONS, 488, 399, "Two session descriptions", "RFC 3261 §13.2.1")                \
	ROW(ENCODED, 488, 399, "Session description with a transfer encoding", "RFC 2045 §6")      \
	ROW(ANSWER_COUNT, 488, 399, "Answer with another number of media", "RFC 3264 §6")          \
	ROW(ANSWER_KIND, 488, 304, "Answer with another kind of media", "RFC 3264 §6")             \
	ROW(ANSWER_PROTO, 488, 302, "Answer with another transport protocol", "RFC 3264 §6.1")     \
	ROW(ANSWER_REVIVED, 488, 399, "Answer takes a stream that was not offered", "RFC 3264 §6") \
	ROW(ANSWER_FORMAT, 488, 305, "Answer with no format of the offer", "RFC 3264 §6.1")        \
	ROW(ANSWER_DIRECTION, 488, 399, "Answer with a direction not offered", "RFC 3264 §6.1")    \
	ROW(OFFER_SHRUNK, 488, 399, "New offer with fewer media", "RFC 3264 §8")                   \
	ROW(SHORT_PACKETS, 488, 305, "Packets shorter than those of this server", "RFC 8866 §6.4") \
	ROW(ENCRYPTED, 488, 302, "Encrypted audio only; offer RTP/AVP", "RFC 3711")

enum pv_sdp_verdict {
	PV_SDP_VERDICT_NONE,
#define ROW(id, status, warning, text, section) PV_SDP_##id,
	PV_SDP_VERDICTS(ROW)
#undef ROW
		PV_SDP_VERDICT_COUNT,
};

struct pv_sdp_verdict_row {
	const char *name;
	uint16_t status;
	uint16_t warning;
	const char *text;
	const char *section;
};

/* `verdict` as it was returned, negative. */
const struct pv_sdp_verdict_row *pv_sdp_verdict_row(int verdict);
/* Writes the value of a Warning header: code, `agent` (host or pseudonym), text in quotes. */
void pv_sdp_warning_write(struct pv_writer *w, int verdict, struct pv_span agent);

/* Bits: what the one who wrote the description does, so that an answer's are compared with & and ~
 * (RFC 3264 §6.1). */
enum pv_sdp_direction {
	PV_SDP_INACTIVE = 0,
	PV_SDP_SENDONLY = 1,
	PV_SDP_RECVONLY = 2,
	PV_SDP_SENDRECV = PV_SDP_SENDONLY | PV_SDP_RECVONLY,
};

/* "sendonly". */
struct pv_span pv_sdp_direction_text(enum pv_sdp_direction direction);
/* The other side's view of it: sendonly becomes recvonly. */
enum pv_sdp_direction pv_sdp_direction_reverse(enum pv_sdp_direction direction);
/* Of `answered` what `offered` allows: phones that answer sendrecv to a hold are put right so. */
enum pv_sdp_direction pv_sdp_direction_answer(
	enum pv_sdp_direction offered, enum pv_sdp_direction answered);

enum pv_sdp_kind {
	PV_SDP_OTHER_KIND,
	PV_SDP_AUDIO,
	PV_SDP_VIDEO,
	PV_SDP_TEXT,
	PV_SDP_APPLICATION,
	PV_SDP_MESSAGE,
	PV_SDP_IMAGE,
	PV_SDP_KIND_COUNT,
};

enum pv_sdp_family {
	PV_SDP_NO_ADDRESS, /* there is no such line */
	PV_SDP_IP4,
	PV_SDP_IP6,
	PV_SDP_OTHER_NETWORK, /* not the Internet: `text` is what stands there */
};

/* An address as c=, o= and a=rtcp have it. */
struct pv_sdp_address {
	enum pv_sdp_family family;
	struct pv_span text; /* without time-to-live and count */
	bool is_name;        /* a host name, which nobody has looked up */
	bool is_multicast;
	bool is_zero; /* 0.0.0.0 or :: */
};

struct pv_sdp_origin {
	struct pv_span username, session, version;
	struct pv_sdp_address address;
	struct pv_span place; /* "IN IP4 192.0.2.1" as it stands in the line */
};

/* An m-line with all that belongs to it. Spans point into the description. */
struct pv_sdp_media {
	struct pv_span section; /* from its m= line to the next m-line's */
	struct pv_span kind_text;
	enum pv_sdp_kind kind;
	struct pv_span port_text; /* with the count: "49170/2" */
	uint16_t port; /* 0 = refused or removed (RFC 3264 §6, §8.2), unless bundle_only */
	uint16_t port_count;
	struct pv_span proto;
	bool is_rtp;            /* one of the RTP profiles */
	bool is_secure;         /* SRTP */
	struct pv_span formats; /* all of them, as they stand */
	uint8_t format_count;
	bool has_connection;                /* a c= line of its own */
	struct pv_sdp_address address;      /* its own, else the session's */
	uint16_t rtcp_port;                 /* of a=rtcp, else port + 1; 0 = none */
	struct pv_sdp_address rtcp_address; /* of a=rtcp (RFC 3605), else `address` */
	bool has_rtcp;
	bool rtcp_mux;                   /* RFC 5761 */
	bool bundle_only;                /* RFC 9143: port 0, yet not refused */
	bool has_direction;              /* an attribute of its own */
	enum pv_sdp_direction written;   /* its own attribute, else the session's, else sendrecv */
	enum pv_sdp_direction direction; /* the same, but a hold by 0.0.0.0 receives nothing */
	bool has_ice;                    /* ice-ufrag here or in the session */
	bool has_crypto;                 /* RFC 4568 keys */
	bool has_fingerprint;            /* RFC 8122, here or in the session */
	uint16_t ptime, maxptime;        /* ms; 0 = not given */
	uint32_t bandwidth_as;           /* kbit/s; 0 = not given */
	uint32_t bandwidth_tias;         /* bit/s (RFC 3890); 0 = not given */
	struct pv_span mid;              /* RFC 5888 */
};

/*
 * Owner: whoever parses; one scratch description a thread is enough. Lifetime: that of the bytes.
 * About 4 KB; only media[0] to media[media_count - 1] are filled.
 */
struct pv_sdp {
	struct pv_span whole;
	struct pv_span session; /* all lines before the first m-line */
	struct pv_span tail;    /* empty lines behind the last line */
	struct pv_span line_end;
	struct pv_sdp_origin origin;
	struct pv_sdp_address address; /* of the session's c= line */
	struct pv_span connection;     /* its value */
	enum pv_sdp_direction direction;
	bool has_ice, has_fingerprint;
	uint32_t bandwidth_as, bandwidth_tias;
	uint8_t media_count;
	struct pv_sdp_media media[PV_SDP_MEDIA_MAX];
};

/*
 * Indexes the description at `bytes`, which is all of them: there is no partial description.
 * Returns the bytes consumed (> 0) or a verdict (< 0); then *ret holds nothing of use. What it
 * takes and what it refuses stands in docs/library.md. *ret need not be initialised.
 */
int pv_sdp_parse(struct pv_sdp *ret, const char *bytes, size_t length);

/* Whether the stream is refused or removed. */
static inline bool pv_sdp_is_rejected(const struct pv_sdp_media *media)
{
	return media->port == 0 && !media->bundle_only;
}

/* One format of an m-line with its rtpmap and fmtp lines, or with what RFC 3551 says of it. */
struct pv_sdp_format {
	struct pv_span text; /* as in the m-line */
	int payload_type;    /* 0 to 127; -1 when it is no such number, or the proto is not RTP */
	bool has_rtpmap;
	struct pv_span encoding; /* "opus"; empty = unknown */
	uint32_t clock_rate;     /* Hz; 0 = unknown */
	uint16_t channels;       /* 1 when not given */
	struct pv_span fmtp;     /* its parameters; empty = none */
};

struct pv_sdp_formats {
	unsigned count;
	struct pv_sdp_format list[PV_SDP_FORMATS_MAX];
};

/* All formats of a parsed m-line in their order. Of two rtpmap or fmtp lines the first counts. */
void pv_sdp_formats_read(const struct pv_sdp_media *media, struct pv_sdp_formats *ret);

/* A row of RFC 3551 tables 4 and 5. */
struct pv_sdp_static_format {
	struct pv_span encoding; /* empty = no format has this number for ever */
	uint32_t clock_rate;
	uint16_t channels;
};
/* For a payload type from 0 to 127; others have an empty row too. */
const struct pv_sdp_static_format *pv_sdp_static_format(int payload_type);

/* What is to change in one m-line. All zero: nothing. */
struct pv_sdp_media_change {
	/* The relay's: the new c= and port. NO_ADDRESS: those of the peer stay. A hold by 0.0.0.0
	 * becomes a direction attribute then. Ignored when the m-line has port 0. */
	struct pv_sdp_address address;
	uint16_t port;
	uint16_t rtcp_port; /* told by a=rtcp where it is not port + 1; 0 = no a=rtcp */
	bool reject;        /* port 0 */
	bool set_direction;
	enum pv_sdp_direction direction;
	/* Encoding names in order of preference; formats that are not named go, with their rtpmap,
	 * fmtp and rtcp-fb lines. telephone-event always stays. None: all stay as they are. For
	 * RTP that is not rejected. */
	const struct pv_span *codecs;
	unsigned codec_count;
	/* Payload types that stay, a bit each, of those that `codecs` leaves: the others go in the
	 * same way. For RTP that is not rejected. */
	bool pick;
	uint64_t picked[2];
	/* Formats that come behind those that stay, with their rtpmap and fmtp lines behind the
	 * last line: payload_type, encoding, clock_rate, channels and fmtp of each. Numbers that
	 * are there already are the caller's to avoid. Where none of the peer's own stay, its b=
	 * lines go with them: they were about those. For RTP that is not rejected. */
	const struct pv_sdp_format *added;
	unsigned added_count;
};

struct pv_sdp_change {
	struct pv_sdp_address origin; /* the address of o=; NO_ADDRESS: it stays */
	/* Shown where nothing is to be reached: in c= of refused m-lines, and in the session's c=
	 * when every m-line is refused or has an address of its own. Ways to their sender
	 * (candidates and the like, a=rtcp) go from refused m-lines, and from the session when all
	 * are. NO_ADDRESS: it stays. */
	struct pv_sdp_address unused;
	struct pv_sdp_media_change media[PV_SDP_MEDIA_MAX];
};

/*
 * Writes `sdp` with the changes, once, in order; what is not changed goes byte for byte. As soon as
 * one m-line gets an address of ours, what could lead a peer past us or make it doubt us is left
 * out: candidate, remote-candidates, end-of-candidates, ice-*, x-candidate*, alt, altc, ccap,
 * source-filter, and a=rtcp as it came.
 * Returns 0 or a verdict, in which case nothing was written: -PV_SDP_NO_CODEC. Ask the writer
 * whether it fitted.
 */
int pv_sdp_rewrite(
	const struct pv_sdp *sdp, const struct pv_sdp_change *change, struct pv_writer *w);

/* An address in its family, for changes and for descriptions of our own. */
static inline struct pv_sdp_address pv_sdp_address_of(struct pv_span text, bool is_ipv6)
{
	struct pv_sdp_address address = {
		is_ipv6 ? PV_SDP_IP6 : PV_SDP_IP4, text, false, false, false};
	return address;
}

/*
 * Descriptions of our own: pv_sdp_build_session, then for each m-line pv_sdp_build_media and its
 * attributes. Lines end in CRLF.
 */
struct pv_sdp_session {
	struct pv_span username; /* empty = "-" */
	uint64_t id;             /* stays the same through the call */
	uint64_t version;        /* one more with each change (RFC 3264 §8) */
	struct pv_sdp_address address;
	struct pv_span name; /* empty = "-" */
};
/* v=, o=, s=, c= and t=. */
void pv_sdp_build_session(struct pv_writer *w, const struct pv_sdp_session *session);
/* An m-line with numeric formats, at least one. */
void pv_sdp_build_media(struct pv_writer *w, struct pv_span kind, uint16_t port,
	struct pv_span proto, const uint8_t *payload_types, unsigned count);
/* An m-line that refuses one of an offer: port 0, all else as there (RFC 3264 §6). */
void pv_sdp_build_rejected(struct pv_writer *w, const struct pv_sdp_media *offered);
/* `channels` is written when it is more than 1. */
void pv_sdp_build_rtpmap(struct pv_writer *w, uint8_t payload_type, struct pv_span encoding,
	uint32_t clock_rate, uint16_t channels);
void pv_sdp_build_fmtp(struct pv_writer *w, uint8_t payload_type, struct pv_span parameters);
void pv_sdp_build_direction(struct pv_writer *w, enum pv_sdp_direction direction);
/* "a=NAME:VALUE", or "a=NAME" when the value is empty. */
void pv_sdp_build_attribute(struct pv_writer *w, struct pv_span name, struct pv_span value);

/*
 * Finds the description in the body of a message. `content_type` and `disposition` are the values
 * of its headers, or empty. The whole body is one, or one part of a multipart body (one more
 * multipart inside is looked into), and its Content-Disposition is "session" or absent (RFC 3261
 * §20.11), whatever its handling. 1 and *ret_sdp; 0 when there is none; or a verdict.
 * Whether the message has a Content-Encoding is the caller's to see.
 * To change it write what stands before, the new description, what stands behind, and a new
 * Content-Length.
 */
int pv_sdp_body_find(struct pv_span content_type, struct pv_span disposition, struct pv_span body,
	struct pv_span *ret_sdp);

/*
 * What of an offer must be remembered until its answer comes, and until the next offer: 16 m-lines
 * and the hashes of their formats, without a reference to its bytes.
 */
#define PV_SDP_OUTLINE_FORMATS 64

struct pv_sdp_outline_media {
	uint16_t kind;  /* hash of its text */
	uint16_t proto; /* equal for those that may answer one another */
	uint8_t direction;
	bool rejected;
	bool any_format; /* it had no formats that can be compared, or too many of them */
	uint8_t format_count;
};

struct pv_sdp_outline {
	uint8_t media_count;
	struct pv_sdp_outline_media media[PV_SDP_MEDIA_MAX];
	uint16_t formats[PV_SDP_OUTLINE_FORMATS]; /* of all m-lines, one after the other */
};

/* Of the offer as the other side gets it: where codecs were filtered, parse what was written. */
void pv_sdp_outline_of(const struct pv_sdp *sdp, struct pv_sdp_outline *ret);

/*
 * Whether `answer` may answer the offer: as many m-lines, each of the same kind and a transport
 * that answers its own, none that was not offered, a format in common, a direction that was left
 * to it. 0 or a verdict. ANSWER_DIRECTION comes last: all else is sound then, and who relays may
 * mend it with pv_sdp_direction_answer.
 */
int pv_sdp_answer_check(const struct pv_sdp_outline *offer, const struct pv_sdp *answer);
/* Whether `offer` may follow the last one of the session: m-lines are never taken away. 0 or a
 * verdict. */
int pv_sdp_offer_check(const struct pv_sdp_outline *last, const struct pv_sdp *offer);

#ifdef __cplusplus
}
#endif
#endif
