/* SPDX-License-Identifier: Apache-2.0 */
/* schema_walk.c — finding one's way in the table of keys. */
#include "conf/schema.h"

#include <string.h>

static const char *const type_names[SCHEMA_TYPES] = {
	[SCHEMA_GROUP] = "a group { … }",
	[SCHEMA_LIST] = "a list ( … )",
	[SCHEMA_BOOL] = "true or false",
	[SCHEMA_INTEGER] = "an integer",
	[SCHEMA_DURATION] = "a duration",
	[SCHEMA_SIZE] = "a size",
	[SCHEMA_STRING] = "a string",
	[SCHEMA_STRINGS] = "a list of strings",
	[SCHEMA_NUMBERS] = "a list of integers",
	[SCHEMA_RANGE] = "two integers [ first, last ]",
	[SCHEMA_ENUM] = "a word",
	[SCHEMA_WORDS] = "a list of words",
	[SCHEMA_LISTEN] = "a list of listen addresses",
	[SCHEMA_ADDRESS] = "an address",
	[SCHEMA_SERVICE] = "an address with a port",
	[SCHEMA_PATH] = "a path",
	[SCHEMA_TARGET] = "a word or a path",
};

const struct schema_key *schema_find(const char *path)
{
	for (unsigned i = 0; i < schema_count; i++)
		if (strcmp(schema[i].path, path) == 0)
			return &schema[i];
	return NULL;
}

/* The part of `key`'s path below `parent`, or NULL when it does not lie inside. */
static const char *below(const struct schema_key *parent, const struct schema_key *key)
{
	if (!parent)
		return key->path;
	size_t length = strlen(parent->path);
	if (strncmp(key->path, parent->path, length) != 0)
		return NULL;
	const char *rest = key->path + length;
	if (parent->type == SCHEMA_LIST)
		return strncmp(rest, "[].", 3) == 0 ? rest + 3 : NULL;
	return *rest == '.' ? rest + 1 : NULL;
}

const struct schema_key *schema_next(const struct schema_key *parent, const struct schema_key *key)
{
	const struct schema_key *end = schema + schema_count;
	key = key ? key + 1 : parent ? parent + 1 : schema;
	for (; key < end; key++) {
		const char *rest = below(parent, key);
		if (!rest)
			return NULL;
		if (!strpbrk(rest, ".["))
			return key;
	}
	return NULL;
}

const struct schema_key *schema_child(const struct schema_key *parent, const char *name)
{
	const struct schema_key *key = NULL;
	while ((key = schema_next(parent, key)))
		if (strcmp(schema_name(key), name) == 0)
			return key;
	return NULL;
}

const char *schema_name(const struct schema_key *key)
{
	const char *dot = strrchr(key->path, '.');
	return dot ? dot + 1 : key->path;
}

const char *schema_type_name(const struct schema_key *key)
{
	return type_names[key->type];
}

/* True where `path` is `inner` or begins it at a part's end. */
static bool encloses(const char *path, const char *inner)
{
	size_t length = strlen(path);
	return strncmp(path, inner, length) == 0 && strchr(".[", inner[length]);
}

bool schema_is_later(const struct schema_key *key)
{
	for (unsigned i = 0; i < schema_count; i++)
		if ((schema[i].flags & SCHEMA_LATER) && encloses(schema[i].path, key->path))
			return true;
	return false;
}
