/* SPDX-License-Identifier: Apache-2.0 */
/* prebuffer.h: a leg's last packets, kept so that the first syllable is not lost. */
#ifndef SOUND_PREBUFFER_H
#define SOUND_PREBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREBUFFER_MS         300  /* what is older is forgotten */
#define PREBUFFER_BYTES      3584 /* 300 ms of G.711 in packets of 20 ms */
#define PREBUFFER_PACKET_MAX 1500

/* Whole datagrams, copied; the oldest make room. Owner: the relay thread. Zeroed memory keeps
 * nothing. */
struct prebuffer {
	uint8_t *memory; /* the caller's */
	uint32_t size;
	uint32_t head, tail; /* the oldest record, and behind the newest */
	uint32_t limit;      /* where the records end that come before the one at 0 */
	uint32_t count;
	bool is_wrapped; /* the newest lies before the oldest */
};

/* `size`: PREBUFFER_BYTES, or what the caller can afford. */
void prebuffer_begin(struct prebuffer *prebuffer, void *memory, size_t size);

void prebuffer_put(
	struct prebuffer *prebuffer, const void *datagram, size_t length, uint64_t now_ns);

/*
 * The oldest datagram not older than PREBUFFER_MS, which is taken out; good until the next _put.
 * False: none is left.
 */
bool prebuffer_take(struct prebuffer *prebuffer, uint64_t now_ns, const uint8_t **ret_datagram,
	size_t *ret_length, uint64_t *ret_came_ns);

/* Forgets what came before: silence that nobody needs to hear. UINT64_MAX: all. */
void prebuffer_forget(struct prebuffer *prebuffer, uint64_t before_ns);

#endif
