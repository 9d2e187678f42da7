/* SPDX-License-Identifier: Apache-2.0 */
/* units.c — numbers with a unit, "30s" and "8M", to and from text. */
#include "conf/units.h"

#include <errno.h>
#include <stdbool.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t worth;
};

/* Largest first: printing takes the first that divides. */
static const struct unit durations[] = {
	{"d", 86400000000},
	{"h", 3600000000},
	{"m", 60000000},
	{"s", 1000000},
	{"ms", 1000},
	{"us", 1},
	{NULL, 0},
};

static const struct unit sizes[] = {
	{"G", 1 << 30},
	{"M", 1 << 20},
	{"K", 1 << 10},
	{"", 1},
	{NULL, 0},
};

#define LONGEST_DURATION (INT64_C(36500) * 86400000000)
#define LARGEST_SIZE     (INT64_C(1) << 40)

static int64_t parse(const char *text, const struct unit *units, int64_t most)
{
	int64_t number = 0;
	bool too_large = false;
	const char *p = text;
	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (*p - '0');
		too_large |= number > most;
		if (too_large)
			number = 0;
	}
	if (p == text)
		return -EINVAL;
	while (*p == ' ')
		p++;
	for (; units->name; units++) {
		if (strcmp(p, units->name) != 0)
			continue;
		return too_large || number > most / units->worth ? -ERANGE : number * units->worth;
	}
	return -EINVAL;
}

int64_t units_parse_duration(const char *text)
{
	return parse(text, durations, LONGEST_DURATION);
}

int64_t units_parse_size(const char *text)
{
	return parse(text, sizes, LARGEST_SIZE);
}

/* In the largest unit that divides: an hour and a half is 90m. */
static char *print(uint64_t number, const struct unit *units, const char *zero, char *text)
{
	if (!number) {
		snprintf(text, UNITS_TEXT, "0%s", zero);
		return text;
	}
	while (number % (uint64_t)units->worth)
		units++;
	snprintf(text, UNITS_TEXT, "%" PRIu64 "%s", number / (uint64_t)units->worth, units->name);
	return text;
}

char *units_print_duration(uint64_t microseconds, char text[UNITS_TEXT])
{
	return print(microseconds, durations, "s", text);
}

char *units_print_size(uint64_t bytes, char text[UNITS_TEXT])
{
	return print(bytes, sizes, "", text);
}
