/* SPDX-License-Identifier: Apache-2.0 */
/* scalar.c: the mix a sample at a time; built without vectorizer. */
#include "scalar.h"

#include "base/macros.h"

static inline int16_t saturate(int32_t value)
{
	value = MIN(value, INT16_MAX);
	return (int16_t)MAX(value, INT16_MIN);
}

void scalar_add(struct mix *mix, const int16_t *samples)
{
	for (uint32_t i = 0; i < mix->count; i++)
		mix->sum[i] += samples[i];
}

void scalar_all(const struct mix *mix, int16_t *ret_samples)
{
	for (uint32_t i = 0; i < mix->count; i++)
		ret_samples[i] = saturate(mix->sum[i]);
}

void scalar_without(const struct mix *mix, const int16_t *own, int16_t *ret_samples)
{
	for (uint32_t i = 0; i < mix->count; i++)
		ret_samples[i] = saturate(mix->sum[i] - own[i]);
}

uint32_t scalar_power(const int16_t *samples, size_t count)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += (uint32_t)(samples[i] * samples[i]);
	return (uint32_t)(sum / count);
}
