/* SPDX-License-Identifier: Apache-2.0 */
/* test_scope.c: which announced address must not be believed, of all pairs of kinds. */
#include "call/private.h"
#include "lib/testing.h"

static struct net_address address(const char *text)
{
	struct net_address result;
	ck_assert(net_address_parse(pv_span_of(text), 0, &result));
	return result;
}

/* Narrowest first; equal ranks reach equally far. */
static const struct {
	const char *ip;
	int rank;
} kinds[] = {
	{"127.0.0.1", 0},
	{"127.8.8.8", 0},
	{"::1", 0},
	{"169.254.3.4", 1},
	{"fe80::1", 1},
	{"10.0.0.1", 2},
	{"172.16.0.1", 2},
	{"192.168.1.1", 2},
	{"100.64.0.1", 2},
	{"fd00::1", 2},
	{"203.0.113.5", 3},
	{"198.51.100.7", 3},
	{"2001:db8::1", 3},
};

START_TEST(every_pair)
{
	for (size_t a = 0; a < ARRAY_LENGTH(kinds); a++)
		for (size_t s = 0; s < ARRAY_LENGTH(kinds); s++) {
			struct net_address announced = address(kinds[a].ip);
			struct net_address source = address(kinds[s].ip);
			ck_assert_msg(scope_is_narrower(&announced, &source) ==
					      (kinds[a].rank < kinds[s].rank),
				"%s from %s", kinds[a].ip, kinds[s].ip);
		}
}
END_TEST

TEST_MAIN("call/scope", every_pair)
