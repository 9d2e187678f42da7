/* SPDX-License-Identifier: Apache-2.0 */
/* groups.h — the groups of a configuration as the application wants them. */
#ifndef PORTAVOZ_DAEMON_GROUPS_H
#define PORTAVOZ_DAEMON_GROUPS_H

#include "app/ptt/groups.h"

struct config;
struct config_report;

/* Texts point into the configuration. Owner: main; freed when every worker has let go of it. */
struct group_set {
	struct ptt_groups *groups;
	struct ptt_group_config *configs;
	struct ptt_member_config *members; /* of all groups, one after the other */
};

/* 0 or -ENOMEM, and nothing is held. */
int group_set_make(
	const struct config *config, const struct siphash_key *key, struct group_set *ret);
/* Warns of what is asked for and not to be had here: codecs that are not built, folders that this
 * user may not write to. */
void group_set_check(const struct config *config, struct config_report *report);
/* Zeroed ones are accepted. */
void group_set_done(struct group_set *set);

#endif
