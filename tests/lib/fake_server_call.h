/* SPDX-License-Identifier: Apache-2.0 */
/* fake_server_call.h — the part of the fake server that is about calls and their media. */
#ifndef TESTS_FAKE_SERVER_CALL_H
#define TESTS_FAKE_SERVER_CALL_H

#include "lib/fake_server.h"

/* Makes the table of calls on fake relay threads; calls last for ten minutes at most. */
void fake_server_call_init(struct fake_server *server);
/* False: no command of this part. */
bool fake_server_call_command(struct fake_server *server, unsigned count, char **words);
/* The description that {sdp ...} stands for. */
const char *fake_server_sdp(struct fake_server *server, const char *words);

#endif
