/* SPDX-License-Identifier: Apache-2.0 */
/* names.c — the names that are known: methods, headers and transports, each from its one table. */
#include "sip/names.h"

#include "base/macros.h"
#include "sip_headers.h"

static const struct pv_span methods[PV_METHOD_COUNT] = {
#define ROW(id, text) [PV_METHOD_##id] = PV_SPAN_INIT(text),
	PV_METHODS(ROW)
#undef ROW
};

static const struct pv_span headers[PV_HEADER_COUNT] = {
#define ROW(id, name, compact) [PV_HEADER_##id] = PV_SPAN_INIT(name),
	PV_HEADERS(ROW)
#undef ROW
};

static const struct pv_span transports[] = {
	[PV_TRANSPORT_UDP] = PV_SPAN_INIT("UDP"),
	[PV_TRANSPORT_TCP] = PV_SPAN_INIT("TCP"),
	[PV_TRANSPORT_TLS] = PV_SPAN_INIT("TLS"),
	[PV_TRANSPORT_WS] = PV_SPAN_INIT("WS"),
	[PV_TRANSPORT_WSS] = PV_SPAN_INIT("WSS"),
	[PV_TRANSPORT_OTHER] = {NULL, 0},
};

struct pv_span pv_method_text(enum pv_method method)
{
	return (unsigned)method < PV_METHOD_COUNT ? methods[method] : methods[PV_METHOD_OTHER];
}

enum pv_method pv_method_of(struct pv_span token)
{
	if (!token.length)
		return PV_METHOD_OTHER;
	unsigned first = (unsigned char)token.at[0];
	unsigned method = method_slots[(token.length * METHOD_FACTOR + first) % 64];
	if (methods[method].length != token.length)
		return PV_METHOD_OTHER;
	return token.length > 1 && lex_same(methods[method].at, token.at, token.length)
		       ? (enum pv_method)method
		       : PV_METHOD_OTHER;
}

enum pv_header pv_header_of(struct pv_span name)
{
	size_t length = name.length;
	if (length <= 1)
		return length ? header_compact(*name.at) : PV_HEADER_OTHER;
	enum pv_header header = (enum pv_header)header_slot(name.at, length);
	if (headers[header].length != length)
		return PV_HEADER_OTHER;
	if (lex_same(headers[header].at, name.at, length))
		return header;
	return pv_span_equal_nocase(headers[header], name) ? header : PV_HEADER_OTHER;
}

struct pv_span pv_header_name(enum pv_header header)
{
	return (unsigned)header < PV_HEADER_COUNT ? headers[header] : headers[PV_HEADER_OTHER];
}

enum pv_transport pv_transport_of(struct pv_span token)
{
	for (unsigned i = 0; i < PV_TRANSPORT_OTHER; i++)
		if (pv_span_equal_nocase(transports[i], token))
			return (enum pv_transport)i;
	return PV_TRANSPORT_OTHER;
}

struct pv_span pv_transport_parameter(enum pv_transport transport)
{
	static const struct pv_span parameters[] = {
		[PV_TRANSPORT_UDP] = PV_SPAN_INIT(""),
		[PV_TRANSPORT_TCP] = PV_SPAN_INIT(";transport=tcp"),
		[PV_TRANSPORT_TLS] = PV_SPAN_INIT(";transport=tls"),
		[PV_TRANSPORT_WS] = PV_SPAN_INIT(";transport=ws"),
		[PV_TRANSPORT_WSS] = PV_SPAN_INIT(";transport=ws"),
	};
	bool is_known = (unsigned)transport < ARRAY_LENGTH(parameters);
	return parameters[is_known ? transport : PV_TRANSPORT_UDP];
}

struct pv_span pv_transport_text(enum pv_transport transport)
{
	return (unsigned)transport < ARRAY_LENGTH(transports) ? transports[transport]
							      : transports[PV_TRANSPORT_OTHER];
}
