/* SPDX-License-Identifier: Apache-2.0 */
/* start_line.h — the first line of a message; internal to this floor. */
#ifndef SIP_START_LINE_H
#define SIP_START_LINE_H

#include <portavoz/message.h>

struct start_line {
	bool is_request;
	struct pv_span method; /* requests */
	enum pv_method known;  /* what `method` is; PV_METHOD_OTHER in responses */
	struct pv_span request_uri;
	uint16_t status; /* responses */
	struct pv_span reason;
};

/*
 * Splits the first line (§7.1, §7.2). Returns the bytes up to and with its CRLF, or 0 when it is
 * not whole. *ret_verdict is 0 or negated; what could be told apart is filled even then, and unless
 * it is -PV_NOT_SIP the rest of the bytes may be read on.
 */
size_t start_line_parse(const char *bytes, size_t length, struct start_line *ret, int *ret_verdict);

#endif
