/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h — another library's parser, where one is installed. */
#ifndef BENCH_SIP_PEER_H
#define BENCH_SIP_PEER_H

#include <stddef.h>

/* NULL when there is none. */
const char *peer_name(void);
/* Parses and frees one message. 0, or -1. */
int peer_parse(const char *bytes, size_t length);

#endif
