/* SPDX-License-Identifier: Apache-2.0 */
/* manual.c — portavoz.conf(5), written from the table of keys. */
#include <string.h>

#include "conf/describe.h"
#include "conf/reader.h"

/* Text with what roff takes for its own escaped. */
static void roff(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else if (strncmp(text, "…", 3) == 0)
			text += 2 * (fputs("...", out) >= 0);
		else
			fputc(*text, out);
	}
}

static void print_key(const struct schema_key *key, FILE *out)
{
	char type[512] = "";
	FILE *memory = fmemopen(type, sizeof type, "w");
	if (memory) {
		describe_type(key, memory);
		fclose(memory);
	}
	fputs(".TP\n.B ", out);
	roff(key->path, out);
	fputc('\n', out);
	roff(key->doc, out);
	fputs("\n.br\nType: ", out);
	roff(type, out);
	fputs(".\n", out);
	if (key->type != SCHEMA_GROUP && key->type != SCHEMA_LIST) {
		fputs("Default: ", out);
		roff(key->initial ? key->initial : "none", out);
		fputs(".\n", out);
	}
	fprintf(out, "A change %s.\n",
		key->flags & SCHEMA_RELOAD ? "is applied by a reload" : "needs a restart");
	if (schema_is_later(key))
		fputs("Not built yet: checked, accepted, without effect.\n", out);
}

void config_print_manual(FILE *out)
{
	fputs(".TH PORTAVOZ.CONF 5 \"\" portavoz\n"
	      ".SH NAME\nportavoz.conf \\- configuration of the portavoz SIP server\n"
	      ".SH DESCRIPTION\n"
	      "The file is in the syntax of libconfig: \"key = value;\", groups in { }, lists in ( "
	      "), arrays in [ ],\n"
	      "comments after //, # or between /* and */. Every key has a default; an unknown key "
	      "is an error.\n"
	      "Files in the folder conf.d beside the main file whose names end in .conf are merged "
	      "in the order of\n"
	      "their names: a value of a later file replaces an earlier one, elements of lists of "
	      "groups are added.\n"
	      "Durations are strings with a unit (us, ms, s, m, h, d), sizes may end in K, M or G. "
	      "Relative paths\n"
	      "start at the folder of the file that names them.\n"
	      ".SH KEYS\n",
		out);
	for (unsigned i = 0; i < schema_count; i++)
		print_key(&schema[i], out);
	fputs(".SH SEE ALSO\n.BR portavoz (8),\n.BR portavozctl (1)\n", out);
}
