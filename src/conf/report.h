/* SPDX-License-Identifier: Apache-2.0 */
/* report.h — adding findings to a report. */
#ifndef PORTAVOZ_CONF_REPORT_H
#define PORTAVOZ_CONF_REPORT_H

#include "conf/config.h"

/* Adds one finding; drops it, but counts it, when there is no memory. */
void config_report_add(struct config_report *report, enum config_severity severity,
	const char *file, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
