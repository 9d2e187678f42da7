/* SPDX-License-Identifier: Apache-2.0 */
/* test_pair.c: what two ends have in common, what is transcoded, what the second leg is offered. */
#include "base/macros.h"
#include "codec/pair.h"
#include "lib/testing.h"

/* clang-format off */
#define FORMAT(text, hertz, type) {.name = PV_SPAN_INIT(text), .clock = hertz, .payload_type = type}
static const struct codec_format pcmu = FORMAT("PCMU", 8000, 0), pcma = FORMAT("pcma", 8000, 8),
	g722 = FORMAT("G722", 8000, 9), g729 = FORMAT("G729", 8000, 18),
	event8 = FORMAT("telephone-event", 8000, 101), event48 = FORMAT("telephone-event", 48000, 102),
	noise = FORMAT("CN", 8000, 13), unknown = FORMAT("", 0, 99),
	opus = {.name = PV_SPAN_INIT("opus"), .clock = 48000, .channels = 2, .payload_type = 96};
/* clang-format on */

static const uint64_t nothing[2];

#define LIST(...)                     \
	(const struct codec_format[]) \
	{                             \
		__VA_ARGS__           \
	}

START_TEST(what_both_have_is_not_transcoded)
{
	struct codec_pair pair;
	/* the answerer's order decides */
	ck_assert_int_eq(codec_pair(LIST(opus, pcmu, pcma), 3, LIST(pcma, pcmu), 2, &pair),
		CODEC_PAIR_COMMON);
	ck_assert_uint_eq(pair.a, 2);
	ck_assert_uint_eq(pair.b, 0);
	/* one that we know nothing of, too, even where others could be transcoded */
	ck_assert_int_eq(
		codec_pair(LIST(pcmu, g729), 2, LIST(pcma, g729), 2, &pair), CODEC_PAIR_COMMON);
	ck_assert_uint_eq(pair.b, 1);
	ck_assert_int_eq(pair.codec_a, CODEC_NONE);
}
END_TEST

START_TEST(companions_are_no_codec)
{
	struct codec_pair pair;
	ck_assert_int_eq(
		codec_pair(LIST(pcmu, event8, noise), 3, LIST(g729, event8, noise), 3, &pair),
		CODEC_PAIR_NONE);
	ck_assert_int_eq(
		codec_pair(LIST(event8, pcmu, noise), 3, LIST(event8, noise, pcma), 3, &pair),
		CODEC_PAIR_TRANSCODED);
	ck_assert_uint_eq(pair.a, 1);
	ck_assert_uint_eq(pair.b, 2);
	ck_assert_int_eq(codec_companion(LIST(pcmu, event48, event8), 3, 0, CODEC_EVENTS), 2);
	ck_assert_int_eq(codec_companion(LIST(opus, event8, event48), 3, 0, CODEC_EVENTS), 2);
	ck_assert_int_eq(codec_companion(LIST(opus, event8), 2, 0, CODEC_EVENTS), 1);
	ck_assert_int_eq(codec_companion(LIST(opus, noise), 2, 0, CODEC_NOISE), -1);
	ck_assert_int_eq(codec_companion(LIST(pcmu, noise), 2, 0, CODEC_NOISE), 1);
	ck_assert_int_eq(codec_companion(LIST(pcmu), 1, 0, CODEC_EVENTS), -1);
}
END_TEST

START_TEST(the_first_that_can_be_is_transcoded)
{
	struct codec_pair pair;
	ck_assert_int_eq(codec_pair(LIST(unknown, g729, pcmu), 3, LIST(unknown, pcma), 2, &pair),
		CODEC_PAIR_TRANSCODED);
	ck_assert_uint_eq(pair.a, 2);
	ck_assert_uint_eq(pair.b, 1);
	ck_assert_int_eq(pair.codec_a, CODEC_PCMU);
	ck_assert_int_eq(pair.codec_b, CODEC_PCMA);
	ck_assert_int_eq(codec_pair(LIST(g729), 1, LIST(pcma), 1, &pair), CODEC_PAIR_NONE);
	ck_assert_int_eq(codec_pair(LIST(pcmu), 1, NULL, 0, &pair), CODEC_PAIR_NONE);
}
END_TEST

static bool is_same(const char *name, uint32_t clock, const char *a, const char *b)
{
	struct codec_format one = {.name = pv_span_of(name), .clock = clock, .fmtp = pv_span_of(a)};
	struct codec_format other = one;
	other.fmtp = pv_span_of(b);
	return codec_format_is_same(&one, &other);
}

START_TEST(parameters_may_part_formats)
{
	ck_assert(!is_same("AMR-WB", 16000, "octet-align=1", ""));
	ck_assert(is_same("AMR-WB", 16000, "octet-align=0; mode-set=2", ""));
	ck_assert(is_same("amr", 8000, "mode-set=7;octet-align=1", "octet-align = 1"));
	ck_assert(is_same("opus", 48000, "useinbandfec=1", ""));
	ck_assert(is_same("G729", 8000, "annexb=no", "annexb=yes"));
	ck_assert(!is_same("G7221", 16000, "bitrate=24000", "bitrate=32000"));
	ck_assert(!is_same("", 8000, "", ""));
}
END_TEST

/* Whether it is among the additions, with a number that nobody else has. */
static const struct codec_addition *find(
	const struct codec_addition *list, unsigned count, const char *name, uint32_t clock)
{
	for (unsigned i = 0; i < count; i++) {
		for (unsigned j = 0; j < i; j++)
			ck_assert_uint_ne(list[i].format.payload_type, list[j].format.payload_type);
		if (list[i].format.clock == clock &&
			pv_span_equal(list[i].format.name, pv_span_of(name)))
			return &list[i];
	}
	return NULL;
}

START_TEST(the_second_leg_is_offered_what_can_be_transcoded)
{
	struct codec_addition list[CODEC_ADDITIONS_MAX];
	const struct codec_format *offer = LIST(pcmu, event8, {.payload_type = 97});
	unsigned count = codec_additions(offer, 3, NULL, nothing, list);
	const struct codec_addition *found = find(list, count, "PCMA", 8000);
	ck_assert(found && found->format.payload_type == 8 && found->codec == CODEC_PCMA);
	ck_assert(!find(list, count, "PCMU", 8000));
	ck_assert(!find(list, count, "telephone-event", 8000));
	found = find(list, count, "opus", 48000);
	ck_assert(!found == !codec_is_built(CODEC_OPUS));
	if (found) {
		ck_assert_uint_eq(found->format.payload_type, 96);
		ck_assert_uint_eq(found->format.channels, 2);
		found = find(list, count, "telephone-event", 48000);
		ck_assert(found && found->codec == CODEC_NONE);
		ck_assert_uint_eq(found->format.payload_type, 98);
	}
	ck_assert(!find(list, count, "G722", 8000) == !codec_is_joined(CODEC_G722, CODEC_PCMU));
}
END_TEST

START_TEST(nothing_is_added_where_nothing_can_be_done)
{
	struct codec_addition list[CODEC_ADDITIONS_MAX];
	ck_assert_uint_eq(codec_additions(LIST(g729, event8), 2, NULL, nothing, list), 0);
	ck_assert_uint_eq(codec_additions(NULL, 0, NULL, nothing, list), 0);
	unsigned all = codec_additions(LIST(pcmu, pcma, g722, opus), 4, NULL, nothing, list);
	ck_assert_uint_eq(all, 0);
	/* no events were offered: none are added */
	unsigned count = codec_additions(LIST(pcmu), 1, NULL, nothing, list);
	ck_assert(!find(list, count, "telephone-event", 48000));
	ck_assert_uint_ge(count, 1);
}
END_TEST

START_TEST(a_policy_orders_what_is_offered)
{
	static const struct codec_order order = {{CODEC_PCMA, CODEC_OPUS, CODEC_PCMU}, 3};
	struct codec_addition list[CODEC_ADDITIONS_MAX];
	unsigned count = codec_additions(LIST(pcmu), 1, &order, nothing, list);
	ck_assert_uint_eq(count, codec_is_built(CODEC_OPUS) ? 2 : 1);
	ck_assert_int_eq(list[0].codec, CODEC_PCMA);
	ck_assert(count == 1 || list[1].codec == CODEC_OPUS);
	static const struct codec_order none = {{CODEC_NONE}, 0};
	ck_assert_uint_eq(codec_additions(LIST(pcmu), 1, &none, nothing, list), 0);
}
END_TEST

/* A phone that gives 8 another meaning, and one that uses all dynamic numbers. */
START_TEST(numbers_do_not_collide)
{
	struct codec_addition list[CODEC_ADDITIONS_MAX];
	struct codec_format formats[33] = {pcmu};
	formats[0].payload_type = 8;
	unsigned count = codec_additions(formats, 1, NULL, nothing, list);
	const struct codec_addition *found = find(list, count, "PCMA", 8000);
	ck_assert(found && found->format.payload_type >= 96);
	for (unsigned i = 0; i < 32; i++)
		formats[i + 1].payload_type = (uint8_t)(96 + i);
	count = codec_additions(formats, 33, NULL, nothing, list);
	ck_assert(!find(list, count, "PCMA", 8000));
	ck_assert(!find(list, count, "opus", 48000));
}
END_TEST

START_TEST(numbers_that_are_taken_elsewhere_are_not_used)
{
	struct codec_addition list[CODEC_ADDITIONS_MAX];
	const struct codec_order order = {{CODEC_PCMA}, 1};
	const uint64_t taken[2] = {UINT64_C(1) << 8, UINT64_C(3) << (96 - 64)};
	ck_assert_uint_eq(codec_additions(LIST(pcmu), 1, &order, nothing, list), 1);
	ck_assert_uint_eq(list[0].format.payload_type, 8);
	ck_assert_uint_eq(codec_additions(LIST(pcmu), 1, &order, taken, list), 1);
	ck_assert_uint_eq(list[0].format.payload_type, 98);
}
END_TEST

TEST_MAIN("pair", numbers_that_are_taken_elsewhere_are_not_used, what_both_have_is_not_transcoded,
	companions_are_no_codec, the_first_that_can_be_is_transcoded, parameters_may_part_formats,
	the_second_leg_is_offered_what_can_be_transcoded,
	nothing_is_added_where_nothing_can_be_done, a_policy_orders_what_is_offered,
	numbers_do_not_collide)
