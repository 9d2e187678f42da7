/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c — SIGHUP: check, say what changed, apply at once; on any mistake the old configuration
 * stays. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"

static const enum log_level levels[] = {
	[CONFIG_NOTE] = LOG_LEVEL_NOTICE,
	[CONFIG_WARNING] = LOG_LEVEL_WARNING,
	[CONFIG_ERROR] = LOG_LEVEL_ERROR,
};

void daemon_log_report(const struct config_report *report)
{
	char text[640], file[320];
	for (const struct config_finding *f = report->first; f; f = f->next)
		log_event(levels[f->severity], "config", "file=%s line=%" PRIu32 " text=%s",
			log_quote(file, sizeof file, pv_span_of(f->file)), f->line,
			log_quote(text, sizeof text, pv_span_of(f->text)));
}

/* The new configuration is in force from here on. */
static void adopt(struct daemon *daemon, struct config *next)
{
	if (daemon->current != daemon->boot)
		config_free(daemon->current);
	daemon->current = next;
	log_set_level((enum log_level)next->log.level);
}

int daemon_reload(struct daemon *daemon, struct config_report *report)
{
	struct config *next = NULL;
	notify_reloading(clock_now_ns(daemon->clock) / 1000);
	int result = config_load(daemon->boot->path, &next, report);
	if (result == 0) {
		config_diff(daemon->current, next, report);
		adopt(daemon, next);
	}
	daemon_log_report(report);
	if (result == 0)
		log_event(LOG_LEVEL_NOTICE, "reloaded", "changes=%u need_restart=%u",
			report->changes_applied, report->changes_need_restart);
	else
		log_event(LOG_LEVEL_ERROR, "reload_refused", "errors=%u the_old_one=stays",
			report->errors);
	notify_ready(result == 0 ? "running" : "running; the last reload was refused");
	return result;
}

int daemon_reload_users(struct daemon *daemon, struct config_report *report, uint32_t *ret_users)
{
	*ret_users = daemon->current->user_count;
	return 0;
}
