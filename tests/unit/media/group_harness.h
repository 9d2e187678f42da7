/* SPDX-License-Identifier: Apache-2.0 */
/* group_harness.h: a group on a relay thread turned by hand, and phones that are its members. */
#ifndef TESTS_MEDIA_GROUP_HARNESS_H
#define TESTS_MEDIA_GROUP_HARNESS_H

#include "media/group_command.h"
#include "rtp/bytes.h"
#include "unit/media/harness.h"

#define EVENTS 101
#define STAR   10
#define HASH   11

/* What the user was told, by owner. */
static uint32_t member_told[OWNERS], group_told;
static unsigned member_ended[OWNERS], group_ended;
static struct media_member_report last_member;
static struct media_group_report last_group;
static struct media_answer answers[OWNERS];
static unsigned answer_count[OWNERS];
static struct media_spurt spurts[32];
static unsigned spurt_count;

static inline void on_member_told(void *context, media_id member, uint64_t owner, uint32_t bits)
{
	member_told[owner % OWNERS] |= bits;
}

static inline void on_member_ended(
	void *context, media_id member, uint64_t owner, const struct media_member_report *report)
{
	ck_assert_uint_eq(report->member, member);
	member_ended[owner % OWNERS]++;
	last_member = *report;
}

static inline void on_answered(
	void *context, media_id member, uint64_t owner, const struct media_answer *answer)
{
	answers[owner % OWNERS] = *answer;
	answer_count[owner % OWNERS]++;
}

static inline void on_group_told(void *context, media_id id, uint64_t owner, uint32_t bits)
{
	group_told |= bits;
}

static inline void on_group_ended(
	void *context, media_id id, uint64_t owner, const struct media_group_report *report)
{
	ck_assert_uint_eq(report->group, id);
	group_ended++;
	last_group = *report;
}

static inline void on_spurt(
	void *context, media_id id, uint64_t owner, const struct media_spurt *spurt)
{
	ck_assert_uint_lt(spurt_count, ARRAY_LENGTH(spurts));
	spurts[spurt_count++] = *spurt;
}

static inline void forget_told(void)
{
	memset(member_told, 0, sizeof(member_told));
	memset(answers, 0, sizeof(answers));
	memset(answer_count, 0, sizeof(answer_count));
	memset(member_ended, 0, sizeof(member_ended));
	group_told = group_ended = spurt_count = 0;
}

static struct media_group_lease here;
static struct media_group_settings settings;

/* Relay, worker, and a group with the settings that a test has made out of the defaults. */
static inline void start_group(void)
{
	struct media_group_user user = {.member_told = on_member_told,
		.member_ended = on_member_ended,
		.answered = on_answered,
		.group_told = on_group_told,
		.group_ended = on_group_ended,
		.spurt = on_spurt};
	start();
	forget_told();
	media_set_group_user(media, 0, &user);
	ck_assert_int_eq(media_group_open(media, 0, &settings, 7, &here), 0);
	settle();
}

static inline void default_settings(void)
{
	settings = (struct media_group_settings){.floor = MEDIA_FLOOR_PTT,
		.talkers = 1,
		.queue = 8,
		.keepalive = MEDIA_KEEPALIVE_SILENCE};
}

/* ---- members ---- */

struct leg {
	struct phone phone, floor; /* of its audio, of its floor packets */
	struct media_member_lease lease;
	struct media_member_description said;
	char identity[64];
	/* what it heard last */
	uint8_t bytes[1500];
	size_t length;
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t type;
	bool marker;
};

static inline void leg_take(struct leg *leg, uint64_t owner, bool has_floor)
{
	memset(leg, 0, sizeof(*leg));
	leg->phone = phone_open("127.0.0.2");
	leg->said = (struct media_member_description){
		.audio = {.offer = 1,
			.rtp = leg->phone.address,
			.signalling = leg->phone.address,
			.coding = {.codec = CODEC_PCMU,
				.sends = {.voice = 0, .events = EVENTS},
				.gets = {.voice = 0, .events = EVENTS}}},
		.sends = true,
		.receives = true,
		.may_talk = true,
		.may_declare_emergency = true,
		.priority = 5,
		.triggers = MEDIA_TRIGGERS_DEFAULT,
		.watch = MEDIA_WATCH_TALK,
		.dscp = MEDIA_DSCP_DEFAULT,
		.tag = 100 + owner,
	};
	snprintf(leg->identity, sizeof(leg->identity), "sip:u%u@example.test", (unsigned)owner);
	leg->said.identity = leg->identity;
	if (has_floor) {
		leg->floor = phone_open("127.0.0.2");
		leg->said.floor = (struct media_floor_end){
			.offer = 1, .rtp = leg->floor.address, .signalling = leg->floor.address};
		leg->said.terms.may_queue = true;
	}
	ck_assert_int_eq(media_join(media, 0, &here, 0, has_floor, owner, &leg->lease), 0);
}

static inline void leg_set(struct leg *leg)
{
	media_member_set(media, 0, leg->lease.member, &leg->said);
	settle();
}

static inline void leg_join(struct leg *leg, uint64_t owner)
{
	leg_take(leg, owner, false);
	leg_set(leg);
}

static inline void leg_close(struct leg *leg)
{
	media_member_drop(media, 0, leg->lease.member);
	settle();
	phone_close(&leg->phone);
	if (leg->floor.fds[0])
		phone_close(&leg->floor);
}

/* The next RTP packet that a member gets; false when none does. */
static inline bool leg_hears(struct leg *leg)
{
	struct media_address from;
	leg->length = receive(&leg->phone, 0, leg->bytes, sizeof(leg->bytes), &from);
	if (leg->length < 12)
		return false;
	leg->marker = leg->bytes[1] >> 7;
	leg->type = leg->bytes[1] & 0x7f;
	leg->sequence = bytes_u16(leg->bytes + 2);
	leg->timestamp = bytes_u32(leg->bytes + 4);
	leg->ssrc = bytes_u32(leg->bytes + 8);
	ck_assert_uint_eq(media_address_port(&from), leg->lease.port);
	return true;
}

/* It must be this payload, behind what was heard before. */
static inline void leg_must_hear(struct leg *leg, const char *payload)
{
	uint16_t sequence = leg->sequence;
	uint32_t ssrc = leg->ssrc, timestamp = leg->timestamp;
	bool is_first = leg->length == 0;
	ck_assert_msg(leg_hears(leg), "nothing heard where '%s' was said", payload);
	ck_assert_uint_eq(leg->length - 12, strlen(payload));
	ck_assert_mem_eq(leg->bytes + 12, payload, leg->length - 12);
	if (is_first)
		return;
	ck_assert_uint_eq(leg->ssrc, ssrc);
	ck_assert_uint_eq(leg->sequence, (uint16_t)(sequence + 1));
	ck_assert_uint_ge(leg->timestamp - timestamp, 160);
}

/* Takes out what waits at a member, and says how much there was. */
static inline unsigned leg_drain(struct leg *leg)
{
	unsigned got = 0;
	turn();
	for (;;) {
		ssize_t length =
			recv(leg->phone.fds[0], leg->bytes, sizeof(leg->bytes), MSG_DONTWAIT);
		if (length < 12)
			return got;
		got++;
		leg->length = (size_t)length;
		leg->type = leg->bytes[1] & 0x7f;
		leg->sequence = bytes_u16(leg->bytes + 2);
		leg->timestamp = bytes_u32(leg->bytes + 4);
		leg->ssrc = bytes_u32(leg->bytes + 8);
	}
}

static inline void leg_speaks(struct leg *leg, const char *payload)
{
	speak(&leg->phone, leg->lease.port, payload);
}

/* One packet of a key; all packets of one press have one time stamp. */
static inline void leg_sends_event(struct leg *leg, uint8_t key, uint16_t duration, bool is_end)
{
	uint8_t bytes[64];
	const char room[] = "....";
	leg->phone.payload_type = EVENTS;
	size_t length = write_rtp(&leg->phone, bytes, room);
	leg->phone.timestamp -= 160;
	leg->phone.payload_type = 0;
	bytes[12] = key;
	bytes[13] = (uint8_t)(10 | (is_end ? 0x80 : 0));
	bytes_put_u16(bytes + 14, duration);
	send_bytes(&leg->phone, 0, leg->lease.port, bytes, length);
	settle();
}

/* A short press, its end said three times. */
static inline void leg_presses(struct leg *leg, uint8_t key)
{
	leg_sends_event(leg, key, 160, false);
	for (unsigned i = 0; i < 3; i++)
		leg_sends_event(leg, key, 800, true);
	leg->phone.timestamp += 1600;
}

static inline void leg_button(struct leg *leg, enum media_button button, uint32_t number)
{
	struct media_press press = {.button = (uint8_t)button,
		.trigger = MEDIA_TRIGGER_MESSAGE,
		.number = number,
		.received_ns = clock_here.now};
	ck_assert_int_eq(media_member_press(media, 0, leg->lease.member, &press), 0);
	settle();
}

static inline struct media_group_report read_group(void)
{
	struct media_group_report report;
	ck_assert_int_eq(media_read_group(media, here.group, &report), 0);
	return report;
}

static inline struct media_member_report read_member(const struct leg *leg)
{
	struct media_member_report report;
	pass(1100);
	ck_assert_int_eq(media_read_member(media, leg->lease.member, &report), 0);
	return report;
}

/* All legs join, with owners 1, 2, ... */
static inline void legs_join(struct leg *legs, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		leg_join(&legs[i], i + 1);
}

static inline void finish_group(struct leg *legs, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		leg_close(&legs[i]);
	finish();
}

#endif
