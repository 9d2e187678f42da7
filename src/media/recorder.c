/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.c: the audio of talk spurts into files. */
#include "media/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/reserve.h"
#include "codec/codec.h"
#include "sound/file_ogg.h"
#include "sound/file_wav.h"

#define ROUND_MS   100
#define FRAME_MS   20
#define FRAME_MOST (CODEC_RATE_MAX / 1000 * FRAME_MS)
/* A longer gap in the time stamps is not silence but another numbering. */
#define GAP_MS_MOST 10000
/* Samples at 48 kHz before the sound that Opus's encoder makes (RFC 7845 §4.2). */
#define OPUS_SKIP 312
#define PATH_MOST (MEDIA_RECORD_MAX + 128)
/* Nobody is silent and keeps the floor for so long. */
#define FORGOTTEN_MS 60000
/* What a mail to the recorder is. */
#define MAIL_WAKE 0
#define MAIL_FEED 1

/* A file that is being written. Owner: the recorder's thread. */
struct recording {
	uint64_t name; /* 0: free */
	int fd;
	bool has_failed;
	uint8_t codec;           /* of what comes */
	uint32_t clock_ms, rate; /* its time stamps each ms; samples each second */
	bool is_heard;
	uint32_t next_timestamp;
	uint64_t begun_ms; /* wall clock */
	uint64_t heard_ms; /* monotonic: when something was written last */
	uint32_t samples;  /* of a WAV file */
	uint32_t fill;
	char path[PATH_MOST]; /* without its ending */
	char identity[MEDIA_IDENTITY_MAX];
	struct ogg ogg;
	int16_t waiting[FRAME_MOST];
	_Alignas(16) char coders[]; /* decoder, encoder */
};

static struct codec_decoder *decoder_of(struct recording *recording)
{
	return (struct codec_decoder *)recording->coders;
}

static struct codec_encoder *encoder_of(struct recording *recording)
{
	return (struct codec_encoder *)(recording->coders + codec_decoder_size());
}

static struct recording *at(const struct recorder *recorder, unsigned index)
{
	return (struct recording *)((char *)recorder->open + index * recorder->open_stride);
}

static struct recording *find(const struct recorder *recorder, uint64_t name)
{
	for (unsigned i = 0; i < RECORDER_OPEN_MOST; i++)
		if (at(recorder, i)->name == name)
			return at(recorder, i);
	return NULL;
}

/* ---- bytes into a file ---- */

static int write_all(void *context, const void *bytes, size_t length)
{
	struct recording *recording = context;
	const char *from = bytes;
	while (length > 0) {
		ssize_t written = write(recording->fd, from, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			recording->has_failed = true;
			return -errno;
		}
		from += written;
		length -= (size_t)written;
	}
	return 0;
}

static void fail(const struct recording *recording, const char *what, int error)
{
	metrics_add(METRIC_group_record_errors, 1);
	log_event(LOG_LEVEL_WARNING, "recording_failed", "file=%s what=%s error=\"%s\"",
		recording->path, what, strerror(error));
}

/* The letters of the user part that a file name may have. */
static void write_user(char *to, size_t room, const char *identity)
{
	const char *colon = strchr(identity, ':');
	const char *from = colon ? colon + 1 : identity;
	size_t length = 0;
	for (; *from && *from != '@' && length + 1 < room; from++) {
		bool is_plain = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') ||
				(*from >= '0' && *from <= '9') || *from == '-' || *from == '_';
		to[length++] = is_plain ? *from : '_';
	}
	to[length] = 0;
}

static void write_time(char to[32], uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm parts;
	char text[24];
	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &parts);
	snprintf(to, 32, "%s.%03uZ", text, (unsigned)(wall_ms % 1000));
}

static int open_file(struct recording *recording, const char *ending)
{
	char path[PATH_MOST + 8];
	snprintf(path, sizeof(path), "%s%s", recording->path, ending);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	return fd < 0 ? -errno : fd;
}

/* ---- one recording ---- */

static int begin_opus(struct recording *recording)
{
	static const struct codec_settings defaults;
	struct pv_span title = {recording->identity, strlen(recording->identity)};
	uint16_t skip = recording->codec == CODEC_OPUS ? 0 : OPUS_SKIP;
	int error = 0;
	if (recording->codec != CODEC_OPUS)
		error = codec_encoder_init(
			encoder_of(recording), CODEC_OPUS, recording->rate, &defaults);
	if (error)
		return error;
	return ogg_begin(&recording->ogg, (uint32_t)random_u64(), recording->rate, skip, title,
		write_all, recording);
}

static int begin_wav(struct recording *recording)
{
	uint8_t header[WAV_HEADER_SIZE];
	wav_header(recording->rate, WAV_UNKNOWN, header);
	return write_all(recording, header, sizeof(header));
}

static int begin_file(struct recording *recording)
{
	bool is_opus = codec_is_built(CODEC_OPUS);
	int error = codec_decoder_init(
		decoder_of(recording), (enum codec_id)recording->codec, recording->rate);
	recording->fd = error ? error : open_file(recording, is_opus ? ".opus" : ".wav");
	if (recording->fd < 0)
		return recording->fd;
	return is_opus ? begin_opus(recording) : begin_wav(recording);
}

static void begin(struct recorder *recorder, const struct recorder_item *item)
{
	struct recording *recording = find(recorder, 0);
	char time[32], user[48];
	if (!recording || item->codec == CODEC_NONE || item->codec >= CODEC_COUNT) {
		metrics_add(METRIC_group_record_errors, 1);
		return;
	}
	memset(recording, 0, sizeof(*recording));
	recording->codec = item->codec;
	recording->clock_ms = codec_row((enum codec_id)item->codec)->clock / 1000;
	recording->rate =
		item->codec == CODEC_OPUS ? 16000 : codec_row((enum codec_id)item->codec)->rate;
	recording->begun_ms = clock_wall_ms(recorder->clock);
	memcpy(recording->identity, item->begin.identity, sizeof(recording->identity));
	write_time(time, recording->begun_ms);
	write_user(user, sizeof(user), recording->identity);
	snprintf(recording->path, sizeof(recording->path), "%s-%s-%s-%llx", item->begin.prefix,
		time, user, (unsigned long long)item->recording);
	int error = begin_file(recording);
	if (error < 0) {
		fail(recording, "begin", -error);
		if (recording->fd >= 0)
			close(recording->fd);
		return;
	}
	recording->name = item->recording;
	recording->heard_ms = clock_now_ms(recorder->clock);
	recorder->open_count++;
}

/* 20 ms that are whole. */
static void write_frame(struct recording *recording)
{
	uint8_t bytes[2 * FRAME_MOST];
	uint32_t count = recording->rate / 1000 * FRAME_MS;
	recording->fill = 0;
	if (!codec_is_built(CODEC_OPUS)) {
		recording->samples += count;
		write_all(recording, bytes, wav_samples(recording->waiting, count, bytes));
		return;
	}
	int length = codec_encode(encoder_of(recording), recording->waiting, count, bytes);
	if (length > 0)
		ogg_packet(&recording->ogg, bytes, (size_t)length);
}

/* `samples` NULL: silence. */
static void write_samples(struct recording *recording, const int16_t *samples, uint32_t count)
{
	uint32_t frame = recording->rate / 1000 * FRAME_MS;
	for (uint32_t i = 0; i < count; i++) {
		recording->waiting[recording->fill++] = samples ? samples[i] : 0;
		if (recording->fill == frame)
			write_frame(recording);
	}
}

static bool is_passed_on(const struct recording *recording)
{
	return recording->codec == CODEC_OPUS && codec_is_built(CODEC_OPUS);
}

/* What lies between the last packet and this one. False: it is older. */
static bool close_gap(struct recording *recording, uint32_t timestamp)
{
	int32_t gap = (int32_t)(timestamp - recording->next_timestamp);
	uint32_t ms = (uint32_t)MAX(gap, 0) / recording->clock_ms;
	if (!recording->is_heard || ms > GAP_MS_MOST)
		return true;
	if (gap < 0)
		return (uint32_t)-gap > GAP_MS_MOST * recording->clock_ms;
	if (is_passed_on(recording))
		ogg_gap(&recording->ogg, ms / FRAME_MS * FRAME_MS);
	else
		write_samples(recording, NULL, ms * (recording->rate / 1000));
	return true;
}

static void hear(struct recorder *recorder, const struct recorder_item *item)
{
	struct recording *recording = find(recorder, item->recording);
	int16_t samples[CODEC_SAMPLES_MAX];
	if (!recording || item->codec != recording->codec)
		return;
	if (!close_gap(recording, item->timestamp))
		return;
	int count = codec_decode(decoder_of(recording), item->payload, item->length, samples);
	if (count <= 0)
		return;
	if (is_passed_on(recording))
		ogg_packet(&recording->ogg, item->payload, item->length);
	else
		write_samples(recording, samples, (uint32_t)count);
	recording->is_heard = true;
	recording->heard_ms = clock_now_ms(recorder->clock);
	recording->next_timestamp =
		item->timestamp + (uint32_t)count * recording->clock_ms / (recording->rate / 1000);
}

/* ---- its end ---- */

/* In a JSON string. */
static void write_escaped(char *to, size_t room, const char *from)
{
	size_t length = 0;
	for (; *from && length + 3 < room; from++) {
		if ((unsigned char)*from < ' ')
			continue;
		if (*from == '"' || *from == '\\')
			to[length++] = '\\';
		to[length++] = *from;
	}
	to[length] = 0;
}

/* The line beside it. */
static void describe(struct recording *recording, const struct media_spurt *spurt)
{
	static const char *const ends[] = {
		[MEDIA_SPURT_RELEASED] = "released",
		[MEDIA_SPURT_MEDIA_ENDED] = "silent",
		[MEDIA_SPURT_TIME_OVER] = "max-talk",
		[MEDIA_SPURT_PREEMPTED] = "preempted",
		[MEDIA_SPURT_REVOKED] = "revoked",
		[MEDIA_SPURT_LEFT] = "left",
		[MEDIA_SPURT_CLOSED] = "closed",
	};
	static const char *const triggers[MEDIA_TRIGGER_COUNT] = {
		"dtmf", "info", "rtcp", "message", "api", "vox", "mute", "hold", "ed137"};
	char line[512], time[32], member[2 * MEDIA_IDENTITY_MAX];
	write_time(time, recording->begun_ms);
	write_escaped(member, sizeof(member), recording->identity);
	int length = snprintf(line, sizeof(line),
		"{\"member\":\"%s\",\"start\":\"%s\",\"length_ms\":%u,\"trigger\":\"%s\","
		"\"end\":\"%s\",\"packets\":%u,\"lost\":%u,\"priority\":%u,\"emergency\":%s}\n",
		member, time, spurt->length_ms,
		spurt->trigger < MEDIA_TRIGGER_COUNT ? triggers[spurt->trigger] : "",
		spurt->end < ARRAY_LENGTH(ends) ? ends[spurt->end] : "", spurt->packets,
		spurt->lost, spurt->priority, spurt->is_emergency ? "true" : "false");
	int fd = open_file(recording, ".json");
	if (fd < 0)
		return;
	recording->fd = fd;
	write_all(recording, line, (size_t)MIN(length, (int)sizeof(line) - 1));
	close(fd);
}

static void end_file(struct recording *recording)
{
	uint32_t frame = recording->rate / 1000 * FRAME_MS;
	if (recording->fill > 0)
		write_samples(recording, NULL, frame - recording->fill);
	if (codec_is_built(CODEC_OPUS)) {
		ogg_end(&recording->ogg);
		return;
	}
	uint8_t header[WAV_HEADER_SIZE];
	wav_header(recording->rate, recording->samples, header);
	if (lseek(recording->fd, 0, SEEK_SET) == 0)
		write_all(recording, header, sizeof(header));
}

static void end(struct recorder *recorder, const struct recorder_item *item)
{
	struct recording *recording = find(recorder, item->recording);
	if (!recording)
		return;
	end_file(recording);
	close(recording->fd);
	describe(recording, &item->spurt);
	if (recording->has_failed)
		fail(recording, "write", EIO);
	recording->name = 0;
	recorder->open_count--;
	metrics_add(METRIC_group_recordings, 1);
}

/* ---- the thread ---- */

static void take(struct recorder *recorder, const struct recorder_item *item)
{
	switch ((enum recorder_kind)item->kind) {
	case RECORDER_BEGIN:
		begin(recorder, item);
		break;
	case RECORDER_PACKET:
		hear(recorder, item);
		break;
	case RECORDER_END:
		end(recorder, item);
		break;
	}
}

/* The end of a spurt may have had no room in the ring. */
static void close_forgotten(struct recorder *recorder)
{
	uint64_t now_ms = clock_now_ms(recorder->clock);
	for (unsigned i = 0; i < RECORDER_OPEN_MOST; i++) {
		struct recording *recording = at(recorder, i);
		if (!recording->name || now_ms - recording->heard_ms < FORGOTTEN_MS)
			continue;
		end_file(recording);
		close(recording->fd);
		recording->name = 0;
		recorder->open_count--;
	}
}

void recorder_run(struct recorder *recorder)
{
	const struct recorder_item *item;
	struct mail *mail;
	/* first: what is pushed from here on posts again */
	while ((mail = mailbox_take(&recorder->mailbox)))
		if (mail->kind == MAIL_FEED)
			atomic_store(
				&container_of(mail, struct recorder_feed, mail)->is_posted, false);
	for (unsigned i = 0; i < recorder->feed_count; i++) {
		struct recorder_feed *feed = &recorder->feeds[i];
		while ((item = ring_peek(&feed->ring))) {
			take(recorder, item);
			ring_release(&feed->ring);
		}
	}
	if (recorder->open_count > 0)
		close_forgotten(recorder);
}

static void *run(void *context)
{
	struct recorder *recorder = context;
	struct timespec nap = {.tv_nsec = ROUND_MS * 1000000};
	prctl(PR_SET_NAME, "recorder");
	log_thread_attach("recorder");
	metrics_attach("recorder");
	while (!atomic_load(&recorder->is_stopping)) {
		struct pollfd ready = {.fd = mailbox_fd(&recorder->mailbox), .events = POLLIN};
		if (mailbox_sleep(&recorder->mailbox)) {
			poll(&ready, 1, -1);
			mailbox_wake(&recorder->mailbox);
		}
		/* what comes meanwhile is written with it */
		if (!atomic_load(&recorder->is_stopping))
			clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
		recorder_run(recorder);
	}
	metrics_detach();
	log_thread_detach();
	return NULL;
}

int recorder_init(struct recorder *recorder, unsigned feeds, const struct clock *clock)
{
	size_t size = ROUND_UP(sizeof(struct recorder_feed) * feeds, CACHE_LINE);
	recorder->clock = clock ? clock : clock_monotonic();
	recorder->feed_count = 0;
	recorder->open_stride = ROUND_UP(
		sizeof(struct recording) + codec_decoder_size() + codec_encoder_size(), CACHE_LINE);
	recorder->open =
		reserve_take(RECORDER_OPEN_MOST * recorder->open_stride, &recorder->map_size);
	recorder->feeds = aligned_alloc(CACHE_LINE, size);
	if (!recorder->open || !recorder->feeds)
		return -ENOMEM;
	memset(recorder->feeds, 0, size);
	int error = mailbox_init(&recorder->mailbox);
	for (unsigned i = 0; i < feeds && !error; i++) {
		error = ring_init(
			&recorder->feeds[i].ring, sizeof(struct recorder_item), RECORDER_ITEMS);
		recorder->feeds[i].mail.kind = MAIL_FEED;
		recorder->feed_count = i + 1;
	}
	return error;
}

void recorder_done(struct recorder *recorder)
{
	if (!recorder || !recorder->feeds)
		return;
	for (unsigned i = 0; i < RECORDER_OPEN_MOST; i++)
		if (at(recorder, i)->name)
			close(at(recorder, i)->fd);
	for (unsigned i = 0; i < recorder->feed_count; i++)
		ring_done(&recorder->feeds[i].ring);
	if (recorder->feed_count > 0)
		mailbox_done(&recorder->mailbox);
	free(recorder->feeds);
	reserve_give(recorder->open, recorder->map_size);
	recorder->feeds = NULL;
}

int recorder_start(struct recorder *recorder)
{
	atomic_store(&recorder->is_stopping, false);
	int error = -pthread_create(&recorder->thread, NULL, run, recorder);
	recorder->is_running = !error;
	return error;
}

void recorder_stop(struct recorder *recorder)
{
	struct mail wake = {.kind = MAIL_WAKE};
	if (!recorder->is_running)
		return;
	atomic_store(&recorder->is_stopping, true);
	mailbox_post(&recorder->mailbox, &wake);
	pthread_join(recorder->thread, NULL);
	recorder->is_running = false;
	/* `wake` is of this frame; what came last is written */
	recorder_run(recorder);
}

/* ---- what relay threads say ---- */

static struct recorder_item *reserve(struct recorder *recorder, unsigned feed)
{
	struct recorder_item *item = ring_reserve(&recorder->feeds[feed].ring);
	if (!item)
		metrics_add(METRIC_group_record_lost, 1);
	return item;
}

static void commit(struct recorder *recorder, unsigned index)
{
	struct recorder_feed *feed = &recorder->feeds[index];
	ring_commit(&feed->ring);
	if (!atomic_exchange(&feed->is_posted, true))
		mailbox_post(&recorder->mailbox, &feed->mail);
}

uint64_t recorder_begin(struct recorder *recorder, unsigned feed, const char *prefix,
	const char *identity, uint8_t codec)
{
	struct recorder_item *item = reserve(recorder, feed);
	if (!item)
		return 0;
	item->kind = RECORDER_BEGIN;
	item->codec = codec;
	item->recording = ++recorder->feeds[feed].count << 8 | feed;
	snprintf(item->begin.prefix, sizeof(item->begin.prefix), "%s", prefix);
	snprintf(item->begin.identity, sizeof(item->begin.identity), "%s", identity);
	uint64_t name = item->recording;
	commit(recorder, feed);
	return name;
}

void recorder_packet(struct recorder *recorder, unsigned feed, uint64_t recording, uint8_t codec,
	const struct rtp_packet *packet)
{
	struct recorder_item *item =
		packet->payload_length <= RECORDER_PAYLOAD_MAX ? reserve(recorder, feed) : NULL;
	if (!item)
		return;
	item->kind = RECORDER_PACKET;
	item->codec = codec;
	item->recording = recording;
	item->timestamp = packet->timestamp;
	item->length = (uint16_t)packet->payload_length;
	memcpy(item->payload, packet->payload, packet->payload_length);
	commit(recorder, feed);
}

void recorder_end(struct recorder *recorder, unsigned feed, uint64_t recording,
	const struct media_spurt *spurt)
{
	struct recorder_item *item = reserve(recorder, feed);
	if (!item)
		return;
	item->kind = RECORDER_END;
	item->recording = recording;
	item->spurt = *spurt;
	commit(recorder, feed);
}
