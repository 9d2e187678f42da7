/* SPDX-License-Identifier: Apache-2.0 */
/* spurt.c: one talk spurt that is recorded: its packets in order, its files. */
#include "record/spurt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macros.h"
#include "record/name.h"

/* What is longer is no silence within speech: the sender's clock has jumped. */
#define GAP_MS_MAX 60000
/* Clocks differ, and what was kept from before the floor comes at once: the file may be so much
 * longer than the time that went by, and no more, or time stamps alone would fill the disk. */
#define EARLY_MS_MAX 2000
/* Packets that come so much behind another are late; more is another stream. */
#define LATE_MAX 100
/* Two spurts of one member may begin in one millisecond, and a clock may be set back. */
#define NAMES_TRIED 9
#define FILE_MODE   0640

struct spurt *spurt_new(void)
{
	struct spurt *spurt = calloc(1, sizeof(*spurt));
	if (spurt)
		spurt->tape = aligned_alloc(16, tape_size());
	if (spurt && spurt->tape)
		return spurt;
	free(spurt);
	return NULL;
}

void spurt_free(struct spurt *spurt)
{
	if (!spurt)
		return;
	free(spurt->tape);
	free(spurt);
}

static struct pv_span copy(struct pv_span from, char to[RECORD_MEMBER_MAX])
{
	size_t length = MIN(from.length, RECORD_MEMBER_MAX);
	memcpy(to, from.at, length);
	return (struct pv_span){to, length};
}

void spurt_begin(struct spurt *spurt, int folder, struct pv_span group,
	const struct record_begin *begin, uint64_t wall_ms, enum record_format format)
{
	struct tape *tape = spurt->tape;
	*spurt = (struct spurt){.folder = folder,
		.file = -1,
		.format = format,
		.tape = tape,
		.serial = (uint32_t)wall_ms,
		.sheet = {.began_ms = wall_ms, .begin = *begin}};
	spurt->sheet.group = copy(group, spurt->group);
	spurt->sheet.member = copy(name_user(pv_span_of(begin->member)), spurt->member);
}

/* "ops-…-alice.opus", or "ops-…-alice-2.opus". */
static void put_name(struct spurt *spurt, unsigned number)
{
	const struct sheet *sheet = &spurt->sheet;
	struct pv_writer w;
	pv_writer_init(&w, spurt->name, sizeof(spurt->name) - 1);
	name_put(&w, sheet->group, sheet->began_ms, sheet->member);
	if (number > 1) {
		pv_put_char(&w, '-');
		pv_put_u64(&w, number);
	}
	spurt->stem = pv_writer_length(&w);
	pv_put_text(&w, tape_is_wav(spurt->format) ? ".wav" : ".opus");
	spurt->name[pv_writer_length(&w)] = '\0';
}

static int open_file(struct spurt *spurt)
{
	for (unsigned number = 1; number <= NAMES_TRIED; number++) {
		put_name(spurt, number);
		int file = openat(spurt->folder, spurt->name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
		if (file >= 0 || errno != EEXIST)
			return file >= 0 ? file : -errno;
	}
	return -EEXIST;
}

static int fail(struct spurt *spurt, int error)
{
	spurt->has_failed = true;
	return error;
}

static int begin_sound(struct spurt *spurt, uint8_t codec)
{
	char title[2 * RECORD_MEMBER_MAX + 8];
	struct pv_writer w;
	int file = open_file(spurt);
	if (file < 0)
		return fail(spurt, file);
	spurt->file = file;
	spurt->sheet.codec = codec;
	spurt->sheet.file = pv_span_of(spurt->name);
	pv_writer_init(&w, title, sizeof(title));
	pv_put(&w, spurt->sheet.member);
	pv_put_text(&w, " in ");
	pv_put(&w, spurt->sheet.group);
	int error = tape_begin(spurt->tape, file, tape_is_wav(spurt->format), codec, spurt->serial,
		pv_writer_span(&w));
	return error ? fail(spurt, error) : 0;
}

static uint32_t ticks_ms(uint8_t codec)
{
	return codec_row((enum codec_id)codec)->clock / 1000;
}

/* How much silence the time that went by has room for. */
static uint32_t most_gap_ms(const struct spurt *spurt, const struct record_frame *frame)
{
	if (!spurt->first_ms || !frame->came_ms)
		return GAP_MS_MAX;
	uint64_t most_ms = frame->came_ms - spurt->first_ms + EARLY_MS_MAX;
	uint64_t have_ms = spurt->tape->sound_ms10 / 10;
	return most_ms > have_ms ? (uint32_t)MIN(most_ms - have_ms, GAP_MS_MAX) : 0;
}

static int ahead_of(const struct spurt *spurt, const struct record_frame *frame)
{
	return (int16_t)(uint16_t)(frame->sequence - spurt->next_sequence);
}

/* It belongs to another numbering than what came before. */
static bool is_astray(const struct spurt *spurt, const struct record_frame *frame)
{
	int ahead = ahead_of(spurt, frame);
	return spurt->is_heard && (ahead <= -LATE_MAX || ahead >= LATE_MAX * 30);
}

/* The time from the end of the packet before to this one. */
static uint32_t gap_ms_before(const struct spurt *spurt, const struct record_frame *frame)
{
	int32_t ticks = (int32_t)(frame->timestamp - spurt->next_timestamp);
	uint32_t clock_ms = ticks_ms(frame->codec);
	if (!spurt->is_heard || is_astray(spurt, frame) || ticks <= 0 ||
		(uint32_t)ticks > GAP_MS_MAX * clock_ms)
		return 0;
	return MIN((uint32_t)ticks / clock_ms, most_gap_ms(spurt, frame));
}

/* How long a payload lasts is known when it is in the tape. */
static void expect(struct spurt *spurt, const struct record_frame *frame, uint64_t ms10)
{
	if (!spurt->is_heard)
		spurt->first_ms = frame->came_ms;
	spurt->is_heard = true;
	spurt->next_sequence = (uint16_t)(frame->sequence + 1);
	spurt->next_timestamp = frame->timestamp + (uint32_t)(ms10 * ticks_ms(frame->codec) / 10);
}

/* It is in its place: what is missing before it does not come any more. */
static int write_frame(struct spurt *spurt, const struct record_frame *frame)
{
	struct tape *tape = spurt->tape;
	int error = spurt->file < 0 ? begin_sound(spurt, frame->codec) : 0;
	if (error)
		return error;
	uint32_t gap_ms = gap_ms_before(spurt, frame);
	if (gap_ms)
		tape_gap(tape, gap_ms);
	uint64_t before = tape->sound_ms10;
	error = tape_payload(tape, frame->codec, frame->payload, frame->length);
	if (error == -EBADMSG || error == -ENOTSUP) {
		spurt->sheet.dropped++;
		spurt->next_sequence = (uint16_t)(frame->sequence + 1);
	} else
		expect(spurt, frame, tape->sound_ms10 - before);
	return tape->error ? fail(spurt, tape->error) : 0;
}

static int write_first(struct spurt *spurt)
{
	const struct record_frame *first = order_first(&spurt->order);
	int error = spurt->has_failed ? 0 : write_frame(spurt, first);
	order_drop_first(&spurt->order);
	return error;
}

int spurt_flush(struct spurt *spurt)
{
	int error = 0;
	while (spurt->order.count > 0) {
		int each = write_first(spurt);
		error = error ? error : each;
	}
	return error;
}

/* Whether the first that waits need not wait when this one has come. */
static bool is_due(const struct spurt *spurt, const struct record_frame *newest)
{
	const struct record_frame *first = order_first(&spurt->order);
	if (!first)
		return false;
	return (spurt->is_heard && ahead_of(spurt, first) == 0) ||
	       spurt->order.count == ORDER_PACKETS ||
	       (first->came_ms && newest->came_ms > first->came_ms + ORDER_MS);
}

int spurt_put(struct spurt *spurt, const struct record_frame *frame)
{
	int error = 0;
	if (spurt->has_failed)
		return 0;
	if (frame->codec == CODEC_NONE || frame->codec >= CODEC_COUNT) {
		spurt->sheet.dropped++;
		return 0;
	}
	if (is_astray(spurt, frame))
		error = spurt_flush(spurt);
	else if (spurt->is_heard && ahead_of(spurt, frame) < 0)
		return 0; /* late, or there already */
	order_put(&spurt->order, frame);
	while (!error && is_due(spurt, frame))
		error = write_first(spurt);
	return error;
}

/* Written at once, and last: where it is, the sound is whole. */
static int write_sheet(struct spurt *spurt)
{
	int error = 0;
	strcpy(spurt->name + spurt->stem, ".json");
	int file = openat(spurt->folder, spurt->name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
	if (!out) {
		error = -errno;
		if (file >= 0)
			close(file);
		return error;
	}
	sheet_write(&spurt->sheet, out);
	if (fclose(out) != 0)
		error = -errno;
	return error;
}

static int end_sound(struct spurt *spurt)
{
	char name[SPURT_NAME_MAX];
	int error = spurt->has_failed ? 0 : tape_end(spurt->tape);
	if (close(spurt->file) < 0 && !error)
		error = -errno;
	spurt->sheet.sound_ms = spurt->tape->sound_ms10 / 10;
	strcpy(name, spurt->name);
	spurt->sheet.file = pv_span_of(name);
	int sheet_error = write_sheet(spurt);
	return error ? error : sheet_error;
}

int spurt_end(struct spurt *spurt, const struct record_end *end, uint32_t dropped)
{
	spurt->sheet.end = *end;
	spurt->sheet.dropped += dropped;
	int error = spurt->file >= 0 ? end_sound(spurt) : 0;
	if (spurt->folder >= 0)
		close(spurt->folder);
	spurt->file = spurt->folder = -1;
	return error;
}
