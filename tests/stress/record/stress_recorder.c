/* SPDX-License-Identifier: Apache-2.0 */
/* stress_recorder.c: relay threads record while main configures: each packet is written or counted,
 * each spurt that has a file has its line of JSON, and nobody waits for the writer. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/metrics.h"
#include "lib/threads.h"
#include "record/record.h"

#define RELAYS    3
#define ROUNDS    80
#define TALKERS   5
#define FRAMES    10
#define CONFIGURE 200
#define GROUP     7

static struct recorder *recorder;
static char folder[] = "/tmp/portavoz-stress-record-XXXXXX";
static _Atomic uint64_t begun, put;

static void configure(unsigned count)
{
	struct recorder_group group = {.id = GROUP, .name = PV_SPAN("ops"), .folder = folder};
	MUST(recorder_configure(recorder, &group, count) == 0);
}

static void talk_together(unsigned thread)
{
	static const uint8_t payload[160];
	record_id records[TALKERS];
	for (unsigned i = 0; i < TALKERS; i++) {
		char name[24];
		snprintf(name, sizeof(name), "sip:t%u-%u@x", thread, i);
		struct record_begin begin = {.group = GROUP, .member = name, .trigger = "dtmf"};
		/* one in four takes no for an answer */
		while (!(records[i] = recorder_begin(recorder, thread, &begin)) && i % 4)
			sched_yield();
		begun += records[i] != RECORD_NONE;
	}
	for (unsigned n = 0; n < FRAMES; n++)
		for (unsigned i = 0; i < TALKERS; i++) {
			struct record_frame frame = {.codec = CODEC_PCMU,
				.sequence = (uint16_t)n,
				.timestamp = n * 160,
				.payload = payload,
				.length = sizeof(payload)};
			recorder_put(recorder, thread, records[i], &frame);
			put += records[i] != RECORD_NONE;
		}
	for (unsigned i = 0; i < TALKERS; i++) {
		struct record_end end = {.why = "released", .packets = FRAMES};
		recorder_end(recorder, thread, records[i], &end);
	}
}

static void relay(unsigned thread)
{
	char name[16];
	snprintf(name, sizeof(name), "relay-%u", thread);
	MUST(metrics_attach(name) == 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		talk_together(thread);
		if (i % 16 == 0)
			sched_yield();
	}
	metrics_detach();
}

static void reload(unsigned unused)
{
	for (unsigned i = 0; i < CONFIGURE; i++) {
		configure(i % 4 != 0);
		sched_yield();
	}
}

/* Removes what was written; the counts of both kinds of files. */
static void clear(unsigned *ret_sounds, unsigned *ret_sheets)
{
	DIR *directory = opendir(folder);
	MUST(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (entry->d_name[0] == '.')
			continue;
		*ret_sheets += strstr(entry->d_name, ".json") != NULL;
		*ret_sounds += strstr(entry->d_name, ".wav") != NULL;
		MUST(unlinkat(dirfd(directory), entry->d_name, 0) == 0);
	}
	closedir(directory);
	MUST(rmdir(folder) == 0);
}

int main(void)
{
	struct recorder_config config = {.threads = RELAYS, .format = RECORD_WAV, .frames = 256};
	unsigned sounds = 0, sheets = 0;
	MUST(mkdtemp(folder));
	MUST(recorder_new(&recorder, &config) == 0);
	configure(1);
	threads_add(RELAYS, relay);
	threads_add(1, reload);
	threads_run();
	recorder_free(recorder);
	clear(&sounds, &sheets);
	uint64_t dropped = metrics_sum(METRIC_record_frames_dropped);
	MUST(metrics_sum(METRIC_record_frames) + dropped == put);
	MUST((int64_t)metrics_sum(METRIC_record_files) == 0);
	MUST(sheets == sounds);
	MUST(sounds == metrics_sum(METRIC_record_spurts));
	MUST(metrics_sum(METRIC_record_failures) == 0);
	printf("%u files, %llu packets of %llu dropped, %llu spurts refused\n", sounds,
		(unsigned long long)dropped, (unsigned long long)put,
		(unsigned long long)metrics_sum(METRIC_record_refused));
	return 0;
}
