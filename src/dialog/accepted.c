/* SPDX-License-Identifier: Apache-2.0 */
/* accepted.c — a 2xx is sent again and again, at T1 first, at T2 in the end. */
#include "dialog/accepted.h"

#include "base/macros.h"

void accepted_keep(struct accepted *accepted, struct buffer_pool *pool, struct buffer *ok,
	uint32_t cseq, uint64_t server)
{
	buffer_unref(pool, accepted->ok);
	accepted->ok = ok;
	accepted->cseq = cseq;
	accepted->server = server;
}

void accepted_start(struct accepted *accepted, struct alarms *alarms, uint8_t kind, uint32_t t1_ms)
{
	uint64_t now = alarms->worker->now_ms;
	accepted->wait_ms = t1_ms;
	accepted->end_ms = now + 64 * (uint64_t)t1_ms;
	alarm_set(alarms, &accepted->again, kind, now + t1_ms);
}

bool accepted_again(struct accepted *accepted, struct alarms *alarms,
	struct transaction_layer *transactions, uint32_t t2_ms)
{
	uint64_t now = alarms->worker->now_ms;
	struct transaction *server = transaction_get(transactions, accepted->server);
	if (now >= accepted->end_ms || !server)
		return false;
	transaction_respond(transactions, server, accepted->ok, 200);
	accepted->wait_ms = MIN(2 * accepted->wait_ms, t2_ms);
	alarm_set(alarms, &accepted->again, accepted->again.kind,
		MIN(now + accepted->wait_ms, accepted->end_ms));
	return true;
}

bool accepted_is_acked(const struct accepted *accepted, const struct pv_message *ack)
{
	return accepted->ok && accepted->cseq == ack->cseq;
}

void accepted_done(struct accepted *accepted, struct buffer_pool *pool)
{
	alarm_cancel(&accepted->again);
	buffer_unref(pool, accepted->ok);
	accepted->ok = NULL;
}
