/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_steering.c: where the kernel's program is sure of a home, it is the home. */
#include "fuzz.h"
#include "lib/steering_sides.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct worker_group workers = {.home_key = {1, 2}};
	const char *text = (const char *)data;
	for (workers.count = 2; workers.count < WORKERS_MAX; workers.count += 5)
		MUST(steering_agrees(steering_user_side(&workers, text, size),
			steering_kernel_side(&workers, text, size)));
	return 0;
}
