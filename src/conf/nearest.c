/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c — the word that somebody probably meant. */
#include "conf/config.h"

#include <ctype.h>
#include <string.h>

/* Longer words are compared by their beginnings. */
#define LONGEST 63

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edit distance without regard to case; two neighbours swapped count one. */
static unsigned distance(const char *a, const char *b)
{
	unsigned before[LONGEST + 1] = {0}, last[LONGEST + 1], now[LONGEST + 1];
	unsigned a_length = (unsigned)strnlen(a, LONGEST), b_length = (unsigned)strnlen(b, LONGEST);
	for (unsigned j = 0; j <= b_length; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		now[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			unsigned best = last[j - 1] + !same(a[i - 1], b[j - 1]);
			best = least(best, least(last[j], now[j - 1]) + 1);
			bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
				       same(a[i - 2], b[j - 1]);
			now[j] = swapped ? least(best, before[j - 2] + 1) : best;
		}
		memcpy(before, last, sizeof before);
		memcpy(last, now, sizeof last);
	}
	return last[b_length];
}

const char *config_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	unsigned shortest = 2 + (unsigned)strnlen(word, LONGEST) / 3;
	for (; *words; words++) {
		unsigned d = distance(word, *words);
		if (d >= shortest)
			continue;
		shortest = d;
		nearest = *words;
	}
	return nearest;
}
