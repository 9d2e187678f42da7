/* SPDX-License-Identifier: Apache-2.0 */
/* place.c: how many relay threads there are and which core each one runs on. */
#include "media/place.h"

#include <stdbool.h>

#include "base/macros.h"

struct cores {
	int at[CPU_SETSIZE];
	unsigned count;
};

static void asked_for(const struct place_input *input, struct cores *cores)
{
	for (unsigned i = 0; i < input->pin_count && cores->count < CPU_SETSIZE; i++)
		if (input->pin[i] < CPU_SETSIZE && CPU_ISSET(input->pin[i], &input->allowed))
			cores->at[cores->count++] = (int)input->pin[i];
}

static void left_by_workers(const struct place_input *input, struct cores *cores)
{
	bool is_pinned = CPU_COUNT(&input->worker_cores) > 0;
	unsigned skip = is_pinned ? 0 : input->workers;
	for (int core = 0; core < CPU_SETSIZE; core++) {
		if (!CPU_ISSET(core, &input->allowed) || CPU_ISSET(core, &input->worker_cores))
			continue;
		if (skip > 0)
			skip--;
		else
			cores->at[cores->count++] = core;
	}
}

unsigned place_threads(const struct place_input *input, int *ret_cores, unsigned most)
{
	struct cores cores = {.count = 0};
	asked_for(input, &cores);
	if (cores.count == 0)
		left_by_workers(input, &cores);
	unsigned allowed = (unsigned)CPU_COUNT(&input->allowed);
	unsigned threads = input->threads    ? input->threads
			   : cores.count > 0 ? cores.count
					     : allowed / 2; /* shared with the workers */
	threads = MIN(MAX(threads, 1), most);
	for (unsigned i = 0; i < threads; i++)
		ret_cores[i] = cores.count > 0 ? cores.at[i % cores.count] : PLACE_ANYWHERE;
	return threads;
}
