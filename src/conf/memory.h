/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h — what a configuration points at: taken piece by piece, freed as a whole. */
#ifndef PORTAVOZ_CONF_MEMORY_H
#define PORTAVOZ_CONF_MEMORY_H

#include <stddef.h>

struct config_memory;

struct config_memory *config_memory_new(void);
void config_memory_free(struct config_memory *memory);

/* Zeroed bytes that live as long as `memory`, or NULL. */
void *config_memory_take(struct config_memory *memory, size_t size);

/* A copy of `text`, or NULL. */
const char *config_memory_text(struct config_memory *memory, const char *text);

#endif
