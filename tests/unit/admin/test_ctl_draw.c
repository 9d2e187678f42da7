/* SPDX-License-Identifier: Apache-2.0 */
/* test_ctl_draw.c — groups drawn: bars, cut names, rows that there is no room for. */
#include "ctl/draw.h"

#include <string.h>

#include "lib/testing.h"

static const char answer[] =
	"{\"groups\":["
	"{\"name\":\"ops\",\"display\":\"Operations\",\"floor\":\"taken\",\"emergency\":false,"
	"\"members\":12,\"queued\":1,\"talks\":34,"
	"\"talkers\":[{\"name\":\"alice\",\"priority\":5,\"trigger\":\"dtmf\",\"seconds\":67.250,"
	"\"level\":-18}],"
	"\"waiting\":[{\"name\":\"bob\",\"display\":\"Bob of the very long name\",\"position\":1,"
	"\"priority\":3,\"seconds\":2.000}]},"
	"{\"name\":\"site\",\"floor\":\"idle\",\"emergency\":true,\"members\":1,\"queued\":0,"
	"\"talks\":1,\"talkers\":[],\"waiting\":[]}]}";

static char *text;
static size_t size;

static FILE *begin(void)
{
	return open_memstream(&text, &size);
}

static void expect(FILE *out, const char *expected)
{
	fclose(out);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(bars)
{
	static const struct {
		int level;
		const char *text;
	} rows[] = {
		{-127, "........................"},
		{-60, "........................"},
		{-58, "........................"},
		{-57, "#......................."},
		{-30, "############............"},
		{-1, "#######################."},
		{0, "########################"},
		{9, "########################"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		FILE *out = begin();
		draw_bar(rows[i].level, false, out);
		expect(out, rows[i].text);
	}
	FILE *out = begin();
	draw_bar(-59, true, out);
	expect(out, "▍·······················");
}
END_TEST

static void drawn(int rows, const char *expected)
{
	struct draw_style style = {.rows = rows, .end = "\n"};
	struct node *tree = tree_parse(answer);
	FILE *out = begin();
	draw_groups(tree, &style, out);
	tree_free(tree);
	expect(out, expected);
}

#define OPS                                                                                    \
	"ops Operations            taken                  12 members    34 talks\n"            \
	"  > alice               1:07  ################........  -18 dBFS  dtmf, priority 5\n" \
	"  1 Bob of the very lo  0:02  waits  priority 3\n"

START_TEST(picture)
{
	drawn(0, OPS "site                      EMERGENCY idle          1 member      1 talk\n");
	drawn(5, OPS "site                      EMERGENCY idle          1 member      1 talk\n");
	drawn(4, OPS "(1 more)\n");
	drawn(2, "(2 more)\n");
}
END_TEST

START_TEST(line)
{
	struct node *tree = tree_parse(answer);
	const struct node *groups = tree_find(tree, "groups");
	FILE *out = begin();
	draw_line(groups->first, out);
	expect(out, "ops taken, 12 in; talking: alice (dtmf, priority 5); waiting: bob\n");
	out = begin();
	draw_line(groups->first->next, out);
	expect(out, "site EMERGENCY idle, 1 in\n");
	tree_free(tree);
}
END_TEST

/* An answer without what is expected of it draws nothing, and is no reason to fall over. */
START_TEST(strange_answers)
{
	static const char *const texts[] = {"{}", "[]", "1", "{\"groups\":{}}", "{\"groups\":[]}"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct draw_style style = {.end = "\n"};
		struct node *tree = tree_parse(texts[i]);
		FILE *out = begin();
		draw_groups(tree, &style, out);
		tree_free(tree);
		expect(out, "");
	}
}
END_TEST

TEST_MAIN("ctl/draw", bars, picture, line, strange_answers)
