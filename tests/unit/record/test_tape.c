/* SPDX-License-Identifier: Apache-2.0 */
/* test_tape.c: what a tape refuses, and errors of the disk. */
#include "record/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/testing.h"

static struct tape *tape_new(void)
{
	return aligned_alloc(16, tape_size());
}

START_TEST(refusals)
{
	struct tape *tape = tape_new();
	uint8_t payload[160] = {0};
	int file = open("/dev/null", O_WRONLY);
	ck_assert_int_eq(tape_begin(tape, file, true, CODEC_NONE, 1, PV_SPAN("t")), -ENOTSUP);
	ck_assert_int_eq(tape_begin(tape, file, true, CODEC_COUNT, 1, PV_SPAN("t")), -ENOTSUP);
	ck_assert_int_eq(tape_begin(tape, file, true, CODEC_PCMU, 1, PV_SPAN("t")), 0);
	ck_assert_int_eq(tape_payload(tape, CODEC_PCMU, payload, 0), -EBADMSG);
	ck_assert_int_eq(tape_payload(tape, CODEC_PCMU, payload, 160), 0);
	ck_assert_int_eq(tape_payload(tape, CODEC_PCMA, payload, 160), 0);
	/* another rate than the file's */
	ck_assert_int_eq(tape_payload(tape, CODEC_G722, payload, 160), -ENOTSUP);
	ck_assert_int_eq(tape_payload(tape, CODEC_COUNT, payload, 160), -ENOTSUP);
	ck_assert_uint_eq(tape->sound_ms10, 400);
	close(file);
	free(tape);
}
END_TEST

/* The first error stays, and nothing is written after it. */
START_TEST(full)
{
	for (unsigned is_wav = 0; is_wav < 2; is_wav++) {
		struct tape *tape = tape_new();
		uint8_t payload[160] = {0};
		int file = open("/dev/full", O_WRONLY);
		if (tape_is_wav(RECORD_BEST) && !is_wav)
			continue;
		tape_begin(tape, file, is_wav, CODEC_PCMU, 1, PV_SPAN("t"));
		int error = 0;
		for (unsigned i = 0; i < 200 && !error; i++)
			error = tape_payload(tape, CODEC_PCMU, payload, sizeof(payload));
		ck_assert_int_eq(error, -ENOSPC);
		ck_assert_int_eq(tape_end(tape), -ENOSPC);
		close(file);
		free(tape);
	}
}
END_TEST

TEST_MAIN("record/tape", refusals, full)
