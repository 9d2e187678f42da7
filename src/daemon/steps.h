/* SPDX-License-Identifier: Apache-2.0 */
/* steps.h — the steps of the start that have files of their own. */
#ifndef PORTAVOZ_DAEMON_STEPS_H
#define PORTAVOZ_DAEMON_STEPS_H

struct daemon;

/* All _up return an exit code and say themselves what went wrong. */
int step_admin_up(struct daemon *daemon);
void step_admin_down(struct daemon *daemon);

#endif
