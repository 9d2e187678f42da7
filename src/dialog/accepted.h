/* SPDX-License-Identifier: Apache-2.0 */
/* accepted.h — an INVITE of theirs that has our 2xx, which is sent again until their ACK. */
#ifndef DIALOG_ACCEPTED_H
#define DIALOG_ACCEPTED_H

#include "runtime/alarm.h"
#include "transaction/transaction.h"

/* RFC 3261 §13.3.1.4. Owner: the worker. Lifetime: its dialog's. Zeroed memory: none waits. */
struct accepted {
	struct buffer *ok; /* the 2xx; NULL: none waits for its ACK */
	uint32_t cseq;
	uint32_t wait_ms; /* until the next time */
	uint64_t end_ms;
	uint64_t server; /* its transaction */
	struct alarm again;
};

/* Takes `ok` over, the answer to an INVITE of this number. */
void accepted_keep(struct accepted *accepted, struct buffer_pool *pool, struct buffer *ok,
	uint32_t cseq, uint64_t server);
/* It goes out: from now on its alarm, of this kind, rings until accepted_done. */
void accepted_start(struct accepted *accepted, struct alarms *alarms, uint8_t kind, uint32_t t1_ms);
/* The alarm: sends it again. False: no ACK has come for 64*T1, or nothing is left to send it by. */
bool accepted_again(struct accepted *accepted, struct alarms *alarms,
	struct transaction_layer *transactions, uint32_t t2_ms);
/* Is this its ACK? */
bool accepted_is_acked(const struct accepted *accepted, const struct pv_message *ack);
void accepted_done(struct accepted *accepted, struct buffer_pool *pool);

#endif
