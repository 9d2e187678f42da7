/* SPDX-License-Identifier: Apache-2.0 */
/* document.c — prints the files that are generated from the tables: the example configuration, the
 * manuals. */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "conf/config.h"
#include "ctl/usage.h"
#include "daemon/options.h"

static const struct {
	const char *name;
	void (*print)(FILE *out);
} documents[] = {
	{"portavoz.conf", config_print_defaults},
	{"portavoz.conf.5", config_print_manual},
	{"portavoz.8", options_print_manual},
	{"portavozctl.1", usage_print_manual},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < ARRAY_LENGTH(documents); i++) {
		if (strcmp(argv[1], documents[i].name) != 0)
			continue;
		documents[i].print(stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	fputs("usage: portavoz-document", stderr);
	for (size_t i = 0; i < ARRAY_LENGTH(documents); i++)
		fprintf(stderr, "%s%s", i ? " | " : " ", documents[i].name);
	fputc('\n', stderr);
	return 2;
}
