/* SPDX-License-Identifier: Apache-2.0 */
/* report.c — the list of everything that was found in a configuration. */
#include "conf/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_names[] = {
	[CONFIG_NOTE] = "note",
	[CONFIG_WARNING] = "warning",
	[CONFIG_ERROR] = "error",
};

static void count(struct config_report *report, enum config_severity severity)
{
	switch (severity) {
	case CONFIG_NOTE:
		report->notes++;
		return;
	case CONFIG_WARNING:
		report->warnings++;
		return;
	case CONFIG_ERROR:
		report->errors++;
		return;
	}
}

/* File name and text share the finding's own allocation: a report outlives its configuration. */
static struct config_finding *finding_new(const char *file, const char *text)
{
	size_t text_size = strlen(text) + 1, file_size = file ? strlen(file) + 1 : 0;
	struct config_finding *finding = malloc(sizeof *finding + text_size + file_size);
	if (!finding)
		return NULL;
	memcpy(finding->text, text, text_size);
	finding->file = file ? memcpy(finding->text + text_size, file, file_size) : NULL;
	finding->next = NULL;
	return finding;
}

void config_report_add(struct config_report *report, enum config_severity severity,
	const char *file, uint32_t line, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);

	count(report, severity);
	struct config_finding *finding = finding_new(file, text);
	if (!finding)
		return;
	finding->severity = severity;
	finding->line = line;
	if (!report->last)
		report->last = &report->first;
	*report->last = finding;
	report->last = &finding->next;
}

void config_report_print(const struct config_report *report, FILE *out)
{
	for (const struct config_finding *f = report->first; f; f = f->next) {
		if (f->file && f->line)
			fprintf(out, "%s:%u: ", f->file, f->line);
		else if (f->file)
			fprintf(out, "%s: ", f->file);
		fprintf(out, "%s: %s\n", severity_names[f->severity], f->text);
	}
}

void config_report_done(struct config_report *report)
{
	if (!report)
		return;
	while (report->first) {
		struct config_finding *finding = report->first;
		report->first = finding->next;
		free(finding);
	}
	*report = (struct config_report){0};
}
