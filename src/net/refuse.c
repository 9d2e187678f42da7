/* SPDX-License-Identifier: Apache-2.0 */
/* refuse.c: the answer to a request of a stream that cannot be read to its end. */
#include "net/refuse.h"

#include <portavoz/build.h>

bool refuse_write(struct pv_span bytes, int verdict, struct pv_writer *w)
{
	struct pv_message message;
	const struct pv_verdict_row *why = pv_verdict_row(verdict);
	const char *end = memmem(bytes.at, bytes.length, "\r\n\r\n", 4);
	size_t head = end ? (size_t)(end - bytes.at) + 4 : 0;
	if (!end || head > PV_MESSAGE_MAX || why->status == 0)
		return false;
	/* the head alone, as if it were a datagram: a verdict about the missing body is no
	 * hindrance */
	pv_message_parse(&message, bytes.at, head, true);
	if (!message.is_request || message.method == PV_METHOD_ACK ||
		!pv_message_has(&message, PV_HEADER_VIA))
		return false;
	struct pv_response response = {.status = why->status, .phrase = pv_span_of(why->phrase)};
	pv_build_response(w, &message, &response);
	pv_build_end(w, (struct pv_span){0}, (struct pv_span){0});
	return !w->overflow;
}
