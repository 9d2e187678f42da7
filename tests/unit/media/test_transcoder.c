/* SPDX-License-Identifier: Apache-2.0 */
/* test_transcoder.c: calls between ends that share no codec, over real sockets. */
#include <errno.h>

#include "harness.h"
#include "lib/tone.h"
#include "media/relay.h"
#include "media/score.h"
#include "media/session.h"
#include "rtp/bytes.h"
#include "rtp/event.h"
#include "rtp/packet.h"
#include "rtp/rtcp_write.h"

#define TONE  400
#define HEARD 16000

/* What a phone has besides its sockets. */
struct voicebox {
	struct codec_encoder *encoder;
	struct codec_decoder *decoder;
	uint32_t rate, clock; /* for each millisecond */
	size_t said, heard;
	int16_t samples[HEARD];
	unsigned packets;
	struct rtp_packet last; /* its payload is gone */
};

static struct call call;
static struct voicebox boxes[2];

static struct media_coding coding_of(enum codec_id codec, uint8_t packet_ms)
{
	uint8_t type = codec_row(codec)->payload_type;
	if (type == CODEC_TYPE_DYNAMIC)
		type = 111;
	struct media_types types = {.voice = type, .events = 101};
	return (struct media_coding){
		.codec = (uint8_t)codec, .packet_ms = packet_ms, .sends = types, .gets = types};
}

static void box_open(struct voicebox *box, enum codec_id codec, enum codec_id other)
{
	static const struct codec_settings plain;
	uint32_t rate = codec_rate_beside(codec, other);
	*box = (struct voicebox){.encoder = malloc(codec_encoder_size()),
		.decoder = malloc(codec_decoder_size()),
		.rate = rate / 1000,
		.clock = codec_row(codec)->clock / 1000};
	ck_assert_int_eq(codec_encoder_init(box->encoder, codec, rate, &plain), 0);
	ck_assert_int_eq(codec_decoder_init(box->decoder, codec, rate), 0);
}

/* A call that is transcoded; false when the two are not built. */
static bool begin(enum codec_id a, enum codec_id b, uint8_t a_ms, uint8_t b_ms)
{
	if (!codec_is_joined(a, b))
		return false;
	start();
	call_open(&call, 1);
	call.description.ends[0].coding = coding_of(a, a_ms);
	call.description.ends[1].coding = coding_of(b, b_ms);
	ck_assert_int_eq(media_reserve_transcoder(media, 0, call.lease.session), 0);
	call_set(&call);
	box_open(&boxes[0], a, b);
	box_open(&boxes[1], b, a);
	return true;
}

static void end(void)
{
	call_close(&call);
	ck_assert_uint_eq(atomic_load(&media->relays[0].transcoders.reserved), 0);
	ck_assert_uint_eq(media->relays[0].transcoders.slab.used, 0);
	ck_assert_uint_eq(count(METRIC_media_transcoders), 0);
	finish();
	for (unsigned i = 0; i < 2; i++) {
		free(boxes[i].encoder);
		free(boxes[i].decoder);
	}
}

/* Makes the next packet of a phone's tone; the caller sends it, or not. */
static size_t make_sound(unsigned who, unsigned ms, uint8_t *to)
{
	struct voicebox *box = &boxes[who];
	struct phone *phone = &call.phones[who];
	int16_t samples[CODEC_RATE_MAX / 1000 * CODEC_FRAME_MS_MAX];
	size_t number = box->rate * ms;
	tone_make(samples, number, box->said, TONE, box->rate * 1000, 8000);
	box->said += number;
	phone->payload_type = call.description.ends[who].coding.sends.voice;
	write_rtp(phone, to, "");
	phone->timestamp += ms * box->clock - 160; /* which write_rtp has added */
	int length = codec_encode(box->encoder, samples, number, to + RTP_HEADER_SIZE);
	ck_assert_int_gt(length, 0);
	fake_clock_advance(&clock_here, ms);
	return RTP_HEADER_SIZE + (size_t)length;
}

static void say(unsigned who, unsigned ms)
{
	uint8_t bytes[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX];
	size_t length = make_sound(who, ms, bytes);
	send_bytes(&call.phones[who], 0, call.lease.port[who], bytes, length);
}

/* The next packet of sound at a phone, which must follow the one before it. */
static void hear_sound(unsigned who, unsigned ms)
{
	struct voicebox *box = &boxes[who];
	struct rtp_packet packet;
	struct media_address from;
	uint8_t bytes[2048];
	size_t got = receive(&call.phones[who], 0, bytes, sizeof(bytes), &from);
	ck_assert_int_eq(rtp_packet_parse(bytes, got, &packet), RTP_HEADER_SIZE);
	ck_assert_uint_eq(media_address_port(&from), call.lease.port[who]);
	ck_assert_uint_eq(packet.payload_type, call.description.ends[who].coding.gets.voice);
	ck_assert_uint_eq(packet.marker, box->packets == 0);
	if (box->packets++ > 0) {
		ck_assert_uint_eq(packet.ssrc, box->last.ssrc);
		ck_assert_uint_eq(packet.sequence, (uint16_t)(box->last.sequence + 1));
		ck_assert_uint_eq(packet.timestamp, box->last.timestamp + ms * box->clock);
	}
	box->last = packet;
	ck_assert_uint_lt(box->heard + ms * box->rate, HEARD);
	ck_assert_int_eq(codec_decode(box->decoder, packet.payload, packet.payload_length,
				 box->samples + box->heard),
		(int)(ms * box->rate));
	box->heard += ms * box->rate;
}

static void check_tone(unsigned who)
{
	struct voicebox *box = &boxes[who];
	size_t half = box->heard / 2;
	double found = tone_amplitude(box->samples + half, half, TONE, box->rate * 1000);
	ck_assert_msg(found > 7000 && found < 9000, "phone %u hears %f", who, found);
}

static void talk_both_ways(enum codec_id a, enum codec_id b)
{
	if (!begin(a, b, 20, 20))
		return;
	for (unsigned i = 0; i < 20; i++)
		for (unsigned who = 0; who < 2; who++) {
			say(who, 20);
			hear_sound(1 - who, 20);
		}
	check_tone(0);
	check_tone(1);
	ck_assert_uint_eq(count(METRIC_media_transcoded), 40);
	ck_assert_uint_eq(count(METRIC_media_transcoders), 1);
	ck_assert_uint_eq(count(METRIC_media_dropped_codec), 0);
	ck_assert(!session_is_plain(slab_at(&media->relays[0].sessions, 0)));
	struct media_report report = read_report(&call);
	ck_assert(report.is_transcoded);
	ck_assert_uint_eq(report.ends[0].packets, 20);
	ck_assert_uint_eq(report.ends[0].sent, 20);
	end();
}

START_TEST(pcmu_and_pcma)
{
	talk_both_ways(CODEC_PCMU, CODEC_PCMA);
}
END_TEST

START_TEST(pcmu_and_g722)
{
	talk_both_ways(CODEC_PCMU, CODEC_G722);
}
END_TEST

START_TEST(pcmu_and_opus)
{
	talk_both_ways(CODEC_PCMU, CODEC_OPUS);
}
END_TEST

START_TEST(opus_and_g722)
{
	talk_both_ways(CODEC_OPUS, CODEC_G722);
}
END_TEST

/* Each phone speaks in its own packet time and hears the other in its own. */
static void talk_in_times(enum codec_id a, enum codec_id b, uint8_t a_ms, uint8_t b_ms)
{
	unsigned said[2] = {0}, heard[2] = {0};
	uint8_t ms[2] = {a_ms, b_ms};
	if (!begin(a, b, a_ms, b_ms))
		return;
	for (unsigned i = 0; i < 24; i++)
		for (unsigned who = 0; who < 2; who++) {
			say(who, ms[who]);
			said[who] += ms[who];
			for (; heard[1 - who] + ms[1 - who] <= said[who];
				heard[1 - who] += ms[1 - who])
				hear_sound(1 - who, ms[1 - who]);
		}
	settle();
	ck_assert(is_quiet(&call.phones[0]) && is_quiet(&call.phones[1]));
	check_tone(0);
	check_tone(1);
	end();
}

START_TEST(packet_times_differ)
{
	talk_in_times(CODEC_PCMU, CODEC_PCMA, 20, 30);
	talk_in_times(CODEC_PCMU, CODEC_G722, 30, 20);
	talk_in_times(CODEC_PCMU, CODEC_OPUS, 20, 40);
	talk_in_times(CODEC_PCMA, CODEC_OPUS, 30, 20);
}
END_TEST

/* What the other phone hears is unbroken whatever the network did. */
START_TEST(loss_and_reorder)
{
	uint8_t bytes[2][RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX];
	enum codec_id other = codec_is_built(CODEC_OPUS) ? CODEC_OPUS : CODEC_PCMA;
	begin(CODEC_PCMU, other, 20, 20);
	for (unsigned i = 0; i < 30; i++) {
		size_t length = make_sound(0, 20, bytes[0]);
		if (i == 10) /* lost: it is heard with the next */
			continue;
		if (i == 20) { /* overtaken by the next */
			size_t next = make_sound(0, 20, bytes[1]);
			send_bytes(&call.phones[0], 0, call.lease.port[0], bytes[1], next);
			i++;
		}
		send_bytes(&call.phones[0], 0, call.lease.port[0], bytes[0], length);
		settle();
	}
	for (unsigned i = 0; i < 30; i++)
		hear_sound(1, 20);
	settle();
	ck_assert(is_quiet(&call.phones[1]));
	ck_assert_uint_eq(count(METRIC_media_dropped_late), 1);
	struct media_report report = read_report(&call);
	ck_assert_uint_eq(report.ends[0].late, 1);
	ck_assert_uint_eq(report.ends[0].concealed_ms, 40);
	ck_assert_uint_eq(report.ends[0].lost, 1);
	check_tone(1);
	end();
}
END_TEST

static void press(struct phone *phone, uint16_t port, uint16_t duration)
{
	uint8_t bytes[64];
	phone->payload_type = 101;
	write_rtp(phone, bytes, "");
	phone->timestamp -= 160;
	memcpy(bytes + RTP_HEADER_SIZE, "\x05\x0a", 2);
	bytes_put_u16(bytes + RTP_HEADER_SIZE + 2, duration);
	send_bytes(phone, 0, port, bytes, RTP_HEADER_SIZE + 4);
}

START_TEST(keys_pass)
{
	uint8_t bytes[256];
	struct rtp_packet packet;
	struct rtp_event event;
	struct media_address from;
	enum codec_id other = codec_is_built(CODEC_OPUS) ? CODEC_OPUS : CODEC_PCMA;
	ck_assert(begin(CODEC_PCMU, other, 20, 20));
	/* the other phone calls its events otherwise */
	call.description.ends[1].coding.gets.events = 97;
	call_set(&call);
	say(0, 20);
	hear_sound(1, 20);
	for (unsigned i = 1; i <= 3; i++) {
		press(&call.phones[0], call.lease.port[0], (uint16_t)(160 * i));
		size_t got = receive(&call.phones[1], 0, bytes, sizeof(bytes), &from);
		ck_assert_int_eq(rtp_packet_parse(bytes, got, &packet), RTP_HEADER_SIZE);
		ck_assert_uint_eq(packet.payload_type, 97);
		ck_assert_uint_eq(packet.ssrc, boxes[1].last.ssrc);
		ck_assert_uint_eq(packet.sequence, (uint16_t)(boxes[1].last.sequence + i));
		ck_assert_uint_eq(packet.timestamp, boxes[1].last.timestamp + 20 * boxes[1].clock);
		rtp_event_parse(packet.payload, packet.payload_length, &event);
		ck_assert_uint_eq(event.number, 5);
		ck_assert_uint_eq(event.duration, 20 * i * boxes[1].clock);
	}
	end();
}
END_TEST

/* ---- RTCP ---- */

/* The next report that a phone gets: whether it is a sender's, and its one block. */
static bool hear_report(unsigned who, struct rtcp_report *ret_report, struct rtcp_block *ret_block)
{
	uint8_t bytes[256];
	struct rtcp_walk walk;
	struct rtcp_packet part;
	struct media_address from;
	size_t got = receive(&call.phones[who], 1, bytes, sizeof(bytes), &from);
	ck_assert(rtcp_is_valid(bytes, got));
	rtcp_walk_begin(&walk, bytes, got);
	ck_assert(rtcp_walk_next(&walk, &part));
	ck_assert_int_eq(rtcp_report_parse(&part, ret_report), 0);
	ck_assert_uint_eq(ret_report->block_count, 1);
	rtcp_block_parse(ret_report, 0, ret_block);
	ck_assert(rtcp_walk_next(&walk, &part));
	ck_assert_uint_eq(part.type, RTCP_SDES);
	ck_assert(!rtcp_walk_next(&walk, &part));
	return ret_report->is_sender;
}

START_TEST(each_end_gets_reports_of_our_own)
{
	uint8_t bytes[RTCP_WRITTEN_MAX];
	struct rtcp_report report;
	struct rtcp_block block;
	struct rtcp_statement said = {
		.is_sender = true, .ntp = UINT64_C(0x1122334455667788), .cname = "phone"};
	ck_assert(begin(CODEC_PCMU, CODEC_PCMA, 20, 20));
	for (unsigned i = 0; i < 10; i++)
		for (unsigned who = 0; who < 2; who++) {
			say(who, 20);
			hear_sound(1 - who, 20);
		}
	said.ssrc = call.phones[0].ssrc;
	send_bytes(&call.phones[0], 1, (uint16_t)(call.lease.port[0] + 1), bytes,
		rtcp_write(&said, bytes));
	settle();
	pass(500);
	ck_assert(is_quiet(&call.phones[1])); /* it is not passed on */
	pass(8500);
	ck_assert(hear_report(0, &report, &block));
	ck_assert_uint_eq(report.ssrc, boxes[0].last.ssrc);
	ck_assert_uint_eq(report.packets, 10);
	ck_assert_uint_eq(report.octets, 1600);
	ck_assert_uint_eq(block.ssrc, call.phones[0].ssrc);
	ck_assert_int_eq(block.lost, 0);
	ck_assert_uint_eq(block.highest, (uint16_t)(call.phones[0].sequence - 1));
	ck_assert_uint_eq(block.last_sr, 0x33445566);
	ck_assert_uint_ge(block.since_last_sr, 65536 * 2);
	ck_assert_uint_le(block.since_last_sr, 65536 * 9);
	/* the phone quotes it: the round trip is known */
	struct rtcp_block quote = {.ssrc = report.ssrc,
		.fraction_lost = 3,
		.lost = 1,
		.last_sr = rtcp_ntp_middle(report.ntp),
		.since_last_sr = 0};
	said.block = &quote;
	send_bytes(&call.phones[0], 1, (uint16_t)(call.lease.port[0] + 1), bytes,
		rtcp_write(&said, bytes));
	settle();
	struct media_report all = read_report(&call);
	ck_assert_uint_gt(all.ends[0].round_trip_us, 0);
	ck_assert_int_eq(all.ends[0].remote_lost, 1);
	/* who is sent nothing any more gets a receiver's report */
	while (hear_report(1, &report, &block))
		pass(8000);
	end();
}
END_TEST

/* The share that was lost is that since the report before. */
START_TEST(reports_tell_of_losses)
{
	uint8_t bytes[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX];
	struct rtcp_report report;
	struct rtcp_block block;
	ck_assert(begin(CODEC_PCMU, CODEC_PCMA, 20, 20));
	for (unsigned i = 0; i < 10; i++) {
		if (i == 5)
			make_sound(0, 20, bytes);
		say(0, 20);
		settle();
	}
	pass(8500);
	ck_assert(!hear_report(0, &report, &block)); /* nobody speaks to it */
	ck_assert_int_eq(block.lost, 1);
	ck_assert_uint_eq(block.fraction_lost, 256 / 11);
	/* reports come when they like, but behind one there is time to speak before the next */
	while (recv(call.phones[0].fds[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		continue;
	while (recv(call.phones[0].fds[1], bytes, sizeof(bytes), MSG_DONTWAIT) < 0)
		pass(100);
	make_sound(0, 20, bytes);
	for (unsigned i = 0; i < 4; i++) {
		say(0, 20);
		settle();
	}
	pass(8500);
	hear_report(0, &report, &block);
	ck_assert_int_eq(block.lost, 2);
	ck_assert_uint_eq(block.fraction_lost, 256 / 5);
	end();
}
END_TEST

/* What was lost before us does not show in the reports of who is behind us. */
START_TEST(both_legs_count_for_the_score)
{
	static struct stream_end ends[2];
	struct media_report report = {.ends = {{.expected = 100, .lost = 10, .sent = 100},
					      {.expected = 100, .sent = 100, .has_remote = 1}}};
	score_end(&report, 1, ends);
	uint16_t forwarded = report.ends[1].score_to;
	report.is_transcoded = 1;
	score_end(&report, 1, ends);
	uint16_t lossy = report.ends[1].score_to;
	ck_assert_uint_lt(lossy, forwarded);
	report.ends[1].remote_lost = 10;
	score_end(&report, 1, ends);
	ck_assert_uint_lt(report.ends[1].score_to, lossy);
	report.is_transcoded = 0;
	report.ends[1].remote_lost = 10;
	score_end(&report, 1, ends);
	ck_assert_uint_eq(report.ends[1].score_to, lossy); /* it is the same tenth */
}
END_TEST

/* ---- when, and when not ---- */

/* Says a word in a packet that would not pass a decoder, and it comes through as it is. */
static void check_untouched(void)
{
	call.phones[0].payload_type = 0;
	speak(&call.phones[0], call.lease.port[0], "as it is");
	hear(&call.phones[1], call.lease.port[1], "as it is");
	ck_assert_uint_eq(count(METRIC_media_transcoded), 0);
}

START_TEST(nothing_is_transcoded_unless_all_is_said)
{
	start();
	call_open(&call, 1);
	/* not reserved */
	call.description.ends[0].coding = coding_of(CODEC_PCMU, 20);
	call.description.ends[1].coding = coding_of(CODEC_PCMA, 20);
	call_set(&call);
	check_untouched();
	/* one end only */
	ck_assert_int_eq(media_reserve_transcoder(media, 0, call.lease.session), 0);
	call.description.ends[1].coding.codec = CODEC_NONE;
	call_set(&call);
	check_untouched();
	/* encrypted */
	call.description.ends[1].coding.codec = CODEC_PCMA;
	call.description.ends[0].is_secure = true;
	call.description.ends[0].offer++;
	call_set(&call);
	check_untouched();
	call_close(&call);
	finish();
}
END_TEST

START_TEST(a_call_may_end_transcoding_and_begin_again)
{
	ck_assert(begin(CODEC_PCMU, CODEC_PCMA, 20, 20));
	say(0, 20);
	hear_sound(1, 20);
	struct media_coding coding = call.description.ends[1].coding;
	call.description.ends[1].coding.codec = CODEC_NONE;
	call_set(&call);
	ck_assert_uint_eq(count(METRIC_media_transcoders), 0);
	call.phones[0].payload_type = 0;
	speak(&call.phones[0], call.lease.port[0], "plain");
	hear(&call.phones[1], call.lease.port[1], "plain");
	call.description.ends[1].coding = coding;
	call_set(&call);
	boxes[1].packets = 0;
	say(0, 20);
	hear_sound(1, 20);
	/* the same said again changes nothing */
	call_set(&call);
	say(0, 20);
	hear_sound(1, 20);
	end();
}
END_TEST

START_TEST(as_many_as_are_reserved)
{
	struct call second;
	prepare(1);
	config.transcoders = 1;
	open_media();
	call_open(&call, 1);
	call_open(&second, 2);
	ck_assert_int_eq(media_reserve_transcoder(media, 0, call.lease.session), 0);
	ck_assert_int_eq(media_reserve_transcoder(media, 0, call.lease.session), 0);
	ck_assert_int_eq(media_reserve_transcoder(media, 0, second.lease.session), -ENOBUFS);
	ck_assert_uint_eq(count(METRIC_media_transcoders_exhausted), 1);
	media_id gone = call.lease.session;
	call_close(&call); /* never described */
	ck_assert_int_eq(media_reserve_transcoder(media, 0, gone), -ENOENT);
	ck_assert_int_eq(media_reserve_transcoder(media, 0, second.lease.session), 0);
	call_close(&second);
	finish();
}
END_TEST

START_TEST(there_may_be_none)
{
	prepare(1);
	config.transcoders = MEDIA_TRANSCODERS_NONE;
	open_media();
	call_open(&call, 1);
	ck_assert_int_eq(media_reserve_transcoder(media, 0, call.lease.session), -ENOBUFS);
	call_close(&call);
	finish();
}
END_TEST

TEST_MAIN("media_transcoder", pcmu_and_pcma, pcmu_and_g722, pcmu_and_opus, opus_and_g722,
	packet_times_differ, loss_and_reorder, keys_pass, each_end_gets_reports_of_our_own,
	reports_tell_of_losses, both_legs_count_for_the_score,
	nothing_is_transcoded_unless_all_is_said, a_call_may_end_transcoding_and_begin_again,
	as_many_as_are_reserved, there_may_be_none)
