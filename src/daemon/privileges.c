/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.c — becoming another user once the addresses are bound. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/capability.h"
#include "conf/config.h"
#include "conf/report.h"
#include "daemon/background.h"

/* "user" has the user's own group, "user:group" that one. */
static int look_up(const char *name, struct passwd **ret_user, gid_t *ret_group, char *user_name)
{
	const char *colon = strchr(name, ':');
	snprintf(user_name, 65, "%.*s", colon ? (int)(colon - name) : 64, name);
	struct passwd *user = getpwnam(user_name);
	if (!user)
		return -ESRCH;
	*ret_user = user;
	*ret_group = user->pw_gid;
	if (!colon)
		return 0;
	const struct group *group = getgrnam(colon + 1);
	if (!group)
		return -ESRCH;
	*ret_group = group->gr_gid;
	return 0;
}

int run_as_check(const struct config *config, struct config_report *report)
{
	char user_name[65];
	struct passwd *user;
	gid_t group;
	if (!*config->run_as || look_up(config->run_as, &user, &group, user_name) == 0)
		return 0;
	struct config_origin at = config_origin_of(config, "run_as");
	config_report_add(report, CONFIG_ERROR, at.file, at.line, "run_as: no user or group \"%s\"",
		config->run_as);
	return -EINVAL;
}

int become_user(const char *name, bool keeps_network)
{
	char user_name[65];
	struct passwd *user;
	gid_t group;
	int error = look_up(name, &user, &group, user_name);
	if (error < 0)
		return error;
	if (geteuid() == user->pw_uid && getegid() == group)
		return 0;
	if (keeps_network && prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL) < 0)
		return -errno;
	if (initgroups(user_name, group) < 0 || setgid(group) < 0 || setuid(user->pw_uid) < 0)
		return -errno;
	if (keeps_network && user->pw_uid != 0) {
		error = capabilities_keep_network();
		prctl(PR_SET_KEEPCAPS, 0UL, 0UL, 0UL, 0UL);
		if (error)
			return error;
	}
	/* The way back must be closed. */
	return user->pw_uid != 0 && setuid(0) == 0 ? -EPERM : 0;
}
