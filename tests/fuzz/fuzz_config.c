/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c — a configuration file: refused with a finding, or good and equal to itself when
 * read again. */
#include "conf/config.h"

#include "fuzz.h"

static struct config *parse(const uint8_t *data, size_t size, struct config_report *report)
{
	struct config *config = NULL;
	int result = config_parse_text((const char *)data, size, "fuzz.conf", &config, report);
	MUST((result == 0) == (config != NULL));
	MUST((result == 0) == (report->errors == 0));
	return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_report report = {0}, difference = {0};
	struct config *config = parse(data, size, &report);
	struct config *again = config ? parse(data, size, &report) : NULL;
	if (config) {
		config_diff(config, again, &difference);
		MUST(difference.first == NULL);
		MUST(config->listen_count > 0 && config->domains.count > 0);
		for (uint32_t i = 0; i < config->user_count; i++)
			MUST(config->users[i].name);
	}
	config_report_done(&report);
	config_free(again);
	config_free(config);
	return 0;
}
