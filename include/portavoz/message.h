/* SPDX-License-Identifier: Apache-2.0 */
/* message.h — a SIP message indexed in place: references into the datagram, no allocation (RFC 3261
 * §7). */
#ifndef PORTAVOZ_MESSAGE_H
#define PORTAVOZ_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/span.h>

/* Methods that the server knows by name. Any other token is PV_METHOD_OTHER and passes by its text.
 */
#define PV_METHODS(ROW)             \
	ROW(INVITE, "INVITE")       \
	ROW(ACK, "ACK")             \
	ROW(CANCEL, "CANCEL")       \
	ROW(BYE, "BYE")             \
	ROW(OPTIONS, "OPTIONS")     \
	ROW(REGISTER, "REGISTER")   \
	ROW(SUBSCRIBE, "SUBSCRIBE") \
	ROW(NOTIFY, "NOTIFY")       \
	ROW(MESSAGE, "MESSAGE")     \
	ROW(REFER, "REFER")         \
	ROW(INFO, "INFO")           \
	ROW(UPDATE, "UPDATE")       \
	ROW(PRACK, "PRACK")         \
	ROW(PUBLISH, "PUBLISH")

enum pv_method {
	PV_METHOD_OTHER,
#define ROW(id, text) PV_METHOD_##id,
	PV_METHODS(ROW)
#undef ROW
		PV_METHOD_COUNT,
};

/* Headers that the parser tells apart: id, name, compact form (0 = none). All others are
 * PV_HEADER_OTHER and are carried untouched. One row adds a header. */
#define PV_HEADERS(ROW)                                      \
	ROW(ACCEPT, "Accept", 0)                             \
	ROW(ACCEPT_ENCODING, "Accept-Encoding", 0)           \
	ROW(ACCEPT_LANGUAGE, "Accept-Language", 0)           \
	ROW(ALERT_INFO, "Alert-Info", 0)                     \
	ROW(ALLOW, "Allow", 0)                               \
	ROW(ALLOW_EVENTS, "Allow-Events", 'u')               \
	ROW(AUTHENTICATION_INFO, "Authentication-Info", 0)   \
	ROW(AUTHORIZATION, "Authorization", 0)               \
	ROW(CALL_ID, "Call-ID", 'i')                         \
	ROW(CALL_INFO, "Call-Info", 0)                       \
	ROW(CONTACT, "Contact", 'm')                         \
	ROW(CONTENT_DISPOSITION, "Content-Disposition", 0)   \
	ROW(CONTENT_ENCODING, "Content-Encoding", 'e')       \
	ROW(CONTENT_LANGUAGE, "Content-Language", 0)         \
	ROW(CONTENT_LENGTH, "Content-Length", 'l')           \
	ROW(CONTENT_TYPE, "Content-Type", 'c')               \
	ROW(CSEQ, "CSeq", 0)                                 \
	ROW(DATE, "Date", 0)                                 \
	ROW(ERROR_INFO, "Error-Info", 0)                     \
	ROW(EVENT, "Event", 'o')                             \
	ROW(EXPIRES, "Expires", 0)                           \
	ROW(FLOW_TIMER, "Flow-Timer", 0)                     \
	ROW(FROM, "From", 'f')                               \
	ROW(IN_REPLY_TO, "In-Reply-To", 0)                   \
	ROW(MAX_FORWARDS, "Max-Forwards", 0)                 \
	ROW(MIME_VERSION, "MIME-Version", 0)                 \
	ROW(MIN_EXPIRES, "Min-Expires", 0)                   \
	ROW(MIN_SE, "Min-SE", 0)                             \
	ROW(ORGANIZATION, "Organization", 0)                 \
	ROW(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 0)   \
	ROW(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 0) \
	ROW(PATH, "Path", 0)                                 \
	ROW(PRIORITY, "Priority", 0)                         \
	ROW(PRIVACY, "Privacy", 0)                           \
	ROW(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0)     \
	ROW(PROXY_AUTHORIZATION, "Proxy-Authorization", 0)   \
	ROW(PROXY_REQUIRE, "Proxy-Require", 0)               \
	ROW(RACK, "RAck", 0)                                 \
	ROW(REASON, "Reason", 0)                             \
	ROW(RECORD_ROUTE, "Record-Route", 0)                 \
	ROW(REFER_TO, "Refer-To", 'r')                       \
	ROW(REFERRED_BY, "Referred-By", 'b')                 \
	ROW(REPLACES, "Replaces", 0)                         \
	ROW(REPLY_TO, "Reply-To", 0)                         \
	ROW(REQUIRE, "Require", 0)                           \
	ROW(RETRY_AFTER, "Retry-After", 0)                   \
	ROW(ROUTE, "Route", 0)                               \
	ROW(RSEQ, "RSeq", 0)                                 \
	ROW(SERVER, "Server", 0)                             \
	ROW(SERVICE_ROUTE, "Service-Route", 0)               \
	ROW(SESSION_EXPIRES, "Session-Expires", 'x')         \
	ROW(SIP_ETAG, "SIP-ETag", 0)                         \
	ROW(SIP_IF_MATCH, "SIP-If-Match", 0)                 \
	ROW(SUBJECT, "Subject", 's')                         \
	ROW(SUBSCRIPTION_STATE, "Subscription-State", 0)     \
	ROW(SUPPORTED, "Supported", 'k')                     \
	ROW(TIMESTAMP, "Timestamp", 0)                       \
	ROW(TO, "To", 't')                                   \
	ROW(UNSUPPORTED, "Unsupported", 0)                   \
	ROW(USER_AGENT, "User-Agent", 0)                     \
	ROW(VIA, "Via", 'v')                                 \
	ROW(WARNING, "Warning", 0)                           \
	ROW(WWW_AUTHENTICATE, "WWW-Authenticate", 0)

enum pv_header {
	PV_HEADER_OTHER,
#define ROW(id, name, compact) PV_HEADER_##id,
	PV_HEADERS(ROW)
#undef ROW
		PV_HEADER_COUNT,
};

enum pv_transport {
	PV_TRANSPORT_UDP,
	PV_TRANSPORT_TCP,
	PV_TRANSPORT_TLS,
	PV_TRANSPORT_WS,
	PV_TRANSPORT_WSS,
	PV_TRANSPORT_OTHER,
};

#define PV_MESSAGE_MAX    65535 /* bytes in one message: references are 16 bits wide */
#define PV_MESSAGE_FIELDS 160   /* header lines in one message */
#define PV_NO_FIELD       0xffff

/* Bytes [at, at + length) of the message. Length 0 at 0 = absent. */
struct pv_ref {
	uint16_t at;
	uint16_t length;
};

/* One header line. `value` has no LWS at its ends; folds inside stay as they came. */
struct pv_field {
	uint16_t line;     /* where the line starts: its name */
	uint16_t line_end; /* just behind its CRLF */
	struct pv_ref value;
	uint16_t next;  /* the next line of the same header, or PV_NO_FIELD (not kept for OTHER) */
	uint8_t header; /* enum pv_header */
	uint8_t name_length;
};

/* A Via value (§20.42). Spans point into the parsed text; absent ones have length 0. */
struct pv_via {
	struct pv_span protocol; /* the transport token; "SIP" and "2.0" were checked */
	enum pv_transport transport;
	struct pv_span host; /* IPv6 without its brackets */
	bool host_is_ipv6;
	uint16_t port; /* 0 = not given */
	struct pv_span branch;
	struct pv_span received;
	struct pv_span maddr;
	bool has_rport;        /* present, with or without a value */
	struct pv_span rport;  /* its value; `at` is where a value would go when it has none */
	struct pv_span params; /* all parameters, from the first ';' */
	struct pv_span whole;  /* the value */
};

/* A name-addr or addr-spec with its header parameters (From, To, Contact, Route, Path; §20.10). */
struct pv_address {
	struct pv_span display; /* as written, quotes included */
	struct pv_span uri;     /* without <> */
	struct pv_span params;  /* header parameters, from the first ';' behind '>' */
	bool is_name_addr;      /* had <>: a Route must (§20.34) */
	bool is_star;           /* Contact: * */
	struct pv_span whole;
};

/*
 * Owner: whoever parses; one scratch message a thread is enough. Lifetime: that of `bytes`.
 * All members are filled by pv_message_parse; more is typed on demand by the functions below.
 */
struct pv_message {
	const char *bytes;
	uint32_t length; /* head and body */
	bool is_request;
	enum pv_method method;     /* of the request line; of CSeq in a response */
	uint16_t status;           /* responses */
	struct pv_ref method_name; /* of the request line; of CSeq in a response */
	struct pv_ref request_uri;
	struct pv_ref reason;
	uint16_t fields_at; /* where the first header line starts */
	uint16_t head_end;  /* where the empty line starts */
	struct pv_ref body; /* `at` stands behind the empty line */
	uint16_t field_count;
	uint16_t first[PV_HEADER_COUNT]; /* index of each header's first line, or PV_NO_FIELD */
	struct pv_field fields[PV_MESSAGE_FIELDS];

	struct pv_via via; /* the topmost */
	struct pv_address from, to;
	struct pv_span from_tag, to_tag;
	struct pv_span call_id;
	uint32_t cseq;
	int32_t max_forwards; /* -1 = absent */
	int verdict;          /* what pv_message_parse answered when it was < 0, else 0 */
};

/*
 * Why bytes are not a message that can be acted on: status to answer with (0 = drop silently and
 * count), reason phrase, where the rule stands. Functions return them negated: -PV_BAD_CSEQ.
 */
#define PV_VERDICTS(ROW)                                                         \
	ROW(NOT_SIP, 0, "Not SIP", "RFC 3261 §7.1")                              \
	ROW(BAD_START_LINE, 400, "Bad Start Line", "RFC 3261 §7.1")              \
	ROW(BAD_VERSION, 505, "Version Not Supported", "RFC 3261 §21.5.6")       \
	ROW(BAD_STATUS_LINE, 0, "Bad Status Line", "RFC 3261 §7.2")              \
	ROW(TOO_LARGE, 513, "Message Too Large", "RFC 3261 §21.5.7")             \
	ROW(TOO_MANY_FIELDS, 400, "Too Many Header Fields", "RFC 3261 §21.4.1")  \
	ROW(BAD_FIELD, 400, "Malformed Header Field", "RFC 3261 §7.3.1")         \
	ROW(NO_HEAD_END, 400, "Header Not Terminated", "RFC 3261 §7.5")          \
	ROW(NO_VIA, 0, "Missing Via", "RFC 3261 §8.1.1")                         \
	ROW(BAD_VIA, 400, "Bad Via", "RFC 3261 §20.42")                          \
	ROW(NO_FROM, 400, "Missing From", "RFC 3261 §8.1.1")                     \
	ROW(BAD_FROM, 400, "Bad From", "RFC 3261 §20.20")                        \
	ROW(NO_TO, 400, "Missing To", "RFC 3261 §8.1.1")                         \
	ROW(BAD_TO, 400, "Bad To", "RFC 3261 §20.39")                            \
	ROW(NO_CALL_ID, 400, "Missing Call-ID", "RFC 3261 §8.1.1")               \
	ROW(BAD_CALL_ID, 400, "Bad Call-ID", "RFC 3261 §20.8")                   \
	ROW(NO_CSEQ, 400, "Missing CSeq", "RFC 3261 §8.1.1")                     \
	ROW(BAD_CSEQ, 400, "Bad CSeq", "RFC 3261 §20.16")                        \
	ROW(CSEQ_METHOD, 400, "CSeq Method Does Not Match", "RFC 3261 §8.1.1.5") \
	ROW(DUPLICATE_FIELD, 400, "Duplicate Header Field", "RFC 3261 §7.3.1")   \
	ROW(BAD_CONTENT_LENGTH, 400, "Bad Content-Length", "RFC 3261 §20.14")    \
	ROW(BODY_CUT, 400, "Body Shorter Than Content-Length", "RFC 3261 §18.3") \
	ROW(BAD_MAX_FORWARDS, 400, "Bad Max-Forwards", "RFC 3261 §20.22")        \
	ROW(BAD_REQUEST_URI, 400, "Bad Request-URI", "RFC 3261 §16.3")           \
	ROW(BAD_SCHEME, 416, "Unsupported URI Scheme", "RFC 3261 §16.3")

enum pv_verdict {
	PV_VERDICT_NONE,
#define ROW(id, status, phrase, section) PV_##id,
	PV_VERDICTS(ROW)
#undef ROW
		PV_VERDICT_COUNT,
};

struct pv_verdict_row {
	const char *name;
	uint16_t status;
	const char *phrase;
	const char *section;
};

/* `verdict` as it was returned, negative. */
const struct pv_verdict_row *pv_verdict_row(int verdict);

/*
 * Indexes the message at `bytes`. With `whole` the bytes are a datagram: the message ends with
 * them, what stands behind Content-Length is cut (§18.3), a missing Content-Length means "the
 * rest". Without it they are the start of a stream: Content-Length is required.
 * Returns the bytes consumed (> 0), 0 when more are needed (streams only), or -enum pv_verdict; on
 * a verdict all that could be indexed is, so that a response can still be built.
 * Leading CRLFs (§7.5) are the caller's to skip. `message` need not be initialised.
 */
int pv_message_parse(struct pv_message *message, const char *bytes, size_t length, bool whole);

static inline struct pv_span pv_message_span(const struct pv_message *m, struct pv_ref ref)
{
	return (struct pv_span){m->bytes + ref.at, ref.length};
}

static inline bool pv_message_has(const struct pv_message *m, enum pv_header header)
{
	return m->first[header] != PV_NO_FIELD;
}

/* The value of the first line of `header`; an empty span (at == NULL) when there is none. */
struct pv_span pv_message_value(const struct pv_message *m, enum pv_header header);
/* The first line called `name`, in any case: for headers that have no row. */
struct pv_span pv_message_value_named(const struct pv_message *m, struct pv_span name);

/* Walks the comma-separated values of a header over all its lines, minding quotes, <> and (). */
struct pv_values {
	const struct pv_message *message;
	uint16_t field; /* index of the line of the value returned last */
	uint16_t next_field;
	struct pv_span rest;
};
void pv_values_begin(struct pv_values *walk, const struct pv_message *m, enum pv_header header);
bool pv_values_next(struct pv_values *walk, struct pv_span *ret_value);
/* The same over one text: takes the first value off `rest`. */
bool pv_list_next(struct pv_span *rest, struct pv_span *ret_value);

/* Each parses a whole value: 0, or -1 when it is malformed. A fold is legal wherever LWS is. */
int pv_via_parse(struct pv_span value, struct pv_via *ret);
int pv_address_parse(struct pv_span value, struct pv_address *ret);
int pv_cseq_parse(struct pv_span value, uint32_t *ret_number, struct pv_span *ret_method);
/* A decimal number alone in its value; what exceeds 2^32-1 is clamped there (§20.19). */
bool pv_number_parse(struct pv_span value, uint32_t *ret);
/* A q value, "0" to "1.000", in thousandths. */
bool pv_qvalue_parse(struct pv_span value, uint16_t *ret_thousandths);

/* `params` starts at a ';' or is empty. Finds `name` in any case. ret_value (may be NULL) is empty
 * for a flag; a quoted value keeps its quotes. */
bool pv_params_find(struct pv_span params, struct pv_span name, struct pv_span *ret_value);
bool pv_params_next(struct pv_span *rest, struct pv_span *ret_name, struct pv_span *ret_value);

enum pv_method pv_method_of(struct pv_span token); /* case-sensitive (§7.1) */
struct pv_span pv_method_text(enum pv_method method);
enum pv_header pv_header_of(struct pv_span name);        /* long or compact, any case */
struct pv_span pv_header_name(enum pv_header header);    /* the long name */
enum pv_transport pv_transport_of(struct pv_span token); /* any case */
struct pv_span pv_transport_text(enum pv_transport t);   /* as in a Via: "UDP" */
/* As in a URI: ";transport=tcp"; empty for UDP, which needs none. Of WSS it is "ws" (RFC 7118 §5).
 */
struct pv_span pv_transport_parameter(enum pv_transport t);
const char *pv_reason_phrase(unsigned status); /* RFC 3261 §21 and its extensions */

#endif
