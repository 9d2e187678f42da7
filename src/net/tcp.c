/* SPDX-License-Identifier: Apache-2.0 */
/* tcp.c: streams. */
#include <errno.h>
#include "net/private.h"
int tcp_new(struct net *net) { return 0; }
void tcp_free(struct net *net) {}
int tcp_open(struct net *net, unsigned listener) { return -EPROTONOSUPPORT; }
void tcp_send(struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender)
{
	send_failed(net, sender, EPROTONOSUPPORT);
}
void tcp_flush(struct net *net) {}
