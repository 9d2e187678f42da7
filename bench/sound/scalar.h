/* SPDX-License-Identifier: Apache-2.0 */
/* scalar.h: the mix a sample at a time, to hold the other one against. */
#ifndef BENCH_SCALAR_H
#define BENCH_SCALAR_H

#include "sound/mix.h"

void scalar_add(struct mix *mix, const int16_t *samples);
void scalar_all(const struct mix *mix, int16_t *ret_samples);
void scalar_without(const struct mix *mix, const int16_t *own, int16_t *ret_samples);
uint32_t scalar_power(const int16_t *samples, size_t count);

#endif
