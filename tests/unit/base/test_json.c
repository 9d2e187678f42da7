/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c — commas, escapes, bytes that are no text. */
#include "base/json.h"

#include "lib/testing.h"

static char *text;
static size_t size;

static struct json begin(void)
{
	return (struct json){.out = open_memstream(&text, &size)};
}

static void expect(struct json *json, const char *expected)
{
	fclose(json->out);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(structure)
{
	struct json json = begin();
	json_object(&json, NULL);
	json_number(&json, "a", 18446744073709551615u);
	json_array(&json, "b");
	json_object(&json, NULL);
	json_object_end(&json);
	json_signed(&json, NULL, -3);
	json_array_end(&json);
	json_bool(&json, "c", true);
	json_fraction(&json, "d", 0.25);
	json_object_end(&json);
	expect(&json, "{\"a\":18446744073709551615,\"b\":[{},-3],\"c\":true,\"d\":0.250}");
}
END_TEST

START_TEST(escapes)
{
	struct json json = begin();
	json_span(&json, NULL, PV_SPAN("a\"\\\n\x01\x7f\xc3\xa9\xf0\x9f\x98\x80"));
	expect(&json, "\"a\\\"\\\\\\n\\u0001\\u007f\xc3\xa9\xf0\x9f\x98\x80\"");
}
END_TEST

START_TEST(no_text)
{
	struct json json = begin();
	json_span(&json, NULL, PV_SPAN("\xff\xc0\x80\xe0\x80\x80\xed\xa0\x80\xf5\xc3"));
	expect(&json, "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\uf"
		      "ffd\"");
}
END_TEST

TEST_MAIN("base/json", structure, escapes, no_text)
