/* SPDX-License-Identifier: Apache-2.0 */
/* test_parse.c — whole descriptions: what is found, what is inherited, what is refused and why. */
#include <portavoz/sdp.h>

#include <stdio.h>

#include "descriptions.h"
#include "lib/guard_page.h"
#include "lib/testing.h"

static struct pv_sdp sdp;

#define SAYS(span, literal) \
	ck_assert_msg(pv_span_equal(span, PV_SPAN(literal)), "%.*s", PV_SPAN_PRINT(span))

START_TEST(linphones_offer_is_indexed_whole)
{
	ck_assert_int_eq(parse_text(&sdp, LINPHONE), sizeof(LINPHONE) - 1);
	ck_assert_uint_eq(sdp.media_count, 2);
	SAYS(sdp.origin.username, "alice");
	SAYS(sdp.origin.session, "3512");
	SAYS(sdp.origin.version, "1874");
	SAYS(sdp.origin.address.text, "192.168.1.20");
	SAYS(sdp.line_end, "\r\n");
	const struct pv_sdp_media *audio = &sdp.media[0], *video = &sdp.media[1];
	ck_assert_int_eq(audio->kind, PV_SDP_AUDIO);
	SAYS(audio->kind_text, "audio");
	ck_assert_uint_eq(audio->port, 7078);
	ck_assert_uint_eq(audio->port_count, 1);
	SAYS(audio->proto, "RTP/AVPF");
	ck_assert(audio->is_rtp && !audio->is_secure && audio->has_ice);
	SAYS(audio->formats, "96 97 98 0 8 18 101 99 100");
	ck_assert_uint_eq(audio->format_count, 9);
	ck_assert(!audio->has_connection);
	ck_assert_int_eq(audio->address.family, PV_SDP_IP4);
	SAYS(audio->address.text, "192.168.1.20");
	ck_assert_uint_eq(audio->rtcp_port, 7079);
	SAYS(audio->rtcp_address.text, "192.168.1.20");
	ck_assert_int_eq(audio->direction, PV_SDP_SENDRECV);
	ck_assert_int_eq(video->kind, PV_SDP_VIDEO);
	ck_assert_ptr_eq(pv_span_end(audio->section), video->section.at);
	ck_assert_ptr_eq(pv_span_end(video->section), pv_span_end(sdp.whole));
	ck_assert_ptr_eq(pv_span_end(sdp.session), audio->section.at);
}
END_TEST

START_TEST(microsips_and_baresips_are_read)
{
	ck_assert_int_gt(parse_text(&sdp, MICROSIP), 0);
	const struct pv_sdp_media *media = &sdp.media[0];
	ck_assert(media->has_connection && media->has_rtcp && media->has_direction);
	ck_assert_uint_eq(media->rtcp_port, 4005);
	SAYS(media->rtcp_address.text, "192.168.1.30");
	ck_assert_uint_eq(sdp.bandwidth_as, 84);
	ck_assert_uint_eq(media->bandwidth_tias, 64000);
	ck_assert_uint_eq(media->bandwidth_as, 0);
	ck_assert_int_gt(parse_text(&sdp, BARESIP), 0);
	ck_assert_uint_eq(media->rtcp_port, 21587);
	SAYS(media->rtcp_address.text, "127.0.0.1");
	ck_assert_uint_eq(media->ptime, 20);
	ck_assert_int_gt(parse_text(&sdp, SIPP), 0);
	ck_assert_uint_eq(media->port, 6000);
	ck_assert_uint_eq(media->ptime, 0);
}
END_TEST

/* 0.0.0.0 and port 9 with ICE: candidates follow, nothing is held. */
START_TEST(chromiums_offer_is_not_on_hold)
{
	ck_assert_int_gt(parse_text(&sdp, CHROMIUM), 0);
	const struct pv_sdp_media *audio = &sdp.media[0], *video = &sdp.media[1];
	ck_assert(audio->address.is_zero && audio->has_ice && audio->rtcp_mux);
	ck_assert_int_eq(audio->direction, PV_SDP_SENDRECV);
	ck_assert(audio->is_rtp && audio->is_secure && audio->has_fingerprint);
	SAYS(audio->mid, "0");
	ck_assert(video->bundle_only && !pv_sdp_is_rejected(video) && !audio->bundle_only);
	ck_assert_int_eq(video->written, PV_SDP_RECVONLY);
}
END_TEST

START_TEST(ipv6_and_what_the_session_says_for_all)
{
	ck_assert_int_gt(parse_text(&sdp, IPV6), 0);
	ck_assert_uint_eq(sdp.media_count, 3);
	ck_assert_int_eq(sdp.media[0].address.family, PV_SDP_IP6);
	SAYS(sdp.media[0].address.text, "2001:db8::1");
	SAYS(sdp.media[0].port_text, "5004/2");
	ck_assert_uint_eq(sdp.media[0].port_count, 2);
	ck_assert_int_eq(sdp.media[0].direction, PV_SDP_SENDONLY);
	ck_assert(!sdp.media[0].has_direction && sdp.media[2].has_direction);
	ck_assert_int_eq(sdp.media[2].direction, PV_SDP_INACTIVE);
	ck_assert(pv_sdp_is_rejected(&sdp.media[2]) && !pv_sdp_is_rejected(&sdp.media[1]));
	ck_assert_int_eq(sdp.media[1].kind, PV_SDP_APPLICATION);
	ck_assert(!sdp.media[1].is_rtp);
	SAYS(sdp.media[1].formats, "MCPTT");
}
END_TEST

START_TEST(the_first_rtcp_counts_and_the_highest_port_has_none)
{
	ck_assert_int_gt(
		parse_text(&sdp, HEAD AUDIO "a=rtcp:1 IN IP4 192.0.2.8\r\na=rtcp:2\r\n"), 0);
	ck_assert_uint_eq(sdp.media[0].rtcp_port, 1);
	SAYS(sdp.media[0].rtcp_address.text, "192.0.2.8");
	ck_assert_int_gt(
		parse_text(&sdp, HEAD "m=audio 65535 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0"), 0);
	ck_assert_uint_eq(sdp.media[0].rtcp_port, 0);
	ck_assert_uint_eq(sdp.media[1].rtcp_port, 0);
}
END_TEST

START_TEST(keys_of_the_session_are_for_all)
{
	ck_assert_int_gt(parse_text(&sdp, HEAD "a=fingerprint:x\r\n" AUDIO), 0);
	ck_assert(sdp.media[0].has_fingerprint && !sdp.media[0].has_crypto);
	ck_assert_int_gt(parse_text(&sdp, HEAD AUDIO "a=crypto:1 x\r\n" AUDIO), 0);
	ck_assert(!sdp.media[0].has_fingerprint && sdp.media[0].has_crypto);
	ck_assert(!sdp.media[1].has_crypto);
}
END_TEST

START_TEST(careless_writing_is_taken)
{
	ck_assert_int_eq(parse_text(&sdp, SLOPPY), sizeof(SLOPPY) - 1);
	SAYS(sdp.origin.username, "John Doe");
	SAYS(sdp.line_end, "\n");
	SAYS(sdp.media[0].address.text, "192.0.2.5");
	SAYS(sdp.media[0].formats, "8");
	ck_assert_uint_eq(sdp.media[0].port, 5000);
	ck_assert_uint_eq(sdp.media[0].ptime, 30);
	ck_assert_int_gt(parse_text(&sdp, HEAD AUDIO "\r\n\n\r\n"), 0);
	SAYS(sdp.tail, "\r\n\n\r\n");
	ck_assert_ptr_eq(pv_span_end(sdp.media[0].section), sdp.tail.at);
	/* An attribute's name in any case, and lines that nobody knows. */
	ck_assert_int_gt(
		parse_text(&sdp, HEAD AUDIO "a=SendOnly\r\ny=x\r\na=\r\na=ptime:x\r\n"), 0);
	ck_assert_int_eq(sdp.media[0].direction, PV_SDP_SENDONLY);
	ck_assert_uint_eq(sdp.media[0].ptime, 0);
}
END_TEST

/* RFC 3264 §8.4: who writes 0.0.0.0 receives nothing. */
START_TEST(an_address_of_zero_is_a_hold)
{
	static const struct {
		const char *text;
		enum pv_sdp_direction written, direction;
	} rows[] = {
		{HEAD AUDIO "c=IN IP4 0.0.0.0\r\n", PV_SDP_SENDRECV, PV_SDP_SENDONLY},
		{HEAD AUDIO "c=IN IP6 ::\r\n", PV_SDP_SENDRECV, PV_SDP_SENDONLY},
		{HEAD AUDIO "c=IN IP4 0.0.0.0\r\na=recvonly\r\n", PV_SDP_RECVONLY, PV_SDP_INACTIVE},
		{HEAD AUDIO "c=IN IP4 0.0.0.0\r\na=sendonly\r\n", PV_SDP_SENDONLY, PV_SDP_SENDONLY},
		{HEAD AUDIO "c=IN IP4 0.0.0.0\r\na=ice-ufrag:x\r\n", PV_SDP_SENDRECV,
			PV_SDP_SENDRECV},
		{HEAD AUDIO "a=inactive\r\na=sendrecv\r\n", PV_SDP_INACTIVE, PV_SDP_INACTIVE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_gt(parse_text(&sdp, rows[i].text), 0);
		ck_assert_int_eq(sdp.media[0].written, rows[i].written);
		ck_assert_int_eq(sdp.media[0].direction, rows[i].direction);
	}
}
END_TEST

/* One row a rule: the text, and what pv_sdp_parse must say (0 = it is taken). */
static const struct {
	const char *what;
	const char *text;
	int verdict;
} verdicts[] = {
	{"nothing", "", -PV_SDP_NOT_SDP},
	{"an empty line", "\r\n", -PV_SDP_NOT_SDP},
	{"another version", "v=1\r\no=- 1 1 IN IP4 a\r\n", -PV_SDP_NOT_SDP},
	{"o= first", "o=- 1 1 IN IP4 a\r\nv=0\r\n", -PV_SDP_NOT_SDP},
	{"XML", "<?xml?>\r\n", -PV_SDP_NOT_SDP},
	{"no o=", "v=0\r\ns=-\r\n", -PV_SDP_BAD_ORIGIN},
	{"a short o=", "v=0\r\no=- 1 IN IP4 a\r\n", -PV_SDP_BAD_ORIGIN},
	{"an o= of blanks", "v=0\r\no=   \r\n", -PV_SDP_BAD_ORIGIN},
	{"no media", "v=0\r\no=- 1 1 IN IP4 a\r\n", 0},
	{"an odd address in o=", "v=0\r\no=- 1 1 IN IP4 1:2\r\n", 0},
	{"two v=", HEAD "v=0\r\n" AUDIO, -PV_SDP_DUPLICATE_LINE},
	{"a second description", HEAD AUDIO HEAD AUDIO, -PV_SDP_DUPLICATE_LINE},
	{"two o=", HEAD "o=- 1 1 IN IP4 a\r\n" AUDIO, -PV_SDP_DUPLICATE_LINE},
	{"two c= in the session", HEAD "c=IN IP4 192.0.2.2\r\n" AUDIO, -PV_SDP_DUPLICATE_LINE},
	{"two c= in an m-line", HEAD AUDIO "c=IN IP4 192.0.2.2\r\nc=IN IP4 192.0.2.3\r\n", 0},
	{"two c= in an m-line, one bad", HEAD AUDIO "c=IN IP4 192.0.2.2\r\nc=IN IP4 192.0.2\r\n",
		-PV_SDP_BAD_CONNECTION},
	{"no =", HEAD "hello\r\n" AUDIO, -PV_SDP_BAD_LINE},
	{"a blank in front", HEAD " " AUDIO, -PV_SDP_BAD_LINE},
	{"an upper-case type", HEAD "C=IN IP4 192.0.2.2\r\n" AUDIO, -PV_SDP_BAD_LINE},
	{"a lone CR", HEAD "a=x\ra=y\r\n" AUDIO, -PV_SDP_BAD_LINE},
	{"a CR at the end", HEAD AUDIO "a=x\r", -PV_SDP_BAD_LINE},
	{"two CR", HEAD AUDIO "a=x\r\r\n", -PV_SDP_BAD_LINE},
	{"an empty line within", HEAD "\r\n" AUDIO, -PV_SDP_BAD_LINE},
	{"UTF-8 and tabs", HEAD AUDIO "i=\xd1\x80\t\x01\r\n", 0},
	{"no address", "v=0\r\no=- 1 1 IN IP4 a\r\n" AUDIO, -PV_SDP_NO_CONNECTION},
	{"no address, refused", "v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 0 RTP/AVP 0\r\n", 0},
	{"an IPv6 address for IPv4", HEAD AUDIO "c=IN IP4 ::1\r\n", -PV_SDP_BAD_CONNECTION},
	{"an address of three parts", HEAD AUDIO "c=IN IP4 192.0.2\r\n", -PV_SDP_BAD_CONNECTION},
	{"an empty c=", HEAD AUDIO "c=\r\n", -PV_SDP_BAD_CONNECTION},
	{"a host name", HEAD AUDIO "c=IN IP4 host.example.test\r\n", 0},
	{"multicast", HEAD AUDIO "c=IN IP4 224.2.1.1/127/3\r\n", 0},
	{"another network", HEAD AUDIO "c=PSTN E164 +441134960123\r\n", 0},
	{"a port too high", HEAD "m=audio 65536 RTP/AVP 0\r\n", -PV_SDP_BAD_MEDIA},
	{"a negative port", HEAD "m=audio -1 RTP/AVP 0\r\n", -PV_SDP_BAD_MEDIA},
	{"no ports", HEAD "m=audio 5000/0 RTP/AVP 0\r\n", -PV_SDP_BAD_MEDIA},
	{"an empty count", HEAD "m=audio 5000/ RTP/AVP 0\r\n", -PV_SDP_BAD_MEDIA},
	{"no proto", HEAD "m=audio 5000\r\n", -PV_SDP_BAD_MEDIA},
	{"no formats", HEAD "m=audio 5000 RTP/AVP\r\n", -PV_SDP_BAD_MEDIA},
	{"no formats, refused", HEAD "m=video 0 RTP/AVP\r\n", 0},
	{"an empty m=", HEAD "m=\r\n", -PV_SDP_BAD_MEDIA},
	{"rtcp without a port", HEAD AUDIO "a=rtcp\r\n", -PV_SDP_BAD_RTCP},
	{"rtcp with words", HEAD AUDIO "a=rtcp:x\r\n", -PV_SDP_BAD_RTCP},
	{"rtcp too high", HEAD AUDIO "a=rtcp:65536\r\n", -PV_SDP_BAD_RTCP},
	{"rtcp with half an address", HEAD AUDIO "a=rtcp:5001 IN IP4\r\n", -PV_SDP_BAD_RTCP},
	{"rtcp in the session", HEAD "a=rtcp:x\r\n" AUDIO, 0},
};

START_TEST(each_rule_has_its_verdict)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		int found = parse_text(&sdp, verdicts[i].text);
		int wanted =
			verdicts[i].verdict ? verdicts[i].verdict : (int)strlen(verdicts[i].text);
		ck_assert_msg(found == wanted, "%s: %d, %s", verdicts[i].what, found,
			pv_sdp_verdict_row(found)->name);
	}
	static const char nul[] = HEAD AUDIO "a=x\0y\r\n";
	ck_assert_int_eq(pv_sdp_parse(&sdp, nul, sizeof(nul) - 1), -PV_SDP_BAD_LINE);
}
END_TEST

static char big[PV_SDP_BYTES_MAX + 2];

/* HEAD, then `count` times `line`. */
static int parse_many(const char *line, unsigned count)
{
	size_t at = (size_t)snprintf(big, sizeof(big), "%s", HEAD);
	for (unsigned i = 0; i < count; i++)
		at += (size_t)snprintf(big + at, sizeof(big) - at, "%s", line);
	return pv_sdp_parse(&sdp, big, at);
}

START_TEST(sizes_have_their_limits)
{
	ck_assert_int_gt(parse_many("m=audio 0 RTP/AVP 0\r\n", PV_SDP_MEDIA_MAX), 0);
	ck_assert_uint_eq(sdp.media_count, PV_SDP_MEDIA_MAX);
	ck_assert_int_eq(parse_many("m=audio 0 RTP/AVP 0\r\n", PV_SDP_MEDIA_MAX + 1),
		-PV_SDP_TOO_MANY_MEDIA);
	ck_assert_int_gt(parse_many("a=b\r\n", PV_SDP_LINES_MAX - 5), 0);
	ck_assert_int_eq(parse_many("a=b\r\n", PV_SDP_LINES_MAX - 4), -PV_SDP_TOO_MANY_LINES);

	char line[1024] = "m=audio 5000 RTP/AVP";
	for (int i = 0; i < PV_SDP_FORMATS_MAX; i++)
		strcat(line, " 0");
	ck_assert_int_gt(parse_many(line, 1), 0);
	ck_assert_uint_eq(sdp.media[0].format_count, PV_SDP_FORMATS_MAX);
	strcat(line, " 0");
	ck_assert_int_eq(parse_many(line, 1), -PV_SDP_TOO_MANY_FORMATS);

	size_t head = (size_t)snprintf(big, sizeof(big), "%sa=", HEAD);
	memset(big + head, 'x', sizeof(big) - head);
	ck_assert_int_eq(pv_sdp_parse(&sdp, big, PV_SDP_BYTES_MAX), PV_SDP_BYTES_MAX);
	ck_assert_int_eq(pv_sdp_parse(&sdp, big, PV_SDP_BYTES_MAX + 1), -PV_SDP_TOO_LARGE);
}
END_TEST

START_TEST(no_prefix_makes_it_read_too_far)
{
	for (size_t i = 0; i < EVERYBODY; i++) {
		size_t length = strlen(everybody[i]);
		for (size_t cut = 0; cut <= length; cut++) {
			int found = pv_sdp_parse(&sdp, guard_page_put(everybody[i], cut), cut);
			ck_assert(found < 0 || found == (int)cut);
		}
	}
}
END_TEST

TEST_MAIN("parse", linphones_offer_is_indexed_whole, microsips_and_baresips_are_read,
	chromiums_offer_is_not_on_hold, ipv6_and_what_the_session_says_for_all,
	the_first_rtcp_counts_and_the_highest_port_has_none, keys_of_the_session_are_for_all,
	careless_writing_is_taken, an_address_of_zero_is_a_hold, each_rule_has_its_verdict,
	sizes_have_their_limits, no_prefix_makes_it_read_too_far)
