/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c — SIGHUP: check, say what changed, apply at once; on any mistake the old configuration
 * stays. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/notify.h"
#include "daemon/users.h"
#include "runtime/epoch.h"

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

/* The old table is freed when no worker can be looking at it. */
struct retired {
	struct epoch epoch;
	struct user_table *users;
};

static void free_retired(struct epoch *epoch)
{
	struct retired *retired = container_of(epoch, struct retired, epoch);
	user_table_free(retired->users);
	free(retired);
}

static void put_users(struct daemon *daemon, struct retired *retired, struct user_table *users)
{
	struct floors *floors = daemon->floors;
	floors->users = users;
	retired->users = (struct user_table *)(uintptr_t)auth_users_swap(floors->auth, users);
	epoch_start(&retired->epoch, &floors->workers, free_retired);
}

/* The new configuration is in force from here on. What needs a restart stays with the floors as it
 * was. */
static void adopt(struct daemon *daemon, struct config *next)
{
	if (daemon->current != daemon->boot)
		config_free(daemon->current);
	daemon->current = next;
	log_set_level((enum log_level)next->log.level);
	auth_set_nonce_lifetime(daemon->floors->auth, next->auth.nonce_lifetime_ms);
	auth_set_source_failures(daemon->floors->auth, next->limits.source_register_failures);
}

/* Everything that can fail comes before anything is changed. */
static int load_all(struct daemon *daemon, struct config_report *report)
{
	struct config *next = NULL;
	struct user_table *users = NULL;
	struct retired *retired = calloc(1, sizeof *retired);
	int result = retired ? config_load(daemon->boot->path, &next, report) : -ENOMEM;
	if (result == 0)
		result = users_load(next, daemon->boot, report, &users);
	if (result < 0) {
		config_free(next);
		free(retired);
		return result;
	}
	config_diff(daemon->current, next, report);
	put_users(daemon, retired, users);
	adopt(daemon, next);
	return 0;
}

int daemon_reload(struct daemon *daemon, struct config_report *report)
{
	notify_reloading(clock_now_ns(daemon->clock) / 1000);
	int result = load_all(daemon, report);
	daemon_log_report(report);
	if (result == 0)
		log_event(LOG_LEVEL_NOTICE, "reloaded", "changes=%u need_restart=%u users=%u",
			report->changes_applied, report->changes_need_restart,
			user_table_count(daemon->floors->users));
	else
		log_event(LOG_LEVEL_ERROR, "reload_refused", "errors=%u the_old_one=stays",
			report->errors);
	notify_ready(result == 0 ? "running" : "running; the last reload was refused");
	return result;
}

/* Only the users of the files are put in force; other changes wait for a reload of the whole. */
int daemon_reload_users(struct daemon *daemon, struct config_report *report, uint32_t *ret_users)
{
	struct config *next = NULL;
	struct user_table *users = NULL;
	struct retired *retired = calloc(1, sizeof *retired);
	int result = retired ? config_load(daemon->boot->path, &next, report) : -ENOMEM;
	if (result == 0)
		result = users_load(next, daemon->boot, report, &users);
	config_free(next);
	daemon_log_report(report);
	if (result < 0) {
		free(retired);
		return result;
	}
	put_users(daemon, retired, users);
	*ret_users = user_table_count(users);
	log_event(LOG_LEVEL_NOTICE, "users_reloaded", "users=%u", *ret_users);
	return 0;
}
