/* SPDX-License-Identifier: Apache-2.0 */
/* interfaces.h: which network interfaces there are, which of them carry media, and when that
 * changes. */
#ifndef MEDIA_FASTPATH_INTERFACES_H
#define MEDIA_FASTPATH_INTERFACES_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/address.h"

struct interface_row {
	uint32_t index, mtu;
	bool is_up;
	bool is_usable; /* Ethernet or loopback: frames have the header that the program skips */
	bool has_ipv4, has_ipv6; /* an address of that family, link-local ones aside */
	char name[IF_NAMESIZE];
};

/* Those of this network namespace; at most `most`. How many. Allocates; main only. */
unsigned interfaces_read(struct interface_row *rows, unsigned most);

/*
 * Whether packets for one of the media's addresses may come in there: it is up, and has an address
 * of such a family. An address may be another interface's, as where a router leads to one on lo.
 */
bool interface_carries(
	const struct interface_row *row, const struct media_address *locals, unsigned count);

/* A non-blocking socket that is readable when interfaces, addresses or routes change; or -1. */
int interfaces_listen(void);
/* Reads all that there is; false: nothing was there. */
bool interfaces_drain(int fd);

#endif
