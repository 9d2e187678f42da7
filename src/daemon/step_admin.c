/* SPDX-License-Identifier: Apache-2.0 */
/* step_admin.c — the control socket comes up and goes down. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/steps.h"

#define DEFAULT_FOLDER "/run/portavoz"
#define DEFAULT_SOCKET DEFAULT_FOLDER "/control.sock"

static int host_reload(void *context, struct config_report *report)
{
	return daemon_reload(context, report);
}

static int host_users_reload(void *context, struct config_report *report, uint32_t *ret_users)
{
	return daemon_reload_users(context, report, ret_users);
}

static void fill_host(struct daemon *daemon)
{
	daemon->host.context = daemon;
	daemon->host.version = PORTAVOZ_VERSION;
	daemon->host.clock = daemon->clock;
	daemon->host.started_ms = daemon->started_ms;
	daemon->host.boot = daemon->boot;
	daemon->host.domains = daemon->floors->domains;
	daemon->host.workers = &daemon->floors->workers;
	daemon->host.net = daemon->floors->net;
	daemon->host.layers = daemon->floors->layers;
	daemon->host.registry = daemon->floors->registry;
	daemon->host.calls = (struct call_tables){
		.workers = &daemon->floors->workers, .calls = daemon->floors->calls};
	daemon->host.groups = (struct ptt_tables){.workers = &daemon->floors->workers,
		.ptts = daemon->floors->ptts,
		.groups = daemon->floors->groups.groups,
		.group_key = &daemon->floors->group_key};
	daemon->host.media = daemon->floors->media;
	daemon->host.reload = host_reload;
	daemon->host.users_reload = host_users_reload;
}

/* The default lies where only root may write: without privilege the server runs all the same, and
 * says so. */
int step_admin_up(struct daemon *daemon)
{
	const char *path = daemon->boot->admin.socket;
	fill_host(daemon);
	if (!path)
		return EXIT_CLEAN;
	bool is_default = strcmp(path, DEFAULT_SOCKET) == 0;
	if (is_default)
		mkdir(DEFAULT_FOLDER, 0755);
	int error = admin_open(&daemon->admin, daemon->base, path, &daemon->host);
	if (error == 0)
		return EXIT_CLEAN;
	if (is_default && (error == -ENOENT || error == -EACCES || error == -EROFS)) {
		log_event(LOG_LEVEL_WARNING, "no_control_socket",
			"path=%s error=\"%s\" hint=\"admin.socket names another place\"", path,
			strerror(-error));
		return EXIT_CLEAN;
	}
	fprintf(stderr, "portavoz: admin.socket %s: %s\n", path,
		error == -EADDRINUSE ? "another server listens there" : strerror(-error));
	return EXIT_NO_RESOURCE;
}

void step_admin_down(struct daemon *daemon)
{
	admin_close(daemon->admin);
	daemon->admin = NULL;
}
