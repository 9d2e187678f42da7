/* SPDX-License-Identifier: Apache-2.0 */
/* start.c — the floors come up in the order of one table, and go down in the reverse. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/metrics.h"
#include "daemon/background.h"
#include "daemon/daemon.h"
#include "daemon/steps.h"
#include "media/media.h"

/* Before the log runs and after it: the terminal is all there is. */
static int fail(const char *what, const char *name, int error)
{
	fprintf(stderr, "portavoz: %s%s%s: %s\n", what, name ? " " : "", name ? name : "",
		strerror(-error));
	return EXIT_NO_RESOURCE;
}

static int up_pidfile(struct daemon *daemon)
{
	daemon->pidfile = -1;
	if (!daemon->options.pidfile)
		return EXIT_CLEAN;
	daemon->pidfile = pidfile_take(daemon->options.pidfile);
	if (daemon->pidfile == -EBUSY)
		fprintf(stderr, "portavoz: %s: another one is running\n", daemon->options.pidfile);
	else if (daemon->pidfile < 0)
		return fail("pid file", daemon->options.pidfile, daemon->pidfile);
	return daemon->pidfile < 0 ? EXIT_NO_RESOURCE : EXIT_CLEAN;
}

static void down_pidfile(struct daemon *daemon)
{
	pidfile_give(daemon->options.pidfile, daemon->pidfile);
}

/* A daemon has no terminal to log to. */
static const char *log_target(const struct daemon *daemon)
{
	const char *target = daemon->boot->log.target;
	bool terminal = strcmp(target, "stderr") == 0;
	return terminal && daemon->options.daemonize ? "syslog" : target;
}

static int up_log(struct daemon *daemon)
{
	const struct log_config config = {
		.level = (enum log_level)daemon->boot->log.level,
		.target = log_target(daemon),
		.json = daemon->boot->log.format == CONFIG_LOG_JSON,
	};
	int error = log_start(&config);
	if (error < 0)
		return fail("log target", config.target, error);
	log_thread_attach("main");
	metrics_attach("main");
	return EXIT_CLEAN;
}

static void down_log(struct daemon *daemon)
{
	metrics_detach();
	log_thread_detach();
	log_stop();
}

/* Each port of the relay is one. */
static uint64_t media_files(const struct config *config)
{
	struct media_config media;
	if (!step_media_is_wanted(config))
		return 0;
	step_media_fill(config, &media);
	return media_files_needed(&media);
}

/* Each connection is one, each worker has a socket for each listen address, and some are for
 * ourselves. */
static int up_files(struct daemon *daemon)
{
	const struct config *config = daemon->boot;
	uint64_t got = 0, base = 128 + (uint64_t)64 * (config->listen_count + 4);
	uint64_t wanted = base + config->limits.tcp_connections + media_files(config);
	int error = raise_file_limit(wanted, &got);
	if (error == 0)
		return EXIT_CLEAN;
	if (got < 128 + config->listen_count)
		return fail("RLIMIT_NOFILE", "is too low", error);
	log_event(LOG_LEVEL_WARNING, "file_limit",
		"wanted=%llu got=%llu hint=\"fewer connections than limits.tcp_connections, fewer "
		"calls than media.ports; raise LimitNOFILE\"",
		(unsigned long long)wanted, (unsigned long long)got);
	return EXIT_CLEAN;
}

static int up_user(struct daemon *daemon)
{
	if (!*daemon->boot->run_as)
		return EXIT_CLEAN;
	int error = become_user(daemon->boot->run_as, step_fastpath_is_wanted(daemon));
	if (error == -ESRCH)
		fprintf(stderr, "portavoz: run_as: no user or group \"%s\"\n",
			daemon->boot->run_as);
	else if (error < 0)
		return fail("run_as", daemon->boot->run_as, error);
	return error < 0 ? EXIT_NO_RESOURCE : EXIT_CLEAN;
}

static void down_nothing(struct daemon *daemon) {}

/* What must be bound as root stands above "user". */
static const struct step {
	const char *name;
	int (*up)(struct daemon *daemon); /* an exit code; says itself what went wrong */
	void (*down)(struct daemon *daemon);
} steps[] = {
	{"pid file", up_pidfile, down_pidfile},
	{"log", up_log, down_log},
	{"files", up_files, down_nothing},
	{"workers", step_workers_up, step_workers_down},
	{"sockets", step_net_up, step_net_down},
	{"registry", step_registry_up, step_registry_down},
	{"domains", step_domains_up, step_domains_down},
	{"users", step_auth_up, step_auth_down},
	{"transactions", step_transactions_up, step_transactions_down},
	{"fast path", step_fastpath_up, step_fastpath_down},
	{"relay", step_media_up, step_media_down},
	{"calls", step_calls_up, step_calls_down},
	{"applications", step_app_up, step_app_down},
	{"control socket", step_admin_up, step_admin_down},
	{"user", up_user, down_nothing},
	{"recording", step_record_up, step_record_down},
	{"relay threads", step_relay_up, step_relay_down},
	{"threads", step_threads_up, step_threads_down},
};

/* A step that failed half way goes down too: every down accepts what never came up. */
int start_up(struct daemon *daemon)
{
	while (daemon->steps_up < ARRAY_LENGTH(steps)) {
		int code = steps[daemon->steps_up++].up(daemon);
		if (code != EXIT_CLEAN) {
			start_down(daemon);
			return code;
		}
	}
	return EXIT_CLEAN;
}

void start_down(struct daemon *daemon)
{
	while (daemon->steps_up)
		steps[--daemon->steps_up].down(daemon);
}
