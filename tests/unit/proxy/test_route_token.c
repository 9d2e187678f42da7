/* SPDX-License-Identifier: Apache-2.0 */
/* test_route_token.c — what is written comes back, and nothing else does. */
#include "proxy/route_token.h"

#include "lib/testing.h"

static const struct siphash_key key = {1, 2}, other_key = {3, 4};
static char text[ROUTE_TOKEN_MAX];

static struct path path_of(
	const char *ip, uint16_t port, enum pv_transport transport, uint64_t flow)
{
	struct path path = {.transport = (uint8_t)transport, .listener = 3, .flow = flow};
	ck_assert(net_address_parse(pv_span_of(ip), port, &path.peer));
	return path;
}

static struct pv_span written(const struct route_token *token, const char *call_id)
{
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	route_token_write(&key, token, pv_span_of(call_id), &w);
	ck_assert(!w.overflow);
	return pv_writer_span(&w);
}

START_TEST(a_bare_token_is_short_and_comes_back)
{
	struct route_token token = {.caller_tag = 0xbeef}, back;
	struct pv_span user = written(&token, "call-1");
	ck_assert_uint_eq(user.length, 24);
	ck_assert(route_token_read(&key, user, PV_SPAN("call-1"), &back));
	ck_assert_uint_eq(back.caller_tag, 0xbeef);
	ck_assert(!back.has_caller && !back.has_callee);
}
END_TEST

START_TEST(both_paths_come_back)
{
	struct route_token token = {.has_caller = true, .has_callee = true}, back;
	token.caller = path_of("2001:db8::7", 5061, PV_TRANSPORT_TCP, 0x0100000200000003);
	token.callee = path_of("192.0.2.9", 40000, PV_TRANSPORT_UDP, 0);
	struct pv_span user = written(&token, "call-2");
	ck_assert(route_token_read(&key, user, PV_SPAN("call-2"), &back));
	ck_assert(back.has_caller && back.has_callee);
	ck_assert(net_address_equal(&back.caller.peer, &token.caller.peer));
	ck_assert_uint_eq(back.caller.flow, token.caller.flow);
	ck_assert_uint_eq(back.caller.transport, PV_TRANSPORT_TCP);
	ck_assert(net_address_equal(&back.callee.peer, &token.callee.peer));
	ck_assert_uint_eq(back.callee.listener, 3);
	ck_assert_uint_eq(back.callee.flow, 0);
}
END_TEST

START_TEST(the_longest_token_fits)
{
	struct route_token token = {.has_caller = true, .has_callee = true};
	token.caller = path_of("2001:db8::7", 65535, PV_TRANSPORT_TCP, UINT64_MAX);
	token.callee = token.caller;
	ck_assert_uint_le(written(&token, "call-3").length, ROUTE_TOKEN_MAX);
}
END_TEST

START_TEST(another_call_or_key_is_not_believed)
{
	struct route_token token = {.caller_tag = 7}, back;
	struct pv_span user = written(&token, "call-4");
	ck_assert(!route_token_read(&key, user, PV_SPAN("call-5"), &back));
	ck_assert(!route_token_read(&other_key, user, PV_SPAN("call-4"), &back));
}
END_TEST

START_TEST(no_changed_character_is_believed)
{
	struct route_token token = {.has_callee = true}, back;
	token.callee = path_of("192.0.2.9", 40000, PV_TRANSPORT_UDP, 0);
	struct pv_span user = written(&token, "call-6");
	for (size_t i = 0; i < user.length; i++) {
		char was = text[i];
		text[i] = was == '0' ? '1' : '0';
		ck_assert_msg(!route_token_read(&key, user, PV_SPAN("call-6"), &back),
			"character %zu", i);
		text[i] = was;
	}
	ck_assert(route_token_read(&key, user, PV_SPAN("call-6"), &back));
}
END_TEST

START_TEST(no_shorter_text_is_believed)
{
	struct route_token token = {0}, back;
	struct pv_span user = written(&token, "call-7");
	for (size_t length = 0; length < user.length; length++)
		ck_assert(!route_token_read(
			&key, (struct pv_span){user.at, length}, PV_SPAN("call-7"), &back));
}
END_TEST

TEST_MAIN("route_token", a_bare_token_is_short_and_comes_back, both_paths_come_back,
	the_longest_token_fits, another_call_or_key_is_not_believed,
	no_changed_character_is_believed, no_shorter_text_is_believed)
