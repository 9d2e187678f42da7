/* SPDX-License-Identifier: Apache-2.0 */
/* users.c — the table of users: a packed pool and an index of 32-bit offsets. */
#include "auth/users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/hash.h"
#include "auth/users_build.h"
#include "auth/users_record.h"
#include "base/macros.h"
#include "base/random.h"
#include "base/siphash.h"

/* A user costs his names, his HA1s, 4 bytes of record and 6 of index. */
struct user_table {
	struct siphash_key key;
	uint8_t *pool;
	size_t pool_size;
	uint32_t *index; /* open addressing; offset in the pool + 1, 0 = empty */
	uint32_t index_size;
	uint32_t count;
	enum pv_algorithm algorithms[PV_ALGORITHM_COUNT];
	uint32_t algorithm_count;
	struct pv_span realm; /* memory of its own */
};

struct pv_span user_name(const struct user *user)
{
	const uint8_t *at = user->bytes + user_ha1_bytes(user->ha1_mask);

	return (struct pv_span){(const char *)at, user->name_length};
}

struct pv_span user_display(const struct user *user)
{
	const uint8_t *at = user->bytes + user_ha1_bytes(user->ha1_mask) + user->name_length;

	return (struct pv_span){(const char *)at, user->display_length};
}

uint8_t user_priority(const struct user *user)
{
	return user->priority;
}

const uint8_t *user_ha1(const struct user *user, enum pv_algorithm algorithm)
{
	if (algorithm >= PV_ALGORITHM_COUNT || !(user->ha1_mask & 1u << algorithm))
		return NULL;
	return user->bytes + user_ha1_bytes(user->ha1_mask & ((1u << algorithm) - 1));
}

/* Multiplication instead of a remainder, so that the size need not be a power of two. */
static uint32_t home_of(const struct user_table *table, struct pv_span name)
{
	uint64_t hash = siphash13(&table->key, name.at, name.length);

	return (uint32_t)((hash >> 32) * table->index_size >> 32);
}

static uint32_t next_of(const struct user_table *table, uint32_t place)
{
	return place + 1 == table->index_size ? 0 : place + 1;
}

const struct user *user_table_find(const struct user_table *table, struct pv_span name)
{
	if (!name.length || name.length > USER_NAME_MAX)
		return NULL;
	for (uint32_t at = home_of(table, name); table->index[at]; at = next_of(table, at)) {
		const struct user *user = (const struct user *)(table->pool + table->index[at] - 1);
		if (pv_span_equal(user_name(user), name))
			return user;
	}
	return NULL;
}

const struct user *user_table_next(const struct user_table *table, const struct user *user)
{
	if (!table->count)
		return NULL;
	const uint8_t *at = user ? (const uint8_t *)user + user_record_size(user) : table->pool;
	return at < table->pool + table->pool_size ? (const struct user *)at : NULL;
}

uint32_t user_table_count(const struct user_table *table)
{
	return table->count;
}

size_t user_table_memory(const struct user_table *table)
{
	return sizeof(*table) + table->pool_size + sizeof(uint32_t) * table->index_size;
}

struct pv_span user_table_realm(const struct user_table *table)
{
	return table->realm;
}

const enum pv_algorithm *user_table_algorithms(const struct user_table *table, uint32_t *ret_count)
{
	*ret_count = table->algorithm_count;
	return table->algorithms;
}

bool user_table_offers(const struct user_table *table, enum pv_algorithm algorithm)
{
	for (uint32_t i = 0; i < table->algorithm_count; i++)
		if (table->algorithms[i] == algorithm)
			return true;
	return false;
}

/* Half as many places again as users. While it is built it holds numbers of users, not offsets. */
static void index_users(struct user_table *table, struct user_builder *builder)
{
	for (uint32_t i = 0; i < builder->made_count; i++) {
		struct pv_span name =
			user_name((struct user *)(table->pool + builder->made[i].offset));
		uint32_t at = home_of(table, name), other;
		for (; (other = table->index[at]) != 0; at = next_of(table, at)) {
			struct user_origin first = builder->made[other - 1].origin;
			uint32_t offset = builder->made[other - 1].offset;
			if (!pv_span_equal(user_name((struct user *)(table->pool + offset)), name))
				continue;
			user_builder_tell(builder, USER_ERROR, builder->made[i].origin,
				"user \"%.*s\" was already given at %s:%u", PV_SPAN_PRINT(name),
				first.file ? first.file : "", first.line);
			break;
		}
		if (!other)
			table->index[at] = i + 1;
	}
	for (uint32_t at = 0; at < table->index_size; at++)
		if (table->index[at])
			table->index[at] = builder->made[table->index[at] - 1].offset + 1;
}

static int finish(struct user_builder *builder, struct user_table *table)
{
	table->count = builder->made_count;
	table->index_size = builder->made_count + builder->made_count / 2 + 2;
	table->index = calloc(table->index_size, sizeof(*table->index));
	if (!table->index)
		return -ENOMEM;
	table->pool_size = builder->pool_used;
	table->pool = builder->pool;
	builder->pool = NULL;
	uint8_t *pool = table->pool_size ? realloc(table->pool, table->pool_size) : NULL;
	if (pool)
		table->pool = pool;
	index_users(table, builder);
	return 0;
}

/* The order of the configuration, without what somebody lacks. */
static void choose_algorithms(struct user_builder *builder, struct user_table *table)
{
	const struct user_table_config *config = builder->config;

	for (uint32_t i = 0; i < config->algorithm_count; i++)
		if (builder->available & 1u << config->algorithms[i])
			table->algorithms[table->algorithm_count++] = config->algorithms[i];
	if (config->algorithm_count && !table->algorithm_count)
		user_builder_tell(builder, USER_ERROR, (struct user_origin){NULL, 0},
			"no algorithm of auth.algorithms has a password or ha1 of every user");
}

static void add_inline(struct user_builder *builder, const struct user_input *input)
{
	struct user_draft draft = {
		.origin = {input->file, input->line},
		.name = pv_span_of(input->name),
		.password = pv_span_of(input->password),
		.display = pv_span_of(input->display),
		.priority = input->priority,
	};

	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++)
		draft.ha1[i] = pv_span_of(input->ha1[i]);
	user_builder_add(builder, &draft);
}

static int build(struct user_builder *builder, struct user_table *table, char *text, size_t length)
{
	const struct user_table_config *config = builder->config;

	for (uint32_t i = 0; i < config->user_count; i++)
		add_inline(builder, &config->users[i]);
	if (text)
		user_builder_add_csv(builder, "text", text, length);
	else if (config->users_file)
		user_builder_add_file(builder, config->users_file);
	int error = builder->out_of_memory ? -ENOMEM : finish(builder, table);
	if (error)
		return error;
	choose_algorithms(builder, table);
	return builder->errors ? -EINVAL : 0;
}

static int copy_realm(struct user_table *table, struct pv_span realm)
{
	char *text = malloc(realm.length + 1);

	if (!text)
		return -ENOMEM;
	memcpy(text, realm.at, realm.length);
	table->realm = (struct pv_span){text, realm.length};
	return 0;
}

int user_table_load_text(const struct user_table_config *config, char *text, size_t length,
	const struct user_report *report, struct user_table **ret)
{
	struct user_builder builder = {
		.config = config,
		.hashes = config->hashes ? config->hashes : auth_hashes(),
		.report = report,
		.available = (1u << PV_ALGORITHM_COUNT) - 1,
	};

	if (!builder.hashes)
		return -ENOTSUP;
	struct user_table *table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	random_bytes(&table->key, sizeof(table->key));
	int error = copy_realm(table, config->realm);
	if (!error)
		error = build(&builder, table, text, length);
	free(builder.pool);
	free(builder.made);
	if (error)
		user_table_free(table);
	else
		*ret = table;
	return error;
}

int user_table_load(const struct user_table_config *config, const struct user_report *report,
	struct user_table **ret)
{
	return user_table_load_text(config, NULL, 0, report, ret);
}

void user_table_free(struct user_table *table)
{
	if (!table)
		return;
	if (table->pool)
		explicit_bzero(table->pool, table->pool_size); /* an HA1 is as good as a password */
	free(table->pool);
	free(table->index);
	free((char *)(uintptr_t)table->realm.at);
	free(table);
}
