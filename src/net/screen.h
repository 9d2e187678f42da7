/* SPDX-License-Identifier: Apache-2.0 */
/* screen.h: how many new requests a source address may send, in a table of fixed size. */
#ifndef NET_SCREEN_H
#define NET_SCREEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/siphash.h"
#include "net/address.h"

#define SCREEN_SETS 4096
#define SCREEN_WAYS 4

/*
 * Who may call what, when
 *
 *   screen_init, screen_done    main, while no worker runs
 *   screen_admit                any worker, any time: takes no lock
 *   screen_set                  main, any time: what is admitted meanwhile goes by the old or the
 * new
 *
 * One bucket for each source, whichever worker its datagrams land on. A bucket is one word: 20 bits
 * of the hash of the address over the moment at which it would be full again, in units of 10 µs. A
 * stranger who needs a place takes that of the source which has been quiet longest: the table
 * forgets, it never grows. The hash is keyed, so nobody can aim at a neighbour's place.
 */
struct screen {
	_Atomic uint64_t *buckets;
	struct siphash_key key;
	_Atomic uint64_t interval; /* units a token is worth; 0: no limit */
	_Atomic uint64_t burst;    /* units of a whole bucket */
};

/* `rate` new requests a second (0 = no limit), `burst` of them at once (0 = the rate). 0 or -errno.
 */
int screen_init(struct screen *screen, uint32_t rate, uint32_t burst);
void screen_done(struct screen *screen);
/* The same from now on, for a reload. Who has spent more than the new burst waits until he has not.
 */
void screen_set(struct screen *screen, uint32_t rate, uint32_t burst);

/* Takes a token of the address (its port does not count); false: refuse. */
bool screen_admit(struct screen *screen, const struct net_address *source, uint64_t now_ns);

#endif
