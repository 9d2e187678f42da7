/* SPDX-License-Identifier: Apache-2.0 */
/* b2bua.c — the back-to-back user agent of one worker: made, asked, freed. */
#include "app/b2bua/private.h"

#include <errno.h>
#include <stdlib.h>

/* Legs and requests under way for each call: one that rings in several places has more, and most
 * have less. Address space, not memory. */
#define LEGS_OF_A_CALL      4
#define EXCHANGES_OF_A_CALL 2
/* Questions to other workers that are under way at once: each takes microseconds. */
#define QUERIES 64

int b2bua_new(
	struct b2bua **ret, const struct b2bua_config *config, const struct b2bua_floors *floors)
{
	struct b2bua *b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->config = *config;
	b->at = *floors;
	int error = slab_init(&b->bridges, "bridges", sizeof(struct bridge), config->calls);
	if (!error)
		error = slab_init(&b->legs, "legs", sizeof(struct leg),
			MIN(LEGS_OF_A_CALL * config->calls, FACE_LEGS));
	if (!error)
		error = slab_init(&b->exchanges, "exchanges", sizeof(struct exchange),
			EXCHANGES_OF_A_CALL * config->calls);
	if (!error)
		error = slab_init(&b->queries, "queries", sizeof(struct replaces_query), QUERIES);
	if (error) {
		b2bua_free(b);
		return error;
	}
	b2bua_timers_init(b);
	invite_user_init(b);
	media_owner_init(b);
	*ret = b;
	return 0;
}

void b2bua_free(struct b2bua *b)
{
	if (!b)
		return;
	slab_done(&b->queries);
	slab_done(&b->exchanges);
	slab_done(&b->legs);
	slab_done(&b->bridges);
	free(b);
}

void b2bua_configure(struct b2bua *b, const struct b2bua_config *config)
{
	b->config = *config;
}

void b2bua_farewell(struct b2bua *b)
{
	for (uint32_t i = 0; i < b->bridges.touched; i++) {
		struct bridge *bridge = slab_at(&b->bridges, i);
		if (slab_is_taken(bridge))
			bridge_end(b, bridge, CALL_STOPPED);
	}
}

struct b2bua_counts b2bua_counts(const struct b2bua *b)
{
	return (struct b2bua_counts){b->bridges.used, b->legs.used, b->exchanges.used};
}
