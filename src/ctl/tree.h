/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h — the server's JSON answer as a tree, to be shown to people. */
#ifndef PORTAVOZ_CTL_TREE_H
#define PORTAVOZ_CTL_TREE_H

#include <stdio.h>

#include <portavoz/span.h>

enum node_kind { NODE_OBJECT, NODE_ARRAY, NODE_TEXT, NODE_LITERAL };

struct node {
	enum node_kind kind;
	struct node *next;  /* in the object or array that it lies in */
	struct node *first; /* of an object or array */
	char *name;         /* in an object, else NULL */
	char *text; /* of a text, decoded; of a number or bool as it stands; of an array of these,
		       joined by commas */
	struct pv_span source; /* where it stands in what was parsed */
};

/* NULL when `text` is no JSON, nests too deeply, or memory is out. */
struct node *tree_parse(const char *text);
void tree_free(struct node *node);

/* What an object has by that name, or NULL. */
const struct node *tree_find(const struct node *object, const char *name);
/* The text of what it has, "" where there is none. */
const char *tree_text(const struct node *object, const char *name);

/* Names and values, a line each; an array of objects is a table. */
void tree_show(const struct node *node, FILE *out);

#endif
