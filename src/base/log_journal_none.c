/* SPDX-License-Identifier: Apache-2.0 */
/* log_journal_none.c: stands in for log_journal.c where libsystemd is not built in. */
#include "base/log_target.h"

#include <errno.h>

static int open_journal(struct log_output *output, const char *where)
{
	return -ENOTSUP;
}

const struct log_target log_target_journal = {"journal", open_journal, NULL, NULL, NULL, NULL};
