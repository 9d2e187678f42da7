/* SPDX-License-Identifier: Apache-2.0 */
/* fake_dns.h: a DNS server on loopback that knows a few records, answered when the test says so. */
#ifndef TESTS_FAKE_DNS_H
#define TESTS_FAKE_DNS_H

#include "lib/net_testing.h"

/* RFC 1035 §3.2.2; RFC 3596; RFC 2782; RFC 3403 */
enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_SRV = 33, TYPE_NAPTR = 35 };

struct dns_record {
	const char *name;
	int type;
	unsigned a, b, port; /* priority, weight; order, preference */
	const char *service; /* NAPTR */
	const char *value;   /* address, target or replacement */
	unsigned ttl;
};

/* Owner: the test. */
struct dns {
	int fd;
	const struct dns_record *records;
	size_t count;
	bool is_dead; /* answers nothing */
	unsigned questions;
	struct net_address address;
};

static inline unsigned char *dns_put16(unsigned char *to, unsigned value)
{
	*to++ = (unsigned char)(value >> 8);
	*to++ = (unsigned char)value;
	return to;
}

static inline unsigned char *dns_put_name(unsigned char *to, const char *name)
{
	while (*name) {
		size_t label = strcspn(name, ".");
		*to++ = (unsigned char)label;
		memcpy(to, name, label);
		to += label;
		name += label + (name[label] == '.');
	}
	*to++ = 0;
	return to;
}

static inline unsigned char *dns_put_string(unsigned char *to, const char *text)
{
	*to++ = (unsigned char)strlen(text);
	memcpy(to, text, strlen(text));
	return to + strlen(text);
}

static inline unsigned char *dns_put_data(unsigned char *to, const struct dns_record *record)
{
	switch (record->type) {
	case TYPE_A:
		inet_pton(AF_INET, record->value, to);
		return to + 4;
	case TYPE_AAAA:
		inet_pton(AF_INET6, record->value, to);
		return to + 16;
	case TYPE_SRV:
		to = dns_put16(dns_put16(dns_put16(to, record->a), record->b), record->port);
		return dns_put_name(to, record->value);
	default:
		to = dns_put_string(dns_put16(dns_put16(to, record->a), record->b), "s");
		to = dns_put_string(dns_put_string(to, record->service), "");
		return dns_put_name(to, record->value);
	}
}

static inline unsigned char *dns_put_record(unsigned char *to, const struct dns_record *record)
{
	to = dns_put16(to, 0xc00c); /* the name of the question */
	to = dns_put16(dns_put16(to, (unsigned)record->type), 1);
	to = dns_put16(dns_put16(to, 0), record->ttl ? record->ttl : 60);
	unsigned char *end = dns_put_data(to + 2, record);
	dns_put16(to, (unsigned)(end - to - 2));
	return end;
}

static inline void dns_read_name(const unsigned char *at, char *ret, const unsigned char **ret_end)
{
	char *to = ret;
	while (*at) {
		if (to > ret)
			*to++ = '.';
		memcpy(to, at + 1, *at);
		to += *at;
		at += *at + 1;
	}
	*to = '\0';
	*ret_end = at + 1;
}

/* Answers the questions that wait. */
static inline void dns_turn(struct dns *dns)
{
	unsigned char packet[2048];
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	ssize_t got;
	while ((got = recvfrom(dns->fd, packet, sizeof(packet), MSG_DONTWAIT,
			(struct sockaddr *)&peer, &length)) > 0) {
		char name[256];
		const unsigned char *end;
		unsigned found = 0;
		dns->questions++;
		if (dns->is_dead)
			continue;
		dns_read_name(packet + 12, name, &end);
		int type = end[0] << 8 | end[1];
		unsigned char *to = packet + (end - packet) + 4;
		for (size_t i = 0; i < dns->count; i++) {
			const struct dns_record *record = &dns->records[i];
			if (record->type != type || strcasecmp(record->name, name) != 0)
				continue;
			to = dns_put_record(to, record);
			found++;
		}
		packet[2] = 0x85; /* an answer, authoritative, recursion was desired */
		packet[3] = found ? 0x80 : 0x83;
		dns_put16(packet + 6, found);
		dns_put16(dns_put16(packet + 8, 0), 0);
		sendto(dns->fd, packet, (size_t)(to - packet), 0, (struct sockaddr *)&peer, length);
	}
}

static inline void dns_open(struct dns *dns, const struct dns_record *records, size_t count)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(own);
	*dns = (struct dns){.records = records, .count = count};
	dns->fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(dns->fd, (struct sockaddr *)&own, length), 0);
	getsockname(dns->fd, (struct sockaddr *)&own, &length);
	net_address_from_sockaddr((struct sockaddr *)&own, &dns->address);
}

#endif
