/* SPDX-License-Identifier: Apache-2.0 */
/* script_file.h — the scenarios of a file: each starts with "= its name", and may end its name with
 * "(limit N)". */
#ifndef TESTS_SCRIPT_FILE_H
#define TESTS_SCRIPT_FILE_H

#include <stddef.h>

#define SCRIPTS_MAX 256

struct script {
	char name[160];
	unsigned limit; /* as the name says, else 0 */
	char *text;
};

struct scripts {
	struct script list[SCRIPTS_MAX];
	unsigned count;
};

/* Adds the scenarios of a file; exits the program when it cannot be read. The memory is the
 * process's. */
void scripts_read(struct scripts *scripts, const char *path);

#endif
