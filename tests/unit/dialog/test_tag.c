/* SPDX-License-Identifier: Apache-2.0 */
/* test_tag.c — a tag leads back to its leg, and nothing else does. */
#include "dialog/tag.h"

#include "lib/testing.h"

static const struct siphash_key key = {1, 2}, other_key = {3, 4};
static char text[64];

static struct pv_span written(uint64_t handle, const char *call_id)
{
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	dialog_tag_write(&key, handle, pv_span_of(call_id), &w);
	ck_assert(!w.overflow);
	return pv_writer_span(&w);
}

START_TEST(comes_back)
{
	uint64_t handle = 0;
	struct pv_span tag = written(UINT64_C(0xfedcba9876543210), "call");
	ck_assert_uint_eq(tag.length, DIALOG_TAG_LENGTH);
	ck_assert(dialog_tag_read(&key, tag, PV_SPAN("call"), &handle));
	ck_assert(handle == UINT64_C(0xfedcba9876543210));
}
END_TEST

START_TEST(proves_nothing_elsewhere)
{
	uint64_t handle;
	struct pv_span tag = written(7, "call");
	ck_assert(!dialog_tag_read(&key, tag, PV_SPAN("another"), &handle));
	ck_assert(!dialog_tag_read(&other_key, tag, PV_SPAN("call"), &handle));
	ck_assert(!dialog_tag_read(&key, pv_span_skip(tag, 1), PV_SPAN("call"), &handle));
	ck_assert(!dialog_tag_read(&key, PV_SPAN(""), PV_SPAN("call"), &handle));
}
END_TEST

START_TEST(any_changed_byte_is_seen)
{
	uint64_t handle;
	struct pv_span tag = written(UINT64_C(0x100000002), "call");
	for (size_t i = 0; i < tag.length; i++)
		for (const char *c = "0aGz \r"; *c; c++) {
			char kept = text[i];
			text[i] = *c;
			ck_assert(*c == kept ||
				  !dialog_tag_read(&key, tag, PV_SPAN("call"), &handle));
			text[i] = kept;
		}
	ck_assert(dialog_tag_read(&key, tag, PV_SPAN("call"), &handle));
}
END_TEST

TEST_MAIN("dialog tag", comes_back, proves_nothing_elsewhere, any_changed_byte_is_seen)
