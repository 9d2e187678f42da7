/* SPDX-License-Identifier: Apache-2.0 */
/* params.c — ";name=value" lists of header fields (RFC 3261 §25.1 generic-param). */
#include <portavoz/message.h>

#include "sip/lexer.h"

bool pv_params_next(struct pv_span *rest, struct pv_span *ret_name, struct pv_span *ret_value)
{
	struct pv_span name, value;
	const char *end = pv_span_end(*rest);
	const char *at = lex_skip(rest->at, end);
	if (at == end || *at != ';')
		return false;
	at = lex_param(rest->at, lex_skip(at + 1, end), end, &name, &value);
	if (!at) {
		*rest = pv_span_from(end, end);
		return false;
	}
	*rest = pv_span_from(at, end);
	*ret_name = name;
	*ret_value = value;
	return true;
}

bool pv_params_find(struct pv_span params, struct pv_span name, struct pv_span *ret_value)
{
	struct pv_span found, value;
	while (pv_params_next(&params, &found, &value)) {
		if (!pv_span_equal_nocase(found, name))
			continue;
		if (ret_value)
			*ret_value = value;
		return true;
	}
	return false;
}
