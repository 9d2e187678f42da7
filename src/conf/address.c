/* SPDX-License-Identifier: Apache-2.0 */
/* address.c — numeric addresses and listen addresses from text. */
#include "conf/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const struct {
	const char *name;
	enum config_transport transport;
	bool built;
} transports[] = {
	{"udp", CONFIG_UDP, true},
	{"tcp", CONFIG_TCP, true},
	{"tls", CONFIG_TLS, false},
	{"ws", CONFIG_WS, false},
	{"wss", CONFIG_WSS, false},
};

/* `host` has no brackets. */
static bool parse_host(const char *host, uint16_t port, struct config_address *ret)
{
	struct config_address result = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&result.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&result.address;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		result.length = sizeof *v4;
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		memset(&result, 0, sizeof result);
		inet_pton(AF_INET6, host, &v6->sin6_addr);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		result.length = sizeof *v6;
	} else {
		return false;
	}
	*ret = result;
	return true;
}

/* Copies the host without its brackets; returns what follows it, or NULL when it does not fit or
 * end. */
static const char *split_host(const char *text, char *host, size_t size)
{
	bool bracket = *text == '[';
	text += bracket;
	size_t length = strcspn(text, bracket ? "]" : ":");
	if (length == 0 || length >= size || (bracket && text[length] != ']'))
		return NULL;
	memcpy(host, text, length);
	host[length] = '\0';
	return text + length + bracket;
}

static bool parse_port(const char *text, uint16_t *ret)
{
	uint32_t port = 0;
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 5 || text[digits])
		return false;
	for (; *text; text++)
		port = port * 10 + (uint32_t)(*text - '0');
	if (port == 0 || port > 65535)
		return false;
	*ret = (uint16_t)port;
	return true;
}

const char *address_parse(const char *text, struct config_address *ret)
{
	char host[INET6_ADDRSTRLEN];
	if (*text == '[') {
		const char *rest = split_host(text, host, sizeof host);
		if (!rest || *rest || !strchr(host, ':'))
			return "is not a numeric address";
		text = host;
	}
	return parse_host(text, 0, ret) ? NULL : "is not a numeric address";
}

const char *address_parse_service(const char *text, struct config_address *ret)
{
	char host[INET6_ADDRSTRLEN];
	uint16_t port;
	const char *rest = split_host(text, host, sizeof host);
	if (!rest || (*text == '[') != (strchr(host, ':') != NULL))
		return "is not ADDRESS:PORT; IPv6 goes in brackets, [::1]:5060";
	if (*rest != ':' || !parse_port(rest + 1, &port))
		return "has no port from 1 to 65535 after the address";
	return parse_host(host, port, ret) ? NULL : "has no numeric address";
}

const char *address_parse_listen(const char *text, struct config_listen *ret)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
		if (length != strlen(transports[i].name) ||
			strncmp(text, transports[i].name, length) != 0)
			continue;
		if (!transports[i].built)
			return "is refused: this transport is not built yet; use udp or tcp";
		struct config_address address;
		const char *wrong = address_parse_service(colon + 1, &address);
		if (wrong)
			return wrong;
		ret->transport = transports[i].transport;
		ret->address = address.address;
		ret->length = address.length;
		return NULL;
	}
	return "does not begin with a transport, \"udp:\" or \"tcp:\"";
}
