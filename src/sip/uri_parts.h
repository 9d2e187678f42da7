/* SPDX-License-Identifier: Apache-2.0 */
/* uri_parts.h — what reading and comparing URIs share; internal to this floor. */
#ifndef SIP_URI_PARTS_H
#define SIP_URI_PARTS_H

#include <portavoz/uri.h>

/* Whether it is "sip:", a user or none, a host, a port or none, and no more: then pv_uri_parse
 * takes it. Only for who needs none of its parts. */
bool uri_is_plain(struct pv_span text);

/* Takes a separator and name["="value] off `rest`. `at` of a value that is absent is NULL. False
 * when the name is empty. */
bool uri_pair_next(struct pv_span *rest, unsigned classes, struct pv_span *ret_name,
	struct pv_span *ret_value);

/* Characters of a telephone number that are neither its '+' nor visual separators (RFC 3966
 * §5.1.1). */
size_t uri_tel_digits(struct pv_span number);

#endif
