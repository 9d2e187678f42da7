/* SPDX-License-Identifier: Apache-2.0 */
/* users_build.h — how a user table is put together, for the files that read users from somewhere.
 */
#ifndef AUTH_USERS_BUILD_H
#define AUTH_USERS_BUILD_H

#include "auth/users.h"

/* Where a user was written. */
struct user_origin {
	const char *file;
	uint32_t line;
};

/* A user as written. Empty spans are absent; HA1s in hexadecimal. */
struct user_draft {
	struct user_origin origin;
	struct pv_span name, password, display;
	struct pv_span ha1[PV_ALGORITHM_COUNT];
	uint32_t priority;
};

/* Owner: the loader's stack. What is only needed until duplicates are found. */
struct user_builder {
	const struct user_table_config *config;
	const struct pv_hash *hashes;
	const struct user_report *report;
	uint8_t *pool;
	size_t pool_used, pool_room;
	struct {
		uint32_t offset; /* of the record in the pool */
		struct user_origin origin;
	} * made;
	uint32_t made_count, made_room;
	uint32_t errors;
	uint32_t available; /* bit per algorithm for which every user has an HA1 */
	bool out_of_memory;
};

/* printf-like; counts errors. After 50 of them it falls silent. */
void user_builder_tell(struct user_builder *builder, enum user_severity severity,
	struct user_origin origin, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Checks the draft and puts it into the pool; mistakes are told. */
void user_builder_add(struct user_builder *builder, const struct user_draft *draft);

/* Reads the users of a CSV file. */
void user_builder_add_file(struct user_builder *builder, const char *path);
/* The same from memory, which is changed; `path` is for complaints. */
void user_builder_add_csv(
	struct user_builder *builder, const char *path, char *text, size_t length);

/* user_table_load with a users file in memory, which is changed; NULL: config->users_file. */
int user_table_load_text(const struct user_table_config *config, char *text, size_t length,
	const struct user_report *report, struct user_table **ret);

#endif
