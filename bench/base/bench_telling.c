/* SPDX-License-Identifier: Apache-2.0 */
/* bench_telling.c: counters, histograms, log lines and the bounded writer. */
#include <portavoz/writer.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "lib/bench.h"

static void counts(uint64_t count)
{
	while (count--) {
		metrics_add(METRIC_log_lines_dropped, 1);
		BENCH_KEEP(metrics_here);
	}
}

static void latencies(uint64_t count)
{
	while (count--)
		metrics_record(HISTOGRAM_batch_time, count & 0xfffff);
}

static void lines_off(uint64_t count)
{
	while (count--)
		log_event(LOG_LEVEL_DEBUG, "bench", "count=%llu", (unsigned long long)count);
}

static void lines_on(uint64_t count)
{
	while (count--)
		log_event(LOG_LEVEL_INFO, "call_started", "call_id=%.*s from=\"%s\" n=%llu", 22,
			"a84b4c76e66710@pc33.at", "sip:alice@example.test",
			(unsigned long long)count);
}

static void clocks(uint64_t count)
{
	while (count--)
		BENCH_KEEP(clock_now_ns(clock_monotonic()));
}

static void headers(uint64_t count)
{
	char buffer[256];
	while (count--) {
		struct pv_writer writer;
		pv_writer_init(&writer, buffer, sizeof(buffer));
		pv_put_text(&writer, "Via: SIP/2.0/UDP ");
		pv_put(&writer, PV_SPAN("192.0.2.17"));
		pv_put_char(&writer, ':');
		pv_put_u64(&writer, 5060);
		pv_put_text(&writer, ";branch=z9hG4bK");
		pv_put_hex(&writer, count, 16);
		pv_put_text(&writer, "\r\n");
		BENCH_KEEP(buffer);
	}
}

int main(void)
{
	struct log_config config = {.level = LOG_LEVEL_INFO, .target = "/dev/null"};
	if (metrics_attach("bench") < 0 || log_thread_attach("bench") < 0 || log_start(&config) < 0)
		return 1;
	bench_run("metrics_add", counts, 20000000);
	bench_run("metrics_record", latencies, 10000000);
	bench_run("log_event below the level", lines_off, 20000000);
	/* all rounds together fit into the ring: lines that are dropped cost less */
	bench_run("log_event into the ring", lines_on, 90);
	bench_run("clock_now_ns", clocks, 5000000);
	bench_run("writer: a Via of 66 bytes", headers, 3000000);
	log_stop();
	log_thread_detach();
	metrics_detach();
	return 0;
}
