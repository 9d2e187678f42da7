/* SPDX-License-Identifier: Apache-2.0 */
/* test_value.c — every type of value, right and wrong, with the line of the mistake. */
#include <netinet/in.h>

#include "parsing.h"

START_TEST(test_types)
{
	struct config *c = good(
		"domain = [ \"a.test\", \"b.test\" ];\n"
		"listen = [ \"udp:127.0.0.1:5070\", \"tcp:[::1]:5071\" ];\n"
		"public_address = \"203.0.113.5\";\n"
		"workers = 3; drain_timeout = \"1500ms\";\n"
		"limits = { enabled = false; tcp_queue = \"1M\"; message_size = 2000; };\n"
		"timers = { t1 = 250; t2 = \"2s\"; c = 200; };\n"
		"auth = { algorithms = [ \"SHA-512-256\", \"MD5\" ]; challenge = \"register\"; };\n"
		"media = { relay = \"never\"; ports = [ 20000, 20999 ]; pin = [ 0, 1 ];\n"
		"  tick = \"500us\"; };\n"
		"admin = { socket = \"\"; http = \"[::1]:8088\"; };\n"
		"log = { level = \"debug\"; target = \"/tmp/x.log\"; format = \"json\"; };\n");
	ck_assert_uint_eq(c->domains.count, 2);
	ck_assert_str_eq(c->domains.item[1], "b.test");
	ck_assert_uint_eq(c->listen_count, 2);
	ck_assert_str_eq(c->listen[1].text, "tcp:[::1]:5071");
	ck_assert_int_eq(c->listen[1].transport, CONFIG_TCP);
	ck_assert_uint_eq(c->listen[1].origin.line, 2);
	ck_assert_int_eq(c->public_address.address.ss_family, AF_INET);
	ck_assert_uint_eq(c->workers, 3);
	ck_assert_uint_eq(c->drain_timeout_ms, 1500);
	ck_assert(!c->limits.enabled);
	ck_assert_uint_eq(c->limits.tcp_queue, 1 << 20);
	ck_assert_uint_eq(c->limits.message_size, 2000);
	ck_assert_uint_eq(c->timers.t1_ms, 250);
	ck_assert_uint_eq(c->timers.t2_ms, 2000);
	ck_assert_uint_eq(c->timers.c_ms, 200000);
	ck_assert_uint_eq(c->auth.algorithms.count, 2);
	ck_assert_uint_eq(c->auth.algorithms.word[0], CONFIG_SHA512_256);
	ck_assert_uint_eq(c->auth.algorithms.word[1], CONFIG_MD5);
	ck_assert_int_eq(c->auth.challenge, CONFIG_CHALLENGE_REGISTER);
	ck_assert_int_eq(c->media.relay, CONFIG_RELAY_NEVER);
	ck_assert_uint_eq(c->media.ports.low, 20000);
	ck_assert_uint_eq(c->media.pin.count, 2);
	ck_assert_uint_eq(c->media.pin.item[1], 1);
	ck_assert_uint_eq(c->media.tick_us, 500);
	ck_assert_ptr_null(c->admin.socket);
	ck_assert_int_eq(c->admin.http.address.ss_family, AF_INET6);
	ck_assert_int_eq(c->log.level, CONFIG_LOG_DEBUG);
	ck_assert_str_eq(c->log.target, "/tmp/x.log");
	ck_assert_int_eq(c->log.format, CONFIG_LOG_JSON);
	config_free(c);
}
END_TEST

static const struct {
	const char *text;
	uint32_t line;
	const char *fragment;
} mistakes[] = {
	{"\nworkers = \"two\";", 2, "workers: expected an integer, found a string"},
	{"\n\nworkers = 1.5;", 3, "found a number with a fraction"},
	{"workers = 64;", 1, "out of range, allowed is 0 to 63"},
	{"workers = -1;", 1, "out of range"},
	{"workers = 4294967296L;", 1, "out of range"},
	{"workers = 18446744073709551615L;", 1, ""},
	{"workers = true;", 1, "found a bool"},
	{"limits = {\n enabled = 1; };", 2, "expected true or false, found an integer"},
	{"drain_timeout = \"30x\";", 1, "is not a duration; write a number and one of"},
	{"drain_timeout = \"99999999999h\";", 1, "out of range, allowed is 0s to 1h"},
	{"drain_timeout = 4294967295L;", 1, "out of range"},
	{"drain_timeout = -1;", 1, "out of range"},
	{"drain_timeout = [ 1 ];", 1, "expected a duration, found an array"},
	{"drain_timeout = \"10us\";", 1, "finer than a millisecond"},
	{"limits = { tcp_queue = \"8X\"; };", 1, "is not a size"},
	{"limits = { tcp_queue = \"999999999999G\"; };", 1, "allowed is 64K to 64M"},
	{"domain = 5;", 1, "expected a list of strings, found an integer"},
	{"domain = [ ];", 1, "must have 1 to 32 elements"},
	{"domain = [ \"\" ];", 1, "an empty string"},
	{"domain = ( \"a\",\n 5 );", 2, "domain: expected a list of strings, found an integer"},
	{"users = ( {\n name = 5; password = \"x\"; } );", 2, "users[].name: expected a string"},
	{"users = ( { name = \"\"; password = \"x\"; } );", 1, "must have 1 to 128 characters"},
	{"users = ( { name = \"a\\x01b\"; password = \"x\"; } );", 1, "control character"},
	{"users = ( { name = \"a\"; ha1_md5 = \"12\"; } );", 1, "must have 32 characters, has 2"},
	{"log = { level = \"wraning\"; };", 1, "did you mean \"warning\"?"},
	{"log = { level = \"qqqqqqqqqqq\"; };", 1, "known: \"error\""},
	{"log = { target = \"\"; };", 1, "log.target: an empty string"},
	{"auth = { algorithms = [ \"MD5\", \"MD5\" ]; };", 1, "given twice"},
	{"groups = ( { name = \"ops\"; members = \"*\"; codecs = [ \"PCMU\", \"opsu\" ]; } );", 1,
		"did you mean \"opus\"?"},
	{"groups = ( { name = \"ops\"; members = \"*\"; codecs = [ \"PCMU\", \"pcmu\" ]; } );", 1,
		"\"PCMU\" is given twice"},
	{"auth = { algorithms = [ \"SHA256\" ]; };", 1, "did you mean \"SHA-256\"?"},
	{"auth = { algorithms = \"MD5\"; };", 1, "expected a list of words, found a string"},
	{"media = { ports = [ 5 ]; };", 1, "expected two integers"},
	{"media = { ports = [ 80, 90 ]; };", 1, "out of range, allowed is 1024 to 65535"},
	{"media = { ports = [ 9000, 8000 ]; };", 1, "the first is above the last"},
	{"media = { pin = [ 0, 5000 ]; };", 1, "out of range"},
	{"media = { pin = 5; };", 1, "expected a list of integers"},
	{"listen = [ \"udp:0.0.0.0:5060\",\n\"tls:0.0.0.0:5061\" ];", 2, "refused"},
	{"listen = [ ];", 1, "must have 1 to 16 elements"},
	{"listen = 5060;", 1, "expected a list of listen addresses"},
	{"public_address = \"sip.example.test\";", 1, "is not a numeric address"},
	{"admin = { http = \"127.0.0.1\"; };", 1, "has no port"},
	{"admin = { socket = 5; };", 1, "expected a path, found an integer"},
};

START_TEST(test_mistakes)
{
	bad(mistakes[_i].text, mistakes[_i].line, mistakes[_i].fragment);
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("value");
	tcase_add_test(cases, test_types);
	tcase_add_loop_test(cases, test_mistakes, 0, sizeof mistakes / sizeof mistakes[0]);
	return run_cases("conf/value", cases);
}
