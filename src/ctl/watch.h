/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h — asks the same question again and again, and shows what has changed. */
#ifndef PORTAVOZ_CTL_WATCH_H
#define PORTAVOZ_CTL_WATCH_H

#include <stdio.h>

#include "ctl/usage.h"

/*
 * `group watch`: on a terminal a picture that is drawn anew in place; else a line for each change,
 * of JSON with --json. Until Ctrl-C (CTL_DONE), the end of the server (CTL_NO_SERVER), or an answer
 * that is an error (CTL_REFUSED).
 */
int watch_run(FILE *server, const struct ctl_options *options);

#endif
