/* SPDX-License-Identifier: Apache-2.0 */
/* quality.c: how good a call sounds, guessed from delay and loss by the E-model (ITU-T G.107). */
#include "rtp/quality.h"

#include "base/macros.h"

/* R with all of G.107's other parameters at their defaults. */
#define RATING_BEST 93.2
/* Up to this delay talkers hardly notice, beyond it each millisecond costs more. */
#define DELAY_KNEE_MS 177.3

struct codec_row {
	double ie;  /* what the coding itself costs */
	double bpl; /* how well it bears loss, in percent */
};

static const struct codec_row codec_rows[QUALITY_CODEC_COUNT] = {[QUALITY_UNKNOWN] = {0, 25.1},
#define ROW(name, ie, bpl) [QUALITY_##name] = {ie, bpl},
	QUALITY_CODECS(ROW)
#undef ROW
};

static double delay_impairment(double delay_ms)
{
	double beyond = delay_ms - DELAY_KNEE_MS;
	return 0.024 * delay_ms + (beyond > 0 ? 0.11 * beyond : 0);
}

static double loss_impairment(const struct codec_row *row, double loss, double burst_ratio)
{
	double percent = 100 * loss;
	double burst = burst_ratio > 0 ? burst_ratio : 1;
	return row->ie + (95 - row->ie) * percent / (percent / burst + row->bpl);
}

double quality_rating(const struct quality_input *input)
{
	const struct codec_row *row = &codec_rows[input->codec];
	double rating = RATING_BEST - delay_impairment(MAX(input->delay_ms, 0)) -
			loss_impairment(row, MIN(MAX(input->loss, 0), 1), input->burst_ratio);
	return MAX(rating, 0);
}

double quality_score(double rating)
{
	if (rating <= 0)
		return 1;
	if (rating >= 100)
		return 4.5;
	double score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
	/* the polynomial dips below 1 for the smallest ratings */
	return MAX(score, 1);
}

/* RFC 3551 tables 4 and 5. */
static const struct {
	uint8_t codec;
	uint32_t rate;
} static_types[] = {
	[0] = {QUALITY_G711, 8000},
	[3] = {QUALITY_GSM, 8000},
	[4] = {QUALITY_G723, 8000},
	[5] = {QUALITY_UNKNOWN, 8000},
	[6] = {QUALITY_UNKNOWN, 16000},
	[7] = {QUALITY_UNKNOWN, 8000},
	[8] = {QUALITY_G711, 8000},
	[9] = {QUALITY_G722, 8000}, /* 8000 by an old mistake (§4.5.2) */
	[10] = {QUALITY_UNKNOWN, 44100},
	[11] = {QUALITY_UNKNOWN, 44100},
	[12] = {QUALITY_UNKNOWN, 8000},
	[13] = {QUALITY_UNKNOWN, 8000}, /* comfort noise */
	[14] = {QUALITY_UNKNOWN, 90000},
	[15] = {QUALITY_UNKNOWN, 8000},
	[16] = {QUALITY_UNKNOWN, 11025},
	[17] = {QUALITY_UNKNOWN, 22050},
	[18] = {QUALITY_G729, 8000},
	[25] = {QUALITY_UNKNOWN, 90000},
	[26] = {QUALITY_UNKNOWN, 90000},
	[28] = {QUALITY_UNKNOWN, 90000},
	[31] = {QUALITY_UNKNOWN, 90000},
	[32] = {QUALITY_UNKNOWN, 90000},
	[33] = {QUALITY_UNKNOWN, 90000},
	[34] = {QUALITY_UNKNOWN, 90000},
};

enum quality_codec quality_codec_of(uint8_t payload_type)
{
	return payload_type < ARRAY_LENGTH(static_types)
		       ? (enum quality_codec)static_types[payload_type].codec
		       : QUALITY_UNKNOWN;
}

uint32_t quality_rate_of(uint8_t payload_type)
{
	return payload_type < ARRAY_LENGTH(static_types) ? static_types[payload_type].rate : 0;
}
