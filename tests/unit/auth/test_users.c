/* SPDX-License-Identifier: Apache-2.0 */
/* test_users.c — users found, HA1s right, mistakes told with their line, and 200,000 lines. */
#include "auth/users.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "auth/hash.h"
#include "base/macros.h"
#include "lib/testing.h"

static const enum pv_algorithm both[] = {PV_ALGORITHM_SHA256, PV_ALGORITHM_MD5};
static char told[8192]; /* "line:text\n" each */
static unsigned errors, warnings;
static char path[64];

static void tell(void *context, enum user_severity severity, const char *file, uint32_t line,
	const char *text)
{
	size_t used = strlen(told);

	(void)context;
	errors += severity == USER_ERROR;
	warnings += severity == USER_WARNING;
	snprintf(told + used, sizeof(told) - used, "%s:%u:%s\n",
		file && strcmp(file, path) == 0 ? "CSV"
		: file                          ? file
						: "",
		line, text);
}

static const struct user_report report = {.tell = tell};

static struct user_table_config config_of(void)
{
	return (struct user_table_config){.realm = PV_SPAN_INIT("example.test"),
		.algorithms = both,
		.algorithm_count = ARRAY_LENGTH(both)};
}

static int load(const struct user_table_config *config, struct user_table **ret)
{
	told[0] = '\0';
	errors = warnings = 0;
	*ret = NULL;
	return user_table_load(config, &report, ret);
}

static FILE *file_begin(void)
{
	strcpy(path, "/tmp/portavoz-users-XXXXXX");
	return fdopen(mkstemp(path), "w");
}

static int load_csv(const char *text, struct user_table **ret)
{
	struct user_table_config config = config_of();
	FILE *file = file_begin();

	fputs(text, file);
	fclose(file);
	config.users_file = path;
	int error = load(&config, ret);
	unlink(path);
	return error;
}

static void expect_ha1(const struct user *user, enum pv_algorithm algorithm, const char *name,
	const char *password)
{
	const struct pv_hash *hash = &auth_hashes()[algorithm];
	uint8_t expected[PV_HASH_MAX];

	pv_digest_ha1(
		hash, pv_span_of(name), PV_SPAN("example.test"), pv_span_of(password), expected);
	ck_assert_ptr_nonnull(user_ha1(user, algorithm));
	ck_assert_mem_eq(user_ha1(user, algorithm), expected, hash->size);
}

START_TEST(inline_users_are_found)
{
	static const struct user_input users[] = {
		{.name = "alice", .password = "secret", .display = "Alice L.", .priority = 5},
		{.name = "bob", .password = "p:w"}};
	struct user_table_config config = config_of();
	struct user_table *table;

	config.users = users;
	config.user_count = ARRAY_LENGTH(users);
	ck_assert_int_eq(load(&config, &table), 0);
	ck_assert_uint_eq(user_table_count(table), 2);
	const struct user *alice = user_table_find(table, PV_SPAN("alice"));
	ck_assert_ptr_nonnull(alice);
	ck_assert(pv_span_equal(user_name(alice), PV_SPAN("alice")));
	ck_assert(pv_span_equal(user_display(alice), PV_SPAN("Alice L.")));
	ck_assert_uint_eq(user_priority(alice), 5);
	expect_ha1(alice, PV_ALGORITHM_MD5, "alice", "secret");
	expect_ha1(alice, PV_ALGORITHM_SHA256, "alice", "secret");
	ck_assert_ptr_null(user_ha1(alice, PV_ALGORITHM_SHA512_256)); /* not wanted */
	const struct user *bob = user_table_find(table, PV_SPAN("bob"));
	ck_assert_uint_eq(user_display(bob).length, 0);
	expect_ha1(bob, PV_ALGORITHM_SHA256, "bob", "p:w");
	ck_assert_ptr_null(user_table_find(table, PV_SPAN("Alice")));
	ck_assert_ptr_null(user_table_find(table, PV_SPAN("alic")));
	ck_assert_ptr_null(user_table_find(table, PV_SPAN("")));
	ck_assert_ptr_eq(user_table_next(table, NULL), alice);
	ck_assert_ptr_eq(user_table_next(table, alice), bob);
	ck_assert_ptr_null(user_table_next(table, bob));
	user_table_free(table);
	user_table_free(NULL);
}
END_TEST

START_TEST(an_empty_table_offers_all)
{
	struct user_table_config config = config_of();
	struct user_table *table;
	uint32_t count;

	ck_assert_int_eq(load(&config, &table), 0);
	ck_assert_ptr_null(user_table_find(table, PV_SPAN("alice")));
	ck_assert_ptr_null(user_table_next(table, NULL));
	ck_assert_int_eq(user_table_algorithms(table, &count)[0], PV_ALGORITHM_SHA256);
	ck_assert_uint_eq(count, 2);
	user_table_free(table);
}
END_TEST

START_TEST(without_challenges_no_hash_is_kept)
{
	static const struct user_input users[] = {{.name = "alice", .password = "secret"}};
	struct user_table_config config = config_of();
	struct user_table *table;

	config.algorithm_count = 0;
	config.users = users;
	config.user_count = 1;
	ck_assert_int_eq(load(&config, &table), 0);
	ck_assert_ptr_null(user_ha1(user_table_find(table, PV_SPAN("alice")), PV_ALGORITHM_MD5));
	ck_assert(!user_table_offers(table, PV_ALGORITHM_MD5));
	user_table_free(table);
}
END_TEST

START_TEST(csv_columns_stand_in_any_order)
{
	struct user_table *table;

	ck_assert_int_eq(load_csv("\xef\xbb\xbfpriority, Password ,NAME,display\r\n"
				  "7,secret,alice,\"L., Alice\"\r\n"
				  "\r\n"
				  ",\"say \"\"hi\"\"\",\"bob\",\r\n",
				 &table),
		0);
	const struct user *alice = user_table_find(table, PV_SPAN("alice"));
	ck_assert_uint_eq(user_priority(alice), 7);
	ck_assert(pv_span_equal(user_display(alice), PV_SPAN("L., Alice")));
	expect_ha1(alice, PV_ALGORITHM_MD5, "alice", "secret");
	const struct user *bob = user_table_find(table, PV_SPAN("bob"));
	ck_assert_uint_eq(user_priority(bob), 0);
	expect_ha1(bob, PV_ALGORITHM_MD5, "bob", "say \"hi\"");
	user_table_free(table);
}
END_TEST

START_TEST(an_ha1_stands_for_the_password)
{
	struct user_table *table;

	/* MD5 and SHA-256 of "bob:example.test:zanzibar" */
	ck_assert_int_eq(
		load_csv("name,ha1_md5,ha1_sha256,password\n"
			 "bob,60fb3f70cd0a8da7e1c1fbf8a3b7a8e5,"
			 "AAbbccddeeff00112233445566778899AAbbccddeeff00112233445566778899,\n"
			 "carol,,,secret\n",
			&table),
		0);
	const struct user *bob = user_table_find(table, PV_SPAN("bob"));
	ck_assert_uint_eq(user_ha1(bob, PV_ALGORITHM_MD5)[0], 0x60);
	ck_assert_uint_eq(user_ha1(bob, PV_ALGORITHM_MD5)[15], 0xe5);
	ck_assert_uint_eq(user_ha1(bob, PV_ALGORITHM_SHA256)[0], 0xaa);
	ck_assert_uint_eq(user_ha1(bob, PV_ALGORITHM_SHA256)[31], 0x99);
	expect_ha1(
		user_table_find(table, PV_SPAN("carol")), PV_ALGORITHM_SHA256, "carol", "secret");
	ck_assert(user_table_offers(table, PV_ALGORITHM_SHA256));
	user_table_free(table);
}
END_TEST

START_TEST(what_one_lacks_is_offered_to_nobody)
{
	struct user_table *table;
	uint32_t count;

	ck_assert_int_eq(load_csv("name,ha1_md5,password\n"
				  "alice,,secret\n"
				  "bob,60fb3f70cd0a8da7e1c1fbf8a3b7a8e5,\n"
				  "carol,60fb3f70cd0a8da7e1c1fbf8a3b7a8e5,\n",
				 &table),
		0);
	ck_assert_int_eq(user_table_algorithms(table, &count)[0], PV_ALGORITHM_MD5);
	ck_assert_uint_eq(count, 1);
	ck_assert(!user_table_offers(table, PV_ALGORITHM_SHA256));
	ck_assert_uint_eq(warnings, 1); /* said once */
	ck_assert_ptr_nonnull(strstr(told, "CSV:3:user \"bob\""));
	user_table_free(table);
	ck_assert_int_eq(
		load_csv("name,ha1_md5,ha1_sha256\n"
			 "a,60fb3f70cd0a8da7e1c1fbf8a3b7a8e5,\n"
			 "b,,AAbbccddeeff00112233445566778899AAbbccddeeff00112233445566778899\n",
			&table),
		-EINVAL);
	ck_assert_ptr_nonnull(strstr(told, ":0:no algorithm"));
}
END_TEST

static const struct {
	const char *csv, *told;
} mistakes[] = {
	{"", "CSV:0:empty"},
	{"\n\n", "CSV:0:empty"},
	{"name,passwort\na,b\n", "CSV:1:unknown column \"passwort\""},
	{"password\nb\n", "CSV:1:the first line must name the columns"},
	{"name,password,name\n", "CSV:1:column \"name\" stands twice"},
	{"name,password\na,b\nc\n", "CSV:3:1 fields where the first line names 2"},
	{"name,password\n\na,b,c\n", "CSV:3:3 fields"},
	{"name,password\na,\"b\n", "CSV:2:a quoted field has no closing quote"},
	{"name,password\na,\"b\"c\n", "CSV:2:text behind a closing quote"},
	{"name,password\n,b\n", "CSV:2:a user without a name"},
	{"name,password\na,\n", "CSV:2:neither password nor ha1"},
	{"name,password\na:b,c\n", "CSV:2:the name has a control character or a colon"},
	{"name,password\n\"a\nb\",c\n", "CSV:2:the name has a control character"},
	{"name,password,display\na,b,\"x\ny\"\n", "CSV:2:the display name has a control"},
	{"name,password,priority\na,b,256\n", "CSV:2:the priority is over 255"},
	{"name,password,priority\na,b,-1\n", "CSV:2:the priority is not a number"},
	{"name,password,ha1_md5\na,b,60fb3f70cd0a8da7e1c1fbf8a3b7a8e5\n", "CSV:2:password and ha1"},
	{"name,ha1_md5\na,60fb\n", "CSV:2:the ha1 for MD5 must be 32 hexadecimal digits"},
	{"name,ha1_sha256\na,60fb3f70cd0a8da7e1c1fbf8a3b7a8e5\n", "SHA-256 must be 64"},
	{"name,ha1_md5\na,60fb3f70cd0a8da7e1c1fbf8a3b7a8eg\n", "CSV:2:the ha1 for MD5"},
	{"name,password\na,1\nb,2\na,3\n", "CSV:4:user \"a\" was already given at "},
};

START_TEST(mistakes_are_told_with_their_line)
{
	struct user_table *table;

	for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++) {
		ck_assert_int_eq(load_csv(mistakes[i].csv, &table), -EINVAL);
		ck_assert_ptr_null(table);
		ck_assert_uint_eq(errors, 1);
		ck_assert_msg(strstr(told, mistakes[i].told), "%s gives %s", mistakes[i].csv, told);
	}
}
END_TEST

START_TEST(every_mistake_is_told_up_to_a_limit)
{
	char text[4096] = "name,password\n";
	struct user_table *table;

	ck_assert_int_eq(load_csv("name,password\n,x\nok,ok\n,y\n", &table), -EINVAL);
	ck_assert_uint_eq(errors, 2);
	for (unsigned i = 0; i < 100; i++)
		strcat(text, ",x\n");
	ck_assert_int_eq(load_csv(text, &table), -EINVAL);
	ck_assert_uint_eq(errors, 51); /* the last says that there are more */
}
END_TEST

START_TEST(a_user_of_the_file_may_not_repeat_an_inline_one)
{
	static const struct user_input users[] = {
		{.name = "alice", .password = "secret", .file = "main.conf", .line = 12}};
	struct user_table_config config = config_of();
	struct user_table *table;
	FILE *file = file_begin();

	fputs("name,password\nalice,x\n", file);
	fclose(file);
	config.users = users;
	config.user_count = 1;
	config.users_file = path;
	ck_assert_int_eq(load(&config, &table), -EINVAL);
	ck_assert_str_eq(told, "CSV:2:user \"alice\" was already given at main.conf:12\n");
	unlink(path);
	config.users_file = strcpy(path, "/nonexistent/users.csv");
	ck_assert_int_eq(load(&config, &table), -EINVAL);
	ck_assert_str_eq(told, "CSV:0:cannot be read: No such file or directory\n");
	config.users_file = strcpy(path, "/dev/null");
	ck_assert_int_eq(load(&config, &table), -EINVAL);
}
END_TEST

#define MANY 200000u

START_TEST(two_hundred_thousand_users_load)
{
	struct user_table_config config = config_of();
	struct timespec before, after;
	struct user_table *table;
	FILE *file = file_begin();
	char name[16];

	fputs("name,password\n", file);
	for (unsigned i = 0; i < MANY; i++)
		fprintf(file, "user%06u,pw%u\n", i, i);
	fclose(file);
	config.users_file = path;
	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(load(&config, &table), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	unlink(path);
	ck_assert_uint_eq(user_table_count(table), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "user%06u", i);
		const struct user *user = user_table_find(table, pv_span_of(name));
		ck_assert(user && pv_span_equal(user_name(user), pv_span_of(name)));
	}
	ck_assert_ptr_null(user_table_find(table, PV_SPAN("user200000")));
	expect_ha1(user_table_find(table, PV_SPAN("user123456")), PV_ALGORITHM_SHA256, "user123456",
		"pw123456");
	/* Beyond the ten letters of the name and the 48 bytes of two HA1s. */
	size_t each = user_table_memory(table) / MANY - 10 - 48;
	ck_assert_uint_le(each, 12);
	printf("%u users with two hashes each in %.0f ms, %zu bytes a user beside name and "
	       "hashes\n",
		MANY,
		(double)(after.tv_sec - before.tv_sec) * 1e3 +
			(double)(after.tv_nsec - before.tv_nsec) / 1e6,
		each);
	user_table_free(table);
}
END_TEST

TEST_MAIN("users", inline_users_are_found, an_empty_table_offers_all,
	without_challenges_no_hash_is_kept, csv_columns_stand_in_any_order,
	an_ha1_stands_for_the_password, what_one_lacks_is_offered_to_nobody,
	mistakes_are_told_with_their_line, every_mistake_is_told_up_to_a_limit,
	a_user_of_the_file_may_not_repeat_an_inline_one, two_hundred_thousand_users_load)
