/* SPDX-License-Identifier: Apache-2.0 */
/* test_write.c: which origin and connection a description shows to the other side. */
#include "call/private.h"
#include "lib/testing.h"

static struct calls calls;
static struct call_media media;
static struct call_stream stream;
static struct call_owner owner;

#define REFUSED                                                                   \
	"v=0\r\no=- 7 1 IN IP4 10.0.0.3\r\ns=-\r\nc=IN IP4 10.0.0.3\r\nt=0 0\r\n" \
	"m=audio 0 RTP/AVP 0\r\n"
#define TAKEN                                                                     \
	"v=0\r\no=- 7 1 IN IP4 10.0.0.3\r\ns=-\r\nc=IN IP4 10.0.0.3\r\nt=0 0\r\n" \
	"m=audio 4000 RTP/AVP 0\r\n"

static void show(struct call_place *place, const char *text)
{
	place->length = (uint8_t)strlen(text);
	memcpy(place->text, text, place->length);
}

/* What the caller gets to see of a description of the callee's. */
static bool holds(const char *text, bool hides, const char *part)
{
	static char written[PV_SDP_BYTES_MAX + 1];
	const struct write_order order = {.from = CALL_CALLEE, .is_offer = true};
	static struct description_written result;
	ck_assert_int_eq(slab_init(&calls.calls, "calls", sizeof(struct call), 4), 0);
	struct call *call = slab_take(&calls.calls);
	ck_assert_ptr_nonnull(call);
	owner.hides_origin = hides;
	*call = (struct call){.owner = &owner};
	media = (struct call_media){.call = slab_handle(&calls.calls, call)};
	show(&media.places[CALL_CALLER], "192.0.2.1");
	show(&media.places[CALL_CALLEE], "192.0.2.2");
	stream.lease.port[CALL_CALLER] = 20000;
	media.streams[0] = &stream;
	ck_assert_int_gt(pv_sdp_parse(&calls.sdp, text, strlen(text)), 0);
	ck_assert_int_eq(description_write(&calls, &media, &order, &result), 0);
	memcpy(written, result.sdp.at, result.sdp.length);
	written[result.sdp.length] = 0;
	slab_done(&calls.calls);
	return strstr(written, part);
}

START_TEST(where_an_m_line_is_relayed_the_origin_is_ours)
{
	ck_assert(holds(TAKEN, false, "o=- 7 1 IN IP4 192.0.2.1\r\n"));
	ck_assert(holds(TAKEN, true, "o=- 7 1 IN IP4 192.0.2.1\r\n"));
	ck_assert(!holds(TAKEN, false, "10.0.0.3"));
	ck_assert(holds(TAKEN, false, "m=audio 20000 "));
}
END_TEST

START_TEST(where_none_is_the_owner_says)
{
	ck_assert(holds(REFUSED, false, "o=- 7 1 IN IP4 10.0.0.3\r\n"));
	ck_assert(holds(REFUSED, true, "o=- 7 1 IN IP4 192.0.2.1\r\n"));
	ck_assert(holds(REFUSED, false, "c=IN IP4 10.0.0.3\r\n"));
	ck_assert(!holds(REFUSED, true, "10.0.0.3"));
	ck_assert(holds(REFUSED, true, "c=IN IP4 192.0.2.1\r\n"));
	ck_assert(holds(REFUSED, true, "m=audio 0 "));
}
END_TEST

TEST_MAIN("call/write", where_an_m_line_is_relayed_the_origin_is_ours, where_none_is_the_owner_says)
