/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c — numeric and listen addresses. */
#include "conf/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "parsing.h"

START_TEST(test_listen_v4)
{
	struct config_listen listen = {0};
	ck_assert_ptr_null(address_parse_listen("udp:192.0.2.1:5070", &listen));
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&listen.address;
	ck_assert_int_eq(listen.transport, CONFIG_UDP);
	ck_assert_int_eq(v4->sin_family, AF_INET);
	ck_assert_uint_eq(ntohs(v4->sin_port), 5070);
	ck_assert_uint_eq(ntohl(v4->sin_addr.s_addr), 0xc0000201);
	ck_assert_uint_eq(listen.length, sizeof *v4);
}
END_TEST

START_TEST(test_listen_v6)
{
	struct config_listen listen = {0};
	ck_assert_ptr_null(address_parse_listen("tcp:[2001:db8::1]:5060", &listen));
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&listen.address;
	ck_assert_int_eq(listen.transport, CONFIG_TCP);
	ck_assert_int_eq(v6->sin6_family, AF_INET6);
	ck_assert_uint_eq(ntohs(v6->sin6_port), 5060);
	ck_assert_uint_eq(v6->sin6_addr.s6_addr[15], 1);
	ck_assert_uint_eq(listen.length, sizeof *v6);
}
END_TEST

static const struct {
	const char *text, *wrong;
} rows[] = {
	{"tls:0.0.0.0:5061", "not built yet"},
	{"ws:0.0.0.0:8080", "not built yet"},
	{"wss:0.0.0.0:8443", "not built yet"},
	{"sctp:0.0.0.0:5060", "transport"},
	{"0.0.0.0:5060", "transport"},
	{"", "transport"},
	{"udp", "transport"},
	{"udp:", "ADDRESS:PORT"},
	{"udp:0.0.0.0", "port"},
	{"udp:0.0.0.0:", "port"},
	{"udp:0.0.0.0:0", "port"},
	{"udp:0.0.0.0:65536", "port"},
	{"udp:0.0.0.0:99999999999", "port"},
	{"udp:0.0.0.0:5060x", "port"},
	{"udp:::1:5060", "ADDRESS:PORT"},
	{"udp:[::1:5060", "ADDRESS:PORT"},
	{"udp:[::1]5060", "port"},
	{"udp:[127.0.0.1]:5060", "ADDRESS:PORT"},
	{"udp:localhost:5060", "numeric"},
	{"udp:1.2.3.4.5:5060", "numeric"},
	{"udp:[::gggg]:5060", "numeric"},
};

START_TEST(test_wrong)
{
	struct config_listen listen = {.transport = CONFIG_WSS};
	const char *wrong = address_parse_listen(rows[_i].text, &listen);
	ck_assert_ptr_nonnull(wrong);
	ck_assert_msg(strstr(wrong, rows[_i].wrong) != NULL, "%s: %s", rows[_i].text, wrong);
	ck_assert_int_eq(listen.transport, CONFIG_WSS);
	ck_assert_uint_eq(listen.length, 0);
}
END_TEST

START_TEST(test_address)
{
	struct config_address address = {0};
	ck_assert_ptr_null(address_parse("203.0.113.5", &address));
	ck_assert_int_eq(address.address.ss_family, AF_INET);
	ck_assert_ptr_null(address_parse("2001:db8::1", &address));
	ck_assert_int_eq(address.address.ss_family, AF_INET6);
	ck_assert_ptr_null(address_parse("[2001:db8::1]", &address));
	ck_assert_ptr_nonnull(address_parse("[2001:db8::1]:5060", &address));
	ck_assert_ptr_nonnull(address_parse("[1.2.3.4]", &address));
	ck_assert_ptr_nonnull(address_parse("sip.example.test", &address));
	ck_assert_ptr_nonnull(address_parse("", &address));
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("address");
	tcase_add_test(cases, test_listen_v4);
	tcase_add_test(cases, test_listen_v6);
	tcase_add_loop_test(cases, test_wrong, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(cases, test_address);
	return run_cases("conf/address", cases);
}
