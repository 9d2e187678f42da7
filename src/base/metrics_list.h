/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_list.h: every counter and gauge, a row each; append a row and use METRIC_name. */

/* No include guard: metrics.h and metrics.c include it with METRIC and HISTOGRAM defined.
 * METRIC(name, kind, unit, help): kind COUNTER (only grows) or GAUGE (goes up and down).
 * HISTOGRAM(name, unit, help). Names say floor_what_happened. */

/* A row a line, however long. */
/* clang-format off */

METRIC(log_lines_dropped, COUNTER, "lines", "log lines lost because a thread's ring was full")

METRIC(auth_challenges, COUNTER, "requests", "requests answered 401 or 407")
METRIC(auth_accepted, COUNTER, "requests", "requests whose credentials were right")
METRIC(auth_failures, COUNTER, "requests", "requests with a wrong password or an unknown user")
METRIC(auth_stale, COUNTER, "requests", "right passwords under a nonce that was too old or lost")
METRIC(auth_replays, COUNTER, "requests", "nonce counts that came a second time")
METRIC(auth_forged, COUNTER, "requests", "credentials with a nonce that this process never issued")
METRIC(auth_forbidden, COUNTER, "requests", "right passwords under a From or To of somebody else")
METRIC(auth_malformed, COUNTER, "requests", "credentials malformed or for another Request-URI")
METRIC(auth_limited, COUNTER, "requests", "credentials not looked at: too many failures of their source")
METRIC(registry_lookups, COUNTER, "lookups", "lookups of an address-of-record")
METRIC(registry_lookup_locks, COUNTER, "lookups",
	"lookups that a writer disturbed so often that they took its lock")
METRIC(sip_garbage, COUNTER, "messages", "messages that do not start like SIP, dropped")
METRIC(registrar_accepted, COUNTER, "requests", "REGISTERs answered 200, queries too")
METRIC(registrar_challenged, COUNTER, "requests", "REGISTERs answered 401")
METRIC(registrar_refused, COUNTER, "requests", "REGISTERs answered otherwise")
METRIC(registrar_full, COUNTER, "requests", "REGISTERs answered 503: registrar.capacity is reached")
METRIC(registrar_answers_lost, COUNTER, "responses", "answers not sent for want of memory or room")
METRIC(registrar_keepalives, COUNTER, "messages", "keep-alives sent to contacts behind NAT")
METRIC(registrar_flows_lost, COUNTER, "bindings", "bindings whose connection ended")

METRIC(transaction_retransmitted, COUNTER, "messages", "requests, responses and ACKs sent again")
METRIC(transaction_absorbed, COUNTER, "messages", "retransmissions that needed no answer")
METRIC(transaction_ignored, COUNTER, "events", "events that the state of their transaction has no rule for")
METRIC(transaction_stray, COUNTER, "responses", "responses dropped: no transaction, or a wrong path")
METRIC(transaction_bad, COUNTER, "messages", "messages that the parser found wrong")
METRIC(transaction_refused, COUNTER, "transactions", "transactions not made because all are in use")
METRIC(transaction_stateless, COUNTER, "responses", "responses sent without a transaction")
METRIC(transaction_timeouts, COUNTER, "transactions", "requests that nobody answered")
METRIC(transaction_send_errors, COUNTER, "messages", "messages that could not be sent")
METRIC(transaction_fallback, COUNTER, "transactions", "responses sent over a new connection, theirs being gone")

METRIC(net_udp_received, COUNTER, "datagrams", "datagrams received")
METRIC(net_udp_sent, COUNTER, "datagrams", "datagrams sent")
METRIC(net_udp_coupled, COUNTER, "datagrams", "datagrams that left together with one of their length and peer")
METRIC(net_udp_dropped_by_kernel, COUNTER, "datagrams", "datagrams lost because a socket's receive buffer was full")
METRIC(net_udp_send_dropped, COUNTER, "datagrams", "datagrams given up because the kernel took none for long")
METRIC(net_icmp_errors, COUNTER, "errors", "ICMP errors about datagrams that were sent")
METRIC(net_messages_received, COUNTER, "messages", "messages that look like SIP, of all transports")
METRIC(net_messages_posted, COUNTER, "messages", "messages posted to the worker that is their home")
METRIC(net_keepalives, COUNTER, "datagrams", "datagrams that only keep a NAT open: CRLF, NUL, STUN")
METRIC(net_garbage, COUNTER, "messages", "datagrams and stream messages that are not SIP, dropped")
METRIC(net_too_large, COUNTER, "messages", "messages over limits.message_size, dropped")
METRIC(net_screened, COUNTER, "requests", "new requests of sources over their rate, dropped")
METRIC(net_packets_exhausted, COUNTER, "messages", "messages dropped because a worker's packets were all in use")
METRIC(net_send_errors, COUNTER, "messages", "messages that could not be sent")
METRIC(net_send_errors_untold, COUNTER, "messages", "send errors of which the sender could not be told")
METRIC(net_large_over_udp, COUNTER, "requests", "requests over 1,300 bytes sent by UDP for want of TCP")
METRIC(net_connections, GAUGE, "connections", "stream connections that are open")
METRIC(net_connections_accepted, COUNTER, "connections", "connections that peers opened")
METRIC(net_connections_opened, COUNTER, "connections", "connections opened towards peers")
METRIC(net_connections_refused, COUNTER, "connections", "connections over a limit, closed at once")
METRIC(net_connections_timed_out, COUNTER, "connections", "connections closed for half a message, or that were never established")
METRIC(net_connections_stuck, COUNTER, "connections", "connections closed because the peer did not read")
METRIC(net_connections_idle, COUNTER, "connections", "connections closed because nothing came for long")
METRIC(net_accept_pauses, COUNTER, "pauses", "times that accepting paused for want of descriptors")
METRIC(net_stream_bad, COUNTER, "connections", "connections closed because their bytes could not be framed")
METRIC(net_queue_full, COUNTER, "messages", "messages refused because a connection's queue was full")
METRIC(net_names_asked, COUNTER, "names", "names for which DNS was asked, those in the cache aside")
METRIC(net_names_unresolved, COUNTER, "names", "names that led to no address")
METRIC(net_names_timed_out, COUNTER, "names", "names given up because DNS took too long")
METRIC(net_names_refused, COUNTER, "names", "names not asked for because too many were on their way")
METRIC(net_overloaded, GAUGE, "workers", "workers that are behind: new requests are refused first")


METRIC(proxy_requests, COUNTER, "requests", "requests let in and forwarded to one or more targets")
METRIC(proxy_branches, COUNTER, "requests", "requests sent to a target")
METRIC(proxy_acks, COUNTER, "requests", "ACKs for 2xx passed on")
METRIC(proxy_acks_dropped, COUNTER, "requests", "ACKs of no dialog that went through us, or without a way on")
METRIC(proxy_loops, COUNTER, "requests", "requests that came back unchanged: 482")
METRIC(proxy_refused_identity, COUNTER, "requests", "requests that their sender may not send: 400, 403")
METRIC(proxy_refused_user_calls, COUNTER, "requests", "INVITEs of users who have limits.user_calls open: 503")
METRIC(proxy_refused_busy, COUNTER, "requests", "requests refused for overload or a full resource: 503")
METRIC(proxy_targets_missing, COUNTER, "requests", "requests for a user who is not there: 404, 480")
METRIC(proxy_replies_stateless, COUNTER, "responses", "responses of our own sent without a transaction")
METRIC(proxy_replies_lost, COUNTER, "responses", "responses not sent for want of memory or room")
METRIC(proxy_responses_dropped, COUNTER, "responses", "responses that nobody waits for any more")
METRIC(proxy_responses_stateless, COUNTER, "responses", "answers to what was sent without a transaction")
METRIC(proxy_late_successes, COUNTER, "responses", "2xx that came after another final response, passed on")
METRIC(proxy_transport_errors, COUNTER, "branches", "branches whose request could not be sent")
METRIC(proxy_timer_c, COUNTER, "branches", "branches cancelled because they rang for too long")

METRIC(daemon_reloads, COUNTER, "reloads", "configurations, or users alone, that every worker has taken over")
METRIC(daemon_stalls, COUNTER, "times", "workers that did not come around for more than a second")

HISTOGRAM(batch_time, "ns", "time a worker spends on one batch of events")

/* clang-format on */
