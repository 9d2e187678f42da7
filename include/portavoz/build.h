/* SPDX-License-Identifier: Apache-2.0 */
/* build.h — responses and requests of our own, written into a bounded writer (RFC 3261 §8.2.6,
 * §9.1, §17.1.1.3). */
#ifndef PORTAVOZ_BUILD_H
#define PORTAVOZ_BUILD_H

#include <portavoz/message.h>
#include <portavoz/writer.h>

/*
 * Starts a response to `request`: status line, all Via values in order (the topmost completed with
 * received and rport when those spans are not empty), From, To with `to_tag` added when the
 * request's To has none and to_tag is not empty, Call-ID, CSeq, and for 100 the Timestamp
 * (§8.2.6.1). Further headers follow with pv_build_header; pv_build_end writes Content-Length and
 * the body. A request that got a parse verdict works too: what is missing is left out.
 */
struct pv_response {
	unsigned status;
	struct pv_span phrase; /* empty = pv_reason_phrase(status) */
	struct pv_span to_tag;
	struct pv_span received; /* address text of the source where it must be added (§18.2.1, RFC
				    3581) */
	struct pv_span rport;    /* port text where the Via asked for it */
	bool record_route;       /* copy Record-Route (§12.1.1: dialog-forming 1xx and 2xx) */
};
void pv_build_response(
	struct pv_writer *w, const struct pv_message *request, const struct pv_response *response);
void pv_build_header(struct pv_writer *w, enum pv_header header, struct pv_span value);
void pv_build_header_named(struct pv_writer *w, struct pv_span name, struct pv_span value);
void pv_build_end(struct pv_writer *w, struct pv_span content_type, struct pv_span body);

/*
 * CANCEL (§9.1) or ACK for a non-2xx (§17.1.1.3) of a request that we sent: its Request-URI,
 * topmost Via, From, Call-ID, CSeq number and Route; To is the request's for CANCEL and `to` (the
 * response's) for ACK. `sent` is our own outgoing request. `reason` (may be empty) becomes a
 * Reason header (RFC 3326).
 */
void pv_build_cancel(struct pv_writer *w, const struct pv_message *sent, struct pv_span reason);
void pv_build_ack(struct pv_writer *w, const struct pv_message *sent, struct pv_span to);

#endif
