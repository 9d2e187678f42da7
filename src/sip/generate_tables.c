/* SPDX-License-Identifier: Apache-2.0 */
/* generate_tables.c — runs while building: prints the character classes and perfect hashes of
 * the names of headers and methods. */
#include <stdio.h>
#include <string.h>

#include <portavoz/message.h>

#define LETTERS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS     "0123456789"
#define ALNUM      LETTERS DIGITS
#define UNRESERVED ALNUM "-_.!~*'()"
#define VISIBLE    UNRESERVED "#$%&+,/:;=?@[\\]^`{|}"

/* One bit a class, in this order; lexer.h names the bits. Escapes (%41) are not in the sets. */
static const char *const classes[] = {
	ALNUM "-.!%*_+`'~",                       /* LEX_TOKEN: §25.1 token */
	" \t\r\n",                                /* LEX_WS: LWS, the CRLF of a fold included */
	UNRESERVED "&=+$,;?/#",                   /* LEX_USER: user; '#' as dialled by phones */
	UNRESERVED "&=+$,",                       /* LEX_PASSWORD */
	UNRESERVED "[]/:&+$",                     /* LEX_URI_PARAM: paramchar */
	UNRESERVED "[]/?:+$",                     /* LEX_URI_HEADER: hname, hvalue */
	UNRESERVED ";/?:@&=+$,[]",                /* LEX_URIC: any absolute URI (RFC 2396, 2732) */
	ALNUM "-._",                              /* LEX_HOST: hostname and IPv4address */
	ALNUM "-.!%*_+`'~[]:/?@&$={}|^#\\",       /* LEX_VALUE: an unquoted parameter value */
	ALNUM "-.!%*_+`'~[]/?@&$=(){}|^# \t\r\n", /* LEX_DISPLAY: an unquoted display name */
	"0123456789abcdefABCDEF-.()*#+",          /* LEX_PHONE: tel number (RFC 3966 §3) */
	ALNUM "+-.",                              /* LEX_SCHEME */
	VISIBLE,                                  /* LEX_ADDRESS: inside <>, of any scheme */
	VISIBLE "\"<>",                           /* LEX_VISIBLE */
	VISIBLE "\"<> ",                          /* LEX_LINE: no control character, HTAB neither */
};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))

static const char *const headers[PV_HEADER_COUNT] = {
#define ROW(id, name, compact) [PV_HEADER_##id] = name,
	PV_HEADERS(ROW)
#undef ROW
};

static const char *const methods[PV_METHOD_COUNT] = {
#define ROW(id, text) [PV_METHOD_##id] = text,
	PV_METHODS(ROW)
#undef ROW
};

static const char compacts[PV_HEADER_COUNT] = {
#define ROW(id, name, compact) [PV_HEADER_##id] = compact,
	PV_HEADERS(ROW)
#undef ROW
};

static void print_classes(void)
{
	printf("const uint16_t lexer_class[256] = {");
	for (int c = 0; c < 256; c++) {
		unsigned bits = 0;
		for (size_t i = 0; i < CLASSES; i++)
			if (c && strchr(classes[i], c))
				bits |= 1u << i;
		/* Bytes of UTF-8 may stand in parameter values, display names, addresses, lines. */
		if (c >= 0x80)
			bits |= 1u << 8 | 1u << 9 | 1u << 12 | 1u << 14;
		printf("%s0x%03x,", c % 8 ? " " : "\n\t", bits);
	}
	printf("\n};\n");
}

static unsigned char slot_of(const char *name, unsigned a, unsigned b)
{
	size_t length = strlen(name);
	return (unsigned char)(length + a * (name[0] | 0x20u) + b * (name[length / 2] | 0x20u));
}

static int try_hash(unsigned char table[256], unsigned a, unsigned b)
{
	memset(table, 0, 256);
	for (int i = 1; i < PV_HEADER_COUNT; i++) {
		unsigned char slot = slot_of(headers[i], a, b);
		if (table[slot])
			return 0;
		table[slot] = (unsigned char)i;
	}
	return 1;
}

static void print_bytes(const char *name, const unsigned char *bytes, int count)
{
	printf("\nconst uint8_t %s[%d] = {", name, count);
	for (int i = 0; i < count; i++)
		printf("%s%d,", i % 16 ? " " : "\n\t", bytes[i]);
	printf("\n};\n");
}

/* The first 16 bytes of "name:", lower case, a name to a row. */
static void print_rows(void)
{
	printf("\nconst uint8_t header_rows[%d][16] = {\n", (int)PV_HEADER_COUNT);
	for (int i = 0; i < PV_HEADER_COUNT; i++) {
		size_t length = headers[i] ? strlen(headers[i]) : 0;
		printf("\t{");
		for (size_t c = 0; c < 16 && length; c++)
			printf("%d,", c < length ? headers[i][c] | 0x20 : c == length ? ':' : 0);
		printf("%s},\n", length ? "" : "0");
	}
	printf("};\n");
}

/* Methods differ in length and first letter. */
static int print_methods(void)
{
	for (unsigned factor = 0; factor < 64; factor++) {
		unsigned char table[64] = {0};
		int i = 1;
		for (; i < PV_METHOD_COUNT; i++) {
			unsigned char *slot = &table[(strlen(methods[i]) * factor +
							     (unsigned char)methods[i][0]) %
						     64];
			if (*slot)
				break;
			*slot = (unsigned char)i;
		}
		if (i < PV_METHOD_COUNT)
			continue;
		printf("#define METHOD_FACTOR %u\n", factor);
		print_bytes("method_slots", table, 64);
		return 0;
	}
	fprintf(stderr, "no perfect hash: two methods agree in length and first letter\n");
	return 1;
}

static int print_headers(void)
{
	unsigned char table[256], letters[32] = {0};
	for (int i = 1; i < PV_HEADER_COUNT; i++)
		if (compacts[i])
			letters[compacts[i] & 31] = (unsigned char)i;
	for (unsigned n = 0; n < 1u << 16; n++) {
		unsigned a = n & 255, b = n >> 8;
		if (!try_hash(table, a, b))
			continue;
		printf("\nconst unsigned header_factors[2] = {%u, %u};\n", a, b);
		print_bytes("header_slots", table, 256);
		print_bytes("header_letters", letters, 32);
		print_rows();
		return 0;
	}
	fprintf(stderr, "no perfect hash: two header names agree in length, first and middle\n");
	return 1;
}

int main(int argc, char **argv)
{
	printf("/* Generated by generate_tables.c; not to be edited. */\n");
	if (argc > 1 && strcmp(argv[1], "headers") == 0)
		return print_methods() || print_headers();
	print_classes();
	return 0;
}
