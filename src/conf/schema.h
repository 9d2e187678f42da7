/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h — the table of all configuration keys. */
#ifndef PORTAVOZ_CONF_SCHEMA_H
#define PORTAVOZ_CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_GROUP, /* { key = value; }: its keys are the rows after it with its path as prefix */
	SCHEMA_LIST,  /* ( { … }, { … } ): its keys are the rows "path[].key" after it */
	SCHEMA_BOOL,  /* bool */
	SCHEMA_INTEGER,  /* uint32_t */
	SCHEMA_DURATION, /* uint32_t, in milliseconds; in microseconds where the unit is SCHEMA_US
			  */
	SCHEMA_SIZE,     /* uint32_t, bytes */
	SCHEMA_STRING,   /* const char * */
	SCHEMA_STRINGS,  /* struct config_strings; one string stands for a list of one */
	SCHEMA_NUMBERS,  /* struct config_numbers */
	SCHEMA_RANGE,    /* struct config_range */
	SCHEMA_ENUM,     /* an enum: the index of the word */
	SCHEMA_WORDS,    /* struct config_words */
	SCHEMA_LISTEN,   /* struct config_listen *, with its count in `list` */
	SCHEMA_ADDRESS,  /* struct config_address: "auto" or a numeric address */
	SCHEMA_SERVICE,  /* struct config_address: address and port, "" is off */
	SCHEMA_PATH,     /* const char *, made absolute; "" is NULL */
	SCHEMA_TARGET,   /* const char *: one of the words, else a path */
	SCHEMA_TYPES
};

/* What a plain number means; the unit of a string stands in the string. */
enum schema_unit { SCHEMA_PLAIN, SCHEMA_US, SCHEMA_MS, SCHEMA_SECONDS, SCHEMA_BYTES };

enum schema_flags {
	SCHEMA_RELOAD = 1,    /* SIGHUP applies a change; otherwise it takes a restart */
	SCHEMA_LATER = 2,     /* its part is not built yet: checked, accepted, warned about once */
	SCHEMA_REQUIRED = 4,  /* an element without it is an error */
	SCHEMA_SECRET = 8,    /* never printed */
	SCHEMA_ANY_CASE = 16, /* of its words: compared without case */
};

/* Where the elements of a list live: a pointer at the row's offset, and the rest here. */
struct schema_list {
	size_t element_size;
	size_t count_offset;  /* of the uint32_t beside the pointer */
	const char *bare_key; /* the key that an element written as a bare string sets, or NULL */
	const char *example;  /* one element, as --print-defaults shows it in a comment */
};

struct schema_key {
	const char *path; /* "registrar.capacity", "users[].name" */
	enum schema_type type;
	enum schema_unit unit;
	unsigned flags;
	size_t offset;        /* in struct config, or in the innermost list element */
	const char *initial;  /* the default as it would be written; NULL: none */
	uint32_t least, most; /* of the stored number, of a string's length, of a list's */
	const char *const *words;
	const struct schema_list *list;
	const char *holds; /* LATER only: the value that is true already and needs no warning */
	const char *doc;
};

extern const struct schema_key schema[];
extern const unsigned schema_count;

/* The row of that path, or NULL. */
const struct schema_key *schema_find(const char *path);

/* The key inside `parent` (NULL: the top level) that is called `name`, or NULL. */
const struct schema_key *schema_child(const struct schema_key *parent, const char *name);

/* Walks the keys directly inside `parent`: start with NULL, ends with NULL. */
const struct schema_key *schema_next(const struct schema_key *parent, const struct schema_key *key);

/* The last part of the path: "capacity". */
const char *schema_name(const struct schema_key *key);

/* "a duration", "a list of words": for messages and manuals. */
const char *schema_type_name(const struct schema_key *key);

/* True where the key or anything that it lies in is not built yet. */
bool schema_is_later(const struct schema_key *key);

#endif
