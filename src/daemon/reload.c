/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c — SIGHUP: check, say what changed, apply at once; on any mistake the old configuration
 * stays. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "app/b2bua/b2bua.h"
#include "app/ptt/ptt.h"
#include "proxy/proxy.h"
#include "app/registrar/registrar.h"
#include "base/log.h"
#include "base/metrics.h"
#include "call/call.h"
#include "daemon/background.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/notify.h"
#include "daemon/users.h"
#include "daemon/steps.h"

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

/* What a reload replaces. Each worker runs its task between two events: it has let go of the old
 * values then, and the last one frees them. */
struct adoption {
	_Atomic unsigned remaining;
	struct floors *floors;
	struct user_table *users; /* all five are the old ones, or NULL */
	struct domains *domains;
	struct config *config;
	struct pv_span *reserved;
	struct group_set groups;
	bool with_applications; /* they get all that follows */
	const struct domains *new_domains;
	struct registrar_config registrar;
	struct proxy_config proxy;
	struct b2bua_config b2bua;
	struct ptt_config ptt;
	struct calls_settings calls;
	struct adoption_task {
		struct worker_task task;
		struct adoption *adoption;
	} tasks[WORKERS_MAX];
};

static void on_worker(struct worker *worker, struct worker_task *task)
{
	struct adoption *adoption = container_of(task, struct adoption_task, task)->adoption;
	struct floors *floors = adoption->floors;
	if (adoption->with_applications) {
		registrar_configure(floors->registrars[worker->index], &adoption->registrar,
			adoption->new_domains);
		proxy_configure(
			floors->proxies[worker->index], &adoption->proxy, adoption->new_domains);
		if (floors->b2buas[worker->index])
			b2bua_configure(floors->b2buas[worker->index], &adoption->b2bua);
		ptt_configure(floors->ptts[worker->index], &adoption->ptt, adoption->new_domains);
		calls_configure(floors->calls[worker->index], &adoption->calls);
	}
	if (atomic_fetch_sub(&adoption->remaining, 1) > 1)
		return;
	metrics_add(METRIC_daemon_reloads, 1);
	user_table_free(adoption->users);
	domains_free(adoption->domains);
	config_free(adoption->config);
	group_set_done(&adoption->groups);
	free(adoption->reserved);
	free(adoption);
}

static void post(struct adoption *adoption)
{
	struct worker_group *workers = &adoption->floors->workers;
	atomic_store(&adoption->remaining, workers->count);
	for (unsigned i = 0; i < workers->count; i++) {
		adoption->tasks[i].adoption = adoption;
		adoption->tasks[i].task.mail.kind = MAIL_TASK;
		adoption->tasks[i].task.run = on_worker;
		worker_post(&workers->workers[i], &adoption->tasks[i].task.mail);
	}
}

static void put_users(struct daemon *daemon, struct adoption *adoption, struct user_table *users)
{
	daemon->floors->users = users;
	adoption->users =
		(struct user_table *)(uintptr_t)auth_users_swap(daemon->floors->auth, users);
}

static void put_domains(struct daemon *daemon, struct adoption *adoption, struct domains *domains)
{
	adoption->domains = daemon->floors->domains;
	adoption->new_domains = domains;
	daemon->floors->domains = domains;
	daemon->host.domains = domains;
	auth_domains_swap(daemon->floors->auth, domains);
}

/* The new configuration is in force from here on. What needs a restart stays with the floors as it
 * was. */
static void adopt(struct daemon *daemon, struct adoption *adoption, struct config *next,
	struct pv_span *reserved, const struct group_set *groups)
{
	struct floors *floors = daemon->floors;
	adoption->config = daemon->current != daemon->boot ? daemon->current : NULL;
	adoption->reserved = floors->reserved;
	adoption->groups = floors->groups;
	floors->groups = *groups;
	daemon->host.groups.groups = groups->groups;
	adoption->with_applications = true;
	step_app_fill_registrar(next, reserved, &adoption->registrar);
	step_app_fill_proxy(floors, next, &adoption->proxy);
	step_app_fill_b2bua(floors, next, &adoption->b2bua);
	step_app_fill_ptt(next, floors->groups.groups, &adoption->ptt);
	step_calls_fill_settings(daemon->boot, next, &adoption->calls);
	floors->reserved = reserved;
	daemon->current = next;
	log_set_level((enum log_level)next->log.level);
	auth_set_nonce_lifetime(floors->auth, next->auth.nonce_lifetime_ms);
	auth_set_source_failures(floors->auth, next->limits.source_register_failures);
	registry_set_max_contacts(floors->registry, next->registrar.max_contacts);
	step_net_set_limits(floors, next);
	step_app_set_limits(floors, next);
	step_calls_set_limits(floors, next);
	step_fastpath_configure(floors, next);
}

/* What a reload brings. All that can fail happens before anything is changed. */
struct arrival {
	struct adoption *adoption;
	struct config *config;
	struct domains *domains; /* NULL: those in force stay */
	struct user_table *users;
	struct pv_span *reserved;
	struct group_set groups;
};

static void arrival_done(struct arrival *arrival)
{
	free(arrival->adoption);
	config_free(arrival->config);
	domains_free(arrival->domains);
	user_table_free(arrival->users);
	group_set_done(&arrival->groups);
	free(arrival->reserved);
}

/*
 * `whole`: the rest of the configuration is to be put in force too, not the users alone. While
 * workers change over from challenging to believing some still challenge, so passwords are let go
 * only by the reload after that.
 */
static int arrival_load(
	struct daemon *daemon, bool whole, struct config_report *report, struct arrival *arrival)
{
	bool with_passwords = users_need_passwords(daemon->current);

	*arrival = (struct arrival){.adoption = calloc(1, sizeof *arrival->adoption)};
	if (!arrival->adoption)
		return -ENOMEM;
	arrival->adoption->floors = daemon->floors;
	int error = config_load(daemon->boot->path, &arrival->config, report);
	if (error == 0)
		error = run_as_check(arrival->config, report);
	if (error == 0 && whole)
		group_set_check(arrival->config, report);
	if (error == 0 && whole) {
		with_passwords |= users_need_passwords(arrival->config);
		error = step_domains_make(arrival->config, daemon->boot, &arrival->domains);
	}
	if (error == 0)
		error = users_load(arrival->config,
			whole ? arrival->domains : daemon->floors->domains, with_passwords, report,
			&arrival->users);
	if (error == 0)
		arrival->reserved = step_app_reserved(arrival->config);
	if (error == 0 && !arrival->reserved)
		error = -ENOMEM;
	if (error == 0)
		error = group_set_make(
			arrival->config, &daemon->floors->group_key, &arrival->groups);
	if (error < 0)
		arrival_done(arrival);
	return error;
}

static int load_all(struct daemon *daemon, struct config_report *report)
{
	struct arrival arrival;
	int error = arrival_load(daemon, true, report, &arrival);
	if (error < 0)
		return error;
	config_diff(daemon->current, arrival.config, report);
	put_domains(daemon, arrival.adoption, arrival.domains);
	put_users(daemon, arrival.adoption, arrival.users);
	adopt(daemon, arrival.adoption, arrival.config, arrival.reserved, &arrival.groups);
	/* before the workers tell the relay threads whom to record */
	step_record_configure(daemon->floors, &daemon->floors->groups);
	post(arrival.adoption);
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
	struct arrival arrival;
	int error = arrival_load(daemon, false, report, &arrival);
	daemon_log_report(report);
	if (error < 0)
		return error;
	put_users(daemon, arrival.adoption, arrival.users);
	*ret_users = user_table_count(arrival.users);
	post(arrival.adoption);
	arrival.adoption = NULL;
	arrival.users = NULL;
	arrival_done(&arrival);
	log_event(LOG_LEVEL_NOTICE, "users_reloaded", "users=%u", *ret_users);
	return 0;
}
