/* SPDX-License-Identifier: Apache-2.0 */
/* step_record.c — the recorder of talk spurts comes up and goes down, and hears which groups. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf/report.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/steps.h"
#include "media/media.h"
#include "record/record.h"

static unsigned list_groups(const struct ptt_groups *groups, struct recorder_group *ret)
{
	unsigned count = 0;
	for (unsigned i = 0; groups && i < groups->count; i++) {
		const struct ptt_group *group = &groups->list[i];
		if (group->config.record)
			ret[count++] = (struct recorder_group){.id = group->id,
				.name = group->config.name,
				.folder = group->config.record};
	}
	return count;
}

int step_record_configure(struct floors *floors, const struct group_set *groups)
{
	unsigned most = groups->groups ? groups->groups->count : 0;
	struct recorder_group *list = calloc(most + 1, sizeof(*list));
	if (!floors->recorder || !list) {
		free(list);
		return floors->recorder ? -ENOMEM : 0;
	}
	int error = recorder_configure(floors->recorder, list, list_groups(groups->groups, list));
	if (error)
		log_event(
			LOG_LEVEL_ERROR, "recording_not_changed", "error=\"%s\"", strerror(-error));
	free(list);
	return error;
}

/* As the user that it has become. */
static void check_groups(const struct daemon *daemon)
{
	struct config_report report = {0};
	group_set_check(daemon->boot, &report);
	daemon_log_report(&report);
	config_report_done(&report);
}

/* Its thread is there only where a group is recorded. */
int step_record_up(struct daemon *daemon)
{
	struct floors *floors = daemon->floors;
	if (!floors->media)
		return EXIT_CLEAN;
	struct recorder_config config = {
		.threads = media_threads(floors->media), .clock = daemon->clock};
	check_groups(daemon);
	int error = recorder_new(&floors->recorder, &config);
	if (!error)
		error = step_record_configure(floors, &floors->groups);
	if (error) {
		fprintf(stderr, "portavoz: recording: %s\n", strerror(-error));
		return EXIT_NO_RESOURCE;
	}
	media_set_recorder(floors->media, floors->recorder);
	return EXIT_CLEAN;
}

/* The relay threads have stopped; what is open is ended and written. */
void step_record_down(struct daemon *daemon)
{
	if (!daemon->floors->recorder)
		return;
	media_set_recorder(daemon->floors->media, NULL);
	recorder_free(daemon->floors->recorder);
	daemon->floors->recorder = NULL;
}
