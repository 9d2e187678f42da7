/* SPDX-License-Identifier: Apache-2.0 */
/* bench_mix.c: what a frame of 20 ms costs in each step of a mix, beside the same a sample at a
 * time, and a whole group of G.711 members who all talk. */
#include <stdlib.h>

#include "codec/codec.h"
#include "lib/bench.h"
#include "scalar.h"

#define VOICES 64

static struct mix mix;
static int16_t voices[VOICES][MIX_SAMPLES_MAX], mixed[MIX_SAMPLES_MAX];
static uint8_t payloads[VOICES][160], coded[CODEC_FRAME_BYTES_MAX];
static struct codec_decoder *decoder;
static struct codec_encoder *encoder;
static size_t samples;

/* One operation a name: on voice i. */
#define RUN(name, operation)                                       \
	static void name(uint64_t count)                           \
	{                                                          \
		for (uint64_t i = 0; i < count; i++) {             \
			const int16_t *voice = voices[i % VOICES]; \
			operation;                                 \
			BENCH_KEEP(voice);                         \
		}                                                  \
	}

static volatile uint32_t sink;

RUN(run_add, mix_add(&mix, voice))
RUN(run_add_scalar, scalar_add(&mix, voice))
RUN(run_all, mix_all(&mix, mixed))
RUN(run_all_scalar, scalar_all(&mix, mixed))
RUN(run_without, mix_without(&mix, voice, mixed))
RUN(run_without_scalar, scalar_without(&mix, voice, mixed))
RUN(run_power, sink = mix_power(voice, samples))
RUN(run_power_scalar, sink = scalar_power(voice, samples))

/* All decode, all talk, each hears the others: an operation is one member's frame. */
static void run_group(uint64_t count)
{
	for (uint64_t done = 0; done < count; done += VOICES) {
		mix_clear(&mix, 160);
		for (unsigned i = 0; i < VOICES; i++) {
			codec_decode(decoder, payloads[i], 160, voices[i]);
			mix_add(&mix, voices[i]);
		}
		for (unsigned i = 0; i < VOICES; i++) {
			mix_without(&mix, voices[i], mixed);
			codec_encode(encoder, mixed, 160, coded);
			BENCH_KEEP(coded);
		}
	}
}

static void run_choice(uint64_t count)
{
	struct mix_choice choice;
	for (uint64_t done = 0; done < count; done += VOICES) {
		mix_choice_begin(&choice, 8);
		for (unsigned i = 0; i < VOICES; i++)
			mix_choice_offer(&choice, voices[i], (uint32_t)(i * 2654435761u), false);
		BENCH_KEEP(&choice);
	}
}

static uint64_t time_of(void (*run)(uint64_t count), uint64_t count)
{
	uint64_t best = UINT64_MAX;
	run(count / 10 + 1);
	for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
		mix_clear(&mix, samples);
		uint64_t start = bench_now_ns();
		run(count);
		uint64_t took = bench_now_ns() - start;
		best = took < best ? took : best;
	}
	return best;
}

static void compare(const char *what, void (*run)(uint64_t), void (*scalar)(uint64_t))
{
	enum { COUNT = 100000 };
	char name[64];
	uint64_t ours = time_of(run, COUNT), theirs = time_of(scalar, COUNT);
	snprintf(name, sizeof(name), "%s, %zu samples", what, samples);
	printf("%-34s %8.1f ns   a sample at a time %8.1f ns   %4.1f times\n", name,
		(double)ours / COUNT, (double)theirs / COUNT, (double)theirs / (double)ours);
}

int main(void)
{
	static const struct codec_settings plain;
	for (unsigned i = 0; i < VOICES; i++)
		for (unsigned j = 0; j < MIX_SAMPLES_MAX; j++)
			voices[i][j] = (int16_t)(random() % 8000 - 4000);
	for (samples = 160; samples <= 960; samples *= samples == 160 ? 2 : 3) {
		compare("add", run_add, run_add_scalar);
		compare("all, saturated", run_all, run_all_scalar);
		compare("all but one, saturated", run_without, run_without_scalar);
		compare("power", run_power, run_power_scalar);
	}
	decoder = malloc(codec_decoder_size());
	encoder = malloc(codec_encoder_size());
	if (codec_decoder_init(decoder, CODEC_PCMU, 8000) < 0 ||
		codec_encoder_init(encoder, CODEC_PCMU, 8000, &plain) < 0)
		return 1;
	for (unsigned i = 0; i < VOICES; i++)
		codec_encode(encoder, voices[i], 160, payloads[i]);
	bench_run("a PCMU member's 20 ms where all 64 talk", run_group, 64000);
	bench_run("choosing 8 of 64, each", run_choice, 64000);
	free(decoder);
	free(encoder);
	return 0;
}
