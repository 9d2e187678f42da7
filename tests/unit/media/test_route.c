/* SPDX-License-Identifier: Apache-2.0 */
/* test_route.c: what rtnetlink answers about routes, and the questions themselves. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "media/fastpath/interfaces.h"
#include "media/fastpath/route.h"

/* An answer, written as the kernel does. */
struct answer {
	_Alignas(struct nlmsghdr) char bytes[512];
};

static struct nlmsghdr *begin(struct answer *answer, unsigned char family, unsigned char type)
{
	memset(answer, 0, sizeof(*answer));
	struct nlmsghdr *header = (struct nlmsghdr *)answer->bytes;
	struct rtmsg *message = NLMSG_DATA(header);
	*header = (struct nlmsghdr){
		.nlmsg_len = NLMSG_LENGTH(sizeof(*message)), .nlmsg_type = RTM_NEWROUTE};
	message->rtm_family = family;
	message->rtm_type = type;
	return header;
}

static void put(struct answer *answer, unsigned short type, const void *value, size_t size)
{
	struct nlmsghdr *header = (struct nlmsghdr *)answer->bytes;
	struct rtattr *at = (struct rtattr *)(answer->bytes + NLMSG_ALIGN(header->nlmsg_len));
	at->rta_type = type;
	at->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(at), value, size);
	header->nlmsg_len = (uint32_t)(NLMSG_ALIGN(header->nlmsg_len) + RTA_SPACE(size));
}

static int parse(const struct answer *answer, struct route *ret)
{
	return route_parse(answer->bytes, ((const struct nlmsghdr *)answer->bytes)->nlmsg_len, ret);
}

START_TEST(an_answer)
{
	struct answer answer;
	struct route route;
	uint32_t interface = 7, mtu = 1400;
	struct in_addr source;
	inet_pton(AF_INET, "192.0.2.3", &source);
	struct {
		struct rtattr head;
		uint32_t mtu;
	} metrics = {{RTA_LENGTH(4), RTAX_MTU}, mtu};
	begin(&answer, AF_INET, RTN_UNICAST);
	put(&answer, RTA_OIF, &interface, 4);
	put(&answer, RTA_PREFSRC, &source, 4);
	put(&answer, RTA_METRICS, &metrics, sizeof(metrics));
	ck_assert_int_eq(parse(&answer, &route), 0);
	ck_assert_uint_eq(route.interface, 7);
	ck_assert_uint_eq(route.mtu, 1400);
	ck_assert_int_eq(route.source.family, AF_INET);
	ck_assert_uint_eq(route.source.v4.sin_addr.s_addr, source.s_addr);
	/* each prefix of it is refused or lacks something, and is not read beyond its end */
	uint32_t length = ((struct nlmsghdr *)answer.bytes)->nlmsg_len;
	for (uint32_t i = 0; i < length; i++) {
		char *bytes = malloc(MAX(i, 1));
		memcpy(bytes, answer.bytes, i);
		ck_assert_int_eq(route_parse(bytes, i, &route), -EBADMSG);
		if (i >= sizeof(struct nlmsghdr)) {
			((struct nlmsghdr *)bytes)->nlmsg_len = i;
			route_parse(bytes, i, &route);
		}
		free(bytes);
	}
}
END_TEST

START_TEST(no_way)
{
	struct answer answer;
	struct route route;
	uint32_t interface = 1;
	begin(&answer, AF_INET, RTN_BLACKHOLE);
	put(&answer, RTA_OIF, &interface, 4);
	ck_assert_int_eq(parse(&answer, &route), -ENETUNREACH);
	begin(&answer, AF_INET, RTN_UNICAST);
	ck_assert_int_eq(parse(&answer, &route), -EBADMSG);
	struct nlmsghdr *header = begin(&answer, AF_INET, 0);
	struct nlmsgerr *error = NLMSG_DATA(header);
	header->nlmsg_type = NLMSG_ERROR;
	header->nlmsg_len = NLMSG_LENGTH(sizeof(*error));
	error->error = -ENETUNREACH;
	ck_assert_int_eq(parse(&answer, &route), -ENETUNREACH);
	error->error = 1;
	ck_assert_int_eq(parse(&answer, &route), -EBADMSG);
}
END_TEST

/* What is to be wrapped cannot go straight to a neighbour. */
START_TEST(a_way_in_wrappings)
{
	static const unsigned short types[] = {RTA_ENCAP, RTA_ENCAP_TYPE};
	for (unsigned i = 0; i < ARRAY_LENGTH(types); i++) {
		struct answer answer;
		struct route route = {.interface = 9};
		uint32_t interface = 7;
		uint16_t type = 5; /* of SRv6; the kernel nests what belongs to it */
		begin(&answer, AF_INET6, RTN_UNICAST);
		put(&answer, types[i], &type, sizeof(type));
		put(&answer, RTA_OIF, &interface, sizeof(interface));
		ck_assert_int_eq(parse(&answer, &route), -ENETUNREACH);
		ck_assert_uint_eq(route.interface, 9);
	}
}
END_TEST

static struct media_address address_of(const char *ip)
{
	struct media_address address = {.family = AF_INET};
	if (inet_pton(AF_INET, ip, &address.v4.sin_addr) != 1) {
		address.family = AF_INET6;
		ck_assert_int_eq(inet_pton(AF_INET6, ip, &address.v6.sin6_addr), 1);
	}
	return address;
}

START_TEST(lo_is_asked)
{
	struct route route;
	struct media_address to = address_of("127.0.0.5"), from = address_of("127.0.0.9");
	int fd = route_open();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(route_find(fd, &to, NULL, &route), 0);
	ck_assert_uint_eq(route.interface, 1);
	ck_assert_int_eq(route.source.family, AF_INET);
	ck_assert_int_eq(route_find(fd, &to, &from, &route), 0);
	ck_assert_uint_eq(route.interface, 1);
	to = address_of("fe80::1");
	ck_assert_int_eq(route_find(fd, &to, NULL, &route), -EINVAL);
	/* the next question is not answered by what is left of one before it */
	to = address_of("224.0.0.1");
	route_find(fd, &to, NULL, &route);
	to = address_of("127.0.0.5");
	ck_assert_int_eq(route_find(fd, &to, NULL, &route), 0);
	close(fd);
}
END_TEST

START_TEST(interfaces_of_here)
{
	struct interfaces all;
	struct media_address locals[] = {address_of("127.0.0.1"), address_of("::1")};
	ck_assert_int_eq(interfaces_read(&all), 0);
	struct interface_row *rows = all.rows;
	bool has_lo = false;
	for (unsigned i = 0; i < all.count; i++)
		if (strcmp(rows[i].name, "lo") == 0) {
			has_lo = true;
			ck_assert_uint_eq(rows[i].index, 1);
			ck_assert_uint_ge(rows[i].mtu, 1280);
			ck_assert(interface_carries(&rows[i], locals, 1));
			rows[i].has_ipv4 = false;
			ck_assert(!interface_carries(&rows[i], locals, 1));
			rows[i].has_ipv4 = true;
			rows[i].is_usable = false;
			ck_assert(!interface_carries(&rows[i], locals, 2));
		}
	ck_assert(has_lo);
	interfaces_done(&all);
	int fd = interfaces_listen(locals, ARRAY_LENGTH(locals));
	ck_assert_int_ge(fd, 0);
	interfaces_drain(fd);
	ck_assert(!interfaces_drain(fd));
	close(fd);
}
END_TEST

TEST_MAIN("route", an_answer, no_way, a_way_in_wrappings, lo_is_asked, interfaces_of_here)
