/* SPDX-License-Identifier: Apache-2.0 */
/* server_stage.h — the whole server as what scripts are played on. */
#ifndef TESTS_SERVER_STAGE_H
#define TESTS_SERVER_STAGE_H

#include "lib/fake_server.h"
#include "lib/play.h"

static struct fake_server server;

static void server_open(uint32_t limit)
{
	fake_server_init(&server, limit);
}

static void server_close(void)
{
	fake_server_finish(&server);
	fake_server_done(&server);
}

static const struct stage server_stage = {"server", &server.scenario, server_open, server_close};

#endif
