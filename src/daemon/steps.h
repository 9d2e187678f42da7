/* SPDX-License-Identifier: Apache-2.0 */
/* steps.h — the steps of the start that have files of their own. */
#ifndef PORTAVOZ_DAEMON_STEPS_H
#define PORTAVOZ_DAEMON_STEPS_H

struct daemon;

/* All _up return an exit code and say themselves what went wrong. */
int step_workers_up(struct daemon *daemon);
void step_workers_down(struct daemon *daemon);
int step_registry_up(struct daemon *daemon);
void step_registry_down(struct daemon *daemon);
int step_net_up(struct daemon *daemon);
void step_net_down(struct daemon *daemon);
int step_domains_up(struct daemon *daemon);
void step_domains_down(struct daemon *daemon);
int step_auth_up(struct daemon *daemon);
void step_auth_down(struct daemon *daemon);
int step_transactions_up(struct daemon *daemon);
void step_transactions_down(struct daemon *daemon);
int step_threads_up(struct daemon *daemon);
void step_threads_down(struct daemon *daemon);
int step_admin_up(struct daemon *daemon);
void step_admin_down(struct daemon *daemon);

#endif
