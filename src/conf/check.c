/* SPDX-License-Identifier: Apache-2.0 */
/* check.c — what no single key can tell: names, references, orders of magnitude between keys. */
#include "conf/check.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "conf/report.h"

static void fault(struct config_report *report, const struct config_origin *at, const char *text)
{
	config_report_add(report, CONFIG_ERROR, at->file, at->line, "%s", text);
}

/* Where a mistake between keys is looked for first: at the first of them that stands in a file. */
static struct config_origin first_set(
	const struct config *config, const char *key, const char *other)
{
	struct config_origin at = config_origin_of(config, key);
	return at.line || !other ? at : config_origin_of(config, other);
}

/* One name that must be unique: of a user, a group or a trunk. */
struct name {
	const char *text;
	const char *kind;
	const struct config_origin *origin;
};

static int by_text(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->text, y->text);
	if (order == 0 && x->origin->line != y->origin->line)
		order = x->origin->line < y->origin->line ? -1 : 1;
	return order;
}

static void report_duplicates(struct name *names, uint32_t count, struct config_report *report)
{
	qsort(names, count, sizeof *names, by_text);
	for (uint32_t i = 1; i < count; i++) {
		const struct name *a = &names[i - 1], *b = &names[i];
		if (strcmp(a->text, b->text) == 0)
			config_report_add(report, CONFIG_ERROR, b->origin->file, b->origin->line,
				"%s \"%s\": the name is taken by the %s of %s:%u", b->kind, b->text,
				a->kind, a->origin->file, a->origin->line);
	}
}

/* The names of all users and groups, sorted; NULL without memory or without names. */
static struct name *address_names(const struct config *config, uint32_t *ret_count)
{
	uint32_t count = 0;
	struct name *names =
		calloc((size_t)config->user_count + config->group_count + 1, sizeof *names);
	for (uint32_t i = 0; names && i < config->user_count; i++)
		if (config->users[i].name)
			names[count++] = (struct name){
				config->users[i].name, "user", &config->users[i].origin};
	for (uint32_t i = 0; names && i < config->group_count; i++)
		if (config->groups[i].name)
			names[count++] = (struct name){
				config->groups[i].name, "group", &config->groups[i].origin};
	*ret_count = count;
	return names;
}

static void check_trunk_names(const struct config *config, struct config_report *report)
{
	struct name *names = calloc((size_t)config->trunk_count + 1, sizeof *names);
	uint32_t count = 0;
	for (uint32_t i = 0; names && i < config->trunk_count; i++)
		if (config->trunks[i].name)
			names[count++] = (struct name){
				config->trunks[i].name, "trunk", &config->trunks[i].origin};
	if (names)
		report_duplicates(names, count, report);
	free(names);
}

static bool is_hexadecimal(const char *text)
{
	return !text || text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

static void check_users(const struct config *config, struct config_report *report)
{
	bool open = config->auth.challenge == CONFIG_CHALLENGE_NONE;
	for (uint32_t i = 0; i < config->user_count; i++) {
		const struct config_user *user = &config->users[i];
		bool hashed = user->ha1_md5 || user->ha1_sha256;
		if (!user->name)
			continue;
		if (strpbrk(user->name, " \"<>@,;"))
			fault(report, &user->origin,
				"users[].name: a space or one of \" < > @ , ; in it");
		if (!user->password && !hashed && !open)
			fault(report, &user->origin, "users[]: neither password nor ha1");
		if (user->password && hashed)
			fault(report, &user->origin, "users[]: password and ha1 at once");
		if (!is_hexadecimal(user->ha1_md5) || !is_hexadecimal(user->ha1_sha256))
			fault(report, &user->origin, "users[]: a ha1 is not hexadecimal");
	}
}

/* The names that a reference may mean, sorted. */
struct known {
	struct name *names;
	uint32_t count;
	bool complete; /* false: more come from users_file, or anybody may register */
};

static int find_text(const void *text, const void *name)
{
	return strcmp(text, ((const struct name *)name)->text);
}

/* Says that there is no such name, and which is the nearest of that kind. */
static void unknown_reference(const struct known *known, const char *kind, const char *text,
	const struct config_origin *origin, const char *key, struct config_report *report)
{
	const char **words = calloc((size_t)known->count + 1, sizeof *words);
	uint32_t count = 0;
	for (uint32_t i = 0; words && i < known->count; i++)
		if (strcmp(known->names[i].kind, kind) == 0)
			words[count++] = known->names[i].text;
	const char *nearest = words ? config_nearest(text, words) : NULL;
	if (nearest)
		config_report_add(report, CONFIG_ERROR, origin->file, origin->line,
			"%s: no %s \"%s\"; the nearest is \"%s\"", key, kind, text, nearest);
	else
		config_report_add(report, CONFIG_ERROR, origin->file, origin->line,
			"%s: no %s \"%s\"", key, kind, text);
	free(words);
}

static void check_reference(const struct known *known, const char *kind, const char *text,
	const struct config_origin *origin, const char *key, struct config_report *report)
{
	if (!text || strcmp(text, "*") == 0)
		return;
	const struct name *name =
		bsearch(text, known->names, known->count, sizeof *known->names, find_text);
	if (!name || strcmp(name->kind, kind) != 0)
		unknown_reference(known, kind, text, origin, key, report);
}

static bool is_member(const struct config_group *group, const char *user)
{
	for (uint32_t i = 0; i < group->member_count; i++) {
		const char *name = group->members[i].name;
		if (name && (strcmp(name, "*") == 0 || strcmp(name, user) == 0))
			return true;
	}
	return false;
}

/* Who is no member is not let in, whatever else is said of him: most likely a slip. */
static void check_group_users(const struct known *known, const struct config_group *group,
	const struct config_strings *users, const char *key, struct config_report *report)
{
	for (uint32_t i = 0; i < users->count; i++) {
		if (known->complete)
			check_reference(known, "user", users->item[i], &group->origin, key, report);
		if (!is_member(group, users->item[i]))
			config_report_add(report, CONFIG_WARNING, group->origin.file,
				group->origin.line, "%s: \"%s\" is no member of \"%s\"", key,
				users->item[i], group->name ? group->name : "");
	}
}

static void check_groups(
	struct config *config, const struct known *known, struct config_report *report)
{
	for (uint32_t i = 0; i < config->group_count; i++) {
		struct config_group *group = &config->groups[i];
		for (uint32_t m = 0; known->complete && m < group->member_count; m++)
			check_reference(known, "user", group->members[m].name,
				&group->members[m].origin, "groups[].members", report);
		check_group_users(
			known, group, &group->listen_only, "groups[].listen_only", report);
		check_group_users(known, group, &group->call_out, "groups[].call_out", report);
		check_group_users(known, group, &group->emergency_members,
			"groups[].emergency_members", report);
		if (group->talkers == CONFIG_UNSET)
			group->talkers = group->floor == CONFIG_FLOOR_OPEN ? 8 : 1;
		if (strcmp(group->keys.request, group->keys.release) == 0)
			fault(report, &group->origin,
				"groups[].keys: request and release are equal");
	}
}

static void check_routes(
	const struct config *config, const struct known *known, struct config_report *report)
{
	for (uint32_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];
		int targets = !!route->user + !!route->group + !!route->trunk + !!route->redirect +
			      (route->reject != CONFIG_UNSET);
		if (targets != 1)
			fault(report, &route->origin,
				"routes[]: needs exactly one of user, group, trunk, reject, "
				"redirect");
		if (known->complete)
			check_reference(known, "user", route->user, &route->origin, "routes[].user",
				report);
		check_reference(
			known, "group", route->group, &route->origin, "routes[].group", report);
		bool trunk = !route->trunk;
		for (uint32_t t = 0; t < config->trunk_count && !trunk; t++)
			trunk = config->trunks[t].name &&
				strcmp(config->trunks[t].name, route->trunk) == 0;
		if (!trunk)
			config_report_add(report, CONFIG_ERROR, route->origin.file,
				route->origin.line, "routes[].trunk: no trunk \"%s\"",
				route->trunk);
	}
}

static void check_names(struct config *config, struct config_report *report)
{
	struct known known = {0};
	known.names = address_names(config, &known.count);
	known.complete = !config->users_file && config->auth.challenge != CONFIG_CHALLENGE_NONE;
	if (!known.names)
		return;
	report_duplicates(known.names, known.count, report);
	check_groups(config, &known, report);
	check_routes(config, &known, report);
	free(known.names);
}

static void check_domains(const struct config *config, struct config_report *report)
{
	const struct config_strings *domains = &config->domains;
	const struct config_origin at = first_set(config, "domain", NULL);
	for (uint32_t i = 0; i < domains->count; i++) {
		if (strpbrk(domains->item[i], " \"<>@,;:/"))
			config_report_add(report, CONFIG_ERROR, at.file, at.line,
				"domain: \"%s\" is not a host name", domains->item[i]);
		for (uint32_t j = 0; j < i; j++)
			if (strcasecmp(domains->item[i], domains->item[j]) == 0)
				config_report_add(report, CONFIG_ERROR, at.file, at.line,
					"domain: \"%s\" is given twice", domains->item[i]);
	}
}

static void check_listen(const struct config *config, struct config_report *report)
{
	for (uint32_t i = 0; i < config->listen_count; i++) {
		const struct config_listen *a = &config->listen[i];
		for (uint32_t j = 0; j < i; j++) {
			const struct config_listen *b = &config->listen[j];
			if (a->transport == b->transport && a->length == b->length &&
				memcmp(&a->address, &b->address, a->length) == 0)
				config_report_add(report, CONFIG_ERROR, a->origin.file,
					a->origin.line, "listen: \"%s\" is given twice", a->text);
		}
	}
}

/* Pairs of keys of which the first may not exceed the second. */
static void check_orders(const struct config *config, struct config_report *report)
{
	const struct {
		uint32_t low, high;
		const char *low_key, *high_key;
	} orders[] = {
		{config->registrar.min_expires_ms, config->registrar.max_expires_ms,
			"registrar.min_expires", "registrar.max_expires"},
		{config->registrar.min_expires_ms, config->registrar.default_expires_ms,
			"registrar.min_expires", "registrar.default_expires"},
		{config->registrar.default_expires_ms, config->registrar.max_expires_ms,
			"registrar.default_expires", "registrar.max_expires"},
		{config->timers.t1_ms, config->timers.t2_ms, "timers.t1", "timers.t2"},
	};
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		const char *low = orders[i].low_key, *high = orders[i].high_key;
		struct config_origin at = first_set(config, low, high);
		if (orders[i].low > orders[i].high)
			config_report_add(report, CONFIG_ERROR, at.file, at.line, "%s is above %s",
				low, high);
	}
}

static void check_store(const struct config *config, struct config_report *report)
{
	static const char *const kinds[] = {
		"file:", "sqlite:", "postgresql://", "redis://", "none"};
	struct config_origin at = first_set(config, "store", NULL);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strncmp(config->store, kinds[i], strlen(kinds[i])) == 0)
			return;
	config_report_add(report, CONFIG_ERROR, at.file, at.line,
		"store: \"%s\" begins with none of file:, sqlite:, postgresql://, redis://, and "
		"is not none",
		config->store);
}

static void check_admin(const struct config *config, struct config_report *report)
{
	size_t room = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	struct config_origin at = first_set(config, "admin.socket", NULL);
	if (config->admin.socket && strlen(config->admin.socket) > room)
		config_report_add(report, CONFIG_ERROR, at.file, at.line,
			"admin.socket: \"%s\" is longer than the %zu bytes of a socket's path",
			config->admin.socket, room);
}

/* An interface's name has 15 bytes at the most; the two words stand alone. */
static void check_fastpath(const struct config *config, struct config_report *report)
{
	const struct config_strings *words = &config->media.fastpath;
	struct config_origin at = first_set(config, "media.fastpath", NULL);
	for (uint32_t i = 0; i < words->count; i++) {
		const char *word = words->item[i];
		bool is_word = strcmp(word, "auto") == 0 || strcmp(word, "off") == 0;
		if (is_word && words->count > 1)
			config_report_add(report, CONFIG_ERROR, at.file, at.line,
				"media.fastpath: \"%s\" stands alone, or is left out", word);
		if (strcmp(word, "on") == 0)
			config_report_add(report, CONFIG_ERROR, at.file, at.line,
				"media.fastpath: \"on\" is \"auto\"");
		if (!*word || strlen(word) > 15)
			config_report_add(report, CONFIG_ERROR, at.file, at.line,
				"media.fastpath: \"%s\" is no interface's name", word);
	}
}

static void check_openness(const struct config *config, struct config_report *report)
{
	struct config_origin at = first_set(config, "auth.challenge", NULL);
	if (config->auth.challenge == CONFIG_CHALLENGE_NONE)
		config_report_add(report, CONFIG_WARNING, at.file, at.line,
			"auth.challenge = \"none\": everyone is believed; closed test nets only");
}

/* Off means zero, so that those who count need to know nothing else. */
static void settle_limits(struct config *config)
{
	if (config->limits.enabled)
		return;
	config->limits.source_rate = 0;
	config->limits.source_register_failures = 0;
	config->limits.tcp_connections_per_source = 0;
	config->limits.user_calls = 0;
	config->calls.per_user = 0;
}

void config_check(struct config *config, struct config_report *report)
{
	check_users(config, report);
	check_names(config, report);
	check_trunk_names(config, report);
	check_domains(config, report);
	check_listen(config, report);
	check_orders(config, report);
	check_store(config, report);
	check_admin(config, report);
	check_fastpath(config, report);
	check_openness(config, report);
	settle_limits(config);
}
