/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c — asks the same question again and again, and shows what has changed. */
#include "ctl/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "ctl/ask.h"
#include "ctl/draw.h"

#define INTERVAL_MS 200

/* What changes all the time and is no change. */
static const char *const restless[] = {"level", "seconds"};

/* What a group was when it was last shown. */
struct seen {
	struct seen *next;
	char *name, *text;
};

struct watch {
	FILE *server;
	const struct ctl_options *options;
	bool is_terminal;
	bool is_drawn; /* the terminal is ours */
	struct draw_style style;
	struct seen *seen;
	sigset_t before; /* signals as they were */
};

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
	is_over = 1;
}

/* They come in only while we wait: nothing is left half written. */
static void catch_signals(struct watch *watch)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t ours;
	sigemptyset(&ours);
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		sigaddset(&ours, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &ours, &watch->before);
}

/* ---- changes, a line each ---- */

static bool is_restless(const struct node *node)
{
	for (size_t i = 0; node->name && i < ARRAY_LENGTH(restless); i++)
		if (strcmp(node->name, restless[i]) == 0)
			return true;
	return false;
}

static void put_lasting(const struct node *node, FILE *out)
{
	if (is_restless(node))
		return;
	fprintf(out, "%s=%s{", node->name ? node->name : "", node->text ? node->text : "");
	for (const struct node *n = node->first; n; n = n->next)
		put_lasting(n, out);
	fputc('}', out);
}

/* From malloc, or NULL. */
static char *lasting_of(const struct node *group)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	if (!memory)
		return NULL;
	put_lasting(group, memory);
	fclose(memory);
	return text;
}

static struct seen *find_seen(struct watch *watch, const char *name)
{
	struct seen *seen = watch->seen;
	while (seen && strcmp(seen->name, name) != 0)
		seen = seen->next;
	if (seen)
		return seen;
	seen = calloc(1, sizeof *seen);
	if (!seen)
		return NULL;
	*seen = (struct seen){.next = watch->seen, .name = strdup(name)};
	watch->seen = seen;
	return seen;
}

static bool has_changed(struct watch *watch, const struct node *group)
{
	struct seen *seen = find_seen(watch, tree_text(group, "name"));
	char *text = lasting_of(group);
	if (!seen || !text || (seen->text && strcmp(seen->text, text) == 0)) {
		free(text);
		return false;
	}
	free(seen->text);
	seen->text = text;
	return true;
}

static void free_seen(struct watch *watch)
{
	for (struct seen *seen = watch->seen, *next; seen; seen = next) {
		next = seen->next;
		free(seen->name);
		free(seen->text);
		free(seen);
	}
}

static void put_change(const struct watch *watch, const struct node *group)
{
	struct timespec now;
	struct tm utc;
	char at[32];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &utc);
	if (watch->options->json) {
		printf("{\"at\":\"%s.%03ldZ\",%.*s\n", at, now.tv_nsec / 1000000,
			(int)group->source.length - 1, group->source.at + 1);
	} else {
		printf("%s.%03ldZ ", at, now.tv_nsec / 1000000);
		draw_line(group, stdout);
	}
}

static void put_changes(struct watch *watch, const struct node *answer)
{
	const struct node *groups = tree_find(answer, "groups");
	for (const struct node *n = groups ? groups->first : NULL; n; n = n->next)
		if (has_changed(watch, n))
			put_change(watch, n);
}

/* ---- the terminal ---- */

#define SCREEN_TAKE "\033[?1049h\033[?25l" /* another screen, no cursor */
#define SCREEN_GIVE "\033[?25h\033[?1049l"
#define SCREEN_HOME "\033[H"
#define LINE_END    "\033[K\n"
#define SCREEN_REST "\033[J"

static bool shows_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
	}
	return false;
}

static void draw(struct watch *watch, const struct node *answer)
{
	struct winsize size = {0};
	struct tm local;
	char at[16];
	time_t now = time(NULL);
	if (!watch->is_drawn)
		fputs(SCREEN_TAKE, stdout);
	watch->is_drawn = true;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 4)
		size.ws_row = 24;
	watch->style.rows = size.ws_row - 2;
	localtime_r(&now, &local);
	strftime(at, sizeof at, "%H:%M:%S", &local);
	printf(SCREEN_HOME "push-to-talk groups  %s   Ctrl-C ends" LINE_END LINE_END, at);
	draw_groups(answer, &watch->style, stdout);
	fputs(SCREEN_REST, stdout);
}

static void give_terminal_back(struct watch *watch)
{
	if (watch->is_drawn)
		fputs(SCREEN_GIVE, stdout);
	fflush(stdout);
}

/* ---- the loop ---- */

/* CTL_DONE: go on. */
static int look(struct watch *watch)
{
	bool is_good = false;
	char *text = ask(watch->server, watch->options->line, &is_good);
	struct node *answer = text ? tree_parse(text) : NULL;
	int code = !text ? CTL_NO_SERVER : is_good && answer ? CTL_DONE : CTL_REFUSED;
	if (code == CTL_DONE && watch->is_terminal)
		draw(watch, answer);
	else if (code == CTL_DONE)
		put_changes(watch, answer);
	/* Whoever read our lines has gone: that is an end like Ctrl-C. */
	if (code == CTL_DONE && fflush(stdout) != 0)
		is_over = 1;
	if (code == CTL_REFUSED) {
		give_terminal_back(watch);
		watch->is_drawn = false;
		fprintf(stderr, "%s\n", answer ? tree_text(answer, "error") : "no answer");
	}
	tree_free(answer);
	free(text);
	return code;
}

/* The server says nothing unasked: if there is something to read, it is its end. */
static bool wait_a_little(struct watch *watch)
{
	struct pollfd server = {.fd = fileno(watch->server), .events = POLLIN};
	struct timespec interval = {.tv_nsec = INTERVAL_MS * 1000000L};
	return ppoll(&server, 1, &interval, &watch->before) > 0;
}

int watch_run(FILE *server, const struct ctl_options *options)
{
	struct watch watch = {.server = server, .options = options};
	int code = CTL_DONE;
	watch.is_terminal = !options->json && isatty(STDOUT_FILENO);
	watch.style = (struct draw_style){
		.has_colours = !getenv("NO_COLOR"), .has_blocks = shows_utf8(), .end = LINE_END};
	catch_signals(&watch);
	while (code == CTL_DONE && !is_over) {
		code = look(&watch);
		if (code == CTL_DONE && !is_over && wait_a_little(&watch))
			code = CTL_NO_SERVER;
	}
	give_terminal_back(&watch);
	if (code == CTL_NO_SERVER)
		fputs("portavozctl: the server is gone\n", stderr);
	free_seen(&watch);
	return code;
}
