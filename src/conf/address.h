/* SPDX-License-Identifier: Apache-2.0 */
/* address.h — numeric addresses and listen addresses from text. */
#ifndef PORTAVOZ_CONF_ADDRESS_H
#define PORTAVOZ_CONF_ADDRESS_H

#include "conf/config.h"

/* All return NULL, or what is wrong, as the end of a sentence; the result is untouched then. */

/* "203.0.113.5", "2001:db8::1" or "[2001:db8::1]"; the port is 0. */
const char *address_parse(const char *text, struct config_address *ret);

/* "127.0.0.1:8088", "[::1]:8088". */
const char *address_parse_service(const char *text, struct config_address *ret);

/* "udp:0.0.0.0:5060", "tcp:[::1]:5060"; sets transport, address and length. */
const char *address_parse_listen(const char *text, struct config_listen *ret);

#endif
