/* SPDX-License-Identifier: Apache-2.0 */
/* fastpath.h: forwarding in the kernel: whether there is any, on which interfaces, and the entries.
 */
#ifndef MEDIA_FASTPATH_FASTPATH_H
#define MEDIA_FASTPATH_FASTPATH_H

#include <net/if.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/address.h"
#include "media/fastpath/kernel.h"
#include "media/fastpath/refusals.h"

/*
 * Who may call what, when
 *
 *   fastpath_new, _free                   main; no relay thread runs
 *   fastpath_configure, _hear, _look      main
 *   fastpath_read_status                  main
 *   all others                            a relay thread, for flows of its own ports
 *
 * A relay thread installs and removes entries by writing memory that the program reads: no system
 * call, no lock. Only main needs capabilities, to load the program and attach it to interfaces.
 */

#define FASTPATH_INTERFACES_MAX 64
#define FASTPATH_NAMES_MAX      32
#define FASTPATH_WHY_MAX        160
/* Between two installations in one flow: far longer than the program runs. */
#define FASTPATH_REST_MS 100

enum fastpath_state {
	FASTPATH_OFF,         /* the configuration says so */
	FASTPATH_UNAVAILABLE, /* it would be, but */
	FASTPATH_ACTIVE,
};
extern const char *const fastpath_state_words[];

/* What the configuration says. `names` empty: the interfaces are found. */
struct fastpath_wish {
	bool is_off;
	unsigned count;
	char names[FASTPATH_NAMES_MAX][IF_NAMESIZE];
};

struct fastpath_config {
	struct media_address locals[FASTPATH_LOCALS]; /* of the media, any port */
	unsigned local_count;
	uint16_t port_first, port_last;       /* media.ports */
	const struct fastpath_kernel *kernel; /* NULL: the one that is built */
	struct fastpath_wish wish;
};

/* How often somebody has taken the program away. */
struct fastpath_losses {
	bool is_open;     /* it is away */
	uint32_t wait_ms; /* after the last loss, before the program came back, or comes; 0: none */
	uint64_t since_ms; /* attached, lost or tried */
};

/* Owner: main. Relay threads read the atomics. */
struct fastpath_interface {
	_Atomic uint32_t index; /* 0: this place is free */
	_Atomic uint32_t mtu;   /* 0: the program is not there */
	struct fastpath_losses losses;
	struct fastpath_link link;
	char name[IF_NAMESIZE];
};

/* Owner: main. Lifetime: longer than the relay threads'. */
struct fastpath {
	struct fastpath_config config;
	const struct fastpath_kernel *kernel;
	struct fastpath_program *program; /* NULL: not loaded */
	struct fastpath_memory memory;
	struct fastpath_size size;
	struct fastpath_interface interfaces[FASTPATH_INTERFACES_MAX];
	struct fastpath_refusals refusals;
	uint64_t digest; /* of interfaces and addresses, when they were read last */
	int news_fd;     /* rtnetlink; -1: none */
	int policies;    /* of IPsec, or -errno: nothing is attached unless there are none */
	int policies_fd; /* news of those; -1: none */
	uint64_t now_ms, looked_ms; /* of the last tick; of the last look */
	bool has_regained;          /* in the last look: an interface has its program again */
	enum fastpath_state state;
	char why[FASTPATH_WHY_MAX]; /* it is not active; "" else */
	_Atomic bool is_active;
	_Atomic uint32_t changes; /* counts changes of interfaces, addresses, routes, rules */
	_Atomic uint32_t entries; /* installed, by all threads */
};

/*
 * Loads the program and attaches it, as far as the configuration wants that and the kernel allows
 * it; the object says how it went. 0, or -ENOMEM or -EINVAL.
 */
int fastpath_new(struct fastpath **ret_fastpath, const struct fastpath_config *config);
/* Detached and unloaded: nothing of it stays in the kernel. NULL is accepted. */
void fastpath_free(struct fastpath *fastpath);

/* After a reload: another wish. Interfaces that stay are left alone. True: another state. */
bool fastpath_configure(struct fastpath *fastpath, const struct fastpath_wish *wish);
/* `news_fd` is readable: interfaces, addresses, routes or rules have changed. True: another state.
 * Not to be called more than once a second: after it each open session may ask for its routes. */
bool fastpath_hear(struct fastpath *fastpath);

/* With each tick of main: whether somebody has taken the program away is looked at every 5 s,
 * policies of IPsec when they have changed. True: another state, or an interface has its program
 * again. */
bool fastpath_look(struct fastpath *fastpath, uint64_t now_ms);

/* The next interface that is wanted and has no program, and was not told of yet; NULL: all were. */
const struct fastpath_refusal *fastpath_unsaid(struct fastpath *fastpath);

/* For `portavozctl media fastpath`. */
struct fastpath_status {
	enum fastpath_state state;
	const char *why;
	unsigned interface_count;
	char interfaces[FASTPATH_INTERFACES_MAX][IF_NAMESIZE];
	unsigned refusal_count;
	const struct fastpath_refusal *refusals; /* the object's, until the next call of main */
	uint32_t entries;
	uint64_t rows[FASTPATH_ROWS]; /* enum fastpath_row */
};
void fastpath_read_status(const struct fastpath *fastpath, struct fastpath_status *ret_status);
/* Words of the rows: "hits", then the causes of misses. */
extern const char *const fastpath_row_words[FASTPATH_ROW_COUNT];

/* ---- relay threads ---- */

/* Whether entries are of use. */
static inline bool fastpath_is_active(const struct fastpath *fastpath)
{
	return fastpath && atomic_load_explicit(&fastpath->is_active, memory_order_acquire);
}

/* Another number: routes must be asked again. */
static inline uint32_t fastpath_changes(const struct fastpath *fastpath)
{
	return atomic_load_explicit(&fastpath->changes, memory_order_acquire);
}

/* The MTU of an interface that the program is attached to; 0: it is not. */
uint32_t fastpath_mtu(const struct fastpath *fastpath, uint32_t interface);

/* The thread was round: its entries count for 3 s more. */
void fastpath_beat(struct fastpath *fastpath, unsigned thread, uint64_t now_ns);

/* The flow of an RTP port on the n-th local address. */
struct fastpath_flow *fastpath_flow(const struct fastpath *fastpath, uint16_t port, unsigned local);

/* What is installed. Addresses are of one family. */
struct fastpath_way {
	struct media_address from, at, out_from, out_to;
	uint32_t in_interface; /* that its packets come by: others go up */
	uint32_t interface, mtu;
	uint32_t priority;               /* SO_PRIORITY of the socket that would send */
	uint64_t types[2];               /* both 0: any */
	uint8_t others[FASTPATH_OTHERS]; /* of struct fastpath_entry */
	uint32_t rate;
	uint32_t rate_most;
	uint8_t dscp, thread;
};

/* -EAGAIN: too soon after the last one. The flow's receiver must be right before. */
int fastpath_install(struct fastpath *fastpath, struct fastpath_flow *flow,
	const struct fastpath_way *way, uint64_t now_ms);
/* Whether that is installed just so. */
bool fastpath_is_installed(const struct fastpath *fastpath, const struct fastpath_flow *flow,
	const struct fastpath_way *way);
/* Whether -EAGAIN would be the answer now. */
bool fastpath_rests(const struct fastpath_flow *flow, uint64_t now_ms);
/* Packets go up from now on; one that is under way may still be forwarded. */
void fastpath_remove(struct fastpath *fastpath, struct fastpath_flow *flow);

/* What was forwarded, and dropped, of a flow, ever. */
struct fastpath_seen {
	uint64_t packets, bytes, dropped;
	uint64_t heard_ns;
};
void fastpath_read_flow(const struct fastpath_flow *flow, struct fastpath_seen *ret_seen);

#endif
