/* SPDX-License-Identifier: Apache-2.0 */
/* busy.h: what workers share so that any of them can refuse a new request in an overload. */
#ifndef APP_BUSY_H
#define APP_BUSY_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>

/*
 * A refusal must cost little of what there is too little of: the worker that received a request
 * gives it, without a hop to the home of its call. Only the home knows whether the request is new
 * or a retransmission of one that was let in, so it leaves a bit for each that it lets in; a bit
 * that stands says "perhaps", and then the home is asked. And the ACK of such a refusal must end
 * wherever it comes in: its To tag carries a mark that nobody outside can guess beforehand.
 *
 * Who may call what, when: busy_new and busy_free main; all else any thread, any time, no lock.
 */
struct busy;

/* 0 or -ENOMEM. */
int busy_new(struct busy **ret);
/* NULL is accepted. */
void busy_free(struct busy *busy);

/* A request of the call with this hash was let in. Remembered for half a minute at least, which is
 * as long as it can be retransmitted. */
void busy_note(struct busy *busy, uint64_t call, uint64_t now_ms);
/* False: certainly no request of this call was let in of late. */
bool busy_may_know(const struct busy *busy, uint64_t call, uint64_t now_ms);

/* What a refusal's To tag begins with. */
#define BUSY_MARK 14
struct pv_span busy_mark(const struct busy *busy);
/* Does this ACK end a refusal with the mark? */
bool busy_is_marked(const struct busy *busy, struct pv_span ack);

#endif
