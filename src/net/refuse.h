/* SPDX-License-Identifier: Apache-2.0 */
/* refuse.h: the answer to a request of a stream that cannot be read to its end. */
#ifndef NET_REFUSE_H
#define NET_REFUSE_H

#include <portavoz/message.h>
#include <portavoz/writer.h>

/*
 * Writes a response to the request whose head begins `bytes`, made of its own Via, From, To,
 * Call-ID and CSeq lines (RFC 3261 §8.2.6). `verdict` is why (enum pv_verdict). False when no
 * answer is possible: a response, no whole head, a line missing.
 */
bool refuse_write(struct pv_span bytes, int verdict, struct pv_writer *w);

#endif
