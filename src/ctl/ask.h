/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h — questions to the server over its control socket. */
#ifndef PORTAVOZ_CTL_ASK_H
#define PORTAVOZ_CTL_ASK_H

#include <stdbool.h>
#include <stdio.h>

/* NULL, after saying on stderr what is wrong. */
FILE *ask_connect(const char *path);

/* Sends `line`; the answer's text, from malloc, or NULL: the server has closed the connection.
 * *ret_good: whether it said "ok". */
char *ask(FILE *server, const char *line, bool *ret_good);

#endif
