/* SPDX-License-Identifier: Apache-2.0 */
/* test_filter.c — which formats stay, and in which order. */
#include "sdp/private.h"

#include "descriptions.h"
#include "lib/testing.h"

static struct pv_sdp sdp;
static struct sdp_filter filter;

/* The formats left of LINPHONE's audio, each with a blank behind it. */
static bool left(const struct pv_span *codecs, unsigned count, const char *wanted)
{
	char out[256];
	struct pv_writer w;
	ck_assert_int_gt(parse_text(&sdp, LINPHONE), 0);
	const struct pv_sdp_media_change change = {.codecs = codecs, .codec_count = count};
	bool found = sdp_filter_make(&sdp.media[0], &change, &filter);
	pv_writer_init(&w, out, sizeof(out));
	for (unsigned i = 0; i < filter.count; i++) {
		pv_put(&w, filter.formats.list[filter.order[i]].text);
		pv_put_char(&w, ' ');
	}
	ck_assert_msg(pv_span_equal(pv_writer_span(&w), pv_span_of(wanted)), "%.*s",
		PV_SPAN_PRINT(pv_writer_span(&w)));
	return found;
}

START_TEST(the_list_orders_and_events_stay)
{
	static const struct pv_span one[] = {
		PV_SPAN_INIT("PCMA"), PV_SPAN_INIT("Speex"), PV_SPAN_INIT("G722")};
	ck_assert(left(one, 3, "8 97 98 101 99 100 "));
	ck_assert(filter.removed[96] && filter.removed[0] && filter.removed[18]);
	ck_assert(!filter.removed[8] && !filter.removed[97] && !filter.removed[100]);
	ck_assert(!filter.removed[34]); /* was never there */
}
END_TEST

START_TEST(a_codec_named_twice_stays_once)
{
	static const struct pv_span twice[] = {PV_SPAN_INIT("PCMU"), PV_SPAN_INIT("pcmu")};
	ck_assert(left(twice, 2, "0 101 99 100 "));
}
END_TEST

START_TEST(events_alone_are_no_call)
{
	static const struct pv_span none[] = {
		PV_SPAN_INIT("telephone-event"), PV_SPAN_INIT("iLBC")};
	ck_assert(!left(none, 2, "101 99 100 "));
}
END_TEST

TEST_MAIN("filter", the_list_orders_and_events_stay, a_codec_named_twice_stays_once,
	events_alone_are_no_call)
