/* SPDX-License-Identifier: Apache-2.0 */
/* show.c — shows a tree: names and values a line each, an array of objects as a table. */
#include <stdbool.h>
#include <string.h>

#include "ctl/tree.h"

#define COLUMNS_MAX 24

static void show_members(const struct node *node, int indent, FILE *out);

/* Columns on the screen: bytes that do not continue a UTF-8 character. */
static int width(const char *text)
{
	int columns = 0;
	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

static void put_padded(const char *text, int columns, FILE *out)
{
	fprintf(out, "%s%*s", text, columns - width(text), "");
}

static bool is_leaf(const struct node *node)
{
	return node->kind == NODE_TEXT || node->kind == NODE_LITERAL;
}

/* Of a list of texts all of them. */
static const char *cell(const struct node *object, const char *name)
{
	const char *text = tree_text(object, name);
	return *text ? text : "-";
}

/* The columns are the names of all rows, in the order of their first appearance. */
static int find_columns(const struct node *array, const char *names[COLUMNS_MAX])
{
	int count = 0;
	for (const struct node *row = array->first; row; row = row->next) {
		for (const struct node *n = row->first; n; n = n->next) {
			int i = 0;
			while (i < count && strcmp(names[i], n->name) != 0)
				i++;
			if (i == count && count < COLUMNS_MAX)
				names[count++] = n->name;
		}
	}
	return count;
}

static void show_row(const struct node *row, const char *const names[], const int widths[],
	int count, int indent, FILE *out)
{
	fprintf(out, "%*s", indent, "");
	for (int i = 0; i < count; i++) {
		const char *text = row ? cell(row, names[i]) : names[i];
		if (i == count - 1)
			fputs(text, out);
		else
			put_padded(text, widths[i] + 2, out);
	}
	fputc('\n', out);
}

static void show_table(const struct node *array, int indent, FILE *out)
{
	const char *names[COLUMNS_MAX];
	int widths[COLUMNS_MAX], count = find_columns(array, names);
	for (int i = 0; i < count; i++) {
		widths[i] = width(names[i]);
		for (const struct node *row = array->first; row; row = row->next)
			if (width(cell(row, names[i])) > widths[i])
				widths[i] = width(cell(row, names[i]));
	}
	show_row(NULL, names, widths, count, indent, out);
	for (const struct node *row = array->first; row; row = row->next)
		show_row(row, names, widths, count, indent, out);
}

static bool is_plain_list(const struct node *node)
{
	return node->kind == NODE_ARRAY && (!node->first || node->first->kind != NODE_OBJECT);
}

static void show_member(const struct node *node, int indent, int columns, FILE *out)
{
	fprintf(out, "%*s", indent, "");
	if (is_leaf(node)) {
		put_padded(node->name, columns + 2, out);
		fprintf(out, "%s\n", node->text);
	} else if (is_plain_list(node)) {
		put_padded(node->name, columns + 2, out);
		fprintf(out, "%s\n", node->text ? node->text : "?");
	} else if (node->kind == NODE_ARRAY) {
		fprintf(out, "%s:\n", node->name);
		show_table(node, indent + 2, out);
	} else {
		fprintf(out, "%s:\n", node->name);
		show_members(node, indent + 2, out);
	}
}

static void show_members(const struct node *node, int indent, FILE *out)
{
	int columns = 0;
	for (const struct node *n = node->first; n; n = n->next)
		if ((is_leaf(n) || is_plain_list(n)) && width(n->name) > columns)
			columns = width(n->name);
	for (const struct node *n = node->first; n; n = n->next)
		show_member(n, indent, columns, out);
}

/* {"text": …}, whatever follows it for programs, or {"error": …} alone, is its text. */
static bool is_message(const struct node *node)
{
	const struct node *first = node->first;
	if (node->kind != NODE_OBJECT || !first || first->kind != NODE_TEXT)
		return false;
	return strcmp(first->name, "text") == 0 ||
	       (!first->next && strcmp(first->name, "error") == 0);
}

/* {"list": [ … ]} alone is its table. */
static bool is_table(const struct node *node)
{
	const struct node *only = node->first;
	return node->kind == NODE_OBJECT && only && !only->next && only->kind == NODE_ARRAY &&
	       only->first && only->first->kind == NODE_OBJECT;
}

/* {"list": []} alone. */
static bool is_empty_list(const struct node *node)
{
	const struct node *only = node->first;
	return node->kind == NODE_OBJECT && only && !only->next && only->kind == NODE_ARRAY &&
	       !only->first;
}

void tree_show(const struct node *node, FILE *out)
{
	if (is_message(node))
		fprintf(out, "%s\n", node->first->text);
	else if (is_empty_list(node))
		fprintf(out, "no %s\n", node->first->name);
	else if (is_table(node))
		show_table(node->first, 0, out);
	else
		show_members(node, 0, out);
}
