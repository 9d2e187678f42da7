/* SPDX-License-Identifier: Apache-2.0 */
/* number.c — decimal numbers, q values and CSeq (RFC 3261 §20.16, §20.19, §25.1). */
#include <portavoz/message.h>

#include "sip/lexer.h"

/* Digits at `at`, clamped at 2^32-1; NULL when there is none. */
static const char *scan_number(const char *at, const char *end, uint64_t *ret)
{
	uint64_t number = 0;
	const char *start = at;
	for (; at < end && pv_is_digit(*at); at++) {
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > UINT32_MAX)
			number = (uint64_t)UINT32_MAX + 1;
	}
	if (at == start)
		return NULL;
	*ret = number;
	return at;
}

/* Up to nine digits and no more: they cannot exceed 2^32-1. */
static bool small_number(struct pv_span value, uint32_t *ret)
{
	uint32_t number = 0;
	if (value.length == 0 || value.length > 9)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (!pv_is_digit(value.at[i]))
			return false;
		number = number * 10 + (uint32_t)(value.at[i] - '0');
	}
	*ret = number;
	return true;
}

bool pv_number_parse(struct pv_span value, uint32_t *ret)
{
	uint64_t number;
	if (small_number(value, ret))
		return true;
	value = lex_trim(value.at, pv_span_end(value));
	const char *stop = scan_number(value.at, pv_span_end(value), &number);
	if (!stop || stop != pv_span_end(value))
		return false;
	*ret = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
	return true;
}

int pv_cseq_parse(struct pv_span value, uint32_t *ret_number, struct pv_span *ret_method)
{
	uint64_t number;
	value = lex_trim(value.at, pv_span_end(value));
	const char *end = pv_span_end(value);
	const char *stop = scan_number(value.at, end, &number);
	if (!stop || number > UINT32_MAX)
		return -1;
	const char *method = lex_skip(stop, end);
	if (method == stop || method == end || lex_run(method, end, LEX_TOKEN) != end)
		return -1;
	*ret_number = (uint32_t)number;
	*ret_method = pv_span_from(method, end);
	return 0;
}

bool pv_qvalue_parse(struct pv_span value, uint16_t *ret_thousandths)
{
	unsigned thousandths = 0, weight = 100;
	value = lex_trim(value.at, pv_span_end(value));
	if (value.length == 0 || value.length > 5 || (value.at[0] != '0' && value.at[0] != '1'))
		return false;
	thousandths = (unsigned)(value.at[0] - '0') * 1000;
	for (size_t i = 1; i < value.length; i++) {
		if (i == 1 ? value.at[i] != '.' : !pv_is_digit(value.at[i]))
			return false;
		if (i > 1) {
			thousandths += (unsigned)(value.at[i] - '0') * weight;
			weight /= 10;
		}
	}
	if (thousandths > 1000)
		return false;
	*ret_thousandths = (uint16_t)thousandths;
	return true;
}
