/* SPDX-License-Identifier: Apache-2.0 */
/* transaction_stage.h — the transaction layer and its actor as what scripts are played on. */
#ifndef TESTS_TRANSACTION_STAGE_H
#define TESTS_TRANSACTION_STAGE_H

#include "lib/play.h"
#include "lib/transaction_actor.h"

static struct actor actor;

static void actor_open(uint32_t limit)
{
	actor_init(&actor, limit ? limit : 1000);
}

static void actor_close(void)
{
	actor_finish(&actor);
	actor_check_clean(&actor);
	actor_done(&actor);
}

static const struct stage transaction_stage = {
	"transaction", &actor.scenario, actor_open, actor_close};

#endif
