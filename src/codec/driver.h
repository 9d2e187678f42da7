/* SPDX-License-Identifier: Apache-2.0 */
/* driver.h: what a codec brings: the functions behind codec.h. */
#ifndef CODEC_DRIVER_H
#define CODEC_DRIVER_H

#include "codec/codec.h"

#define CODEC_RATES_MOST 3

/*
 * `state` is as many bytes as the driver says it needs. A driver whose size functions are NULL is
 * one that was not built. What has no `conceal` is concealed from the samples before.
 */
struct codec_driver {
	size_t (*decoder_size)(void);
	size_t (*encoder_size)(void);
	int (*decoder_init)(void *state, uint32_t rate);
	int (*encoder_init)(void *state, uint32_t rate, const struct codec_settings *settings);
	/* NULL: what is not there costs nothing, or cannot be left out */
	void (*narrow)(void *state, uint32_t rate, const struct codec_settings *settings);
	/* NULL: an encoder knows nothing that its decoder must know, or sends it again */
	void (*follow)(void *encoder, const void *decoder);
	/* Samples, or -EBADMSG; there is room for `room` of them. */
	int (*decode)(void *state, const uint8_t *payload, size_t length, int16_t *ret_samples,
		size_t room);
	int (*conceal)(void *state, const uint8_t *next, size_t next_length, size_t count,
		int16_t *ret_samples);
	int (*encode)(void *state, const int16_t *samples, size_t count, uint8_t *ret_payload,
		size_t room);
	void (*settings)(struct pv_span fmtp, struct codec_settings *ret);
	const uint8_t *packet_ms;         /* that it has frames of, rising, 0 ends; NULL: any */
	uint32_t rates[CODEC_RATES_MOST]; /* that it codes at; 0: no more */
};

extern const struct codec_driver codec_pcmu, codec_pcma, codec_g722, codec_opus;

#endif
