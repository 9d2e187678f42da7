/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.h — the one place that knows all applications: a message of this worker finds its own.
 */
#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "app/proxy/proxy.h"
#include "app/registrar/registrar.h"
#include "net/net.h"
#include "transaction/transaction.h"

/* Owner: the worker. Lifetime: the daemon's. */
struct dispatch {
	struct worker *worker;
	struct net *net;
	struct transaction_layer *transactions;
	struct proxy *proxy;
	struct registrar *registrar;
	struct pv_message message; /* the worker's scratch message */
	struct incoming incoming;  /* and what it asks for */
	const struct application *chosen;
};

/* Hooks itself up as the user of the net and of the transaction layer. */
void dispatch_init(struct dispatch *dispatch, struct worker *worker, struct net *net,
	struct transaction_layer *transactions, struct proxy *proxy, struct registrar *registrar);

/* The process is about to end: every application says its last word. On the worker. */
void dispatch_farewell(struct dispatch *dispatch);

#endif
