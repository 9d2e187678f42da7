/* SPDX-License-Identifier: Apache-2.0 */
/* test_recorder.c: what a talker says is in a file, played back it is the same tone, and no relay
 * thread is ever held up. */
#include "record/record.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "lib/testing.h"
#include "lib/tone.h"
#include "listen.h"

#define GROUP 0x77
#define HERTZ 800

static struct listened heard;
static struct fake_clock fake;
static char folder[64];

static void make_folder(void)
{
	strcpy(folder, "/tmp/portavoz-record-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* The names in the folder, sorted, one a line. */
static const char *names(void)
{
	static char text[4096];
	struct dirent **found;
	text[0] = '\0';
	int count = scandir(folder, &found, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (found[i]->d_name[0] != '.')
			strcat(strcat(text, found[i]->d_name), "\n");
		free(found[i]);
	}
	free(found);
	return text;
}

static void remove_folder(void)
{
	char name[4096];
	strcpy(name, names());
	int at = open(folder, O_RDONLY | O_DIRECTORY);
	for (char *save, *one = strtok_r(name, "\n", &save); one; one = strtok_r(NULL, "\n", &save))
		unlinkat(at, one, 0);
	close(at);
	ck_assert_int_eq(rmdir(folder), 0);
}

static const char *path_of(const char *name)
{
	static char path[400];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* With no thread of its own: all is written by recorder_free. */
static struct recorder *begin(enum record_format format, const char *where)
{
	struct recorder *recorder;
	struct recorder_config config = {
		.threads = 2, .format = format, .clock = &fake.clock, .has_no_thread = true};
	struct recorder_group group = {.id = GROUP, .name = PV_SPAN("ops"), .folder = where};
	fake_clock_init(&fake, 5);
	ck_assert_int_eq(recorder_new(&recorder, &config), 0);
	ck_assert_int_eq(recorder_configure(recorder, &group, 1), 0);
	return recorder;
}

static record_id talk(struct recorder *recorder, const char *member)
{
	struct record_begin begins = {
		.group = GROUP, .member = member, .trigger = "dtmf", .priority = 5};
	return recorder_begin(recorder, 0, &begins);
}

static void fall_silent(struct recorder *recorder, record_id record, uint32_t packets)
{
	struct record_end end = {.why = "released", .packets = packets, .length_ms = packets * 20};
	recorder_end(recorder, 0, record, &end);
}

/* A talker: 20 ms of a tone in each packet. */
struct mouth {
	enum codec_id codec;
	uint32_t rate;
	uint16_t sequence;
	uint32_t timestamp;
	uint64_t came_ms;
	size_t at;
	struct codec_encoder *encoder;
};

static struct mouth mouth_of(enum codec_id codec)
{
	static const struct codec_settings settings = {0};
	struct mouth mouth = {.codec = codec,
		.rate = codec_rate_beside(codec, codec),
		.sequence = 65530,
		.timestamp = UINT32_MAX - 3000,
		.encoder = aligned_alloc(16, codec_encoder_size())};
	ck_assert_int_eq(codec_encoder_init(mouth.encoder, codec, mouth.rate, &settings), 0);
	return mouth;
}

static void say(struct recorder *recorder, record_id record, struct mouth *mouth, bool is_lost)
{
	int16_t samples[CODEC_RATE_MAX / 50];
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	size_t count = mouth->rate / 50;
	tone_make(samples, count, mouth->at, HERTZ, mouth->rate, 8000);
	int length = codec_encode(mouth->encoder, samples, count, payload);
	struct record_frame frame = {.codec = (uint8_t)mouth->codec,
		.sequence = mouth->sequence,
		.timestamp = mouth->timestamp,
		.came_ms = mouth->came_ms,
		.payload = payload,
		.length = (size_t)length};
	if (!is_lost)
		recorder_put(recorder, 0, record, &frame);
	mouth->at += count;
	mouth->sequence++;
	mouth->timestamp += codec_row(mouth->codec)->clock / 50;
}

static void expect_tone(size_t from_ms, size_t to_ms)
{
	size_t from = heard.rate / 1000 * from_ms, to = heard.rate / 1000 * to_ms;
	ck_assert_uint_le(to, heard.count);
	double tone = tone_amplitude(heard.samples + from, to - from, HERTZ, heard.rate);
	double all = tone_level(heard.samples + from, to - from);
	ck_assert_msg(tone > 5000 && tone > 0.85 * all, "%.0f of %.0f", tone, all);
}

static void expect_line(const char *name, const char *fragment)
{
	size_t length;
	char *text = (char *)listen_read(path_of(name), &length);
	text[length] = '\0';
	ck_assert_msg(length > 2 && text[length - 1] == '\n', "%s", text);
	ck_assert_msg(strchr(text, '\n') == text + length - 1, "%s", text);
	ck_assert_msg(strstr(text, fragment) != NULL, "%s", text);
	free(text);
}

#define STEM "ops-20260101T000000.000Z-alice"
static const char *sound_name(enum record_format format)
{
	return format == RECORD_BEST && codec_is_built(CODEC_OPUS) ? STEM ".opus" : STEM ".wav";
}

static void record_one(enum codec_id codec, enum record_format format)
{
	make_folder();
	struct recorder *recorder = begin(format, folder);
	struct mouth mouth = mouth_of(codec);
	record_id record = talk(recorder, "sip:alice@example.test");
	ck_assert_uint_ne(record, RECORD_NONE);
	for (unsigned i = 0; i < 100; i++)
		say(recorder, record, &mouth, false);
	fall_silent(recorder, record, 100);
	recorder_free(recorder);
	listen_to(path_of(sound_name(format)), &heard);
	ck_assert(heard.is_ended);
	ck_assert_uint_ge(heard.count, heard.rate * 2);
	ck_assert_uint_le(heard.count, heard.rate * 21 / 10);
	expect_tone(100, 1900);
	expect_line(STEM ".json", "{\"group\":\"ops\",\"member\":\"alice\","
				  "\"began\":\"2026-01-01T00:00:00.000Z\",\"length_ms\":2000,"
				  "\"trigger\":\"dtmf\",\"why\":\"released\",\"priority\":5,"
				  "\"emergency\":false,\"file\":\"" STEM);
	expect_line(STEM ".json", "\"sound_ms\":2000,");
	expect_line(STEM ".json",
		"\"packets\":100,\"lost\":0,\"dropped\":0,\"grant_us\":0,\"clipped\":0}");
	free(mouth.encoder);
	remove_folder();
}

START_TEST(each_codec)
{
	for (unsigned codec = CODEC_PCMU; codec < CODEC_COUNT; codec++) {
		if (!codec_is_built((enum codec_id)codec))
			continue;
		record_one((enum codec_id)codec, RECORD_BEST);
		record_one((enum codec_id)codec, RECORD_WAV);
	}
}
END_TEST

/* Half a second of which nothing came is as long in the file; a late packet and one that came
 * twice change nothing. */
static void record_gap(enum codec_id codec, enum record_format format)
{
	make_folder();
	struct recorder *recorder = begin(format, folder);
	struct mouth mouth = mouth_of(codec), late;
	record_id record = talk(recorder, "alice");
	for (unsigned i = 0; i < 100; i++) {
		if (i == 10)
			late = mouth;
		say(recorder, record, &mouth, i >= 40 && i < 65);
	}
	late.encoder = aligned_alloc(16, codec_encoder_size());
	memcpy(late.encoder, mouth.encoder, codec_encoder_size());
	say(recorder, record, &late, false);
	fall_silent(recorder, record, 75);
	recorder_free(recorder);
	listen_to(path_of(sound_name(format)), &heard);
	ck_assert_uint_ge(heard.count, heard.rate * 2);
	ck_assert_uint_le(heard.count, heard.rate * 21 / 10);
	expect_tone(100, 700);
	expect_tone(1450, 1900);
	size_t from = heard.rate, count = heard.rate / 5;
	ck_assert(tone_level(heard.samples + from, count) < 300);
	free(mouth.encoder);
	free(late.encoder);
	remove_folder();
}

START_TEST(gaps)
{
	record_gap(CODEC_PCMU, RECORD_WAV);
	record_gap(CODEC_PCMU, RECORD_BEST);
	if (codec_is_built(CODEC_OPUS))
		record_gap(CODEC_OPUS, RECORD_BEST);
}
END_TEST

/* A talk whose packets come in this order, as often as it goes in; what of it is in the file. */
static size_t record_order(const uint8_t *order, size_t count, int16_t *ret_samples)
{
	make_folder();
	struct recorder *recorder = begin(RECORD_WAV, folder);
	record_id record = talk(recorder, "alice");
	for (unsigned turn = 0; turn < 5; turn++)
		for (size_t i = 0; i < count; i++) {
			struct mouth mouth = mouth_of(CODEC_PCMU);
			unsigned number = turn * 20 + order[i];
			mouth.sequence += (uint16_t)number;
			mouth.timestamp += number * 160;
			mouth.at = number * 160;
			mouth.came_ms = 1000 + turn * 400 + i * 20;
			say(recorder, record, &mouth, false);
			free(mouth.encoder);
		}
	fall_silent(recorder, record, 100);
	recorder_free(recorder);
	listen_to(path_of(sound_name(RECORD_WAV)), &heard);
	memcpy(ret_samples, heard.samples, heard.count * sizeof(heard.samples[0]));
	remove_folder();
	return heard.count;
}

/* What was overtaken lies in its place, at the beginning too; but not what comes after all that was
 * waited for, and nothing twice. */
START_TEST(reordered)
{
	static const uint8_t even[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
	static const uint8_t odd[] = {
		1, 0, 2, 4, 4, 5, 3, 8, 7, 6, 3, 9, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10};
	static const uint8_t late[] = {
		0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 3, 17, 18, 19};
	static int16_t wanted[LISTEN_SECONDS * LISTEN_RATE], got[LISTEN_SECONDS * LISTEN_RATE];
	size_t count = record_order(even, sizeof(even), wanted);
	ck_assert_uint_eq(count, 100 * 160);
	ck_assert_uint_eq(record_order(odd, sizeof(odd), got), count);
	ck_assert_mem_eq(got, wanted, count * sizeof(wanted[0]));
	/* what has not come is made up, and is as long */
	ck_assert_uint_eq(record_order(late, sizeof(late), got), count);
	ck_assert(memcmp(got + 3 * 160, wanted + 3 * 160, 160 * sizeof(got[0])) != 0);
	ck_assert_mem_eq(got + 8 * 160, wanted + 8 * 160, 160 * sizeof(got[0]));
}
END_TEST

/* Time stamps that leap ahead with each packet do not fill the disk with silence. */
START_TEST(leaps)
{
	make_folder();
	struct recorder *recorder = begin(RECORD_WAV, folder);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	record_id record = talk(recorder, "alice");
	for (unsigned i = 0; i < 100; i++) {
		mouth.came_ms = 1000 + i * 20;
		say(recorder, record, &mouth, false);
		mouth.timestamp += 50 * 8000;
	}
	fall_silent(recorder, record, 100);
	recorder_free(recorder);
	listen_to(path_of(sound_name(RECORD_WAV)), &heard);
	ck_assert_uint_le(heard.count, heard.rate * 7);
	free(mouth.encoder);
	remove_folder();
}
END_TEST

/* Another phone of the same member may go on in another codec. */
START_TEST(codec_changes)
{
	make_folder();
	struct recorder *recorder = begin(RECORD_BEST, folder);
	struct mouth first = mouth_of(CODEC_PCMU), second = mouth_of(CODEC_PCMA);
	record_id record = talk(recorder, "alice");
	for (unsigned i = 0; i < 50; i++)
		say(recorder, record, &first, false);
	second.sequence = first.sequence;
	second.timestamp = first.timestamp;
	for (unsigned i = 0; i < 50; i++)
		say(recorder, record, &second, false);
	fall_silent(recorder, record, 100);
	recorder_free(recorder);
	listen_to(path_of(sound_name(RECORD_BEST)), &heard);
	expect_tone(100, 900);
	expect_tone(1100, 1900);
	expect_line(STEM ".json", "\"codec\":\"PCMU\"");
	free(first.encoder);
	free(second.encoder);
	remove_folder();
}
END_TEST

START_TEST(several_at_once)
{
	make_folder();
	struct recorder *recorder = begin(RECORD_WAV, folder);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	record_id a = talk(recorder, "alice"), b = talk(recorder, "bob"),
		  c = talk(recorder, "alice"), silent = talk(recorder, "carol");
	for (unsigned i = 0; i < 10; i++) {
		say(recorder, a, &mouth, false);
		say(recorder, b, &mouth, false);
		say(recorder, c, &mouth, false);
	}
	fall_silent(recorder, a, 10);
	fall_silent(recorder, silent, 0);
	/* b and c are open when the server stops */
	recorder_free(recorder);
	ck_assert_str_eq(names(), "ops-20260101T000000.000Z-alice-2.json\n"
				  "ops-20260101T000000.000Z-alice-2.wav\n"
				  "ops-20260101T000000.000Z-alice.json\n"
				  "ops-20260101T000000.000Z-alice.wav\n"
				  "ops-20260101T000000.000Z-bob.json\n"
				  "ops-20260101T000000.000Z-bob.wav\n");
	expect_line("ops-20260101T000000.000Z-bob.json", "\"why\":\"stopped\"");
	free(mouth.encoder);
	remove_folder();
}
END_TEST

START_TEST(not_recorded)
{
	make_folder();
	struct recorder *recorder = begin(RECORD_WAV, folder);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	struct record_begin other = {.group = GROUP + 1, .member = "alice", .trigger = "dtmf"};
	struct record_begin none = {.member = "alice", .trigger = "dtmf"};
	record_id record = recorder_begin(recorder, 0, &other);
	say(recorder, record, &mouth, false);
	fall_silent(recorder, record, 1);
	fall_silent(recorder, record, 1); /* it has ended */
	ck_assert_uint_eq(recorder_begin(recorder, 0, &none), RECORD_NONE);
	ck_assert_uint_eq(recorder_begin(recorder, 9, &other), RECORD_NONE);
	ck_assert_uint_eq(recorder_begin(NULL, 0, &other), RECORD_NONE);
	say(recorder, RECORD_NONE, &mouth, false);
	fall_silent(NULL, 1, 1);
	recorder_free(recorder);
	ck_assert_str_eq(names(), "");
	recorder_free(NULL);
	free(mouth.encoder);
	remove_folder();
}
END_TEST

/* A group that is not recorded any more: what has begun is ended where it was. */
START_TEST(reconfigured)
{
	make_folder();
	struct recorder *recorder = begin(RECORD_WAV, folder);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	ck_assert_int_eq(recorder_configure(recorder, NULL, 0), 0);
	say(recorder, talk(recorder, "alice"), &mouth, false);
	recorder_free(recorder);
	ck_assert_str_eq(names(), "");
	free(mouth.encoder);
	remove_folder();
}
END_TEST

/* The ring is as large as it is: what does not fit is dropped and counted, and the end of each
 * spurt comes through all the same. */
START_TEST(full_ring)
{
	make_folder();
	uint64_t dropped = metrics_sum(METRIC_record_frames_dropped),
		 refused = metrics_sum(METRIC_record_refused);
	struct recorder *recorder = begin(RECORD_WAV, folder);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	record_id records[RECORD_SPURTS];
	for (unsigned i = 0; i < RECORD_SPURTS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "m%u", i);
		records[i] = talk(recorder, name);
		ck_assert_uint_ne(records[i], RECORD_NONE);
	}
	ck_assert_uint_eq(talk(recorder, "one-more"), RECORD_NONE);
	ck_assert_uint_eq(metrics_sum(METRIC_record_refused), refused + 1);
	for (unsigned i = 0; i < 3000; i++)
		say(recorder, records[0], &mouth, false);
	uint64_t lost = metrics_sum(METRIC_record_frames_dropped) - dropped;
	ck_assert_uint_gt(lost, 0);
	for (unsigned i = 0; i < RECORD_SPURTS; i++)
		fall_silent(recorder, records[i], i ? 0 : 3000);
	ck_assert_uint_eq(talk(recorder, "no-room"), RECORD_NONE);
	recorder_free(recorder);
	char fragment[32];
	snprintf(fragment, sizeof(fragment), "\"dropped\":%u,", (unsigned)lost);
	expect_line("ops-20260101T000000.000Z-m0.json", fragment);
	ck_assert_str_eq(names(), "ops-20260101T000000.000Z-m0.json\n"
				  "ops-20260101T000000.000Z-m0.wav\n");
	free(mouth.encoder);
	remove_folder();
}
END_TEST

START_TEST(bad_frames)
{
	static uint8_t big[RECORD_PAYLOAD_MAX + 1];
	make_folder();
	struct recorder *recorder = begin(RECORD_WAV, folder);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	record_id record = talk(recorder, "alice");
	struct record_frame frame = {.codec = CODEC_PCMU, .payload = big, .length = sizeof(big)};
	recorder_put(recorder, 0, record, &frame); /* too long */
	frame = (struct record_frame){.codec = CODEC_PCMU, .payload = big, .length = 0};
	say(recorder, record, &mouth, false);
	frame.sequence = mouth.sequence;
	frame.timestamp = mouth.timestamp;
	recorder_put(recorder, 0, record, &frame); /* empty */
	frame = (struct record_frame){.codec = CODEC_COUNT, .payload = big, .length = 160};
	recorder_put(recorder, 0, record, &frame);
	frame.codec = CODEC_NONE;
	recorder_put(recorder, 0, record, &frame);
	fall_silent(recorder, record, 1);
	recorder_free(recorder);
	expect_line(STEM ".json", "\"dropped\":4,");
	free(mouth.encoder);
	remove_folder();
}
END_TEST

/* The folder's name is that of a file: each spurt is counted, and nothing else happens. */
START_TEST(bad_disk)
{
	make_folder();
	uint64_t before = metrics_sum(METRIC_record_failures);
	char where[400];
	strcpy(where, path_of("file"));
	close(open(where, O_CREAT | O_WRONLY, 0600));
	struct recorder *recorder = begin(RECORD_WAV, where);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	for (unsigned i = 0; i < 3; i++) {
		record_id record = talk(recorder, "alice");
		say(recorder, record, &mouth, false);
		say(recorder, record, &mouth, false);
		fall_silent(recorder, record, 2);
	}
	recorder_free(recorder);
	ck_assert_uint_eq(metrics_sum(METRIC_record_failures), before + 3);
	ck_assert_str_eq(names(), "file\n");
	free(mouth.encoder);
	remove_folder();
}
END_TEST

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Files may not grow beyond 10,000 bytes: the sound that fits is there. (Each test is a process of
 * its own.) */
START_TEST(full_disk)
{
	make_folder();
	uint64_t before = metrics_sum(METRIC_record_failures);
	struct recorder *recorder = begin(RECORD_WAV, folder);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	record_id record = talk(recorder, "alice");
	for (unsigned i = 0; i < 200; i++)
		say(recorder, record, &mouth, false);
	fall_silent(recorder, record, 200);
	limit_file_size(10000);
	recorder_free(recorder);
	ck_assert_uint_eq(metrics_sum(METRIC_record_failures), before + 1);
	free(mouth.encoder);
	remove_folder();
}
END_TEST

/* The way it runs in the server. */
START_TEST(own_thread)
{
	make_folder();
	struct recorder *recorder;
	struct recorder_config config = {
		.threads = 1, .format = RECORD_WAV, .frames = 8192, .clock = &fake.clock};
	struct recorder_group group = {.id = GROUP, .name = PV_SPAN("ops"), .folder = folder};
	fake_clock_init(&fake, 5);
	ck_assert_int_eq(recorder_new(&recorder, &config), 0);
	ck_assert_uint_eq(talk(recorder, "early"), RECORD_NONE);
	ck_assert_int_eq(recorder_configure(recorder, &group, 1), 0);
	struct mouth mouth = mouth_of(CODEC_PCMU);
	record_id record = talk(recorder, "alice");
	for (unsigned i = 0; i < 100; i++)
		say(recorder, record, &mouth, false);
	fall_silent(recorder, record, 100);
	recorder_free(recorder);
	listen_to(path_of(STEM ".wav"), &heard);
	expect_tone(100, 1900);
	free(mouth.encoder);
	remove_folder();
}
END_TEST

TEST_MAIN("record/recorder", each_codec, gaps, reordered, leaps, codec_changes, several_at_once,
	not_recorded, reconfigured, full_ring, bad_frames, bad_disk, full_disk, own_thread)
