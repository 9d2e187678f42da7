/* SPDX-License-Identifier: Apache-2.0 */
/* query.h: what the main thread wants to know of the calls of the workers, and what it tells them.
 */
#ifndef CALL_QUERY_H
#define CALL_QUERY_H

#include "call/call.h"
#include "call/end.h"

/*
 * Main's only, while the workers' threads run. Each question is a task that a worker runs between
 * two of its events, on a copy; nobody takes a lock, no worker waits. Main waits for it, two
 * seconds at most: -ETIMEDOUT then, and what was asked may still be done.
 */

#define CALL_TEXT_MAX 160 /* of a URI or a Call-ID; what is longer is cut */

struct call_text {
	uint8_t length;
	char bytes[CALL_TEXT_MAX];
};

struct call_summary {
	char name[CALL_NAME]; /* "0.42.7" */
	struct call_text call_id, caller, callee;
	const char *owner; /* "proxy" */
	uint8_t state;     /* enum call_state */
	bool can_hang_up;
	const char *missing; /* "caller", "callee": not heard while the other one is; or NULL */
	uint16_t status;
	uint64_t age_ms, up_ms; /* since it began, since it was answered (0: was not) */
	unsigned branches;      /* that are relayed */
	unsigned streams;
};

/* One m-line of one branch. */
struct call_stream_summary {
	unsigned branch; /* from 0, in the order in which they were tried */
	bool is_up;      /* the branch was answered */
	const char *kind;
	const char *watch; /* "early", "talk", "held" */
	struct media_lease lease;
	char shown[2][NET_ADDRESS_TEXT]; /* our address that each side is told */
	char sends[2][STREAM_NAME_MAX];  /* what its last packet was coded in; empty: not known */
	struct pv_span codecs[2];        /* of a transcoded stream; empty: it is none */
};

#define CALL_STREAMS_SHOWN 16

struct call_details {
	struct call_summary summary;
	unsigned stream_count;
	struct call_stream_summary streams[CALL_STREAMS_SHOWN];
};

/* The tables of all workers, by their index. */
struct call_tables {
	struct worker_group *workers;
	struct calls *const *calls;
};

/* All calls of all workers, oldest first of each. Those that begin or end meanwhile may be seen or
 * not. 0, -ENOMEM or -ETIMEDOUT. */
int call_query_list(const struct call_tables *tables,
	void (*each)(void *context, const struct call_summary *call), void *context);

/* -EINVAL: no such form of a name; -ENOENT: no such call. */
int call_query_show(
	const struct call_tables *tables, struct pv_span name, struct call_details *ret);

/* As the operator wants: the owner ends the call. *ret_says_bye: both ends are told; else its media
 * are released and the ends find out by themselves. Errors as above. */
int call_query_hang_up(const struct call_tables *tables, struct pv_span name, bool *ret_says_bye);

#endif
