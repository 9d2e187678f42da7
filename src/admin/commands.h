/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h — what the handlers of the control commands share. */
#ifndef PORTAVOZ_ADMIN_COMMANDS_H
#define PORTAVOZ_ADMIN_COMMANDS_H

#include "admin/admin.h"
#include "base/json.h"

#define ADMIN_ARGUMENTS_MAX 3

/* One question. Lifetime: the handler's call. */
struct admin_call {
	const struct admin_host *host;
	const char *argument;                       /* the first, NULL when none was given */
	const char *arguments[ADMIN_ARGUMENTS_MAX]; /* all; NULL behind the last */
	FILE *out;                                  /* for answers that are no JSON */
	struct json json;                           /* writes to `out` */
	long uid;                                   /* of who asks; -1: not known */
	bool failed;                                /* becomes "error" */
};

/* Ends the call as failed with {"error": text}; nothing may have been written before. */
void call_fail(struct admin_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What the kernel's program has counted comes into the metrics when somebody looks. */
void count_fastpath(const struct admin_host *host);

#define COMMAND(words, arguments, handler, help) void handler(struct admin_call *call);
#include "admin/command_list.h"
#undef COMMAND

#endif
