/* SPDX-License-Identifier: Apache-2.0 */
/* tone.h: a tone made, and looked for in samples. */
#ifndef TESTS_TONE_H
#define TESTS_TONE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define TONE_PI 3.14159265358979323846

/* `count` samples of `hertz` with that amplitude; `at` is how many there were before. */
static inline void tone_make(
	int16_t *samples, size_t count, size_t at, double hertz, uint32_t rate, double amplitude)
{
	for (size_t i = 0; i < count; i++)
		samples[i] = (int16_t)lrint(
			amplitude * sin(2 * TONE_PI * hertz * (double)(at + i) / rate));
}

/* The amplitude with which `hertz` is in the samples: one term of the Fourier sum. */
static inline double tone_amplitude(
	const int16_t *samples, size_t count, double hertz, uint32_t rate)
{
	double re = 0, im = 0;
	for (size_t i = 0; i < count; i++) {
		double phase = 2 * TONE_PI * hertz * (double)i / rate;
		re += samples[i] * cos(phase);
		im += samples[i] * sin(phase);
	}
	return 2 * sqrt(re * re + im * im) / (double)count;
}

/* The amplitude of a tone that would have the power of all the samples. */
static inline double tone_level(const int16_t *samples, size_t count)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += (double)samples[i] * samples[i];
	return sqrt(2 * sum / (double)count);
}

#endif
