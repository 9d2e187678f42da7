/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c: numbers, written into a bounded writer. */
#include <portavoz/writer.h>

static const char hex_digits[] = "0123456789abcdef";

void pv_put_u64(struct pv_writer *writer, uint64_t value)
{
	char digits[20];
	char *at = digits + sizeof(digits);
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	pv_put_bytes(writer, at, (size_t)(digits + sizeof(digits) - at));
}

void pv_put_hex(struct pv_writer *writer, uint64_t value, unsigned digits)
{
	char *to = pv_writer_take(writer, digits);
	if (!to)
		return;
	while (digits--) {
		to[digits] = hex_digits[value & 15];
		value >>= 4;
	}
}

void pv_put_hex_bytes(struct pv_writer *writer, const void *bytes, size_t count)
{
	const unsigned char *from = bytes;
	char *to = pv_writer_take(writer, 2 * count);
	if (!to)
		return;
	for (size_t i = 0; i < count; i++) {
		to[2 * i] = hex_digits[from[i] >> 4];
		to[2 * i + 1] = hex_digits[from[i] & 15];
	}
}
