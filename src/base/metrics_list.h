/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_list.h: every counter and gauge, a row each; append a row and use METRIC_name. */

/* No include guard: metrics.h and metrics.c include it with METRIC and HISTOGRAM defined.
 * METRIC(name, kind, unit, help): kind COUNTER (only grows) or GAUGE (goes up and down).
 * HISTOGRAM(name, unit, help). Names say floor_what_happened. */

METRIC(log_lines_dropped, COUNTER, "lines", "log lines lost because a thread's ring was full")

HISTOGRAM(batch_time, "ns", "time a worker spends on one batch of events")
