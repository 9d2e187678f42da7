/* SPDX-License-Identifier: Apache-2.0 */
/* steps.h — the steps of the start that have files of their own. */
#ifndef PORTAVOZ_DAEMON_STEPS_H
#define PORTAVOZ_DAEMON_STEPS_H

#include <stdbool.h>

struct b2bua_config;
struct calls_settings;
struct config;
struct daemon;
struct domains;
struct floors;
struct group_set;
struct media_config;
struct pv_span;
struct proxy_config;
struct ptt_config;
struct ptt_groups;
struct registrar_config;

/* All _up return an exit code and say themselves what went wrong. */
int step_workers_up(struct daemon *daemon);
void step_workers_down(struct daemon *daemon);
int step_registry_up(struct daemon *daemon);
void step_registry_down(struct daemon *daemon);
int step_net_up(struct daemon *daemon);
void step_net_down(struct daemon *daemon);
/* The domains of `config`, on the addresses of `boot`. 0 or -errno. */
int step_domains_make(const struct config *config, const struct config *boot, struct domains **ret);
int step_domains_up(struct daemon *daemon);
void step_domains_down(struct daemon *daemon);
int step_auth_up(struct daemon *daemon);
void step_auth_down(struct daemon *daemon);
int step_transactions_up(struct daemon *daemon);
void step_transactions_down(struct daemon *daemon);
/* Are there relay threads: for calls that are relayed, or for groups? */
bool step_media_is_wanted(const struct config *config);
/* What the media floor is told; the workers are the caller's to add. */
void step_media_fill(const struct config *config, struct media_config *ret);
/* Forwarding in the kernel; never a reason not to start. */
int step_fastpath_up(struct daemon *daemon);
void step_fastpath_down(struct daemon *daemon);
/* With each tick of the main loop. */
void step_fastpath_look(struct daemon *daemon);
/* A reload: media.fastpath of `config`. */
void step_fastpath_configure(struct floors *floors, const struct config *config);
/* Whether it needs its capabilities later, too, for interfaces that come. */
bool step_fastpath_is_wanted(const struct daemon *daemon);
int step_media_up(struct daemon *daemon);
void step_media_down(struct daemon *daemon);
/* With each tick of the main loop. */
void step_media_look(struct daemon *daemon);
int step_calls_up(struct daemon *daemon);
void step_calls_down(struct daemon *daemon);
void step_calls_fill_settings(
	const struct config *boot, const struct config *config, struct calls_settings *ret);
/* A reload: the limits of calls, and how long media may be silent. */
void step_calls_set_limits(struct floors *floors, const struct config *config);
/* The threads of the relay. */
int step_record_up(struct daemon *daemon);
void step_record_down(struct daemon *daemon);
/* The groups that are recorded from now on. 0 or -errno: then it stays as it was, and is logged. */
int step_record_configure(struct floors *floors, const struct group_set *groups);
int step_relay_up(struct daemon *daemon);
void step_relay_down(struct daemon *daemon);
int step_app_up(struct daemon *daemon);
void step_app_down(struct daemon *daemon);
/* Names of the groups, from malloc; they point into `config`. NULL without memory. */
struct pv_span *step_app_reserved(const struct config *config);
void step_app_fill_registrar(
	const struct config *config, const struct pv_span *reserved, struct registrar_config *ret);
void step_app_fill_proxy(
	const struct floors *floors, const struct config *config, struct proxy_config *ret);
void step_app_fill_b2bua(
	const struct floors *floors, const struct config *config, struct b2bua_config *ret);
void step_app_fill_ptt(
	const struct config *config, const struct ptt_groups *groups, struct ptt_config *ret);
/* A reload: the rates and the limits of a source. */
void step_net_set_limits(struct floors *floors, const struct config *config);
/* A reload: the limits of a user. */
void step_app_set_limits(struct floors *floors, const struct config *config);
int step_threads_up(struct daemon *daemon);
void step_threads_down(struct daemon *daemon);
int step_admin_up(struct daemon *daemon);
void step_admin_down(struct daemon *daemon);

#endif
