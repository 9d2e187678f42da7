/* SPDX-License-Identifier: Apache-2.0 */
/* test_digest.c — digest against published vectors, and credentials as real phones write them. */
#include <portavoz/digest.h>

#include <openssl/evp.h>

#include "base/macros.h"
#include "lib/testing.h"

static void openssl_hash(
	const EVP_MD *kind, const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	EVP_DigestInit_ex(context, kind, NULL);
	for (size_t i = 0; i < count; i++)
		EVP_DigestUpdate(context, parts[i].at, parts[i].length);
	EVP_DigestFinal_ex(context, ret, NULL);
	EVP_MD_CTX_free(context);
}

static void md5(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	openssl_hash(EVP_md5(), parts, count, ret);
}

static void sha256(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	openssl_hash(EVP_sha256(), parts, count, ret);
}

static void sha512_256(const struct pv_span *parts, size_t count, uint8_t ret[PV_HASH_MAX])
{
	openssl_hash(EVP_sha512_256(), parts, count, ret);
}

static const struct pv_hash hashes[PV_ALGORITHM_COUNT] = {
	[PV_ALGORITHM_MD5] = {16, md5},
	[PV_ALGORITHM_SHA256] = {32, sha256},
	[PV_ALGORITHM_SHA512_256] = {32, sha512_256},
};

#define RFC7616                                                                                 \
	"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\"," \
	" nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001,"                 \
	" cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth,"                   \
	" opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\","
#define BILOXI                                           \
	"Digest username=\"bob\", realm=\"biloxi.com\"," \
	" nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\","

/* The response inside each value is the published one. */
static const struct {
	const char *value, *method, *password;
} vectors[] = {
	/* RFC 2617 §3.5 */
	{"Digest username=\"Mufasa\", realm=\"testrealm@host.com\","
	 " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth,"
	 " nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\","
	 " opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
		"GET", "Circle Of Life"},
	/* RFC 2069 §2.4 with its erratum: no qop */
	{"Digest username=\"Mufasa\", realm=\"testrealm@host.com\","
	 " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\","
	 " response=\"1949323746fe6a43ef61f9606e7febea\"",
		"GET", "CircleOfLife"},
	/* RFC 7616 §3.9.1, both algorithms */
	{RFC7616 " algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\"", "GET",
		"Circle of Life"},
	{RFC7616 " algorithm=SHA-256,"
		 " response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"",
		"GET", "Circle of Life"},
	/* RFC 8760's third algorithm, computed independently over the input of RFC 7616 §3.9.2 */
	{"Digest username=\"J\303\244s\303\270n Doe\", realm=\"api@example.org\", "
	 "uri=\"/doe.json\","
	 " algorithm=SHA-512-256, nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\","
	 " nc=00000001, cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm\", qop=auth,"
	 " response=\"7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c\"",
		"GET", "Secret, or not?"},
	/* SIP, with and without qop (draft-smith-sip-auth-examples) */
	{BILOXI " qop=auth, nc=00000001, cnonce=\"0a4f113b\","
		" response=\"89eb0059246c02b2f6ee02c7961d5ea3\"",
		"INVITE", "zanzibar"},
	{BILOXI " response=\"bf57e4e0d0bffc0fbaedce64d59add5e\"", "INVITE", "zanzibar"},
	/* upper-case digits are the same number */
	{BILOXI " response=\"BF57E4E0D0BFFC0FBAEDCE64D59ADD5E\"", "INVITE", "zanzibar"},
	/* linphone: two spaces, no algorithm */
	{"Digest  username=\"bob\", realm=\"biloxi.com\","
	 " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\","
	 " response=\"89eb0059246c02b2f6ee02c7961d5ea3\", cnonce=\"0a4f113b\", nc=00000001,"
	 " qop=auth",
		"INVITE", "zanzibar"},
	/* desk phones: quoted tokens, no space, odd order and case, empty elements, a fold */
	{"DIGEST response=\"89eb0059246c02b2f6ee02c7961d5ea3\",qop=\"auth\",nc=\"00000001\",,"
	 "cnonce=\"0a4f113b\",URI=\"sip:bob@biloxi.com\",\r\n "
	 "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",Realm = \"biloxi.com\" ,"
	 "algorithm=\"md5\",username=\"bob\",auth-param=\"a, b\",",
		"INVITE", "zanzibar"},
};

START_TEST(vectors_agree)
{
	char response[2 * PV_HASH_MAX];
	struct pv_credentials credentials;
	uint8_t ha1[PV_HASH_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
		ck_assert_int_eq(
			pv_credentials_parse(pv_span_of(vectors[i].value), &credentials), 0);
		ck_assert_int_lt(credentials.algorithm, PV_ALGORITHM_COUNT);
		const struct pv_hash *hash = &hashes[credentials.algorithm];
		pv_digest_ha1(hash, credentials.username, credentials.realm,
			pv_span_of(vectors[i].password), ha1);
		pv_digest_response(
			hash, ha1, &credentials, pv_span_of(vectors[i].method), response);
		ck_assert_msg(pv_digest_response_equal(hash, response, credentials.response),
			"vector %zu gives %.*s", i, (int)(2 * hash->size), response);
		pv_digest_response(hash, ha1, &credentials, PV_SPAN("BYE"), response);
		ck_assert(!pv_digest_response_equal(hash, response, credentials.response));
	}
}
END_TEST

START_TEST(every_part_is_found)
{
	struct pv_credentials c;

	ck_assert_int_eq(
		pv_credentials_parse(PV_SPAN(RFC7616 " response=abc, userhash=true"), &c), 0);
	ck_assert(pv_span_equal(c.username, PV_SPAN("Mufasa")));
	ck_assert(pv_span_equal(c.realm, PV_SPAN("http-auth@example.org")));
	ck_assert(pv_span_equal(c.uri, PV_SPAN("/dir/index.html")));
	ck_assert(pv_span_equal(c.nc, PV_SPAN("00000001")));
	ck_assert(pv_span_equal(c.response, PV_SPAN("abc")));
	ck_assert(pv_span_equal(c.qop, PV_SPAN("auth")));
	ck_assert_uint_eq(c.opaque.length, 44);
	ck_assert_uint_eq(c.nonce_count, 1);
	ck_assert(c.has_qop && c.userhash);
	ck_assert_int_eq(c.algorithm, PV_ALGORITHM_MD5);
	ck_assert_uint_eq(c.algorithm_text.length, 0);
}
END_TEST

#define MINIMAL "username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"0\""

START_TEST(escapes_stay_in_quoted_strings)
{
	struct pv_credentials c;

	ck_assert_int_eq(pv_credentials_parse(PV_SPAN("Digest username=\"a\\\"b\\\\\", realm=\"r\","
						      "nonce=\"n\", uri=\"sip:x\", response=\"0\""),
				 &c),
		0);
	ck_assert(pv_span_equal(c.username, PV_SPAN("a\\\"b\\\\")));
	ck_assert(pv_span_equal(c.realm, PV_SPAN("r")));
	ck_assert(!c.has_qop && !c.userhash);
}
END_TEST

static const struct {
	const char *value;
	int verdict;
} refused[] = {
	{"", -2},
	{"Basic dXNlcjpwYXNz", -2},
	{"Digestive " MINIMAL, -2},
	{"Digest", -1},
	{"Digest ,", -1},
	{"Digest username=\"u\"", -1},
	{"Digest " MINIMAL ", username=\"other\"", -1},
	{"Digest " MINIMAL ", nc=xyz", -1},
	{"Digest " MINIMAL ", nc=000000001", -1},
	{"Digest " MINIMAL ", nc=\"\"", -1},
	{"Digest " MINIMAL ", qop", -1},
	{"Digest " MINIMAL ", qop=", -1},
	{"Digest " MINIMAL ", =auth", -1},
	{"Digest " MINIMAL ", opaque=\"open", -1},
	{"Digest " MINIMAL ", opaque=\"open\\\"", -1},
	{"Digest " MINIMAL " opaque=\"no comma\"", -1},
	{"Digest " MINIMAL ", opaque=\"x\"y", -1},
};

START_TEST(what_is_malformed_is_refused)
{
	struct pv_credentials credentials;

	ck_assert_int_eq(pv_credentials_parse(PV_SPAN("Digest " MINIMAL), &credentials), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		memset(&credentials, 0x55, sizeof(credentials));
		ck_assert_msg(pv_credentials_parse(pv_span_of(refused[i].value), &credentials) ==
				      refused[i].verdict,
			"%s", refused[i].value);
		ck_assert_uint_eq(credentials.nonce_count, 0x55555555); /* untouched */
	}
}
END_TEST

START_TEST(nonce_counts_are_hexadecimal)
{
	struct pv_credentials c;

	ck_assert_int_eq(pv_credentials_parse(PV_SPAN("Digest " MINIMAL ", nc=0000001F"), &c), 0);
	ck_assert_uint_eq(c.nonce_count, 31);
	ck_assert_int_eq(pv_credentials_parse(PV_SPAN("Digest " MINIMAL ", nc=ffffffff"), &c), 0);
	ck_assert_uint_eq(c.nonce_count, UINT32_MAX);
}
END_TEST

START_TEST(algorithms_have_names)
{
	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++)
		ck_assert_uint_eq(pv_algorithm_of(pv_algorithm_text((enum pv_algorithm)i)), i);
	ck_assert_int_eq(pv_algorithm_of(PV_SPAN("sha-256")), PV_ALGORITHM_SHA256);
	ck_assert_int_eq(pv_algorithm_of(PV_SPAN("MD5-sess")), PV_ALGORITHM_UNKNOWN);
	ck_assert_int_eq(pv_algorithm_of(PV_SPAN("")), PV_ALGORITHM_UNKNOWN);
	ck_assert_uint_eq(pv_algorithm_text(PV_ALGORITHM_UNKNOWN).length, 0);
}
END_TEST

START_TEST(responses_compare_whole)
{
	static const char expected[2 * PV_HASH_MAX] = "0123456789abcdef0123456789abcdef";
	struct pv_span text = {expected, 32};
	char wrong[32];

	ck_assert(pv_digest_response_equal(&hashes[0], expected, text));
	ck_assert(!pv_digest_response_equal(&hashes[0], expected, (struct pv_span){expected, 31}));
	ck_assert(!pv_digest_response_equal(&hashes[1], expected, text));
	for (unsigned i = 0; i < sizeof(wrong); i++) {
		memcpy(wrong, expected, sizeof(wrong));
		wrong[i] ^= 0x40;
		ck_assert(!pv_digest_response_equal(
			&hashes[0], expected, (struct pv_span){wrong, sizeof(wrong)}));
		wrong[i] ^=
			0x50; /* '0' ^ 0x10 is a control character that a fold of case would take */
		ck_assert(!pv_digest_response_equal(
			&hashes[0], expected, (struct pv_span){wrong, sizeof(wrong)}));
	}
}
END_TEST

START_TEST(challenges_are_written)
{
	struct pv_writer w;
	char text[200];

	pv_writer_init(&w, text, sizeof(text));
	pv_challenge_write(&w, PV_SPAN("example.test"), PV_SPAN("abc"), PV_ALGORITHM_SHA256, false);
	ck_assert(pv_span_equal(
		pv_writer_span(&w), PV_SPAN("Digest realm=\"example.test\", nonce=\"abc\","
					    " algorithm=SHA-256, qop=\"auth\"")));
	pv_writer_init(&w, text, sizeof(text));
	pv_challenge_write(&w, PV_SPAN("a\"b\\c"), PV_SPAN("n"), PV_ALGORITHM_MD5, true);
	ck_assert(pv_span_equal(
		pv_writer_span(&w), PV_SPAN("Digest realm=\"a\\\"b\\\\c\", nonce=\"n\","
					    " algorithm=MD5, qop=\"auth\", stale=true")));
	pv_writer_init(&w, text, 20);
	pv_challenge_write(&w, PV_SPAN("example.test"), PV_SPAN("abc"), PV_ALGORITHM_MD5, false);
	ck_assert(w.overflow);
}
END_TEST

/* Every prefix of a good value, in memory that ends where it ends. */
START_TEST(prefixes_never_read_on)
{
	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
		for (size_t length = 0; length <= strlen(vectors[i].value); length++) {
			struct pv_credentials credentials;
			char *copy = malloc(length + 1);
			memcpy(copy, vectors[i].value, length);
			copy[length] = '"';
			int verdict =
				pv_credentials_parse((struct pv_span){copy, length}, &credentials);
			ck_assert_int_ge(verdict, -2);
			ck_assert_int_le(verdict, 0);
			if (verdict == 0)
				ck_assert(pv_span_end(credentials.response) <= copy + length);
			free(copy);
		}
	}
}
END_TEST

TEST_MAIN("digest", vectors_agree, every_part_is_found, escapes_stay_in_quoted_strings,
	what_is_malformed_is_refused, nonce_counts_are_hexadecimal, algorithms_have_names,
	responses_compare_whole, challenges_are_written, prefixes_never_read_on)
