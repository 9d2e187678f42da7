/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c: numbers, written into a bounded writer. */
#include <portavoz/writer.h>

static const char hex_digits[] = "0123456789abcdef";

/* "00" to "99". */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

static unsigned count_digits(uint64_t value)
{
	unsigned count = 1;
	for (uint64_t limit = 10; count < 20 && value >= limit; limit *= 10)
		count++;
	return count;
}

void pv_put_u64(struct pv_writer *writer, uint64_t value)
{
	unsigned count = count_digits(value);
	char *to = pv_writer_take(writer, count);
	if (!to)
		return;
	for (to += count; count >= 2; count -= 2) {
		to -= 2;
		memcpy(to, pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	if (count)
		to[-1] = (char)('0' + value);
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
