/* SPDX-License-Identifier: Apache-2.0 */
/* test_recorder.c: talk spurts become files, one each, with a line of JSON beside. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "codec/codec.h"
#include "media/recorder.h"
#include "unit/media/group_harness.h"

static struct leg legs[2];
static char folder[64];

static void start_recorded(void)
{
	snprintf(folder, sizeof(folder), "%s/recordings-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	snprintf(settings.record, sizeof(settings.record), "%s/ops", folder);
	start_group();
	legs_join(legs, 2);
}

/* The only file with that ending; how many there are. */
static unsigned find_file(const char *ending, char path[512])
{
	DIR *listing = opendir(folder);
	struct dirent *entry;
	unsigned found = 0;
	while ((entry = readdir(listing))) {
		size_t length = strlen(entry->d_name), tail = strlen(ending);
		if (length < tail || strcmp(entry->d_name + length - tail, ending) != 0)
			continue;
		snprintf(path, 512, "%s/%s", folder, entry->d_name);
		found++;
	}
	closedir(listing);
	return found;
}

static void remove_all(void)
{
	char path[512];
	while (find_file("", path) > 2) {
		static const char *const endings[] = {".opus", ".wav", ".json"};
		for (unsigned i = 0; i < 3; i++)
			if (find_file(endings[i], path))
				unlink(path);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}

static void says_for(struct leg *leg, unsigned packets)
{
	uint8_t bytes[12 + 160];
	for (unsigned n = 0; n < packets; n++) {
		write_rtp(&leg->phone, bytes, "");
		for (unsigned i = 0; i < 160; i++)
			bytes[12 + i] = (uint8_t)(i / 8 % 2 ? 0x10 : 0x90);
		send_bytes(&leg->phone, 0, leg->lease.port, bytes, sizeof(bytes));
		settle();
		fake_clock_advance(&clock_here, 20);
		turn();
	}
}

static const char *sound_ending(void)
{
	return codec_is_built(CODEC_OPUS) ? ".opus" : ".wav";
}

START_TEST(a_spurt_is_a_file)
{
	char path[512], line[512] = "";
	struct stat status;
	start_recorded();
	leg_presses(&legs[0], STAR);
	says_for(&legs[0], 50);
	leg_presses(&legs[0], HASH);
	media_record_once(media);
	ck_assert_uint_eq(count(METRIC_group_recordings), 1);
	ck_assert_uint_eq(find_file(sound_ending(), path), 1);
	ck_assert_ptr_nonnull(strstr(path, "/ops-2026"));
	ck_assert_ptr_nonnull(strstr(path, "-u1-"));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_gt(status.st_size, 1000);
	ck_assert_uint_eq(find_file(".json", path), 1);
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	ck_assert_ptr_nonnull(strstr(line, "\"member\":\"sip:u1@example.test\""));
	ck_assert_ptr_nonnull(strstr(line, "\"end\":\"released\""));
	ck_assert_ptr_nonnull(strstr(line, "\"trigger\":\"dtmf\""));
	for (unsigned i = 0; i < 2; i++)
		leg_close(&legs[i]);
	remove_all();
	finish();
}
END_TEST

START_TEST(each_spurt_has_its_own)
{
	char path[512];
	start_recorded();
	for (unsigned i = 0; i < 2; i++) {
		leg_presses(&legs[i], STAR);
		says_for(&legs[i], 5);
		leg_presses(&legs[i], HASH);
		media_record_once(media);
	}
	ck_assert_uint_eq(find_file(sound_ending(), path), 2);
	ck_assert_uint_eq(find_file(".json", path), 2);
	for (unsigned i = 0; i < 2; i++)
		leg_close(&legs[i]);
	remove_all();
	finish();
}
END_TEST

/* The relay thread goes on; what has no room is counted, and a forgotten file is closed. */
START_TEST(a_slow_disk_holds_nobody_up)
{
	char path[512];
	start_recorded();
	leg_presses(&legs[0], STAR);
	media_record_once(media);
	says_for(&legs[0], RECORDER_ITEMS + 10);
	leg_presses(&legs[0], HASH);
	ck_assert_uint_ge(count(METRIC_group_record_lost), 10);
	media_record_once(media);
	ck_assert_uint_eq(count(METRIC_group_recordings), 0);
	pass(61000);
	media_record_once(media);
	ck_assert_uint_eq(find_file(sound_ending(), path), 1);
	for (unsigned i = 0; i < 2; i++)
		leg_close(&legs[i]);
	remove_all();
	finish();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_counted)
{
	start_recorded();
	ck_assert_int_eq(rmdir(folder), 0);
	leg_presses(&legs[0], STAR);
	says_for(&legs[0], 5);
	leg_presses(&legs[0], HASH);
	media_record_once(media);
	ck_assert_uint_eq(count(METRIC_group_record_errors), 1);
	for (unsigned i = 0; i < 2; i++)
		leg_close(&legs[i]);
	finish();
}
END_TEST

TEST_MAIN("recorder", a_spurt_is_a_file, each_spurt_has_its_own, a_slow_disk_holds_nobody_up,
	a_folder_that_is_not_there_is_counted)
