/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.h: the audio of talk spurts into files, by a thread that no relay thread waits for. */
#ifndef MEDIA_RECORDER_H
#define MEDIA_RECORDER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/ring.h"
#include "media/group_command.h"
#include "rtp/packet.h"

struct media;
struct recording;

/*
 * Who may call what, when
 *
 *   recorder_init, _start, _stop, _done     main
 *   recorder_begin, _packet, _end           the relay thread whose feed it is
 *   recorder_run                            its thread; tests, instead of recorder_start
 *
 * A relay thread copies what a talker says into a ring and goes on: what has no room is lost to the
 * file, and counted. The recorder looks several times a second, decodes, encodes and writes. Each
 * spurt is one file, Ogg Opus where that is built, else WAV, and one line of JSON beside it once it
 * has ended.
 */
#define RECORDER_ITEMS       512 /* of each relay thread */
#define RECORDER_PAYLOAD_MAX 960
#define RECORDER_OPEN_MOST   64 /* files at once */

enum recorder_kind { RECORDER_BEGIN, RECORDER_PACKET, RECORDER_END };

struct recorder_item {
	uint8_t kind;  /* enum recorder_kind */
	uint8_t codec; /* enum codec_id */
	uint16_t length;
	uint32_t timestamp;
	uint64_t recording; /* which spurt: unique in the process */
	union {
		uint8_t payload[RECORDER_PAYLOAD_MAX];
		struct {
			char prefix[MEDIA_RECORD_MAX];
			char identity[MEDIA_IDENTITY_MAX];
		} begin;
		struct media_spurt spurt;
	};
};

/* From one relay thread. The mail is under way while `is_posted`. */
struct recorder_feed {
	struct ring ring; /* of struct recorder_item */
	struct mail mail;
	_Atomic bool is_posted;
	uint64_t count; /* the relay thread's: recordings begun */
};

/* Owner: its thread; relay threads have a feed each. Lifetime: the media floor's. */
struct recorder {
	const struct clock *clock;
	struct mailbox mailbox;
	struct recorder_feed *feeds; /* [feed_count] */
	unsigned feed_count;
	struct recording *open; /* [RECORDER_OPEN_MOST], in reserved address space */
	size_t open_stride, map_size;
	unsigned open_count;
	pthread_t thread;
	bool is_running;
	_Atomic bool is_stopping;
};

/* 0 or -errno. */
int recorder_init(struct recorder *recorder, unsigned feeds, const struct clock *clock);
/* Files that are open are closed as they are. NULL and zeroed ones are accepted. */
void recorder_done(struct recorder *recorder);
int recorder_start(struct recorder *recorder);
/* Writes what it has been given, and stops. */
void recorder_stop(struct recorder *recorder);

/* Takes what is in the feeds, and writes it. */
void recorder_run(struct recorder *recorder);

/* A spurt begins: its file's name begins with `prefix`. Returns its name in the feed; 0: no room.
 */
uint64_t recorder_begin(struct recorder *recorder, unsigned feed, const char *prefix,
	const char *identity, uint8_t codec);
void recorder_packet(struct recorder *recorder, unsigned feed, uint64_t recording, uint8_t codec,
	const struct rtp_packet *packet);
void recorder_end(struct recorder *recorder, unsigned feed, uint64_t recording,
	const struct media_spurt *spurt);

#endif
