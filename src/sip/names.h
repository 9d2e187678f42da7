/* SPDX-License-Identifier: Apache-2.0 */
/* names.h — header names where they stand, at the start of a line; internal to this floor. */
#ifndef SIP_NAMES_H
#define SIP_NAMES_H

#include <portavoz/message.h>

/*
 * As pv_header_of for the name at `line` with its ':' right behind, up to 15 bytes long and without
 * a control character. 16 bytes may be read: all of them are compared at once.
 */
enum pv_header header_of_line(const char *line, size_t length);

#endif
