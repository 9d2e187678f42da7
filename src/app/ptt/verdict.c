/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c — the floor's causes, in words. */
#include "app/ptt/verdict.h"

#include "base/macros.h"

/* TS 24.380 §8.2.3.4: of Floor Deny, and of Floor Revoke, which are numbered apart. */
enum {
	DENY_TAKEN = 1,
	DENY_ALONE = 3,
	DENY_RETRY_AFTER = 4,
	DENY_RECEIVE_ONLY = 5,
	DENY_QUEUE_FULL = 7
};
enum { REVOKE_ALONE = 1, REVOKE_TOO_LONG = 2, REVOKE_PREEMPTED = 4 };
#define CAUSE_OTHER 255 /* of either: what a dispatcher does */

static const struct pv_span texts[] = {
#define ROW(name, text) [PTT_REFUSED_##name] = PV_SPAN_INIT(text),
	PTT_REFUSALS(ROW)
#undef ROW
};

struct pv_span ptt_refusal_text(enum ptt_refusal refusal)
{
	return texts[refusal];
}

static enum ptt_refusal of_cause(
	const uint8_t *table, unsigned count, unsigned cause, enum ptt_refusal rights)
{
	if (cause == CAUSE_OTHER)
		return rights ? rights : PTT_REFUSED_DISPATCHER;
	return cause < count && table[cause] ? (enum ptt_refusal)table[cause] : PTT_REFUSED_SERVER;
}

enum ptt_refusal ptt_refusal_of_deny(unsigned cause, enum ptt_refusal rights)
{
	static const uint8_t table[] = {
		[DENY_TAKEN] = PTT_REFUSED_TAKEN,
		[DENY_ALONE] = PTT_REFUSED_ALONE,
		[DENY_RETRY_AFTER] = PTT_REFUSED_TOO_OFTEN,
		[DENY_QUEUE_FULL] = PTT_REFUSED_QUEUE_FULL,
	};
	if (cause == DENY_RECEIVE_ONLY)
		return rights ? rights : PTT_REFUSED_LISTENS;
	return of_cause(table, ARRAY_LENGTH(table), cause, rights);
}

enum ptt_refusal ptt_refusal_of_revoke(unsigned cause, enum ptt_refusal rights)
{
	static const uint8_t table[] = {
		[REVOKE_ALONE] = PTT_REFUSED_ALONE,
		[REVOKE_TOO_LONG] = PTT_REFUSED_TOO_LONG,
		[REVOKE_PREEMPTED] = PTT_REFUSED_PREEMPTED,
	};
	return of_cause(table, ARRAY_LENGTH(table), cause, rights);
}
