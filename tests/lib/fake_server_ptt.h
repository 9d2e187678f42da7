/* SPDX-License-Identifier: Apache-2.0 */
/* fake_server_ptt.h — the part of the fake server that is about push-to-talk groups. */
#ifndef TESTS_FAKE_SERVER_PTT_H
#define TESTS_FAKE_SERVER_PTT_H

#include "lib/fake_server.h"

void fake_server_ptt_init(struct fake_server *server);
void fake_server_ptt_done(struct fake_server *server);
/* False: no command of this part. */
bool fake_server_ptt_command(struct fake_server *server, unsigned count, char **words);

#endif
