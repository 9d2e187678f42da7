/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h — OpenSSL's hash functions in the form that the SIP library takes. */
#ifndef AUTH_HASH_H
#define AUTH_HASH_H

#include <portavoz/digest.h>

/*
 * The table, indexed by enum pv_algorithm; NULL where OpenSSL lacks one of them (a restricted
 * provider). Any thread, any time; the algorithms are fetched by the first caller, each thread
 * keeps one context for its life.
 */
const struct pv_hash *auth_hashes(void);

#endif
