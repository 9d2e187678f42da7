/* SPDX-License-Identifier: Apache-2.0 */
/* test_muffle.c: what the kernel throws away for us, over IPv4 and IPv6, and where it will not. */
#include "media/muffle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/testing.h"

static const char *const hosts[] = {"127.0.0.1", "::1"};
static int here, phone, stranger; /* sockets */
static struct media_address at[3];

static int open_one(const char *host, struct media_address *ret)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in6 *v6 = (void *)&storage;
	struct sockaddr_in *v4 = (void *)&storage;
	socklen_t length = sizeof(*v6);
	bool is_v6 = strchr(host, ':');
	storage.ss_family = is_v6 ? AF_INET6 : AF_INET;
	void *ip = is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr;
	ck_assert_int_eq(inet_pton(storage.ss_family, host, ip), 1);
	int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)&storage, is_v6 ? sizeof(*v6) : sizeof(*v4)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&storage, &length), 0);
	media_address_from((struct sockaddr *)&storage, ret);
	return fd;
}

static void begin(const char *host)
{
	here = open_one(host, &at[0]);
	phone = open_one(host, &at[1]);
	stranger = open_one(host, &at[2]);
	for (unsigned i = 1; i < 3; i++) {
		int fd = i == 1 ? phone : stranger;
		socklen_t length = at[0].family == AF_INET6 ? sizeof(at[0].v6) : sizeof(at[0].v4);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&at[0].v4, length), 0);
	}
}

static void end(void)
{
	close(here);
	close(phone);
	close(stranger);
}

/* Whether a packet of that type, number and sound comes through. Loopback delivers at once. */
static bool passes(int from, uint8_t type, uint16_t sequence, uint8_t sound, size_t length)
{
	uint8_t bytes[12 + 320] = {
		0x80, type, (uint8_t)(sequence >> 8), (uint8_t)sequence, [11] = 7};
	uint8_t got[sizeof(bytes)];
	memset(bytes + 12, sound, length);
	ck_assert_int_eq(send(from, bytes, 12 + length, 0), (ssize_t)(12 + length));
	ssize_t size = recv(here, got, sizeof(got), 0);
	ck_assert(size < 0 || size == (ssize_t)(12 + length));
	return size > 0;
}

START_TEST(plain_sound_of_one_source_is_dropped)
{
	begin(hosts[_i]);
	struct muffle how = {.source = at[1], .voice_type = 8};
	ck_assert(passes(phone, 8, 1, 0x55, 160));
	ck_assert_int_eq(muffle_on(here, &how), 0);
	uint32_t before = muffle_count(here);
	for (uint16_t i = 1; i < MUFFLE_SAMPLE; i++)
		ck_assert(!passes(phone, 8, i, 0x55, 160));
	ck_assert(!passes(phone, 8 | 0x80, 1, 0x55, 160)); /* with a marker */
	ck_assert_uint_eq(muffle_count(here) - before, MUFFLE_SAMPLE);
	ck_assert(passes(phone, 8, MUFFLE_SAMPLE, 0x55, 160)); /* a sign of life */
	ck_assert(passes(phone, 101, 1, 0, 4));                /* a key */
	ck_assert(passes(phone, 200, 1, 0, 16));               /* RTCP */
	ck_assert(passes(stranger, 8, 1, 0x55, 160));          /* it may be the phone, moved */
	ck_assert_uint_eq(muffle_count(here) - before, MUFFLE_SAMPLE);
	muffle_off(here);
	ck_assert(passes(phone, 8, 1, 0x55, 160));
	muffle_off(here); /* twice is fine */
	end();
}
END_TEST

START_TEST(silence_alone_is_dropped_where_anybody_may_speak)
{
	begin(hosts[_i]);
	struct muffle how = {.source = at[1], .voice_type = 0, .silence = 0xff};
	ck_assert_int_eq(muffle_on(here, &how), 0);
	ck_assert(!passes(phone, 0, 1, 0xff, 160));
	ck_assert(passes(phone, 0, 1, 0x7e, 160));
	ck_assert(passes(phone, 0, 1, 0xff, 80));
	ck_assert(passes(phone, 0, 0, 0xff, 160));
	ck_assert(passes(stranger, 0, 1, 0xff, 160));
	/* another one takes its place */
	how.source = at[2];
	ck_assert_int_eq(muffle_on(here, &how), 0);
	ck_assert(passes(phone, 0, 1, 0xff, 160));
	ck_assert(!passes(stranger, 0, 1, 0xff, 160));
	end();
}
END_TEST

START_TEST(where_it_cannot_be_all_comes_as_before)
{
	int on = 1;
	begin(hosts[_i]);
	struct muffle how = {.source = at[1], .voice_type = 8};
	ck_assert_int_eq(setsockopt(here, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)), 0);
	ck_assert_int_eq(muffle_on(here, &how), -EPERM);
	ck_assert(passes(phone, 8, 1, 0x55, 160));
	muffle_off(here);
	ck_assert(passes(phone, 8, 1, 0x55, 160));
	ck_assert_int_eq(muffle_on(-1, &how), -EBADF);
	ck_assert_uint_eq(muffle_count(-1), 0);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("muffle");
	TCase *tests = testing_case("muffle");
	tcase_add_loop_test(tests, plain_sound_of_one_source_is_dropped, 0, 2);
	tcase_add_loop_test(tests, silence_alone_is_dropped_where_anybody_may_speak, 0, 2);
	tcase_add_loop_test(tests, where_it_cannot_be_all_comes_as_before, 0, 2);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
