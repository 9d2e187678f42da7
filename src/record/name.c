/* SPDX-License-Identifier: Apache-2.0 */
/* name.c: what the files of a talk spurt are called. */
#include "record/name.h"

#include <time.h>

/* Of a group's or member's name; file systems take 255 bytes in all. */
#define PART_MAX 80

void name_put_time(struct pv_writer *writer, uint64_t wall_ms, bool is_compact)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	unsigned ms = (unsigned)(wall_ms % 1000);
	struct tm utc;
	char text[32];
	gmtime_r(&seconds, &utc);
	size_t length = is_compact ? strftime(text, sizeof(text), "%Y%m%dT%H%M%S.", &utc)
				   : strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &utc);
	pv_put_bytes(writer, text, length);
	pv_put_char(writer, (char)('0' + ms / 100));
	pv_put_char(writer, (char)('0' + ms / 10 % 10));
	pv_put_char(writer, (char)('0' + ms % 10));
	pv_put_char(writer, 'Z');
}

struct pv_span name_user(struct pv_span member)
{
	static const struct pv_span schemes[] = {PV_SPAN_INIT("sip:"), PV_SPAN_INIT("sips:")};
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (pv_span_starts_with_nocase(member, schemes[i]))
			member = pv_span_skip(member, schemes[i].length);
	const char *at = pv_span_find(member, '@');
	return at ? pv_span_from(member.at, at) : member;
}

static bool is_plain(char c)
{
	unsigned char lower = pv_lower((unsigned char)c);
	return (lower >= 'a' && lower <= 'z') || pv_is_digit(c) || c == '-' || c == '_';
}

static void put_part(struct pv_writer *writer, struct pv_span part)
{
	for (size_t i = 0; i < part.length && i < PART_MAX; i++)
		pv_put_char(writer, is_plain(part.at[i]) ? part.at[i] : '_');
	if (part.length == 0)
		pv_put_char(writer, '_');
}

void name_put(
	struct pv_writer *writer, struct pv_span group, uint64_t wall_ms, struct pv_span member)
{
	put_part(writer, group);
	pv_put_char(writer, '-');
	name_put_time(writer, wall_ms, true);
	pv_put_char(writer, '-');
	put_part(writer, name_user(member));
}
