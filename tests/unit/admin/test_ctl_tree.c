/* SPDX-License-Identifier: Apache-2.0 */
/* test_ctl_tree.c — answers parsed and shown. */
#include "ctl/tree.h"

#include <string.h>

#include "lib/testing.h"

static void shows(const char *json, const char *expected)
{
	char *text = NULL;
	size_t size;
	struct node *tree = tree_parse(json);
	ck_assert_msg(tree != NULL, "%s", json);
	FILE *out = open_memstream(&text, &size);
	tree_show(tree, out);
	fclose(out);
	ck_assert_str_eq(text, expected);
	free(text);
	tree_free(tree);
}

START_TEST(shown)
{
	shows("{\"a\":1,\"long\":\"x\"}", "a     1\nlong  x\n");
	shows("{\"a\":{\"b\":true}}", "a:\n  b  true\n");
	shows("{\"a\":[\"x\",\"y\"],\"b\":[]}", "a  x, y\nb  \n");
	shows("{\"l\":[{\"a\":1,\"b\":\"xyz\"},{\"a\":100}]}", "a    b\n1    xyz\n100  -\n");
	shows("{\"n\":1,\"l\":[{\"a\":1},{\"b\":2}]}", "n  1\nl:\n  a  b\n  1  -\n  -  2\n");
	shows("{\"l\":[{\"a\":[\"x\",\"y\"]},{\"a\":[]}]}", "a\nx, y\n-\n");
	shows("{\"text\":\"line\\nline\"}", "line\nline\n");
	shows("{\"error\":\"no\"}", "no\n");
	shows("{\"members\":[]}", "no members\n");
	/* what a name could do to a terminal, and to a table */
	shows("{\"a\":\"x\\u009b2J\\u0085\"}", "a  x.2J.\n");
	shows("{\"a\":\"x\xc2\x9b"
	      "2J\xc2\xa0\xc3\x9b\"}",
		"a  x.2J\xc2\xa0\xc3\x9b\n");
	shows("{\"a\":\"x\\ny\\tz\",\"b\":1}", "a  x y z\nb  1\n");
	shows(" { \"a\" : \"\\u00e9\\\"\\u001b\" } ", "a  \xc3\xa9\".\n");
}
END_TEST

START_TEST(found)
{
	static const char text[] = " {\"a\":[1, 2] ,\"b\":{\"c\":\"d\"}}";
	struct node *tree = tree_parse(text);
	ck_assert_str_eq(tree_text(tree, "a"), "1, 2");
	ck_assert_str_eq(tree_text(tree_find(tree, "b"), "c"), "d");
	ck_assert_str_eq(tree_text(tree, "c"), "");
	ck_assert_str_eq(tree_text(NULL, "c"), "");
	ck_assert(pv_span_equal(tree_find(tree, "a")->source, PV_SPAN("[1, 2]")));
	ck_assert(pv_span_equal(tree_find(tree, "b")->source, PV_SPAN("{\"c\":\"d\"}")));
	tree_free(tree);
}
END_TEST

START_TEST(refused)
{
	static const char *const texts[] = {"", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}",
		"[1,", "\"abc", "\"\\u12", "\"\\", "{a:1}", "1 2", "?", "{\"a\":1}}"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(tree_parse(texts[i]) == NULL, "%s", texts[i]);
	char deep[100];
	memset(deep, '[', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	ck_assert_ptr_null(tree_parse(deep));
}
END_TEST

TEST_MAIN("ctl/tree", shown, found, refused)
