/* SPDX-License-Identifier: Apache-2.0 */
/* users.c — the users of a configuration and of its users_file become one table. */
#include "daemon/users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "conf/report.h"

static const enum pv_algorithm algorithms[] = {
	[CONFIG_MD5] = PV_ALGORITHM_MD5,
	[CONFIG_SHA256] = PV_ALGORITHM_SHA256,
	[CONFIG_SHA512_256] = PV_ALGORITHM_SHA512_256,
};

static uint32_t wanted_algorithms(
	const struct config *config, enum pv_algorithm ret[PV_ALGORITHM_COUNT])
{
	const struct config_words *words = &config->auth.algorithms;
	for (uint32_t i = 0; i < words->count; i++)
		ret[i] = algorithms[words->word[i]];
	return words->count;
}

static const enum config_severity severities[] = {
	[USER_WARNING] = CONFIG_WARNING,
	[USER_ERROR] = CONFIG_ERROR,
};

/* What is said of users goes to a report. */
struct listener {
	const struct config *config;
	struct config_report *report;
};

/* What no user is to blame for is between them and the algorithms. */
static struct config_origin nobody(const struct config *config)
{
	static const char *const keys[] = {"auth.algorithms", "users_file", "users"};
	struct config_origin at = {config->path, 0};
	for (size_t i = 0; i < ARRAY_LENGTH(keys) && !at.line; i++)
		at = config_origin_of(config, keys[i]);
	return at;
}

static void tell(void *context, enum user_severity severity, const char *file, uint32_t line,
	const char *text)
{
	const struct listener *listener = context;
	struct config_origin at =
		file ? (struct config_origin){file, line} : nobody(listener->config);
	config_report_add(listener->report, severities[severity], at.file, at.line, "%s", text);
}

static struct user_input *make_inputs(const struct config *config)
{
	struct user_input *inputs = calloc((size_t)config->user_count + 1, sizeof *inputs);
	for (uint32_t i = 0; inputs && i < config->user_count; i++) {
		const struct config_user *user = &config->users[i];
		inputs[i] = (struct user_input){
			.name = user->name,
			.password = user->password,
			.ha1[PV_ALGORITHM_MD5] = user->ha1_md5,
			.ha1[PV_ALGORITHM_SHA256] = user->ha1_sha256,
			.display = user->display,
			.priority = user->priority,
			.file = user->origin.file,
			.line = user->origin.line,
		};
	}
	return inputs;
}

bool users_need_passwords(const struct config *config)
{
	return config->auth.challenge != CONFIG_CHALLENGE_NONE;
}

int users_load(const struct config *config, const struct domains *domains, bool with_passwords,
	struct config_report *report, struct user_table **ret)
{
	enum pv_algorithm wanted[PV_ALGORITHM_COUNT];
	struct user_input *inputs = make_inputs(config);
	if (!inputs)
		return -ENOMEM;
	const struct user_table_config table = {
		.realm = domains_realm(domains),
		.algorithms = wanted,
		.algorithm_count = with_passwords ? wanted_algorithms(config, wanted) : 0,
		.users = inputs,
		.user_count = config->user_count,
		.users_file = config->users_file,
	};
	struct listener listener = {config, report};
	const struct user_report told = {.tell = tell, .context = &listener};
	int error = user_table_load(&table, &told, ret);
	free(inputs);
	return error;
}
