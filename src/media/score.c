/* SPDX-License-Identifier: Apache-2.0 */
/* score.c: how both directions of an end sounded, out of what was counted. */
#include "media/score.h"

#include <stdbool.h>

#include "base/macros.h"
#include "rtp/quality.h"

/* What nobody measures: a frame is gathered, and decoded. */
#define FRAME_MS 20.0
/* A jitter buffer holds about twice the jitter. */
#define JITTER_BUFFER 2.0

static double one_way_ms(const struct media_report *report, uint32_t jitter_us)
{
	double round_trips = report->ends[0].round_trip_us + (double)report->ends[1].round_trip_us;
	return FRAME_MS + (round_trips / 2 + JITTER_BUFFER * jitter_us) / 1000;
}

static uint16_t score(const struct media_report *report, const struct stream_end *speaker,
	uint32_t jitter_us, double loss)
{
	struct quality_input input = {
		.codec = (enum quality_codec)speaker->codec,
		.delay_ms = one_way_ms(report, jitter_us),
		.loss = loss,
	};
	return (uint16_t)(quality_score(quality_rating(&input)) * 100 + 0.5);
}

/* What an end misses of what the other one said. RTCP that is passed on counts both legs; that of a
 * transcoded session counts the second one alone, and what was lost on the first was made up, which
 * the model's codecs do as well. */
static double loss_to(const struct media_end_report *end, const struct media_end_report *other,
	bool is_transcoded)
{
	double lost = end->remote_lost > 0 ? end->remote_lost : 0;
	if (!is_transcoded)
		return lost / other->expected;
	double before = (double)other->lost / other->expected;
	double behind = end->sent > 0 ? lost / (double)end->sent : 0;
	return 1 - (1 - before) * (1 - behind);
}

void score_end(struct media_report *report, unsigned index, const struct stream_end *ends)
{
	struct media_end_report *end = &report->ends[index];
	const struct media_end_report *other = &report->ends[1 - index];
	if (end->expected > 0 && !media_end_is_mixed(end))
		end->score_from = score(
			report, &ends[index], end->jitter_us, (double)end->lost / end->expected);
	if (end->has_remote && other->expected > 0 && !media_end_is_mixed(other))
		end->score_to = score(report, &ends[1 - index], other->jitter_us,
			loss_to(end, other, report->is_transcoded));
}

void score_alone(struct media_end_report *report, const struct stream_end *end)
{
	struct media_report one = {.ends[0] = *report};
	uint32_t rate = end->receiver.unit ? end->receiver.unit : 8000;
	uint32_t remote_jitter_us = (uint32_t)(report->remote_jitter * UINT64_C(1000000) / rate);
	if (report->expected > 0 && !media_end_is_mixed(report))
		report->score_from = score(
			&one, end, report->jitter_us, (double)report->lost / report->expected);
	if (report->has_remote && report->sent > 0)
		report->score_to = score(&one, end, remote_jitter_us,
			MIN(MAX(report->remote_lost, 0) / (double)report->sent, 1));
}
