/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_text.c — all counters, gauges and histograms, as Prometheus text or as JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admin/commands.h"
#include "base/macros.h"
#include "base/metrics.h"
#include "net/net.h"

static const double percents[] = {50, 90, 99, 99.9};

static const char *const kind_names[] = {
	[METRIC_KIND_COUNTER] = "counter",
	[METRIC_KIND_GAUGE] = "gauge",
	[METRIC_KIND_HISTOGRAM] = "summary",
};

static void print_head(FILE *out, const struct metric_row *row, const char *suffix)
{
	fprintf(out, "# HELP portavoz_%s%s %s (%s)\n", row->name, suffix, row->help, row->unit);
	fprintf(out, "# TYPE portavoz_%s%s %s\n", row->name, suffix, kind_names[row->kind]);
}

static void print_value(FILE *out, const struct metric_row *row, uint64_t value)
{
	bool counter = row->kind == METRIC_KIND_COUNTER;
	print_head(out, row, counter ? "_total" : "");
	if (counter)
		fprintf(out, "portavoz_%s_total %" PRIu64 "\n", row->name, value);
	else
		fprintf(out, "portavoz_%s %" PRId64 "\n", row->name, (int64_t)value);
}

static void print_histogram(
	FILE *out, const struct metric_row *row, const struct histogram *histogram)
{
	print_head(out, row, "");
	for (size_t i = 0; i < ARRAY_LENGTH(percents); i++)
		fprintf(out, "portavoz_%s{quantile=\"%g\"} %" PRIu64 "\n", row->name,
			percents[i] / 100, histogram_percentile(histogram, percents[i]));
	fprintf(out, "portavoz_%s_sum %" PRIu64 "\n", row->name,
		atomic_load_explicit(&histogram->sum, memory_order_relaxed));
	fprintf(out, "portavoz_%s_count %" PRIu64 "\n", row->name, histogram_count(histogram));
}

static void json_histogram(
	struct json *json, const struct metric_row *row, const struct histogram *histogram)
{
	json_object(json, row->name);
	json_number(json, "count", histogram_count(histogram));
	json_number(json, "mean", histogram_mean(histogram));
	json_number(json, "p50", histogram_percentile(histogram, 50));
	json_number(json, "p99", histogram_percentile(histogram, 99));
	json_number(json, "p999", histogram_percentile(histogram, 99.9));
	json_object_end(json);
}

static void each_value(struct admin_call *call, bool as_json)
{
	for (unsigned id = 0; id < METRIC_COUNT; id++) {
		const struct metric_row *row = &metric_rows[id];
		uint64_t value = metrics_sum((enum metric_id)id);
		if (as_json)
			json_signed(&call->json, row->name, (int64_t)value);
		else
			print_value(call->out, row, value);
	}
}

static void each_histogram(struct admin_call *call, bool as_json)
{
	struct histogram *histogram = malloc(sizeof *histogram);
	for (unsigned id = 0; histogram && id < HISTOGRAM_COUNT; id++) {
		histogram_init(histogram);
		metrics_histogram((enum histogram_id)id, histogram);
		if (as_json)
			json_histogram(&call->json, &histogram_rows[id], histogram);
		else
			print_histogram(call->out, &histogram_rows[id], histogram);
	}
	free(histogram);
}

void command_metrics(struct admin_call *call)
{
	bool as_json = call->argument && strcmp(call->argument, "json") == 0;
	if (call->argument && !as_json) {
		call_fail(call, "metrics, or metrics json");
		return;
	}
	count_fastpath(call->host);
	if (call->host->net)
		net_steering(call->host->net);
	if (as_json)
		json_object(&call->json, NULL);
	each_value(call, as_json);
	each_histogram(call, as_json);
	if (as_json)
		json_object_end(&call->json);
}
