/* SPDX-License-Identifier: Apache-2.0 */
/* peer_none.c — no other library's parser is installed. */
#include "peer.h"

const char *peer_name(void)
{
	return NULL;
}

int peer_parse(const char *bytes, size_t length)
{
	(void)bytes;
	(void)length;
	return -1;
}
