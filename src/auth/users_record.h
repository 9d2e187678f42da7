/* SPDX-License-Identifier: Apache-2.0 */
/* users_record.h — how one user lies in the pool: four bytes, his HA1s, his names. */
#ifndef AUTH_USERS_RECORD_H
#define AUTH_USERS_RECORD_H

#include "auth/users.h"

struct user {
	uint8_t name_length;
	uint8_t display_length;
	uint8_t priority;
	uint8_t ha1_mask; /* bit per algorithm */
	uint8_t bytes[];  /* the HA1s of ha1_mask in the order of the enum, name, display name */
};

#define USER_RECORD_MAX (sizeof(struct user) + PV_ALGORITHM_COUNT * PV_HASH_MAX + 2 * USER_NAME_MAX)

/* Bytes of the HA1s of the algorithms in `mask`. */
static inline size_t user_ha1_bytes(unsigned mask)
{
	static const uint8_t size[PV_ALGORITHM_COUNT] = {
		[PV_ALGORITHM_MD5] = 16,
		[PV_ALGORITHM_SHA256] = 32,
		[PV_ALGORITHM_SHA512_256] = 32,
	};
	size_t total = 0;

	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++)
		total += mask >> i & 1 ? size[i] : 0;
	return total;
}

static inline size_t user_record_size(const struct user *user)
{
	return sizeof(*user) + user_ha1_bytes(user->ha1_mask) + user->name_length +
	       user->display_length;
}

#endif
