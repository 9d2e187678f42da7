/* SPDX-License-Identifier: Apache-2.0 */
/* peek.h — who owns a datagram, found without a parse: the Call-ID, and a response's branch. */
#ifndef SIP_PEEK_H
#define SIP_PEEK_H

#include <portavoz/message.h>

struct sip_peek {
	bool is_request;
	enum pv_method method;  /* requests; PV_METHOD_OTHER in a response */
	struct pv_span call_id; /* at == NULL when there is none */
	struct pv_span branch;  /* topmost Via's; responses only; at == NULL when there is none */
};

/*
 * Looks at the first header lines of `bytes` (a datagram, or a framed message of a stream). Returns
 * 0, or -enum pv_verdict for what is not SIP at all. Long and compact names, any case, folded
 * values. A response whose branch was found does not look further for the Call-ID.
 */
int sip_peek(const char *bytes, size_t length, struct sip_peek *ret);

#endif
