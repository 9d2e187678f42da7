/* SPDX-License-Identifier: Apache-2.0 */
/* quality.h: how good a call sounds, guessed from delay and loss by the E-model (ITU-T G.107). */
#ifndef RTP_QUALITY_H
#define RTP_QUALITY_H

#include <stdint.h>

/*
 * What ITU-T G.113 (2007) Appendix I has figures for: Ie of table I.1, Bpl of table I.4, which
 * rates G.729A with its VAD (Annex B); others count as the nearest of them. Without concealment
 * G.711 would have a Bpl of 4.3. Figures for wideband codecs are on another scale, which ends at
 * 129 (G.107.1), and say nothing beside these.
 */
/* clang-format off */
#define QUALITY_CODECS(ROW)                                                               \
	/*  name     Ie  Bpl */                                                           \
	ROW(G711,     0, 25.1) /* with concealment, as all of today's phones */           \
	ROW(G722,     0, 25.1) /* no figure on this scale: as G.711 */                    \
	ROW(OPUS,     0, 25.1) /* likewise; conceals better than that */                  \
	ROW(G729,    11, 19.0) /* G.729A */                                               \
	ROW(G723,    15, 16.1) /* 6.3 kbit/s */                                           \
	ROW(GSM,     20, 10.0) /* full rate; robustness as that of the enhanced one */    \
	ROW(GSM_EFR,  5, 10.0)
/* clang-format on */

enum quality_codec {
	QUALITY_UNKNOWN, /* not told: by the payload type where that is static, else as G.711 */
#define ROW(name, ie, bpl) QUALITY_##name,
	QUALITY_CODECS(ROW)
#undef ROW
		QUALITY_CODEC_COUNT,
};

/* What the model is asked. */
struct quality_input {
	enum quality_codec codec;
	double delay_ms;    /* one way, from mouth to ear */
	double loss;        /* share of packets, 0 to 1 */
	double burst_ratio; /* 1 random loss, more when losses come together; 0 is taken for 1 */
};

/* The rating R, 0 to 93.2: the default 93.2 of G.107 less the impairments of delay (in Cole and
 * Rosenbluth's piecewise linear form) and of codec and loss (§7.5 there). */
double quality_rating(const struct quality_input *input);

/* The mean opinion score of a rating, 1 to 4.5 (G.107 Annex B). */
double quality_score(double rating);

/* Of a static payload type (RFC 3551 §6); QUALITY_UNKNOWN for the others. */
enum quality_codec quality_codec_of(uint8_t payload_type);

/* Rate of the time stamps of a static payload type in Hz; 0 for the others. */
uint32_t quality_rate_of(uint8_t payload_type);

#endif
