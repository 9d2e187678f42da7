/* SPDX-License-Identifier: Apache-2.0 */
/* splice.c: the one stream that a listener hears, put together from many. */
#include "sound/splice.h"

#include "base/random.h"
#include "rtp/bytes.h"

#define MARKER 0x80

/* A packet that is more than so many ahead or behind does not belong to the numbering (RFC 3550
 * A.1: MAX_DROPOUT); the next one tells whether there is a new one. */
#define LEAP_MOST 3000
#define LATE_MOST 64 /* as many as `seen` knows of */
/* Time stamps may run before the clock by so much: since the packet before, ... */
#define EARLY_MS_MOST 2000
/* ... and since the run began. Its first packet may have been held up by the network, or be the
 * first of a pre-buffer that is played out at once; phones that count twice too fast are. */
#define RUN_EARLY_MS_MOST 500
/* What a listener got may end so much after now: as long as a pre-buffer. More than that is not
 * sound that is still to be heard, but time stamps that ran ahead. */
#define LEAD_MS_MOST 400
/* The longest packet that a length is learned from, and the length until there is one. */
#define PACKET_MS_MOST 120
#define PACKET_MS      20
/* Numbers of a run begin here, so that there are some before it. */
#define NUMBER_FIRST 0x10000
/* Runs that are cut in parts are so far from each other, and from those that are not. */
#define PARTS_SHIFT 26
/* A stream that is behind the clock by no more goes on as if there had been no pause: packets do
 * not come on the dot. */
#define SLACK_MS 60

static uint32_t ticks_of(uint32_t clock_ms, uint64_t ns)
{
	return (uint32_t)(ns / 1000 * clock_ms / 1000);
}

/* ---- what comes ---- */

void splice_source_begin(struct splice_source *source, uint32_t clock)
{
	*source = (struct splice_source){.clock_ms = clock / 1000};
	random_bytes(&source->run, sizeof(source->run));
}

void splice_source_anew(struct splice_source *source)
{
	source->seen = 0;
	source->is_probing = false;
}

static void begin_run(
	struct splice_source *source, const struct rtp_packet *packet, uint64_t now_ns)
{
	source->run++;
	source->ssrc = packet->ssrc;
	source->newest = NUMBER_FIRST;
	source->skipped = source->barrier = 0;
	source->sequence = packet->sequence;
	source->timestamp = source->begun_timestamp = packet->timestamp;
	source->begun_ns = now_ns;
	source->ticks = PACKET_MS * source->clock_ms;
	source->seen = 1;
	source->is_probing = false;
}

/* How far the packet is ahead of the newest one. */
static int ahead_of(const struct splice_source *source, const struct rtp_packet *packet)
{
	return (int16_t)(uint16_t)(packet->sequence - source->sequence);
}

/* Whether its number is out of all order, and not confirmed by the packet before it either. */
static bool is_astray(struct splice_source *source, const struct rtp_packet *packet, int ahead)
{
	bool is_confirmed = source->is_probing && packet->sequence == source->probe;
	source->is_probing = !is_confirmed && (ahead > LEAP_MOST || ahead <= -LATE_MOST);
	source->probe = (uint16_t)(packet->sequence + 1);
	return source->is_probing;
}

/* Whether a later packet says a time that cannot be: the source's clock was set. */
static bool is_clock_set(
	const struct splice_source *source, const struct rtp_packet *packet, uint64_t now_ns)
{
	int32_t gone = (int32_t)(packet->timestamp - source->timestamp);
	uint64_t most_ms = (now_ns - source->at_ns) / 1000000 + EARLY_MS_MOST;
	uint32_t clock =
		source->begun_timestamp + ticks_of(source->clock_ms, now_ns - source->begun_ns);
	int32_t early = (int32_t)(packet->timestamp - clock);
	return gone < 0 || (uint64_t)gone > most_ms * source->clock_ms ||
	       early > (int32_t)(RUN_EARLY_MS_MOST * source->clock_ms);
}

static void learn_length(struct splice_source *source, const struct rtp_packet *packet, int ahead)
{
	uint32_t gone = packet->timestamp - source->timestamp;
	if (ahead == 1 && !packet->marker && gone > 0 && gone <= PACKET_MS_MOST * source->clock_ms)
		source->ticks = gone;
}

static void advance(struct splice_source *source, const struct rtp_packet *packet, int ahead)
{
	source->newest += (uint32_t)ahead;
	source->sequence = packet->sequence;
	source->seen = (ahead < LATE_MOST ? source->seen << ahead : 0) | 1;
}

/* An older one: whether it is the first of its number. */
static enum splice_place place_behind(struct splice_source *source, int behind)
{
	uint64_t bit = UINT64_C(1) << behind;
	if (source->seen & bit) {
		source->duplicates++;
		return SPLICE_DUPLICATE;
	}
	source->seen |= bit;
	if (source->newest - (uint32_t)behind >= source->barrier)
		return SPLICE_NEW;
	source->late++;
	return SPLICE_LATE;
}

/* SPLICE_NEW with *ret_number, or why not. */
static enum splice_place place_of(struct splice_source *source, const struct rtp_packet *packet,
	uint64_t now_ns, uint32_t *ret_number)
{
	int ahead = ahead_of(source, packet);
	bool is_fresh = !source->seen || packet->ssrc != source->ssrc;
	if (!is_fresh && is_astray(source, packet, ahead)) {
		source->late++;
		return SPLICE_LATE;
	}
	is_fresh = is_fresh || ahead > LEAP_MOST || ahead <= -LATE_MOST;
	if (is_fresh || (ahead > 0 && is_clock_set(source, packet, now_ns))) {
		begin_run(source, packet, now_ns);
	} else if (ahead <= 0) {
		*ret_number = source->newest - (uint32_t)-ahead - source->skipped;
		return place_behind(source, -ahead);
	} else {
		learn_length(source, packet, ahead);
		advance(source, packet, ahead);
		source->timestamp = packet->timestamp;
	}
	source->at_ns = now_ns;
	*ret_number = source->newest - source->skipped;
	return SPLICE_NEW;
}

enum splice_place splice_source_packet(struct splice_source *source,
	const struct rtp_packet *packet, uint64_t now_ns, struct splice_packet *ret_packet)
{
	uint32_t number;
	enum splice_place place = place_of(source, packet, now_ns, &number);
	if (place != SPLICE_NEW)
		return place;
	*ret_packet = (struct splice_packet){.source = source,
		.run = source->run,
		.number = number,
		.timestamp = packet->timestamp,
		.ticks = source->ticks,
		.payload_length = (uint32_t)packet->payload_length,
		.marker = packet->marker};
	return SPLICE_NEW;
}

struct splice_packet splice_part(
	const struct splice_packet *whole, uint32_t ticks, unsigned parts, unsigned part)
{
	struct splice_packet cut = *whole;
	/* the source's own runs are as many as talks, and do not come there */
	cut.run = whole->run + (parts << PARTS_SHIFT);
	cut.number = whole->number * parts + part;
	cut.timestamp = whole->timestamp + part * ticks;
	cut.ticks = ticks;
	cut.marker = whole->marker && part == 0;
	return cut;
}

void splice_source_skip(
	struct splice_source *source, const struct rtp_packet *packet, uint64_t now_ns)
{
	int ahead = ahead_of(source, packet);
	if (!source->seen || packet->ssrc != source->ssrc || ahead <= -LATE_MOST ||
		ahead > LEAP_MOST)
		return;
	if (ahead <= 0) {
		source->seen |= UINT64_C(1) << -ahead;
		return;
	}
	/* its time stamp is the event's, and says nothing of the sound; what is missing below it
	 * can not be numbered any more */
	advance(source, packet, ahead);
	source->skipped++;
	source->barrier = source->newest;
}

/* ---- what goes ---- */

void splice_set(struct splice *splice, uint32_t clock, uint8_t payload_type, uint64_t now_ns)
{
	splice->payload_type = payload_type;
	if (splice->is_begun && splice->clock_ms == clock / 1000)
		return;
	*splice = (struct splice){.clock_ms = (uint16_t)(clock / 1000),
		.payload_type = payload_type,
		.from_ns = now_ns,
		.is_begun = true,
		.wants_marker = true};
	/* numbers that nobody guesses (RFC 3550 §5.1) */
	random_bytes(&splice->ssrc, sizeof(splice->ssrc));
	random_bytes(&splice->timestamp, sizeof(splice->timestamp));
	random_bytes(&splice->sequence, sizeof(splice->sequence));
	splice->from_timestamp = splice->timestamp;
}

uint32_t splice_timestamp(const struct splice *splice, uint64_t now_ns)
{
	return splice->from_timestamp + ticks_of(splice->clock_ms, now_ns - splice->from_ns);
}

/* Time stamps that ran too far ahead: the clock is where they are. */
static void limit_lead(struct splice *splice, uint64_t now_ns)
{
	uint32_t next = splice->timestamp + splice->ticks;
	int32_t ahead = (int32_t)(next - splice_timestamp(splice, now_ns));
	int32_t most = LEAD_MS_MOST * splice->clock_ms;
	if (ahead > most)
		splice->from_timestamp += (uint32_t)(ahead - most);
}

uint32_t splice_ahead_ms(struct splice *splice, uint64_t now_ns)
{
	limit_lead(splice, now_ns);
	uint32_t next = splice->timestamp + splice->ticks;
	int32_t ahead = (int32_t)(next - splice_timestamp(splice, now_ns));
	return ahead > 0 && splice->clock_ms ? (uint32_t)ahead / splice->clock_ms : 0;
}

/* The time stamp with which something else goes on: right behind what went, or, after a pause,
 * where the clock is. */
static uint32_t next_timestamp(struct splice *splice, uint64_t now_ns, bool *ret_is_pause)
{
	limit_lead(splice, now_ns);
	uint32_t next = splice->timestamp + splice->ticks;
	uint32_t clock = splice_timestamp(splice, now_ns);
	*ret_is_pause = (int32_t)(clock - next) > (int32_t)(SLACK_MS * splice->clock_ms);
	return *ret_is_pause ? clock : next;
}

static void write_header(struct splice *splice, uint8_t type, bool marker, uint16_t sequence,
	uint32_t timestamp, uint8_t ret_header[RTP_HEADER_SIZE])
{
	ret_header[0] = RTP_VERSION << 6;
	ret_header[1] = (uint8_t)(type | (marker ? MARKER : 0));
	bytes_put_u16(ret_header + 2, sequence);
	bytes_put_u32(ret_header + 4, timestamp);
	bytes_put_u32(ret_header + 8, splice->ssrc);
	splice->packets++;
}

static void join(struct splice *splice, const struct splice_packet *packet, uint64_t now_ns)
{
	bool is_pause;
	splice->source = packet->source;
	splice->run = packet->run;
	splice->first = packet->number;
	splice->highest = packet->number - 1;
	splice->number_offset = (uint16_t)(splice->sequence + 1 - packet->number);
	splice->time_offset = next_timestamp(splice, now_ns, &is_pause) - packet->timestamp;
	splice->wants_marker = true;
}

bool splice_forward(struct splice *splice, const struct splice_packet *packet, uint64_t now_ns,
	uint8_t ret_header[RTP_HEADER_SIZE])
{
	if (splice->run != packet->run || splice->source != packet->source)
		join(splice, packet, now_ns);
	else if ((int32_t)(packet->number - splice->first) < 0)
		return false;
	uint16_t sequence = (uint16_t)(packet->number + splice->number_offset);
	uint32_t timestamp = packet->timestamp + splice->time_offset;
	write_header(splice, splice->payload_type, packet->marker || splice->wants_marker, sequence,
		timestamp, ret_header);
	splice->octets += packet->payload_length;
	splice->wants_marker = false;
	if ((int32_t)(packet->number - splice->highest) > 0) {
		splice->highest = packet->number;
		splice->sequence = sequence;
		splice->timestamp = timestamp;
		splice->ticks = (uint16_t)packet->ticks;
	}
	return true;
}

void splice_own(struct splice *splice, uint8_t payload_type, unsigned ms, size_t payload_length,
	bool marker, uint64_t now_ns, uint8_t ret_header[RTP_HEADER_SIZE])
{
	bool is_pause;
	splice->timestamp = next_timestamp(splice, now_ns, &is_pause);
	splice->sequence++;
	splice->ticks = (uint16_t)(ms * splice->clock_ms);
	splice->source = NULL;
	/* it begins talk (RFC 3551 §4.1): comfort noise and what only keeps alive do not */
	bool is_sound = payload_type == splice->payload_type;
	bool is_beginning = is_sound && (marker || is_pause || splice->wants_marker);
	write_header(splice, payload_type, is_beginning, splice->sequence, splice->timestamp,
		ret_header);
	splice->octets += (uint32_t)payload_length;
	splice->wants_marker = splice->wants_marker && !is_sound;
}
