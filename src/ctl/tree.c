/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c — parses the server's JSON answer. */
#include "ctl/tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16

static const char *parse_value(const char *at, unsigned depth, struct node *node);

static const char *skip(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static char *put_utf8(char *to, unsigned code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

/* Of one character. U+0080 to U+009F are controls, too: to some terminals U+009B is what ESC [ is.
 */
static bool is_control(unsigned code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* The same, as UTF-8. */
static bool is_wide_control(const char *at)
{
	return (unsigned char)at[0] == 0xc2 && (unsigned char)at[1] >= 0x80 &&
	       (unsigned char)at[1] < 0xa0;
}

/* After the backslash. The terminal must not obey what strangers wrote: control characters become
 * dots. */
static const char *parse_escape(const char *at, char **to)
{
	if (*at == 'u') {
		char digits[5] = {0};
		if (strspn(at + 1, "0123456789abcdefABCDEF") < 4)
			return NULL;
		memcpy(digits, at + 1, 4);
		unsigned code = (unsigned)strtoul(digits, NULL, 16);
		*to = put_utf8(*to, is_control(code) ? '.' : code);
		return at + 5;
	}
	if (!*at)
		return NULL;
	*(*to)++ = *at == 'n' ? '\n' : *at == 't' ? '\t' : *at;
	return at + 1;
}

/* `at` is behind the opening quote. Decoded text is never longer than encoded. */
static const char *parse_text(const char *at, char **ret)
{
	size_t length = 0;
	while (at[length] && at[length] != '"')
		length += at[length] == '\\' && at[length + 1] ? 2 : 1;
	char *text = malloc(length + 1), *to = text;
	if (!text)
		return NULL;
	while (at && *at && *at != '"') {
		if (*at == '\\')
			at = parse_escape(at + 1, &to);
		else if (is_wide_control(at))
			*to++ = '.', at += 2;
		else
			*to++ = *at++;
	}
	*to = '\0';
	*ret = text;
	return at && *at == '"' ? at + 1 : NULL;
}

/* `at` is behind the opening bracket. */
static const char *parse_inner(const char *at, unsigned depth, struct node *node, char end)
{
	struct node **last = &node->first;
	at = skip(at);
	if (*at == end)
		return at + 1;
	for (;;) {
		struct node *inner = calloc(1, sizeof *inner);
		if (!inner)
			return NULL;
		*last = inner;
		last = &inner->next;
		if (end == '}') {
			at = skip(at);
			at = *at == '"' ? parse_text(at + 1, &inner->name) : NULL;
			at = at ? skip(at) : NULL;
			if (!at || *at++ != ':')
				return NULL;
		}
		at = parse_value(at, depth + 1, inner);
		if (!at)
			return NULL;
		at = skip(at);
		if (*at == end)
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

/* False: memory is out. */
static bool join(struct node *array)
{
	size_t size = 1, used = 0;
	for (const struct node *n = array->first; n; n = n->next) {
		if (!n->text || n->kind == NODE_ARRAY)
			return true;
		size += strlen(n->text) + 2;
	}
	array->text = malloc(size);
	if (!array->text)
		return false;
	array->text[0] = '\0';
	for (const struct node *n = array->first; n; n = n->next)
		used += (size_t)snprintf(
			array->text + used, size - used, "%s%s", n->text, n->next ? ", " : "");
	return true;
}

/* Lines are the business of messages; elsewhere one would pass for a row that is none. */
static void flatten(const struct node *node)
{
	bool is_message =
		node->name && (strcmp(node->name, "text") == 0 || strcmp(node->name, "error") == 0);
	for (char *at = node->text; at && *at && !is_message; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
}

static const char *parse_more(const char *at, unsigned depth, struct node *node)
{
	if (*at == '{' || *at == '[') {
		node->kind = *at == '{' ? NODE_OBJECT : NODE_ARRAY;
		at = parse_inner(at + 1, depth, node, *at == '{' ? '}' : ']');
		return at && node->kind == NODE_ARRAY && !join(node) ? NULL : at;
	}
	if (*at == '"') {
		node->kind = NODE_TEXT;
		at = parse_text(at + 1, &node->text);
		flatten(node);
		return at;
	}
	size_t length = strspn(at, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");
	node->kind = NODE_LITERAL;
	node->text = length ? strndup(at, length) : NULL;
	return node->text ? at + length : NULL;
}

static const char *parse_value(const char *at, unsigned depth, struct node *node)
{
	const char *begin = skip(at);
	const char *end = depth > DEPTH_MAX ? NULL : parse_more(begin, depth, node);
	if (end)
		node->source = pv_span_from(begin, end);
	return end;
}

struct node *tree_parse(const char *text)
{
	struct node *node = calloc(1, sizeof *node);
	const char *end = node ? parse_value(text, 0, node) : NULL;
	if (end && !*skip(end))
		return node;
	tree_free(node);
	return NULL;
}

void tree_free(struct node *node)
{
	while (node) {
		struct node *next = node->next;
		tree_free(node->first);
		free(node->name);
		free(node->text);
		free(node);
		node = next;
	}
}

const struct node *tree_find(const struct node *object, const char *name)
{
	for (const struct node *n = object ? object->first : NULL; n; n = n->next)
		if (n->name && strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

const char *tree_text(const struct node *object, const char *name)
{
	const struct node *node = tree_find(object, name);
	return node && node->text ? node->text : "";
}
