/* SPDX-License-Identifier: Apache-2.0 */
/* test_match.c — whose URI it is, and which digest uris stand for a Request-URI. */
#include "auth/match.h"

#include "base/macros.h"
#include "lib/testing.h"

static struct domains *domains;

static void begin(void)
{
	static const struct pv_span name[] = {
		PV_SPAN_INIT("example.test"), PV_SPAN_INIT("other.test")};
	static const struct net_address listen[] = {
		{.family = NET_IPV4, .ip = {192, 0, 2, 1}, .port = 5060},
		{.family = NET_IPV6, .ip = {0x20, 1, 0xd, 0xb8, [15] = 1}, .port = 5070}};

	ck_assert_int_eq(domains_new(&(struct domains_config){.names = name,
					     .name_count = 2,
					     .listen = listen,
					     .listen_count = 2},
				 &domains),
		0);
}

static const struct {
	const char *uri;
	bool is_alice;
} users[] = {
	{"sip:alice@example.test", true},
	{"sips:alice@EXAMPLE.TEST", true},
	{"sip:alice@example.test:5060;transport=tcp?subject=x", true},
	{"sip:alice@other.test", true},
	{"sip:alice@192.0.2.1", true},
	{"sip:alice@[2001:db8::1]:5070", true},
	{"sip:%61lice@example.test", true},
	{"sip:alice;day=tuesday@example.test", true},
	{"sip:alice:secret@example.test", true},
	{"sip:Alice@example.test", false}, /* users have case */
	{"sip:alice@example.test:5090", false},
	{"sip:alice@example.org", false},
	{"sip:alice@192.0.2.2", false},
	{"sip:bob@example.test", false},
	{"sip:alice%00@example.test", false},
	{"sip:alice%3bx@example.test", false},
	{"sip:alice%40evil@example.test", false},
	{"sip:example.test", false},
	{"tel:alice", false},
	{"mailto:alice@example.test", false},
	{"alice", false},
	{"", false},
};

START_TEST(users_own_their_uris)
{
	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(users); i++)
		ck_assert_msg(match_user(domains, pv_span_of(users[i].uri), PV_SPAN("alice")) ==
				      users[i].is_alice,
			"%s", users[i].uri);
	domains_free(domains);
}
END_TEST

static const struct {
	const char *digest, *request;
	bool same;
} uris[] = {
	{"sip:example.test", "sip:example.test", true},
	{"*", "*", true},
	{"sip:example.test", "sip:EXAMPLE.TEST:5060;transport=udp", true},
	{"sip:bob@example.test", "sip:bob@192.0.2.1:5060;ob", true}, /* both are us */
	{"sip:bob@example.test;user=phone", "sip:bob@example.test", true},
	{"sip:%62ob@example.test", "sip:bob@example.test", true},
	{"sip:bob@far.test:5060", "sip:bob@far.test", true},
	{"sips:bob@far.test:5061", "sips:bob@far.test", true},
	{"sip:bob@far.test:5062", "sip:bob@far.test", false},
	{"sip:bob@far.test", "sip:bob@example.test", false},
	{"sip:bob@example.test", "sip:carol@example.test", false},
	{"sip:bob@example.test", "sip:example.test", false},
	{"sip:example.test", "sips:example.test", false},
	{"tel:+1234", "tel:+1234;phone-context=x", true},
	{"tel:+1234", "tel:+1235", false},
	{"/", "sip:example.test", false},
	{"", "sip:example.test", false},
	{"http://example.test", "http://example.test/", false},
};

START_TEST(digest_uris_name_request_uris)
{
	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(uris); i++)
		ck_assert_msg(match_request_uri(domains, pv_span_of(uris[i].digest),
				      pv_span_of(uris[i].request)) == uris[i].same,
			"%s %s", uris[i].digest, uris[i].request);
	domains_free(domains);
}
END_TEST

TEST_MAIN("match", users_own_their_uris, digest_uris_name_request_uris)
