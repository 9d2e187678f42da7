/* SPDX-License-Identifier: Apache-2.0 */
/* reserve.h: address space that costs memory only where it is touched. */
#ifndef BASE_RESERVE_H
#define BASE_RESERVE_H

#include <stddef.h>

/* `size` bytes of zeros (rounded up to pages in *ret_size); NULL when there is no address space. */
void *reserve_take(size_t size, size_t *ret_size);

/* NULL is accepted. */
void reserve_give(void *memory, size_t size);

#endif
