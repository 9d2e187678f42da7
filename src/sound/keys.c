/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c: the keys of a leg as telephone events tell of them (RFC 4733). */
#include "sound/keys.h"

#include "base/macros.h"
#include "rtp/event.h"

#define MS_NS UINT64_C(1000000)
/* What is older than what is known, but not by more, is late; farther back the source counts anew.
 */
#define LATE_MS_MOST 5000
/* A key goes on under another time stamp when no more time than this went by: packets of an event
 * come every 50 ms at the most (RFC 4733 §2.5.1.2 recommends that or less). */
#define SEGMENT_MS_MOST 150

void keys_begin(struct keys *keys, uint32_t clock)
{
	*keys = (struct keys){.clock_ms = clock >= 1000 ? clock / 1000 : 8};
}

/* How long the press has lasted, by its time stamps or by the clock, whichever says more: starts
 * get lost, and some phones always say the same duration. */
static uint64_t lasted_ms(const struct keys *keys)
{
	uint64_t ticks = (uint64_t)keys->before + keys->duration;
	return MAX(ticks / keys->clock_ms, (keys->last_ns - keys->first_ns) / MS_NS);
}

static void tell(const struct keys *keys, enum key_what what, bool was_held, struct key_fact *facts,
	unsigned *count)
{
	facts[(*count)++] = (struct key_fact){what, keys->key, was_held, keys->press};
}

static void let_go(struct keys *keys, struct key_fact *facts, unsigned *count)
{
	keys->is_down = false;
	tell(keys, KEY_LET_GO, lasted_ms(keys) > KEYS_HELD_MS, facts, count);
}

/*
 * Whether the packet goes on about the key that is down: in a segment of its own, which begins
 * where the one before ended and counts from there (§2.5.1.3), or from a phone that moves its time
 * stamps along and counts from the press. A new press has a marker (§2.5.1.1).
 */
static bool goes_on(struct keys *keys, char key, const struct rtp_packet *packet,
	const struct rtp_event *event, uint64_t now_ns)
{
	if (!keys->is_down || key != keys->key || packet->marker ||
		now_ns - keys->last_ns > SEGMENT_MS_MOST * MS_NS)
		return false;
	if (event->duration < keys->duration) {
		uint32_t moved = packet->timestamp - keys->segment;
		if (moved < keys->duration ||
			moved - keys->duration > SEGMENT_MS_MOST * keys->clock_ms)
			return false;
		keys->before += moved;
		keys->duration = 0;
	}
	keys->segment = packet->timestamp;
	return true;
}

/* Whether it is of an event before the newest one. */
static bool is_late(const struct keys *keys, const struct rtp_packet *packet)
{
	int32_t ahead = (int32_t)(packet->timestamp - keys->segment);
	return ahead < 0 && ahead > -(int32_t)(LATE_MS_MOST * keys->clock_ms);
}

static void press(struct keys *keys, char key, const struct rtp_packet *packet, uint64_t now_ns)
{
	keys->is_known = keys->is_down = true;
	keys->is_told = keys->is_lost = false;
	keys->key = key;
	keys->ssrc = packet->ssrc;
	keys->press = keys->segment = packet->timestamp;
	keys->before = keys->duration = 0;
	keys->first_ns = now_ns;
}

/* Packets of a press that was taken for let go were only late: it goes on, and its end counts. The
 * time in which nothing came is none in which it is known to have been held. */
static bool is_found_again(struct keys *keys, char key, uint64_t now_ns)
{
	if (!keys->is_lost || key != keys->key)
		return false;
	keys->is_lost = false;
	keys->is_down = true;
	keys->first_ns += now_ns - keys->last_ns;
	return true;
}

/* Brings `keys` to the event of the packet; false when it tells nothing new. */
static bool come_to(struct keys *keys, char key, const struct rtp_packet *packet,
	const struct rtp_event *event, uint64_t now_ns, struct key_fact *facts, unsigned *count)
{
	if (keys->is_known && packet->ssrc == keys->ssrc) {
		if (packet->timestamp == keys->segment)
			return (keys->is_down && key == keys->key) ||
			       is_found_again(keys, key, now_ns);
		if (is_late(keys, packet))
			return false;
		if (goes_on(keys, key, packet, event, now_ns))
			return true;
	}
	if (keys->is_down)
		let_go(keys, facts, count);
	press(keys, key, packet, now_ns);
	tell(keys, KEY_PRESS, false, facts, count);
	return true;
}

unsigned keys_event(struct keys *keys, const struct rtp_packet *packet, uint64_t now_ns,
	struct key_fact ret_facts[KEYS_FACTS_MAX])
{
	struct rtp_event event;
	unsigned count = 0;
	char key = '\0';
	if (rtp_event_parse(packet->payload, packet->payload_length, &event) > 0)
		key = rtp_event_key(event.number);
	if (!key) {
		keys->ignored++;
		return 0;
	}
	if (!come_to(keys, key, packet, &event, now_ns, ret_facts, &count))
		return count;
	keys->duration = MAX(keys->duration, event.duration);
	keys->last_ns = now_ns;
	if (!keys->is_told && lasted_ms(keys) > KEYS_HELD_MS) {
		keys->is_told = true;
		tell(keys, KEY_HELD, false, ret_facts, &count);
	}
	if (event.end)
		let_go(keys, ret_facts, &count);
	return count;
}

uint64_t keys_deadline_ns(const struct keys *keys)
{
	return keys->is_down ? keys->last_ns + KEYS_LOST_MS * MS_NS : UINT64_MAX;
}

unsigned keys_tick(struct keys *keys, uint64_t now_ns, struct key_fact *ret_fact)
{
	unsigned count = 0;
	if (now_ns < keys_deadline_ns(keys))
		return 0;
	let_go(keys, ret_fact, &count);
	/* the end of one that was held has been told */
	keys->is_lost = !keys->is_told;
	return count;
}
