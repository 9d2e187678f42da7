/* SPDX-License-Identifier: Apache-2.0 */
/* test_steering.c: user space, the glance and the kernel's program find the same home. */
#include <dirent.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include "lib/net_testing.h"
#include "lib/steering_sides.h"
#include "net/steering.h"
#include "steering_vectors.h"

#define ETHERNET 14   /* the test run takes a frame; its head is no part of what the program sees */
#define RUN_MAX  3000 /* bytes, within a page */

static struct worker_group workers = {.count = 4, .home_key = {0x0123456789abcdef, 42}};
static void *program; /* NULL: the kernel does not let us */
static unsigned runs, sure;

static void load(void)
{
	const char *why = NULL;
	int error = steering_program_load(&program, &workers.home_key, workers.count, &why);
	if (error)
		printf("# no kernel side: %s (%s)\n", why, strerror(-error));
}

static uint32_t run_in_kernel(const char *text, size_t length)
{
	static char frame[ETHERNET + RUN_MAX];
	memcpy(frame + ETHERNET, text, length);
	union bpf_attr attr = {.test = {
				       .prog_fd = (uint32_t)steering_program_fd(program),
				       .data_in = (uintptr_t)frame,
				       .data_size_in = (uint32_t)(ETHERNET + length),
			       }};
	ck_assert_msg(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) == 0,
		"%zu bytes: %s", length, strerror(errno));
	return attr.test.retval;
}

/* The three sides of one datagram; what the glance says. */
static uint32_t compare(const char *text, size_t length)
{
	int home = steering_user_side(&workers, text, length);
	uint32_t glanced = steering_kernel_side(&workers, text, length);
	ck_assert_msg(steering_agrees(home, glanced), "home %d, glance %u:\n%.*s", home, glanced,
		(int)length, text);
	runs++;
	sure += glanced != STEERING_UNSURE;
	if (program && length > 0 && length <= RUN_MAX) {
		uint32_t found = run_in_kernel(text, length);
		ck_assert_msg(found == glanced, "glance %u, kernel %u:\n%.*s", glanced, found,
			(int)length, text);
	}
	return glanced;
}

START_TEST(every_vector_has_its_home)
{
	load();
	for (size_t i = 0; i < ARRAY_LENGTH(steering_vectors); i++) {
		const struct steering_vector *vector = &steering_vectors[i];
		int home = steering_user_side(&workers, vector->text, strlen(vector->text));
		int wanted = vector->call_id
				     ? (int)worker_home(&workers, pv_span_of(vector->call_id))
				     : vector->worker;
		ck_assert_msg(home == wanted, "%s: home %d, not %d", vector->what, home, wanted);
		uint32_t found = compare(vector->text, strlen(vector->text));
		ck_assert_msg((found != STEERING_UNSURE) == vector->is_sure, "%s: %u", vector->what,
			found);
	}
	steering_program_free(program);
}
END_TEST

START_TEST(no_prefix_of_a_vector_deceives)
{
	load();
	for (size_t i = 0; i < ARRAY_LENGTH(steering_vectors); i++)
		for (size_t cut = 0; cut < strlen(steering_vectors[i].text); cut++)
			compare(steering_vectors[i].text, cut);
	steering_program_free(program);
}
END_TEST

/* A request whose Call-ID of `length` begins `depth` bytes behind the start, or some lines later.
 */
static size_t write_deep(char *to, size_t depth, size_t length, unsigned width)
{
	size_t at = (size_t)sprintf(to, "MESSAGE sip:bob@example.test SIP/2.0\r\n");
	while (at < depth) {
		at += (size_t)sprintf(to + at, "X-Filler: ");
		for (unsigned i = 0; i < width; i++)
			to[at++] = 'x';
		at += (size_t)sprintf(to + at, "\r\n");
	}
	at += (size_t)sprintf(to + at, "Call-ID: ");
	for (size_t i = 0; i < length; i++)
		to[at++] = (char)('!' + (depth + 7 * i) % 94);
	return at + (size_t)sprintf(to + at, "\r\nTo: <sip:bob@example.test>\r\n\r\n");
}

START_TEST(call_ids_of_any_length_at_any_depth)
{
	static char text[8192];
	load();
	for (size_t length = 1; length <= 300; length++)
		ck_assert((compare(text, write_deep(text, 100 + length % 16, length, 9)) !=
				  STEERING_UNSURE) == (length <= STEERING_CALL_ID));
	for (size_t depth = 0; depth < 2600; depth += 3) {
		size_t size = write_deep(text, depth, 40, depth % 61);
		const char *id = memmem(text, size, "Call-ID", 7);
		bool in_reach = (size_t)(id - text) + 52 <= GLANCE_REACH;
		ck_assert((compare(text, size) != STEERING_UNSURE) == in_reach);
	}
	/* short lines: a step each */
	compare(text, write_deep(text, GLANCE_REACH - 100, 40, 0));
	steering_program_free(program);
}
END_TEST

/* Bytes that mean something somewhere. */
static const char spice[] = "\r\n\r\n \t:;,\"\\=viICc-/\0\x7f\x80\xff@<>A0";

static void season(char *text, size_t *length, uint64_t *seed)
{
	for (unsigned edits = 1 + (unsigned)(*seed % 4); edits; edits--) {
		*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		size_t at = (*seed >> 33) % *length;
		char byte = spice[(*seed >> 20) % (sizeof(spice) - 1)];
		switch (*seed >> 61) {
		case 0: /* leave one out */
			memmove(text + at, text + at + 1, *length - at - 1);
			--*length;
			break;
		case 1: /* put one in */
		case 2:
			memmove(text + at + 1, text + at, *length - at);
			++*length;
			text[at] = byte;
			break;
		default:
			text[at] = byte;
		}
	}
}

START_TEST(spoiled_vectors_do_not_deceive)
{
	static char text[4096];
	uint64_t seed = 1;
	load();
	runs = sure = 0;
	for (unsigned round = 0; round < 3000; round++) {
		for (size_t i = 0; i < ARRAY_LENGTH(steering_vectors); i++) {
			size_t length = strlen(steering_vectors[i].text);
			memcpy(text, steering_vectors[i].text, length);
			season(text, &length, &seed);
			compare(text, length);
		}
	}
	printf("# spoiled: %u, sure of %u\n", runs, sure);
	ck_assert_uint_gt(sure, runs / 4);
	steering_program_free(program);
}
END_TEST

static void compare_folder(const char folder[4096])
{
	static char text[65536];
	char path[8192];
	DIR *dir = opendir(folder);
	ck_assert_ptr_nonnull(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
		if (!file)
			continue;
		size_t length = fread(text, 1, sizeof(text), file);
		fclose(file);
		compare(text, length);
		for (size_t cut = 0; cut < length && length < 1500; cut++)
			compare(text, cut);
	}
	closedir(dir);
}

START_TEST(what_others_were_spoiled_by_does_not_deceive)
{
	static const char *const folders[] = {"fuzz/corpus/message", "fuzz/corpus/peek_patch",
		"fuzz/corpus/stream", "fuzz/corpus/via", "fuzz/corpus/transaction",
		"fuzz/corpus/proxy", "fuzz/corpus/b2bua", "fuzz/corpus/steering", "torture/rfc4475",
		"torture/rfc5118"};
	char path[4096];
	load();
	runs = sure = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", TESTS_FOLDER, folders[i]);
		compare_folder(path);
	}
	printf("# corpora: %u, sure of %u\n", runs, sure);
	ck_assert_uint_gt(runs, 1000);
	ck_assert_uint_gt(sure, 100);
	steering_program_free(program);
}
END_TEST

/* ---- a real group of sockets ---- */

#define CALLS 200

static struct net_fixture fixture;
static char bytes[70000], answer[70000];

/* Any source, one socket: each call is answered by its home, to which nobody had to post it. */
static void converse(const struct net_address *server)
{
	int client = client_open(SOCK_DGRAM, NULL, server);
	uint64_t posted = metrics_sum(METRIC_net_messages_posted);
	struct steering_counts before = steering_counts(&fixture.group->steering);
	for (unsigned i = 0; i < CALLS; i++) {
		unsigned worker;
		char id[32];
		/* also bodies that lie in several pieces */
		size_t length = client_request(bytes, "OPTIONS", i, i % 7 == 0 ? 40000 : i);
		ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
		ssize_t got = client_read(client, answer, sizeof(answer) - 1);
		ck_assert_int_gt(got, 0);
		answer[got] = '\0';
		ck_assert_int_eq(sscanf(answer, "W%u", &worker), 1);
		sprintf(id, "call-%u@test", i);
		ck_assert_uint_eq(worker, worker_home(&fixture.workers, pv_span_of(id)));
	}
	struct steering_counts after = steering_counts(&fixture.group->steering);
	if (!net_steering(fixture.group)) {
		ck_assert_uint_eq(metrics_sum(METRIC_net_messages_posted), posted);
		ck_assert_uint_eq(after.steered - before.steered, CALLS);
		ck_assert_uint_eq(after.unsure, before.unsure);
		ck_assert_uint_eq(metrics_sum(METRIC_net_steered), after.steered);
	} else {
		ck_assert_uint_gt(metrics_sum(METRIC_net_messages_posted), posted);
	}
	close(client);
}

static void listen_and_converse(bool is_steered)
{
	struct net_config config = {.listen_count = 3, .steering = is_steered};
	static const char *const hosts[] = {"127.0.0.1", "::1", "0.0.0.0"};
	for (unsigned i = 0; i < 3; i++) {
		config.listen[i].transport = PV_TRANSPORT_UDP;
		ck_assert(net_address_parse(pv_span_of(hosts[i]), 0, &config.listen[i].address));
	}
	fixture_open(&fixture, 4, &config, NULL);
	printf("# steering: %s\n", net_steering(fixture.group) ?: "on");
	fixture_start(&fixture);
	for (unsigned i = 0; i < 3; i++) {
		struct net_address server = net_group_bound(fixture.group, i);
		if (net_address_is_any(&server))
			server.ip[0] = 127, server.ip[3] = 1;
		converse(&server);
	}
	fixture_close(&fixture);
}

START_TEST(datagrams_come_home_by_themselves)
{
	listen_and_converse(true);
}
END_TEST

START_TEST(they_come_home_without_it)
{
	listen_and_converse(false);
}
END_TEST

TEST_MAIN("steering", every_vector_has_its_home, no_prefix_of_a_vector_deceives,
	call_ids_of_any_length_at_any_depth, spoiled_vectors_do_not_deceive,
	what_others_were_spoiled_by_does_not_deceive, datagrams_come_home_by_themselves,
	they_come_home_without_it)
