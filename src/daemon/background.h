/* SPDX-License-Identifier: Apache-2.0 */
/* background.h — leaving the terminal, the pid file, becoming another user. */
#ifndef PORTAVOZ_DAEMON_BACKGROUND_H
#define PORTAVOZ_DAEMON_BACKGROUND_H

#include <stdbool.h>

struct config;
struct config_report;

/*
 * Forks. The parent waits for background_ready and returns from the program with its code. In the
 * child this returns 0 (or -errno in the parent when nothing could be forked), with the terminal
 * still on stderr. Before any thread.
 */
int background_start(void);

/* In the child: tells the parent how it went, lets go of the terminal when it went well. Without
 * background_start it does nothing. */
void background_ready(int exit_code);

/*
 * Writes the process number to `path` and holds a lock on it for as long as the process lives. The
 * open file, or -errno; -EBUSY: another process holds it.
 */
int pidfile_take(const char *path);

/* Removes it, if `file` is one. */
void pidfile_give(const char *path, int file);

/* Whether there is the user of `run_as`, and the group if one is named: -EINVAL and an error in the
 * report when not. */
int run_as_check(const struct config *config, struct config_report *report);

/*
 * Becomes "user" or "user:group" for good. With `keeps_network` the calling thread, and those that
 * it makes, keep CAP_BPF and CAP_NET_ADMIN, if they have them, and nothing else. -errno; -ESRCH:
 * there is no such user or group.
 */
int become_user(const char *name, bool keeps_network);

#endif
