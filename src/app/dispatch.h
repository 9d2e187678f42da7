/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.h — the one place that knows all applications: a message of this worker finds its own.
 */
#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "app/b2bua/b2bua.h"
#include "app/ptt/ptt.h"
#include "app/registrar/registrar.h"
#include "net/net.h"
#include "proxy/proxy.h"
#include "transaction/transaction.h"

/* Owner: the worker. Lifetime: the daemon's. */
struct dispatch {
	struct worker *worker;
	struct net *net;
	struct transaction_layer *transactions;
	struct proxy *proxy;
	struct b2bua *b2bua; /* NULL: calls are passed on (calls.mode = "proxy") */
	struct ptt *ptt;     /* NULL: there are no groups */
	struct registrar *registrar;
	struct pv_message message; /* the worker's scratch message */
	struct incoming incoming;  /* and what it asks for */
	const struct application *chosen;
};

/* Hooks itself up as the user of the net and of the transaction layer. */
void dispatch_init(struct dispatch *dispatch, struct worker *worker, struct net *net,
	struct transaction_layer *transactions, struct proxy *proxy, struct registrar *registrar,
	struct b2bua *b2bua, struct ptt *ptt);

/* The process is about to end: every application says its last word. On the worker. */
void dispatch_farewell(struct dispatch *dispatch);

#endif
