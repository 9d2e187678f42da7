/* SPDX-License-Identifier: Apache-2.0 */
/* peer_osip.c — libosip2's parser. */
#include "peer.h"

#include <sys/time.h>
#include <osipparser2/osip_parser.h>

const char *peer_name(void)
{
	return "libosip2";
}

int peer_parse(const char *bytes, size_t length)
{
	static int ready;
	osip_message_t *message;
	if (!ready)
		parser_init();
	ready = 1;
	if (osip_message_init(&message))
		return -1;
	int failed = osip_message_parse(message, bytes, length);
	osip_message_free(message);
	return failed ? -1 : 0;
}
