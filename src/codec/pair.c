/* SPDX-License-Identifier: Apache-2.0 */
/* pair.c: which codec two ends have in common, or which two are to be transcoded. */
#include "codec/pair.h"

#include "base/macros.h"

static const struct pv_span event_name = PV_SPAN_INIT("telephone-event");
/* The keys and flash (RFC 4733 §3.2). */
static const struct pv_span event_fmtp = PV_SPAN_INIT("0-16");

static const struct {
	struct pv_span name;
	enum codec_companion kind;
} companions[] = {
	{PV_SPAN_INIT("telephone-event"), CODEC_EVENTS},
	{PV_SPAN_INIT("CN"), CODEC_NOISE},
	{PV_SPAN_INIT("red"), CODEC_OTHER_COMPANION},
	{PV_SPAN_INIT("rtx"), CODEC_OTHER_COMPANION},
	{PV_SPAN_INIT("ulpfec"), CODEC_OTHER_COMPANION},
	{PV_SPAN_INIT("parityfec"), CODEC_OTHER_COMPANION},
	{PV_SPAN_INIT("flexfec"), CODEC_OTHER_COMPANION},
	{PV_SPAN_INIT("tone"), CODEC_OTHER_COMPANION},
};

/* Where two formats of one name do not understand each other unless this parameter has one value on
 * both sides; a codec that is not here negotiates its parameters, or they are hints. */
static const struct {
	struct pv_span name, parameter, missing;
} decisive[] = {
	{PV_SPAN_INIT("AMR"), PV_SPAN_INIT("octet-align"), PV_SPAN_INIT("0")}, /* RFC 4867 §8.1 */
	{PV_SPAN_INIT("AMR-WB"), PV_SPAN_INIT("octet-align"), PV_SPAN_INIT("0")},
	{PV_SPAN_INIT("G7221"), PV_SPAN_INIT("bitrate"), PV_SPAN_INIT("")}, /* RFC 5577 */
	{PV_SPAN_INIT("MP4A-LATM"), PV_SPAN_INIT("config"), PV_SPAN_INIT("")},
	{PV_SPAN_INIT("mpeg4-generic"), PV_SPAN_INIT("config"), PV_SPAN_INIT("")},
};

/* The value of a parameter of "name=value; name=value", or `missing`. */
static struct pv_span parameter_of(struct pv_span list, struct pv_span name, struct pv_span missing)
{
	while (!pv_span_is_empty(list)) {
		const char *end = pv_span_find(list, ';');
		struct pv_span one = end ? pv_span_from(list.at, end) : list;
		list = pv_span_skip(list, one.length + 1);
		const char *equals = pv_span_find(one, '=');
		if (equals &&
			pv_span_equal_nocase(pv_span_trim(pv_span_from(one.at, equals)), name))
			return pv_span_trim(pv_span_from(equals + 1, pv_span_end(one)));
	}
	return missing;
}

bool codec_format_is_same(const struct codec_format *a, const struct codec_format *b)
{
	if (pv_span_is_empty(a->name) || !pv_span_equal_nocase(a->name, b->name) ||
		a->clock != b->clock || MAX(a->channels, 1) != MAX(b->channels, 1))
		return false;
	for (unsigned i = 0; i < ARRAY_LENGTH(decisive); i++) {
		if (!pv_span_equal_nocase(a->name, decisive[i].name))
			continue;
		struct pv_span name = decisive[i].parameter, missing = decisive[i].missing;
		return pv_span_equal_nocase(
			parameter_of(a->fmtp, name, missing), parameter_of(b->fmtp, name, missing));
	}
	return true;
}

enum codec_companion codec_companion_of(const struct codec_format *format)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(companions); i++)
		if (pv_span_equal_nocase(format->name, companions[i].name))
			return companions[i].kind;
	return CODEC_NO_COMPANION;
}

int codec_companion(
	const struct codec_format *formats, unsigned count, unsigned of, enum codec_companion kind)
{
	int other = -1;
	for (unsigned i = 0; i < count; i++) {
		if (codec_companion_of(&formats[i]) != kind)
			continue;
		if (formats[i].clock == formats[of].clock)
			return (int)i;
		if (other < 0 && kind == CODEC_EVENTS)
			other = (int)i;
	}
	return other;
}

static enum codec_id codec_of(const struct codec_format *format)
{
	return codec_find(format->name, format->clock, format->channels);
}

static bool find_common(const struct codec_format *a, unsigned a_count,
	const struct codec_format *b, unsigned b_count, struct codec_pair *ret_pair)
{
	for (unsigned j = 0; j < b_count; j++) {
		if (codec_companion_of(&b[j]) != CODEC_NO_COMPANION)
			continue;
		for (unsigned i = 0; i < a_count; i++)
			if (codec_format_is_same(&a[i], &b[j])) {
				*ret_pair =
					(struct codec_pair){i, j, codec_of(&a[i]), codec_of(&b[j])};
				return true;
			}
	}
	return false;
}

static bool find_joined(const struct codec_format *a, unsigned a_count,
	const struct codec_format *b, unsigned b_count, struct codec_pair *ret_pair)
{
	for (unsigned i = 0; i < a_count; i++)
		for (unsigned j = 0; j < b_count; j++)
			if (codec_is_joined(codec_of(&a[i]), codec_of(&b[j]))) {
				*ret_pair =
					(struct codec_pair){i, j, codec_of(&a[i]), codec_of(&b[j])};
				return true;
			}
	return false;
}

enum codec_pairing codec_pair(const struct codec_format *a, unsigned a_count,
	const struct codec_format *b, unsigned b_count, struct codec_pair *ret_pair)
{
	a_count = MIN(a_count, CODEC_FORMATS_MAX);
	b_count = MIN(b_count, CODEC_FORMATS_MAX);
	if (find_common(a, a_count, b, b_count, ret_pair))
		return CODEC_PAIR_COMMON;
	if (find_joined(a, a_count, b, b_count, ret_pair))
		return CODEC_PAIR_TRANSCODED;
	return CODEC_PAIR_NONE;
}

/* ---- what is offered in addition ---- */

struct additions {
	const struct codec_format *formats;
	unsigned count;
	struct codec_addition *list;
	unsigned length;
	uint64_t used[2]; /* payload types, a bit each */
};

static bool is_there(const struct additions *additions, struct pv_span name, uint32_t clock)
{
	for (unsigned i = 0; i < additions->count; i++)
		if (additions->formats[i].clock == clock &&
			pv_span_equal_nocase(additions->formats[i].name, name))
			return true;
	for (unsigned i = 0; i < additions->length; i++)
		if (additions->list[i].format.clock == clock &&
			pv_span_equal_nocase(additions->list[i].format.name, name))
			return true;
	return false;
}

static bool is_used(const struct additions *additions, unsigned type)
{
	return additions->used[type / 64] >> type % 64 & 1;
}

/* A dynamic payload type that nobody uses (RFC 3551 §6: 96 to 127), or -1. */
static int free_type(const struct additions *additions)
{
	for (unsigned type = 96; type <= 127; type++)
		if (!is_used(additions, type))
			return (int)type;
	return -1;
}

static void add(struct additions *additions, const struct codec_addition *addition, int type)
{
	if (type < 0 || additions->length == CODEC_ADDITIONS_MAX)
		return;
	additions->list[additions->length] = *addition;
	additions->list[additions->length++].format.payload_type = (uint8_t)type;
	additions->used[type / 64] |= UINT64_C(1) << type % 64;
}

static void add_codec(struct additions *additions, enum codec_id codec)
{
	const struct codec_row *row = codec_row(codec);
	struct codec_addition addition = {.codec = codec,
		.format = {.name = row->name, .clock = row->clock, .channels = row->channels}};
	bool is_joined = false;
	for (unsigned i = 0; i < additions->count; i++)
		is_joined |= codec_is_joined(codec_of(&additions->formats[i]), codec);
	if (!is_joined || is_there(additions, row->name, row->clock))
		return;
	if (codec == CODEC_OPUS)
		addition.format.fmtp = PV_SPAN("useinbandfec=1");
	/* somebody may have given a static number another meaning */
	bool has_own = row->payload_type < 96 && !is_used(additions, row->payload_type);
	add(additions, &addition, has_own ? row->payload_type : free_type(additions));
}

static void add_events(struct additions *additions, uint32_t clock)
{
	struct codec_addition addition = {
		.format = {.name = event_name, .clock = clock, .fmtp = event_fmtp}};
	if (!is_there(additions, event_name, clock))
		add(additions, &addition, free_type(additions));
}

unsigned codec_additions(const struct codec_format *formats, unsigned count,
	const struct codec_order *order, const uint64_t taken[2],
	struct codec_addition ret_additions[CODEC_ADDITIONS_MAX])
{
	static const struct codec_order best_first = {
		{CODEC_OPUS, CODEC_G722, CODEC_PCMU, CODEC_PCMA}, 4};
	if (!order)
		order = &best_first;
	struct additions additions = {.formats = formats,
		.count = MIN(count, CODEC_FORMATS_MAX),
		.list = ret_additions,
		.used = {taken[0], taken[1]}};
	bool has_events = false;
	for (unsigned i = 0; i < additions.count; i++) {
		unsigned type = formats[i].payload_type & 0x7f;
		additions.used[type / 64] |= UINT64_C(1) << type % 64;
		has_events |= codec_companion_of(&formats[i]) == CODEC_EVENTS;
	}
	for (unsigned i = 0; i < order->count; i++)
		add_codec(&additions, (enum codec_id)order->codecs[i]);
	unsigned codecs = additions.length;
	for (unsigned i = 0; has_events && i < codecs; i++)
		add_events(&additions, additions.list[i].format.clock);
	return additions.length;
}
