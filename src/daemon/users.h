/* SPDX-License-Identifier: Apache-2.0 */
/* users.h — the users of a configuration and of its users_file become one table. */
#ifndef PORTAVOZ_DAEMON_USERS_H
#define PORTAVOZ_DAEMON_USERS_H

#include "auth/users.h"
#include "conf/config.h"
#include "net/domain.h"

/*
 * The users of `config` for challenges with the realm of `domains`. `with_passwords` false: nobody
 * is challenged, so no password is hashed. Mistakes go to `report`. 0 and a table that the caller
 * frees, or -errno.
 */
int users_load(const struct config *config, const struct domains *domains, bool with_passwords,
	struct config_report *report, struct user_table **ret);
/* Does somebody get challenged by this configuration? */
bool users_need_passwords(const struct config *config);

#endif
