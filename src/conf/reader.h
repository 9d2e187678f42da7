/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h — from libconfig's settings to the fields of struct config, by the schema. */
#ifndef PORTAVOZ_CONF_READER_H
#define PORTAVOZ_CONF_READER_H

#include <libconfig.h>

#include "conf/config.h"
#include "conf/schema.h"

/* Lives as long as one load. */
struct reader {
	struct config *config;
	struct config_report *report;
	const char *file;   /* that is being read, in the configuration's memory */
	const char *folder; /* of that file: relative paths start here */
	void **templates;   /* by row: a list element with its defaults */
	bool *warned;       /* by row: "not built yet" has been said */
	bool out_of_memory;
};

int reader_init(struct reader *reader, struct config *config, struct config_report *report);
void reader_done(struct reader *reader);

/* Sets every key to its default, and prepares the list elements. */
void reader_apply_defaults(struct reader *reader);

/* Reads all of a file's settings on top of what is there. */
void reader_read(struct reader *reader, const config_setting_t *root);

/* Reads one value that is neither group nor list into the struct at `base`; reports what is wrong
 * with it. */
void value_read(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, void *base);

/* Reports "PATH: TEXT" as an error at the setting's line. */
void reader_fault(struct reader *reader, const struct schema_key *key,
	const config_setting_t *setting, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Memory of the configuration; notes when there is none. */
void *reader_take(struct reader *reader, size_t size);
const char *reader_text(struct reader *reader, const char *text);

/* Appends a zeroed element to the array at `*items`; NULL when there is no memory. */
void *reader_append(struct reader *reader, void **items, uint32_t *count, size_t size);

/* The stored number as one would write it, with its unit. Returns `text`. */
char *schema_print_number(const struct schema_key *key, uint32_t value, char text[24]);

#endif
