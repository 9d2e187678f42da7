/* SPDX-License-Identifier: Apache-2.0 */
/* replay_server.c — plays the scripts of its arguments against the whole server, strictly. */
#include "lib/server_stage.h"

int main(int argc, char **argv)
{
	return play_main(&server_stage, argc, argv);
}
