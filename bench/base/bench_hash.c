/* SPDX-License-Identifier: Apache-2.0 */
/* bench_hash.c: SipHash of Call-ID-sized inputs, and random numbers. */
#include "base/random.h"
#include "base/siphash.h"
#include "lib/bench.h"

static const struct siphash_key key = {1, 2};
static char text[64] = "a84b4c76e66710@pc33.atlanta.example.com, and some more of it";

/* clang-format off */
#define HASH(function, length)                                                                     \
	static void function##_##length(uint64_t count)                                            \
	{                                                                                          \
		while (count--) {                                                                  \
			uint64_t hash = function(&key, text, length);                              \
			BENCH_KEEP(hash);                                                          \
		}                                                                                  \
	}
/* clang-format on */

HASH(siphash13, 20)
HASH(siphash13, 40)
HASH(siphash13, 60)
HASH(siphash24, 24)

static void random_numbers(uint64_t count)
{
	while (count--) {
		uint64_t value = random_u64();
		BENCH_KEEP(value);
	}
}

int main(void)
{
	bench_run("siphash13, 20 bytes", siphash13_20, 5000000);
	bench_run("siphash13, 40 bytes", siphash13_40, 5000000);
	bench_run("siphash13, 60 bytes", siphash13_60, 5000000);
	bench_run("siphash24, 24 bytes", siphash24_24, 5000000);
	bench_run("random_u64", random_numbers, 2000000);
	return 0;
}
