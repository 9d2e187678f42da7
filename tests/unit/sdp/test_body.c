/* SPDX-License-Identifier: Apache-2.0 */
/* test_body.c — the description in a body, alone or among other parts. */
#include <portavoz/sdp.h>

#include "lib/guard_page.h"
#include "lib/testing.h"

#define MIXED "multipart/mixed;boundary=b1"
#define PART  "Content-Type: application/sdp\r\n\r\n"

static const struct {
	const char *what;
	const char *type, *disposition;
	const char *body;
	int found;
	const char *sdp;
} rows[] = {
	{"the whole body", "application/sdp", "", "v=0\r\n", 1, "v=0\r\n"},
	{"any case, blanks, parameters", "Application / SDP ; charset=x",
		" Session;handling=optional", "v=0", 1, "v=0"},
	{"nothing in it", "application/sdp", "", "", 0, NULL},
	{"another type", "text/plain", "", "v=0", 0, NULL},
	{"no type", "", "", "v=0", 0, NULL},
	{"a longer type", "application/sdpx", "", "v=0", 0, NULL},
	{"early media of its own (RFC 3959)", "application/sdp", "early-session", "v=0", 0, NULL},
	{"a part", MIXED, "", "--b1\r\n" PART "v=0\r\n\r\n--b1--\r\n", 1, "v=0\r\n"},
	{"its last line end is the delimiter's", MIXED, "", "--b1\r\n" PART "v=0\r\n--b1--", 1,
		"v=0"},
	{"a preamble, other parts, an epilogue",
		"multipart/mixed; x=\"a;boundary=no\" ; Boundary=\"b 1\"", "",
		"hello\r\n--b 1\r\n\r\n--b2\r\nplain\r\n--b 1 \t\r\nContent-Type: "
		"text/xml\r\n\r\n<x/>"
		"\r\n--b 1\r\n" PART "v=0\r\n\r\n--b 1--\r\n--b 1\r\n" PART "v=1\r\n",
		1, "v=0\r\n"},
	{"LF alone", "multipart/related;boundary=b1", "",
		"--b1\nContent-Type:application/sdp\n\nv=0\n\n--b1--\n", 1, "v=0\n"},
	{"headers in any case and folded", MIXED, "",
		"--b1\r\ncontent-id: <1>\r\nCONTENT-type:\r\n application/sdp\r\n"
		"Content-Disposition: session\r\n ;handling=required\r\n"
		"Content-Transfer-Encoding: 8BIT\r\n\r\nv=0\r\n--b1--",
		1, "v=0"},
	{"the compact name", MIXED, "", "--b1\r\nc: application/sdp\r\n\r\nv=0\r\n--b1--", 1,
		"v=0"},
	{"one more inside", MIXED, "",
		"--b1\r\nContent-Type: multipart/alternative; boundary=\"b2\"\r\n\r\n"
		"--b2\r\nContent-Type: text/plain\r\n\r\nx\r\n--b2\r\n" PART "v=0\r\n\r\n--b2--\r\n"
		"\r\n--b1--",
		1, "v=0\r\n"},
	{"two more inside", MIXED, "",
		"--b1\r\nContent-Type: multipart/mixed; boundary=b2\r\n\r\n"
		"--b2\r\nContent-Type: multipart/mixed; boundary=b3\r\n\r\n"
		"--b3\r\n" PART "v=0\r\n--b3--\r\n--b2--\r\n--b1--",
		-PV_SDP_TOO_DEEP, NULL},
	{"no end", MIXED, "", "--b1\r\n" PART "v=0\r\n", 1, "v=0\r\n"},
	{"no part is one", MIXED, "", "--b1\r\n\r\nv=0\r\n--b1--", 0, NULL},
	{"another disposition", MIXED, "",
		"--b1\r\nContent-Disposition: render\r\n" PART "v=0\r\n--b1--", 0, NULL},
	{"early media beside", MIXED, "",
		"--b1\r\nContent-Disposition: early-session\r\n" PART "v=1\r\n--b1\r\n" PART
		"v=0\r\n--b1--",
		1, "v=0"},
	{"two of them", MIXED, "", "--b1\r\n" PART "v=0\r\n--b1\r\n" PART "v=0\r\n--b1--",
		-PV_SDP_TWO_SESSIONS, NULL},
	{"base64", MIXED, "",
		"--b1\r\nContent-Transfer-Encoding: base64\r\n" PART "dj0wDQo=\r\n--b1--",
		-PV_SDP_ENCODED, NULL},
	{"two types", MIXED, "", "--b1\r\nContent-Type: text/plain\r\n" PART "v=0\r\n--b1--",
		-PV_SDP_BAD_MULTIPART, NULL},
	{"a quote in another parameter", "multipart/mixed; x=\"a\\\";boundary=no\"; boundary=b1",
		"", "--b1\r\n" PART "v=0\r\n--b1--", 1, "v=0"},
	{"an escape in the boundary", "multipart/mixed;boundary=\"b\\1\"", "",
		"--b\\1\r\n" PART "v=0\r\n--b\\1--", -PV_SDP_BAD_MULTIPART, NULL},
	{"an empty one beside", MIXED, "", "--b1\r\n" PART "\r\n--b1\r\n" PART "v=0\r\n--b1--", 1,
		"v=0"},
	{"no boundary", "multipart/mixed", "", "--b1\r\n" PART "v=0\r\n--b1--",
		-PV_SDP_BAD_MULTIPART, NULL},
	{"an empty boundary", "multipart/mixed;boundary=\"\"", "", "--\r\n" PART "v=0\r\n----",
		-PV_SDP_BAD_MULTIPART, NULL},
	{"a boundary of 71 bytes",
		"multipart/"
		"mixed;boundary="
		"12345678901234567890123456789012345678901234567890123456789012345678901",
		"", "--x", -PV_SDP_BAD_MULTIPART, NULL},
	{"no delimiter", MIXED, "", PART "v=0\r\n", -PV_SDP_BAD_MULTIPART, NULL},
	{"a delimiter and more", MIXED, "", "--b1\r\n" PART "v=0\r\n--b1x\r\n\r\n--b1--",
		-PV_SDP_BAD_MULTIPART, NULL},
	{"no body", MIXED, "", "", -PV_SDP_BAD_MULTIPART, NULL},
	{"a part without a body", MIXED, "", "--b1\r\nContent-Type: application/sdp\r\n--b1--", 0,
		NULL},
};

static int find(size_t i, struct pv_span body, struct pv_span *ret)
{
	return pv_sdp_body_find(
		pv_span_of(rows[i].type), pv_span_of(rows[i].disposition), body, ret);
}

START_TEST(the_description_is_found)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pv_span sdp = PV_SPAN("kept");
		int found = find(i, pv_span_of(rows[i].body), &sdp);
		ck_assert_msg(found == rows[i].found, "%s: %d", rows[i].what, found);
		ck_assert_msg(pv_span_equal(sdp, pv_span_of(found == 1 ? rows[i].sdp : "kept")),
			"%s: %.*s", rows[i].what, PV_SPAN_PRINT(sdp));
	}
}
END_TEST

START_TEST(no_prefix_makes_it_read_too_far)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t cut = 0; cut <= strlen(rows[i].body); cut++) {
			const char *at = guard_page_put(rows[i].body, cut);
			struct pv_span sdp;
			if (find(i, (struct pv_span){at, cut}, &sdp) == 1)
				ck_assert(
					sdp.length && sdp.at >= at && pv_span_end(sdp) <= at + cut);
		}
}
END_TEST

START_TEST(no_prefix_of_a_type_makes_it_read_too_far)
{
	static const char type[] = "multipart/mixed; x=\"a\\\"b\"; boundary=\"b1\"";
	struct pv_span body = PV_SPAN("--b1\r\n" PART "v=0\r\n--b1--"), sdp;
	for (size_t cut = 0; cut < sizeof(type); cut++) {
		size_t length = cut < sizeof(type) - 1 ? cut : sizeof(type) - 1;
		struct pv_span cut_type = {guard_page_put(type, length), length};
		int found = pv_sdp_body_find(cut_type, PV_SPAN(""), body, &sdp);
		ck_assert_int_eq(found == 1, length >= sizeof(type) - 2);
	}
}
END_TEST

TEST_MAIN("body", the_description_is_found, no_prefix_makes_it_read_too_far,
	no_prefix_of_a_type_makes_it_read_too_far)
