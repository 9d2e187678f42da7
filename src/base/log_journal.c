/* SPDX-License-Identifier: Apache-2.0 */
/* log_journal.c: log records to the journal of systemd, with the event as a field of its own. */
#include "base/log_target.h"

#include <systemd/sd-journal.h>

static void do_nothing(struct log_output *output) {}

static int open_journal(struct log_output *output, const char *where)
{
	return 0;
}

static void write_journal(
	struct log_output *output, const struct log_record *record, const char *thread)
{
	sd_journal_send("MESSAGE=%s %.*s", record->event, (int)record->length, record->text,
		"PRIORITY=%d", log_syslog_priority(record->level), "SYSLOG_IDENTIFIER=portavoz",
		"PORTAVOZ_EVENT=%s", record->event, "PORTAVOZ_THREAD=%s", thread, NULL);
}

const struct log_target log_target_journal = {
	"journal", open_journal, write_journal, do_nothing, do_nothing, do_nothing};
