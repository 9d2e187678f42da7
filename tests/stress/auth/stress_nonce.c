/* SPDX-License-Identifier: Apache-2.0 */
/* stress_nonce.c: four threads try every count of shared nonces, and no count passes twice. */
#include "auth/nonce.h"

#include <stdbool.h>
#include <string.h>

#include "lib/threads.h"

#define WORKERS  4
#define SLOTS    1024u
#define NONCES   64u     /* shared by all threads; half of them take over the words of the others */
#define COUNTS   2000u   /* tried on each */
#define ISSUED   100000u /* new nonces a thread */
#define ROOM     (1u << 20) /* slots of a table that they do not go round, so no block is worn */
#define LIFETIME 300000u
#define NOW      1000u

static struct nonces *nonces;
static struct nonce shared[NONCES];
static _Atomic uint32_t passed[NONCES][COUNTS + 1];
static _Atomic uint8_t issued[2 * WORKERS * ISSUED];
static _Atomic uint64_t accepted, refused, lost;

static struct nonce issue(void)
{
	char text[NONCE_LENGTH];
	struct nonce nonce;

	nonce_write(nonces, NOW, text);
	MUST(nonce_read(nonces, (struct pv_span){text, sizeof(text)}, NOW, &nonce) == NONCE_FRESH);
	return nonce;
}

/* All threads go through the counts in their own order, so that they meet at every word. */
static void use_often(unsigned number)
{
	for (uint32_t count = 1; count <= COUNTS; count++) {
		for (uint32_t i = 0; i < NONCES; i++) {
			uint32_t at = (i + number * 7) % NONCES;
			uint32_t near = count > number ? count - number : count;
			/* the newer half starts late: the older has used its words by then */
			if (at >= NONCES / 2 && count < COUNTS / 2)
				continue;
			switch (nonce_use(nonces, &shared[at], near)) {
			case NONCE_USED:
				MUST(atomic_fetch_add(&passed[at][near], 1) == 0);
				accepted++;
				break;
			case NONCE_REPLAY:
				refused++;
				break;
			case NONCE_LOST:
				MUST(at < NONCES / 2);
				lost++;
				break;
			}
		}
		if (count % 64 == number)
			sched_yield();
	}
}

/* No sequence number is issued to two threads. */
static void issue_often(unsigned number)
{
	(void)number;
	for (unsigned i = 0; i < ISSUED; i++) {
		uint64_t number_issued = issue().sequence - ROOM;
		MUST(number_issued < sizeof(issued));
		MUST(atomic_fetch_add(&issued[number_issued], 1) == 0);
	}
}

int main(void)
{
	MUST(nonces_new(LIFETIME, SLOTS, &nonces) == 0);
	for (uint32_t i = 0; i < NONCES / 2; i++)
		shared[i] = issue();
	for (uint32_t i = 0; i < NONCES / 2; i++)
		shared[NONCES / 2 + i] = (struct nonce){NOW, shared[i].sequence + SLOTS};
	threads_add(WORKERS, use_often);
	threads_run();
	for (uint32_t i = 0; i < NONCES / 2; i++)
		MUST(nonce_use(nonces, &shared[i], COUNTS + 1) == NONCE_LOST);
	for (uint32_t i = NONCES / 2; i < NONCES; i++)
		MUST(passed[i][COUNTS] == 1);
	MUST(accepted && refused && lost);
	nonces_free(nonces);
	MUST(nonces_new(LIFETIME, ROOM, &nonces) == 0);
	threads_add(WORKERS, issue_often);
	threads_run();
	printf("%llu passed, %llu refused, %llu lost to newer nonces\n",
		(unsigned long long)accepted, (unsigned long long)refused,
		(unsigned long long)lost);
	nonces_free(nonces);
	return 0;
}
