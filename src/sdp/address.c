/* SPDX-License-Identifier: Apache-2.0 */
/* address.c — the addresses of c=, o= and a=rtcp (RFC 8866 §5.2, §5.7). */
#include <arpa/inet.h>

#include "sdp/private.h"

/* What inet_pton wants ends with a NUL. */
static bool to_binary(int family, struct pv_span text, void *ret)
{
	char copy[INET6_ADDRSTRLEN + 1];
	if (text.length >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	return inet_pton(family, copy, ret) == 1;
}

static bool is_host_name(struct pv_span text)
{
	bool letter = false;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		unsigned char lower = pv_lower((unsigned char)c);
		if (lower >= 'a' && lower <= 'z')
			letter = true;
		else if (!pv_is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return letter && text.at[0] != '.' && text.at[0] != '-';
}

static bool read_ip4(struct pv_span text, struct pv_sdp_address *ret)
{
	unsigned char bytes[4];
	ret->family = PV_SDP_IP4;
	if (!to_binary(AF_INET, text, bytes))
		return ret->is_name = is_host_name(text);
	ret->is_multicast = bytes[0] >= 224 && bytes[0] < 240;
	ret->is_zero = !(bytes[0] | bytes[1] | bytes[2] | bytes[3]);
	return true;
}

static bool read_ip6(struct pv_span text, struct pv_sdp_address *ret)
{
	static const unsigned char zero[16];
	unsigned char bytes[16];
	ret->family = PV_SDP_IP6;
	if (!to_binary(AF_INET6, text, bytes))
		return ret->is_name = is_host_name(text);
	ret->is_multicast = bytes[0] == 0xff;
	ret->is_zero = memcmp(bytes, zero, sizeof(bytes)) == 0;
	return true;
}

/* Behind the address: "/127" or "/127/3", which only multicast has and nobody here needs. */
static bool is_suffix(struct pv_span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.at[i] != '/' && !pv_is_digit(text.at[i]))
			return false;
	return true;
}

int sdp_address_read(struct pv_span text, struct pv_sdp_address *ret)
{
	struct pv_sdp_address address = {0};
	struct pv_span rest = text;
	struct pv_span network = sdp_word(&rest), family = sdp_word(&rest), host = sdp_word(&rest);
	if (!host.length || rest.length)
		return -1;
	if (!pv_span_equal_nocase(network, PV_SPAN("IN"))) {
		address.family = PV_SDP_OTHER_NETWORK;
		address.text = text;
		*ret = address;
		return 0;
	}
	const char *slash = pv_span_find(host, '/');
	address.text = pv_span_from(host.at, slash ? slash : pv_span_end(host));
	if (slash && !is_suffix(pv_span_from(slash, pv_span_end(host))))
		return -1;
	bool read = pv_span_equal_nocase(family, PV_SPAN("IP4")) ? read_ip4(address.text, &address)
		    : pv_span_equal_nocase(family, PV_SPAN("IP6"))
			    ? read_ip6(address.text, &address)
			    : false;
	if (!read)
		return -1;
	*ret = address;
	return 0;
}

void sdp_address_write(struct pv_writer *w, const struct pv_sdp_address *address)
{
	if (address->family != PV_SDP_OTHER_NETWORK)
		pv_put_text(w, address->family == PV_SDP_IP6 ? "IN IP6 " : "IN IP4 ");
	pv_put(w, address->text);
}
