/* SPDX-License-Identifier: Apache-2.0 */
/* users.h — the users of a configuration and of its users_file become one table. */
#ifndef PORTAVOZ_DAEMON_USERS_H
#define PORTAVOZ_DAEMON_USERS_H

#include "auth/users.h"
#include "conf/config.h"

/* Realm and auth.challenge are those of `boot`, what the server was started with. Mistakes go to
 * `report`. 0 and a table that the caller frees, or -errno. */
int users_load(const struct config *config, const struct config *boot, struct config_report *report,
	struct user_table **ret);

#endif
