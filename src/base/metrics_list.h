/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_list.h: every counter and gauge, a row each; append a row and use METRIC_name. */

/* No include guard: metrics.h and metrics.c include it with METRIC and HISTOGRAM defined.
 * METRIC(name, kind, unit, help): kind COUNTER (only grows) or GAUGE (goes up and down).
 * HISTOGRAM(name, unit, help). Names say floor_what_happened. */

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

HISTOGRAM(batch_time, "ns", "time a worker spends on one batch of events")
