/* SPDX-License-Identifier: Apache-2.0 */
/* span.c: the span functions that are too long to be inline. */
#include <portavoz/span.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct pv_span pv_span_trim(struct pv_span span)
{
	while (span.length && is_space(span.at[0])) {
		span.at++;
		span.length--;
	}
	while (span.length && is_space(span.at[span.length - 1]))
		span.length--;
	return span;
}

bool pv_span_to_u64(struct pv_span span, uint64_t *ret_value)
{
	uint64_t value = 0;
	if (span.length == 0)
		return false;
	for (size_t i = 0; i < span.length; i++) {
		if (!pv_is_digit(span.at[i]))
			return false;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(span.at[i] - '0'), &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool pv_span_to_u32(struct pv_span span, uint32_t *ret_value)
{
	uint64_t value;
	if (!pv_span_to_u64(span, &value) || value > UINT32_MAX)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

uint32_t pv_span_hash_nocase(struct pv_span span)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < span.length; i++)
		hash = (hash ^ pv_lower((unsigned char)span.at[i])) * 16777619u;
	return hash;
}
