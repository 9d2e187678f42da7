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
	bool is_up, has_carrier;
	bool is_usable; /* Ethernet or loopback: frames have the header that the program skips */
	bool has_ipv4, has_ipv6; /* an address of that family, link-local ones aside */
	uint64_t addresses;      /* a sum of those; another one: they have changed */
	char name[IF_NAMESIZE];
};

struct interfaces {
	struct interface_row *rows;
	unsigned count;
};

/* All of this network namespace that have a hardware address, or lo's. Main only. The caller gives
 * them back by interfaces_done. 0 or -errno. */
int interfaces_read(struct interfaces *ret);
void interfaces_done(struct interfaces *all);

/* Another number: something about it has changed that may concern media. */
uint64_t interface_digest(const struct interface_row *row);

/*
 * Whether packets for one of the media's addresses may come in there: it is up, and has an address
 * of such a family. An address may be another interface's, as where a router leads to one on lo.
 */
bool interface_carries(
	const struct interface_row *row, const struct media_address *locals, unsigned count);

/* A non-blocking socket that is readable when interfaces or addresses change, or routes or rules of
 * the families of `locals`; or -1. */
int interfaces_listen(const struct media_address *locals, unsigned count);

enum interfaces_news {
	INTERFACES_NO_NEWS, /* nothing was there */
	INTERFACES_LINKS,   /* of links and addresses: interfaces_read says what has come of it */
	INTERFACES_WAYS,    /* of routes or rules, too, that a packet of media may go by */
};
/* Reads all that there is. */
enum interfaces_news interfaces_drain(int fd);

#endif
