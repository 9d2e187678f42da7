/* SPDX-License-Identifier: Apache-2.0 */
/* press.c: one press of a key that comes over two ways counts once. */
#include "sound/press.h"

#include <stddef.h>

#include "base/macros.h"

#define SAME_NS (PRESS_SAME_MS * UINT64_C(1000000))

/* The oldest press of the same key by the other way that has no half yet; NULL: none. */
static struct press_kept *find_half(
	struct press *press, enum press_way way, char key, uint64_t now_ns)
{
	struct press_kept *found = NULL;
	for (unsigned i = 0; i < PRESS_KEPT; i++) {
		struct press_kept *kept = &press->kept[i];
		bool fits = kept->at_ns && kept->way != way && kept->key == key &&
			    now_ns - kept->at_ns <= SAME_NS;
		if (fits && (!found || kept->at_ns < found->at_ns))
			found = kept;
	}
	return found;
}

/* In place of the oldest, or of one whose half did not come. */
static void keep(struct press *press, enum press_way way, char key, uint64_t now_ns)
{
	struct press_kept *place = &press->kept[0];
	for (unsigned i = 1; i < PRESS_KEPT; i++)
		if (press->kept[i].at_ns < place->at_ns)
			place = &press->kept[i];
	*place = (struct press_kept){MAX(now_ns, 1), (uint8_t)way, key};
}

bool press_is_new(struct press *press, enum press_way way, char key, uint32_t mark, uint64_t now_ns)
{
	if (press->is_known[way] && press->last[way] == mark)
		return false;
	press->is_known[way] = true;
	press->last[way] = mark;
	struct press_kept *half = find_half(press, way, key, now_ns);
	if (half) {
		half->at_ns = 0;
		return false;
	}
	keep(press, way, key, now_ns);
	return true;
}
