/* SPDX-License-Identifier: Apache-2.0 */
/* iso_time.c: a moment as ISO 8601 has it, in UTC, with milliseconds. */
#include "base/iso_time.h"

#include <time.h>

void iso_time_put(struct pv_writer *writer, uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	unsigned ms = (unsigned)(wall_ms % 1000);
	struct tm utc;
	char text[32];

	gmtime_r(&seconds, &utc);
	pv_put_bytes(writer, text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &utc));
	pv_put_char(writer, (char)('0' + ms / 100));
	pv_put_char(writer, (char)('0' + ms / 10 % 10));
	pv_put_char(writer, (char)('0' + ms % 10));
	pv_put_char(writer, 'Z');
}
