/* SPDX-License-Identifier: Apache-2.0 */
/* draw.c — groups as a picture of lines: who talks, how loud, who waits. */
#include "ctl/draw.h"

#include <stdlib.h>
#include <string.h>

#define FLOOR_DB  60 /* below full scale, where the bar begins */
#define NAME      18 /* columns */
#define EIGHTHS   8
#define NO_COLOUR ""

static const char *colour(const struct draw_style *style, const char *code)
{
	return style->has_colours ? code : NO_COLOUR;
}

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[1;97;41m"
#define GREEN  "\033[1;32m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

/* In columns: bytes that continue a UTF-8 character take none. */
static int width(const char *text)
{
	int columns = 0;
	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

/* Padded or cut to `columns`. */
static void put_text(const char *text, int columns, FILE *out)
{
	int left = columns;
	for (; *text; text++) {
		left -= (*text & 0xc0) != 0x80;
		if (left < 0)
			break;
		fputc(*text, out);
	}
	if (left > 0)
		fprintf(out, "%*s", left, "");
}

void draw_bar(int level, bool has_blocks, FILE *out)
{
	static const char *const eighths[EIGHTHS] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int above = level < -FLOOR_DB ? 0 : level > 0 ? FLOOR_DB : level + FLOOR_DB;
	int parts = above * DRAW_BAR * EIGHTHS / FLOOR_DB;
	int whole = parts / EIGHTHS, part = has_blocks ? parts % EIGHTHS : 0;
	for (int i = 0; i < whole; i++)
		fputs(has_blocks ? "█" : "#", out);
	fputs(eighths[part], out);
	for (int i = whole + (part > 0); i < DRAW_BAR; i++)
		fputs(has_blocks ? "·" : ".", out);
}

static void put_time(const char *seconds, FILE *out)
{
	char text[32] = "";
	unsigned whole = (unsigned)atoi(seconds);
	if (*seconds)
		snprintf(text, sizeof text, "%u:%02u", whole / 60, whole % 60);
	fprintf(out, "%6s", text);
}

static const char *name_of(const struct node *member)
{
	const char *display = tree_text(member, "display");
	return *display ? display : tree_text(member, "name");
}

static bool is_true(const struct node *object, const char *name)
{
	return strcmp(tree_text(object, name), "true") == 0;
}

static void draw_talker(const struct node *talker, const struct draw_style *style, FILE *out)
{
	const char *level = tree_text(talker, "level");
	bool is_emergency = is_true(talker, "emergency");
	fprintf(out, "  %s%s ", colour(style, is_emergency ? RED : GREEN),
		style->has_blocks ? "▶" : ">");
	put_text(name_of(talker), NAME, out);
	fputs(colour(style, PLAIN), out);
	put_time(tree_text(talker, "seconds"), out);
	fprintf(out, "  %s", colour(style, GREEN));
	draw_bar(*level ? atoi(level) : -FLOOR_DB, style->has_blocks, out);
	fputs(colour(style, PLAIN), out);
	if (*level)
		fprintf(out, " %4s dBFS", level);
	else
		fprintf(out, "%10s", "");
	fprintf(out, "  %s%s, priority %s%s", colour(style, DIM), tree_text(talker, "trigger"),
		tree_text(talker, "priority"), colour(style, PLAIN));
	fputs(style->end, out);
}

static void draw_waiting(const struct node *member, const struct draw_style *style, FILE *out)
{
	fprintf(out, "  %s%s ", colour(style, YELLOW), tree_text(member, "position"));
	put_text(name_of(member), NAME, out);
	put_time(tree_text(member, "seconds"), out);
	fputs("  waits", out);
	fprintf(out, "%s  %spriority %s%s", colour(style, PLAIN), colour(style, DIM),
		tree_text(member, "priority"), colour(style, PLAIN));
	fputs(style->end, out);
}

static void draw_state(const struct node *group, const struct draw_style *style, FILE *out)
{
	const char *floor = tree_text(group, "floor");
	bool is_taken = strcmp(floor, "taken") == 0;
	if (is_true(group, "emergency"))
		fprintf(out, "%sEMERGENCY%s ", colour(style, RED), colour(style, PLAIN));
	fputs(colour(style, is_taken ? GREEN : DIM), out);
	put_text(floor, is_true(group, "emergency") ? 9 : 19, out);
	fputs(colour(style, PLAIN), out);
}

static void put_count(const char *count, const char *one, const char *many, FILE *out)
{
	fprintf(out, "  %4s %s", count, strcmp(count, "1") == 0 ? one : many);
}

static void draw_head(const struct node *group, const struct draw_style *style, FILE *out)
{
	const char *name = tree_text(group, "name"), *display = tree_text(group, "display");
	int columns = 24 - width(name);
	fprintf(out, "%s%s%s ", colour(style, BOLD), name, colour(style, PLAIN));
	put_text(display, columns > 0 ? columns : 0, out);
	fputc(' ', out);
	draw_state(group, style, out);
	put_count(tree_text(group, "members"), "member ", "members", out);
	put_count(tree_text(group, "talks"), "talk", "talks", out);
	fputs(style->end, out);
}

static int count_lines(const struct node *group)
{
	int lines = 1;
	const struct node *lists[] = {tree_find(group, "talkers"), tree_find(group, "waiting")};
	for (int i = 0; i < 2; i++)
		for (const struct node *n = lists[i] ? lists[i]->first : NULL; n; n = n->next)
			lines++;
	return lines;
}

static void draw_group(const struct node *group, const struct draw_style *style, FILE *out)
{
	const struct node *talkers = tree_find(group, "talkers");
	const struct node *waiting = tree_find(group, "waiting");
	draw_head(group, style, out);
	for (const struct node *n = talkers ? talkers->first : NULL; n; n = n->next)
		draw_talker(n, style, out);
	for (const struct node *n = waiting ? waiting->first : NULL; n; n = n->next)
		draw_waiting(n, style, out);
}

void draw_groups(const struct node *answer, const struct draw_style *style, FILE *out)
{
	const struct node *groups = tree_find(answer, "groups");
	int lines = 0, hidden = 0;
	for (const struct node *n = groups ? groups->first : NULL; n; n = n->next) {
		lines += count_lines(n);
		if (style->rows && lines >= style->rows)
			hidden++;
		else
			draw_group(n, style, out);
	}
	if (hidden)
		fprintf(out, "%s(%d more)%s%s", colour(style, DIM), hidden, colour(style, PLAIN),
			style->end);
}

static void put_list(const struct node *list, const char *title, FILE *out)
{
	for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
		fprintf(out, "%s%s", n == list->first ? title : ", ", tree_text(n, "name"));
		if (*tree_text(n, "trigger"))
			fprintf(out, " (%s, priority %s)", tree_text(n, "trigger"),
				tree_text(n, "priority"));
	}
}

void draw_line(const struct node *group, FILE *out)
{
	fprintf(out, "%s %s%s, %s in", tree_text(group, "name"),
		is_true(group, "emergency") ? "EMERGENCY " : "", tree_text(group, "floor"),
		tree_text(group, "members"));
	put_list(tree_find(group, "talkers"), "; talking: ", out);
	put_list(tree_find(group, "waiting"), "; waiting: ", out);
	fputc('\n', out);
}
