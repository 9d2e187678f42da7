/* SPDX-License-Identifier: Apache-2.0 */
/* script_file.c — the scenarios of a file: each starts with "= its name", and may end its name with
 * "(limit N)". */
#include "lib/script_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 1 << 20;
	char *text = malloc(size);
	if (!file || !text) {
		perror(path);
		exit(2);
	}
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	return text;
}

static struct script *start(struct scripts *scripts, const char *name)
{
	if (scripts->count == SCRIPTS_MAX) {
		fprintf(stderr, "too many scenarios\n");
		exit(2);
	}
	struct script *script = &scripts->list[scripts->count++];
	const char *limit = strstr(name, "(limit ");
	snprintf(script->name, sizeof(script->name), "%s", name);
	script->limit = limit ? (unsigned)atoi(limit + 7) : 0;
	return script;
}

void scripts_read(struct scripts *scripts, const char *path)
{
	struct script *script = NULL;
	char *text = read_whole(path), *saved = NULL;
	for (char *line = strtok_r(text, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
		if (line[0] == '=') {
			script = start(scripts, line + 2);
			script->text = calloc(1, strlen(saved) + 2);
		} else if (script && script->text) {
			strcat(strcat(script->text, line), "\n");
		}
	}
	free(text);
}
