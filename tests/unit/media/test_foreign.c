/* SPDX-License-Identifier: Apache-2.0 */
/* test_foreign.c: ends that agree, of which one may send what the other does not know. */
#include "harness.h"
#include "media/relay.h"
#include "rtp/packet.h"

static struct call call;
static struct rtp_packet last; /* that passed; its payload is gone */

static struct media_coding coding_of(enum codec_id codec, uint8_t packet_ms)
{
	const struct media_types types = {.voice = codec_row(codec)->payload_type, .events = 101};
	return (struct media_coding){
		.codec = (uint8_t)codec, .packet_ms = packet_ms, .sends = types, .gets = types};
}

static void close_call(void)
{
	call_close(&call);
	ck_assert_uint_eq(atomic_load(&media->relays[0].transcoders.reserved), 0);
	ck_assert_uint_eq(media->relays[0].transcoders.slab.used, 0);
	finish();
}

/* Both have PCMU, and phone 1 may send PCMA beside it. */
static void begin_agreed(unsigned reserved)
{
	prepare(1);
	config.transcoders = reserved ? reserved : MEDIA_TRANSCODERS_NONE;
	open_media();
	call_open(&call, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct media_coding *coding = &call.description.ends[i].coding;
		*coding = coding_of(CODEC_PCMU, 20);
		coding->is_agreed = true;
	}
	struct media_coding *coding = &call.description.ends[1].coding;
	coding->foreign[coding->foreign_count++] =
		(struct media_foreign){.rate = 8000, .payload_type = 8, .codec = CODEC_PCMA};
	call_set(&call);
}

/* Phone 1 sends that; the type of what phone 0 gets for it, or -1. */
static int passed_type(uint8_t type)
{
	uint8_t bytes[256];
	struct rtp_packet packet;
	call.phones[1].payload_type = type;
	fake_clock_advance(&clock_here, 20);
	memset(bytes, 0xd5, sizeof(bytes));
	send_bytes(&call.phones[1], 0, call.lease.port[1], bytes,
		write_rtp(&call.phones[1], bytes, "") + 160);
	settle();
	size_t got = take_waiting(&call.phones[0], bytes, sizeof(bytes));
	if (!got)
		return -1;
	ck_assert_int_eq(rtp_packet_parse(bytes, got, &packet), RTP_HEADER_SIZE);
	ck_assert_uint_eq(packet.payload_length, 160);
	last = packet;
	return packet.payload_type;
}

START_TEST(what_is_foreign_never_passes)
{
	begin_agreed(1);
	/* nothing is done while nobody uses it */
	ck_assert_int_eq(passed_type(0), 0);
	ck_assert_uint_eq(last.ssrc, call.phones[1].ssrc);
	ck_assert_uint_eq(count(METRIC_media_transcoders), 0);
	/* then it is, and the other end hears one stream from now on */
	ck_assert_int_eq(passed_type(8), 0);
	uint32_t ssrc = last.ssrc;
	ck_assert_uint_ne(ssrc, call.phones[1].ssrc);
	ck_assert_uint_eq(count(METRIC_media_transcoders), 1);
	ck_assert_int_eq(passed_type(0), 0);
	ck_assert_uint_eq(last.ssrc, ssrc);
	ck_assert_int_eq(passed_type(8), 0);
	ck_assert_uint_eq(last.ssrc, ssrc);
	/* said again, as a preview and its answer are: nothing changes */
	call_set(&call);
	ck_assert_int_eq(passed_type(8), 0);
	ck_assert_uint_eq(last.ssrc, ssrc);
	/* nothing is foreign any more */
	call.description.ends[1].coding.foreign_count = 0;
	call.description.ends[1].coding.is_agreed = false;
	call.description.ends[1].coding.codec = CODEC_NONE;
	call_set(&call);
	ck_assert_uint_eq(count(METRIC_media_transcoders), 0);
	ck_assert_uint_eq(atomic_load(&media->relays[0].transcoders.reserved), 0);
	ck_assert_int_eq(passed_type(0), 0);
	ck_assert_uint_eq(last.ssrc, call.phones[1].ssrc);
	close_call();
}
END_TEST

START_TEST(what_is_foreign_is_dropped_where_nothing_can_be_done)
{
	begin_agreed(0);
	ck_assert_int_eq(passed_type(0), 0);
	ck_assert_int_eq(passed_type(8), -1);
	ck_assert_uint_eq(count(METRIC_media_dropped_codec), 1);
	ck_assert_uint_eq(count(METRIC_media_transcoders_exhausted), 1);
	/* no codec of ours is agreed on: nothing is asked for */
	for (unsigned i = 0; i < 2; i++)
		call.description.ends[i].coding.codec = CODEC_NONE;
	call_set(&call);
	ck_assert_int_eq(passed_type(8), -1);
	ck_assert_int_eq(passed_type(18), 18);
	ck_assert_uint_eq(count(METRIC_media_dropped_codec), 2);
	ck_assert_uint_eq(count(METRIC_media_transcoders_exhausted), 1);
	close_call();
}
END_TEST

/* A session that is transcoded for what is foreign, and then by the worker's word. */
START_TEST(one_is_reserved_whoever_wants_it)
{
	begin_agreed(2);
	ck_assert_int_eq(passed_type(8), 0);
	ck_assert_uint_eq(atomic_load(&media->relays[0].transcoders.reserved), 1);
	ck_assert_int_eq(media_reserve_transcoder(media, 0, call.lease.session), 0);
	ck_assert_uint_eq(atomic_load(&media->relays[0].transcoders.reserved), 2);
	call.description.ends[0].coding = coding_of(CODEC_PCMU, 20);
	call.description.ends[1].coding = coding_of(CODEC_PCMA, 20);
	call_set(&call);
	ck_assert_uint_eq(atomic_load(&media->relays[0].transcoders.reserved), 1);
	ck_assert_uint_eq(count(METRIC_media_transcoders), 1);
	ck_assert_int_eq(passed_type(8), 0);
	close_call();
}
END_TEST

TEST_MAIN("media_foreign", what_is_foreign_never_passes,
	what_is_foreign_is_dropped_where_nothing_can_be_done, one_is_reserved_whoever_wants_it)
