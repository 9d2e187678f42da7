/* SPDX-License-Identifier: Apache-2.0 */
/* test_load.c — files: the main one, conf.d beside it, what cannot be read or parsed. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parsing.h"

static char folder[64];

static const char *in_folder(const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void set_up(void)
{
	strcpy(folder, "/tmp/portavoz-load-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	mkdir(in_folder("conf.d"), 0700);
}

static void tear_down(void)
{
	static const char *const names[] = {"conf.d/10.conf", "conf.d/20.conf", "conf.d/x.txt",
		"conf.d/.hidden.conf", "conf.d", "main.conf", "folder.conf"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		remove(in_folder(names[i]));
	rmdir(folder);
}

START_TEST(test_fragments)
{
	put("main.conf", "workers = 1;\nusers_file = \"users.csv\";\n"
			 "users = ( { name = \"a\"; password = \"x\"; } );\n"
			 "registrar = { max_contacts = 5; };\n");
	put("conf.d/20.conf", "workers = 3; admin = { socket = \"c.sock\"; };");
	put("conf.d/10.conf", "workers = 2;\nusers = ( { name = \"b\"; password = \"x\"; } );\n"
			      "registrar = { capacity = 1000; };\n");
	put("conf.d/x.txt", "not a fragment");
	put("conf.d/.hidden.conf", "nor this");
	struct config *c = NULL;
	struct config_report report = {0};
	ck_assert_int_eq(config_load(in_folder("main.conf"), &c, &report), 0);
	ck_assert_uint_eq(c->workers, 3);
	ck_assert_uint_eq(c->user_count, 2);
	ck_assert_str_eq(c->users[1].name, "b");
	ck_assert_str_eq(c->users[1].origin.file, in_folder("conf.d/10.conf"));
	ck_assert_uint_eq(c->users[1].origin.line, 2);
	ck_assert_uint_eq(c->registrar.max_contacts, 5);
	ck_assert_uint_eq(c->registrar.capacity, 1000);
	ck_assert_str_eq(c->users_file, in_folder("users.csv"));
	ck_assert_str_eq(c->admin.socket, in_folder("conf.d/c.sock"));
	config_report_done(&report);
	config_free(c);
}
END_TEST

START_TEST(test_mistakes_of_all_files)
{
	put("main.conf", "\nworkers = = 2;\n");
	put("conf.d/10.conf", "\n\ndomian = \"x\";\n");
	struct config *c = NULL;
	struct config_report report = {0};
	ck_assert_int_lt(config_load(in_folder("main.conf"), &c, &report), 0);
	const struct config_finding *syntax = find(&report, 2, "syntax error");
	ck_assert_ptr_nonnull(syntax);
	ck_assert_str_eq(syntax->file, in_folder("main.conf"));
	const struct config_finding *unknown = find(&report, 3, "the nearest is \"domain\"");
	ck_assert_ptr_nonnull(unknown);
	ck_assert_str_eq(unknown->file, in_folder("conf.d/10.conf"));
	config_report_done(&report);
}
END_TEST

static void cannot_read(const char *name, const char *why)
{
	struct config *c = NULL;
	struct config_report report = {0};
	ck_assert_int_lt(config_load(in_folder(name), &c, &report), 0);
	ck_assert_ptr_nonnull(find(&report, 0, why));
	config_report_done(&report);
}

START_TEST(test_unreadable)
{
	cannot_read("absent.conf", "No such file");
	mkdir(in_folder("folder.conf"), 0700);
	cannot_read("folder.conf", "Is a directory");
}
END_TEST

START_TEST(test_syntax)
{
	bad("workers = 1;\nworkers = 2;\n", 2, "duplicate");
	bad("workers = 1\n}\n", 2, "syntax error");
	bad("a = \"unfinished", 1, "");
	bad("@include \"/etc/passwd\"\n", 1, "@include is not known");
	bad("workers = 1;\n\t @include \"x\"\n", 2, "@include is not known");
}
END_TEST

START_TEST(test_text_is_bytes)
{
	struct config *c = NULL;
	struct config_report report = {0};
	ck_assert_int_lt(config_parse_text("workers\0= 1;", 12, "t", &c, &report), 0);
	ck_assert_ptr_nonnull(find(&report, 0, "NUL"));
	config_report_done(&report);
	ck_assert_int_eq(config_parse_text("workers = 1; garbage", 12, "t", &c, &report), 0);
	ck_assert_uint_eq(c->workers, 1);
	config_free(c);
	config_report_done(&report);
}
END_TEST

START_TEST(test_deep_nesting)
{
	enum { DEEP = 20000 };
	static char text[DEEP + 16];
	memcpy(text, "users = ", 8);
	memset(text + 8, '(', DEEP);
	text[DEEP + 8] = '\0';
	bad(text, 1, "");
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("load");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, test_fragments);
	tcase_add_test(cases, test_mistakes_of_all_files);
	tcase_add_test(cases, test_unreadable);
	tcase_add_test(cases, test_syntax);
	tcase_add_test(cases, test_text_is_bytes);
	tcase_add_test(cases, test_deep_nesting);
	return run_cases("conf/load", cases);
}
