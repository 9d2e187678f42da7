/* SPDX-License-Identifier: Apache-2.0 */
/* users.h — the table of users: built at load, packed, never changed after. */
#ifndef AUTH_USERS_H
#define AUTH_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/digest.h>

#define USER_NAME_MAX 255 /* bytes; of the display name too */

/* A user of the main configuration. Either a password, or HA1s in hexadecimal. */
struct user_input {
	const char *name;
	const char *password;                /* or NULL */
	const char *ha1[PV_ALGORITHM_COUNT]; /* or NULL each */
	const char *display;                 /* or NULL */
	uint32_t priority;
	const char *file; /* where it was written, for complaints */
	uint32_t line;
};

struct user_table_config {
	/* HA1 depends on the realm (RFC 7616 §3.4.2): the first domain serves all domains. */
	struct pv_span realm;
	/* Those of auth.algorithms, in order, none twice. None (auth.challenge = "none"): no HA1 is
	 * computed or kept. */
	const enum pv_algorithm *algorithms;
	uint32_t algorithm_count;
	const struct pv_hash *hashes; /* by algorithm; NULL: OpenSSL's */
	const struct user_input *users;
	uint32_t user_count;
	const char *users_file; /* CSV, or NULL */
};

enum user_severity { USER_WARNING, USER_ERROR };

/* Called for every mistake found; `line` 0 is the whole file, `file` may be NULL. */
struct user_report {
	void (*tell)(void *context, enum user_severity severity, const char *file, uint32_t line,
		const char *text);
	void *context;
};

/* Owner: main; published by pointer, freed when every worker has run a task after that. Immutable.
 */
struct user_table;
/* One user, in the pool of its table. Lifetime: the table's. */
struct user;

/* 0; -EINVAL when `report` was told an error; -ENOMEM; -errno of the file (told as well). */
int user_table_load(const struct user_table_config *config, const struct user_report *report,
	struct user_table **ret);
void user_table_free(struct user_table *table);

/* `name` canonical: unescaped, case kept. NULL when there is none. Any thread, no allocation. */
const struct user *user_table_find(const struct user_table *table, struct pv_span name);
/* Walks all users; start with NULL, ends with NULL. */
const struct user *user_table_next(const struct user_table *table, const struct user *user);

uint32_t user_table_count(const struct user_table *table);
size_t user_table_memory(const struct user_table *table); /* bytes */
/* What the HA1s were made for, and so the realm of challenges that they answer. */
struct pv_span user_table_realm(const struct user_table *table);
/* What may be offered, in the order of the configuration: those wanted for which every user has an
 * HA1. */
const enum pv_algorithm *user_table_algorithms(const struct user_table *table, uint32_t *ret_count);
bool user_table_offers(const struct user_table *table, enum pv_algorithm algorithm);

struct pv_span user_name(const struct user *user);
struct pv_span user_display(const struct user *user); /* empty when there is none */
uint8_t user_priority(const struct user *user);
/* NULL when the user has none for this algorithm. */
const uint8_t *user_ha1(const struct user *user, enum pv_algorithm algorithm);

#endif
